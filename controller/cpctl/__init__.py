"""An EV charge point controller: sessions, storage and OCPP on a Linux host, over a coprocessor that protects."""
