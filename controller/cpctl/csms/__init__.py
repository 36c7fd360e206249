"""The CSMS side: framing, dispatch, connection, ordered delivery, and one adapter for each OCPP version."""
