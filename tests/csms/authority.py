"""Certificates of the tests, made on the fly, and servers that show them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

_NOW = datetime.now(UTC)
YESTERDAY, TOMORROW, LONG_AGO, ONE_DAY = (_NOW + timedelta(days=days) for days in (-1, 1, -700, 700))


class Authority:
    """A certificate authority whose own certificate is a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._ca = trustme.CA(organization_name=name)
        self.ca_file = str(folder / f"{name}.pem")
        self._ca.cert_pem.write_to_path(self.ca_file)

    def issue(self, *hosts: str, common_name: str | None = None, begins: datetime = LONG_AGO, ends: datetime = ONE_DAY) -> trustme.LeafCert:
        """Make a certificate for these hosts."""
        return self._ca.issue_cert(*hosts, common_name=common_name, not_before=begins, not_after=ends)

    def server(self, cert: trustme.LeafCert | None = None) -> ssl.SSLContext:
        """Make a server's context, for 127.0.0.1 where no other certificate is given."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (cert or self.issue("127.0.0.1")).configure_cert(context)
        return context

    def self_signed(self) -> ssl.SSLContext:
        """Make a server's context whose certificate nobody else has signed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        key = self._folder / f"{self._name}-key.pem"
        self._ca.private_key_pem.write_to_path(str(key))
        context.load_cert_chain(self.ca_file, key)
        return context

    def asking(self, cert: trustme.LeafCert | None = None) -> ssl.SSLContext:
        """Make a server's context that wants a certificate of ours from its clients."""
        context = self.server(cert)
        context.verify_mode = ssl.CERT_REQUIRED
        self._ca.configure_trust(context)
        return context

    def station(self, serial: str) -> dict[str, str]:
        """Make the certificate of a station; return the settings that name its files."""
        leaf = self.issue(common_name=serial)
        cert, key = self._folder / f"{self._name}-{serial}.pem", self._folder / f"{self._name}-{serial}.key"
        leaf.cert_chain_pems[0].write_to_path(str(cert))
        leaf.private_key_pem.write_to_path(str(key))
        return {"cert_file": str(cert), "key_file": str(key)}


@asynccontextmanager
async def refusing(tls: ssl.SSLContext) -> AsyncIterator[str]:
    """A server for one connection that shakes hands as OpenSSL does, telling why where it does not; yields its wss:// URL.

    It has a thread of its own: asyncio's server side breaks off without a word.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def shake_hands() -> None:
        plain, _ = listener.accept()
        plain.settimeout(10)
        with tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as connection, suppress(OSError):
            try:
                connection.do_handshake()
                connection.recv(1)
            except ssl.SSLError:
                rest = socket.socket(fileno=connection.detach())
                rest.shutdown(socket.SHUT_WR)
                while rest.recv(10_000):  # else the refusal would be lost with what nobody has read
                    pass
                rest.close()

    served = asyncio.get_running_loop().run_in_executor(None, shake_hands)
    yield f"wss://127.0.0.1:{listener.getsockname()[1]}"
    await served
    listener.close()


@asynccontextmanager
async def listening(tls: ssl.SSLContext, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """A WebSocket server; yields its wss:// URL."""

    async def wait(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(wait, "127.0.0.1", 0, ssl=tls, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        yield f"wss://{host}:{server.sockets[0].getsockname()[1]}"
