"""One WebSocket connection to the CSMS: made by `dial`, which names each way it can fail; used once, and given up when lost."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)
from websockets.http11 import Response
from websockets.typing import Subprotocol

from cpctl.errors import CsmsError, CsmsRefused, CsmsUnreachable, SubprotocolRefused
from cpctl.redact import redact_text

from . import tls
from .errors import ConnectCut, ConnectionLost, ConnectRefused, ConnectTimedOut, NameUnknown, NotWebSocket, PongMissing, ProfileUnmet, UrlUnusable
from .settings import CsmsSettings

log = structlog.get_logger(__name__)

# Beyond this a message cannot be refused politely (`frames.MAX_FRAME_CHARS` does that): the connection ends to save the memory.
MAX_MESSAGE_BYTES = 1024 * 1024
# A peer that does not take part in the closing handshake gets this long.
CLOSE_TIMEOUT_S = 2.0
# A host with an IPv6 address that leads nowhere is tried by its IPv4 address after this long.
SECOND_ADDRESS_S = 0.25
# What somebody wishes who refuses us is heard up to here.
MAX_RETRY_AFTER_S = 3600.0


class Socket:
    """An open connection, at either end; a `Wire` for `Rpc`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cause: ConnectionLost | None = None

    @property
    def subprotocol(self) -> str:
        """The subprotocol agreed on."""
        return self._connection.subprotocol or ""

    @property
    def tls(self) -> tuple[str, str] | None:
        """Version and suite of TLS; None without."""
        cipher = self._connection.transport.get_extra_info("cipher")
        return (cipher[1], cipher[0]) if cipher else None

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


class _Connection(ClientConnection):
    """Remembers what TLS broke on: with TLS 1.3 a server may refuse our certificate when we think that all is well."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Put the reason in the place of its consequence."""
        super().connection_lost(exc)
        if isinstance(exc, ssl.SSLError):
            self.protocol.handshake_exc = exc


class _Connect(connect):
    """Follows no redirect: whoever answers at the CSMS's address is not to choose where our password and our charges go."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Take it as the refusal that it is to us."""
        return exc


async def dial(settings: CsmsSettings, subprotocols: Sequence[str], password: bytes | None = None) -> Socket:
    """Connect, offering the subprotocols in this order; raises the CsmsError that says what stands in the way."""
    endpoint = settings.endpoint
    url = redact_text(endpoint)
    _check_profile(settings, password)
    try:
        connection = await _Connect(
            endpoint,
            subprotocols=[Subprotocol(name) for name in subprotocols],
            additional_headers=_credentials(settings, password),
            compression=None,  # 40 KiB less a connection, and OCPP-J 1.6 (5.1) advises against
            proxy=None,  # never one that merely stands in the environment
            open_timeout=settings.open_timeout_s,
            ping_interval=None,  # `keep_alive` does it, with OCPP's variable
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_MESSAGE_BYTES,
            ssl=tls.make_context(settings, url) if settings.secure else None,
            create_connection=_Connection,
            happy_eyeballs_delay=SECOND_ADDRESS_S,
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


def _check_profile(settings: CsmsSettings, password: bytes | None) -> None:
    """Send nothing before all that the security profile asks for is there: no password in the clear where TLS was wanted."""
    profile = settings.security_profile
    if profile >= 2 and not settings.secure:
        raise ProfileUnmet(profile, "asks for TLS", "Let csms.url begin with wss://.")
    if settings.with_password and not password:
        raise ProfileUnmet(profile, "asks for a password", "Give one by csms.password_file or CPCTL_CSMS_PASSWORD.")
    if profile == 3 and not (settings.cert_file and settings.key_file):
        raise ProfileUnmet(profile, "asks for a certificate of our own", "Set csms.cert_file and csms.key_file.")


def _credentials(settings: CsmsSettings, password: bytes | None) -> dict[str, str]:
    """HTTP basic authentication with the id as user name (security profiles 1 and 2)."""
    if not settings.with_password or password is None:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(settings.id.encode() + b":" + password).decode()}


def _explain(error: Exception, url: str, settings: CsmsSettings, offered: Sequence[str]) -> CsmsError:
    """Give the error that says in our words what went wrong."""
    match error:
        case InvalidStatus():
            return _refusal(url, error.response)
        case NegotiationError() if "subprotocol" in str(error):
            return SubprotocolRefused(url, offered, str(error).rpartition(": ")[2][:60])
        case InvalidURI():
            return UrlUnusable(url)
        case TimeoutError():
            return ConnectTimedOut(url, settings.open_timeout_s)
        case ssl.SSLError():
            return tls.explain(error, url)
        case socket.gaierror():
            return NameUnknown(url, urlsplit(url).hostname or "")
        case ConnectionRefusedError():
            return ConnectRefused(url)
        case InvalidMessage() | EOFError():
            return NotWebSocket(url, "it speaks no HTTP")
        case InvalidHandshake():
            return NotWebSocket(url, str(error)[:200])
        case ConnectionResetError():
            return ConnectCut(url)
        case _:
            return CsmsUnreachable(url, str(error)[:200])


def _refusal(url: str, response: Response) -> CsmsRefused:
    location = response.headers.get("Location", "") if 300 <= response.status_code < 400 else ""
    return CsmsRefused(url, response.status_code, retry_after_s=_retry_after_s(response), location=redact_text(location[:200]))


def _retry_after_s(response: Response) -> float:
    """Return how long the server wants to be left alone (RFC 9110, 10.2.3); a date is taken by the server's own clock."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):  # none, nonsense, or one of them without its time zone
        return 0.0
    return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER_S)
