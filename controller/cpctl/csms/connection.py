"""One WebSocket connection to the CSMS: made by `dial`, which names each way it can fail; used once, and given up when lost."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)
from websockets.typing import Subprotocol

from cpctl.errors import CsmsError, CsmsRefused, CsmsUnreachable, SubprotocolRefused, TlsFailed
from cpctl.redact import redact_text

from .errors import ConnectionLost, ConnectRefused, ConnectTimedOut, NameUnknown, NotWebSocket, PongMissing, UrlUnusable
from .settings import CsmsSettings

log = structlog.get_logger(__name__)

# Beyond this a message cannot be refused politely (`frames.MAX_FRAME_CHARS` does that): the connection ends to save the memory.
MAX_MESSAGE_BYTES = 1024 * 1024
# A peer that does not take part in the closing handshake gets this long.
CLOSE_TIMEOUT_S = 2.0


class Socket:
    """An open connection, at either end; a `Wire` for `Rpc`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cause: ConnectionLost | None = None

    @property
    def subprotocol(self) -> str:
        """The subprotocol agreed on."""
        return self._connection.subprotocol or ""

    async def send(self, text: str) -> None:
        """Send a message; ConnectionLost if that is no longer possible."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as error:
            raise self._lost(error) from None

    async def recv(self) -> str | bytes:
        """Wait for the next message; ConnectionLost at the end."""
        try:
            return await self._connection.recv()
        except ConnectionClosed as error:
            raise self._lost(error) from None

    async def ping(self, timeout_s: float) -> None:
        """Wait for the answer to a ping; without one in time the connection is cut: PongMissing."""
        try:
            async with asyncio.timeout(timeout_s):
                await (await self._connection.ping())
        except TimeoutError:
            self._cause = PongMissing(timeout_s)
            self.abort()
            raise self._cause from None
        except ConnectionClosed as error:
            raise self._lost(error) from None

    async def close(self) -> None:
        """Close in order, or after a short while without."""
        await self._connection.close()

    def abort(self) -> None:
        """Cut the connection without asking the peer."""
        self._connection.transport.abort()

    def _lost(self, error: ConnectionClosed) -> ConnectionLost:
        if self._cause:
            return self._cause
        if error.rcvd:
            return ConnectionLost(f"the peer closed it ({error.rcvd.code} {error.rcvd.reason[:100]})".replace(" )", ")"))
        if error.sent:
            return ConnectionLost(f"closed by us ({error.sent.code} {error.sent.reason[:100]})".replace(" )", ")"))
        return ConnectionLost("it broke off")


async def dial(settings: CsmsSettings, subprotocols: Sequence[str]) -> Socket:
    """Connect, offering the subprotocols in this order; raises the CsmsError that says what stands in the way."""
    endpoint = settings.endpoint
    url = redact_text(endpoint)
    try:
        connection = await connect(
            endpoint,
            subprotocols=[Subprotocol(name) for name in subprotocols],
            additional_headers=_credentials(settings),
            compression=None,  # 40 KiB less a connection, and OCPP-J 1.6 (5.1) advises against
            proxy=None,  # never one that merely stands in the environment
            open_timeout=settings.open_timeout_s,
            ping_interval=None,  # `keep_alive` does it, with OCPP's variable
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_MESSAGE_BYTES,
            ssl=_tls(settings, url),
        )
    except (OSError, InvalidHandshake, InvalidURI, EOFError) as error:
        raise _explain(error, url, settings, subprotocols) from error
    if connection.subprotocol is None:
        # OCPP-J 1.6, 3.2: how a CSMS says that it speaks none of ours.
        connection.transport.abort()
        raise SubprotocolRefused(url, subprotocols)
    return Socket(connection)


async def keep_alive(link: Socket, interval_s: Callable[[], float], changed: asyncio.Event, pong_timeout_s: float) -> None:
    """Ping as often as `interval_s` says (0: never), read anew when `changed`; PongMissing if the connection turns out half-open."""
    while True:
        interval = interval_s()
        try:
            async with asyncio.timeout(interval if interval > 0 else None):
                await changed.wait()
            changed.clear()
        except TimeoutError:
            await link.ping(pong_timeout_s)


def _credentials(settings: CsmsSettings) -> dict[str, str]:
    """HTTP basic authentication with the id as user name (security profiles 1 and 2)."""
    if settings.password is None or settings.security_profile not in (1, 2):
        return {}
    pair = f"{settings.id}:{settings.password}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def _tls(settings: CsmsSettings, url: str) -> ssl.SSLContext | None:
    if not url.startswith("wss:"):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise TlsFailed(url, f"csms.ca_file {settings.ca_file} cannot be used: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _explain(error: Exception, url: str, settings: CsmsSettings, offered: Sequence[str]) -> CsmsError:
    """Give the error that says in our words what went wrong."""
    match error:
        case InvalidStatus():
            return CsmsRefused(url, error.response.status_code)
        case NegotiationError():
            return SubprotocolRefused(url, offered, str(error).rpartition(": ")[2][:60])
        case InvalidURI():
            return UrlUnusable(url)
        case TimeoutError():
            return ConnectTimedOut(url, settings.open_timeout_s)
        case ssl.SSLError():
            return TlsFailed(url, getattr(error, "verify_message", "") or error.reason or str(error))
        case socket.gaierror():
            return NameUnknown(url, urlsplit(url).hostname or "")
        case ConnectionRefusedError():
            return ConnectRefused(url)
        case InvalidMessage() | EOFError():
            return NotWebSocket(url, "it speaks no HTTP")
        case InvalidHandshake():
            return NotWebSocket(url, str(error)[:200])
        case ConnectionResetError():
            return CsmsUnreachable(url, "it cut the connection")
        case _:
            return CsmsUnreachable(url, str(error)[:200])
