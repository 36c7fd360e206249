"""The local API: HTTP and JSON over TCP and over a unix socket in the state directory."""
