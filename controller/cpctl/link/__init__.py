"""The serial link to the coprocessor: frames, session, leases, clock mapping, transport, and the adapter for the core."""
