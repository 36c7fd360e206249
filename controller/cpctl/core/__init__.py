"""The station's behaviour, pure: values in, values out. No I/O, no clock, no OCPP version."""
