"""A small CSMS for the demo and the tests: any number of charge points over real WebSockets, in any OCPP version, scriptable, observable.

It shares framing and dispatch with the controller; that both may be wrong alike is why the tests have an independent CSMS beside it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import http
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from random import Random
from urllib.parse import unquote

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from cpctl.csms.connection import CLOSE_TIMEOUT_S, MAX_MESSAGE_BYTES, Socket
from cpctl.csms.dialect import Handler, HandlerRefusal
from cpctl.csms.errors import ConnectionLost, NotConnected
from cpctl.csms.exchange import Exchange
from cpctl.csms.frames import ErrorCode, Payload
from cpctl.csms.rpc import Rpc
from cpctl.errors import SimError

from .csms_desk import Desk, Point, Seen, Serve
from .csms_script import Answer, Cut, Delay, Refuse, Silence, Step
from .csms_v16 import Desk16
from .csms_v201 import Desk21, Desk201

log = structlog.get_logger(__name__)

CALL_TIMEOUT_S = 30.0
FRAMES_KEPT = 5000
_FOR_EVER_S = 1e9

SPOKEN = {spoken.subprotocol: spoken for spoken in (Desk16, Desk201, Desk21)}


class EmbeddedCsms(Desk):
    """The server. `tokens` gives the status of a token, `others` that of all not named; `utc` is the time that it tells."""

    def __init__(
        self,
        utc: Callable[[], datetime],
        rng: Random,
        *,
        tokens: Mapping[str, str] | None = None,
        others: str = "Accepted",
        heartbeat_s: int = 300,
        subprotocols: Sequence[str] = tuple(SPOKEN),
        password: str | bytes | None = None,
        tls: ssl.SSLContext | None = None,
        first_transaction: int = 1,
    ) -> None:
        super().__init__(utc, tokens or {}, others, heartbeat_s, first_transaction)
        self._rng = rng
        self.subprotocols = tuple(subprotocols)
        self.password = password
        self._tls = tls
        self.http_status: int | None = None  # refuses every new connection with it
        self.http_headers: dict[str, str] = {}  # and these
        self.points: dict[str, Point] = {}
        self.frames: deque[Seen] = deque(maxlen=FRAMES_KEPT)
        self._scripts: defaultdict[str, deque[Step]] = defaultdict(deque)
        self._insisted: dict[str, Step] = {}
        self._listeners: list[Callable[[str, Exchange], None]] = []
        self._waiting: set[asyncio.Event] = set()
        self._server: Server | None = None
        self._place = ("127.0.0.1", 0)

    # ------------------------------------------------------------ life

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen (port 0: any free one) and return the URL to give to charge points."""
        if not self.up:
            self._place = (host, port)
        await self.set_up(True)
        return self.url

    async def stop(self) -> None:
        """Close all connections and the port."""
        await self.set_up(False)

    @property
    def url(self) -> str:
        """The endpoint; the id of a charge point is appended."""
        host, port = self._place
        return f"{'wss' if self._tls else 'ws'}://{f'[{host}]' if ':' in host else host}:{port}/ocpp"

    @property
    def up(self) -> bool:
        """True while it can be reached."""
        return self._server is not None

    async def set_up(self, up: bool) -> None:
        """Be reachable, or vanish: connections break off and the port is closed."""
        if up and self._server is None:
            host, port = self._place
            try:
                self._server = await serve(
                    self._serve,
                    host,
                    port,
                    process_request=self._judge,
                    select_subprotocol=self._select,
                    compression=None,
                    ping_interval=None,
                    close_timeout=CLOSE_TIMEOUT_S,
                    max_size=MAX_MESSAGE_BYTES,
                    ssl=self._tls,
                )
            except OSError as error:
                raise SimError(f"The embedded CSMS cannot listen on {host}:{port}: {error.strerror}.", "Name a free port.") from error
            self._place = (host, self._server.sockets[0].getsockname()[1])
        elif not up and self._server is not None:
            server, self._server = self._server, None
            server.close(close_connections=False)
            for point in self.points.values():
                if point.socket:
                    point.socket.abort()
            await server.wait_closed()

    # ------------------------------------------------------------ for tests and the demo

    def script(self, action: str, *steps: Step) -> None:
        """Do these instead of answering the next CALLs of this action, one for each."""
        self._scripts[action].extend(steps)

    def insist(self, step: Step | None, *actions: str) -> None:
        """Do this instead of answering any CALL of these actions that has no script; None: answer again."""
        for action in actions:
            if step is None:
                self._insisted.pop(action, None)
            else:
                self._insisted[action] = step

    def boot_with(self, *statuses: str, interval: int = 5) -> None:
        """Answer the next boots with these registration statuses, and this interval where not Accepted."""
        for status in statuses:
            seconds = self.heartbeat_s if status == "Accepted" else interval
            self.script("BootNotification", Answer({"status": status, "currentTime": self.now(), "interval": seconds}))

    def listen(self, listener: Callable[[str, Exchange], None]) -> None:
        """Show every exchange, as (charge point, exchange), when it is complete."""
        self._listeners.append(listener)

    def point(self, id: str) -> Point:
        """Return the charge point of this id, known from its first connection on."""
        return self.points.setdefault(id, Point(id))

    async def call(self, id: str, action: str, payload: Payload, *, timeout_s: float = CALL_TIMEOUT_S, validate: bool = True) -> Payload:
        """Send a CALL to a charge point and return its answer."""
        rpc = self.point(id).rpc
        if rpc is None:
            raise NotConnected(f"{id} is not connected")
        return await rpc.request(action, payload, timeout_s=timeout_s, validate=validate)

    async def send_text(self, id: str, text: str) -> None:
        """Send anything at all as one message."""
        socket = self.point(id).socket
        if socket is None:
            raise NotConnected(f"{id} is not connected")
        await _Recorder(id, socket, self._record).send(text)

    def cut(self, id: str) -> None:
        """Break a connection off."""
        if socket := self.point(id).socket:
            socket.abort()

    async def until(self, true: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait until something holds of what the CSMS has seen; TimeoutError if that takes too long."""
        bell = asyncio.Event()
        self._waiting.add(bell)
        try:
            async with asyncio.timeout(timeout_s):
                while not true():
                    bell.clear()
                    await bell.wait()
        finally:
            self._waiting.discard(bell)

    # ------------------------------------------------------------ connections

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.http_status is not None:
            refusal = connection.respond(http.HTTPStatus(self.http_status), "refused by script\n")
            refusal.headers.update(self.http_headers)
            return refusal
        if self.password is not None and _credentials(request) != (_identity(request).encode(), _as_bytes(self.password)):
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "wrong password\n")
        return None

    def _select(self, _connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next((name for name in offered if name in self.subprotocols), None)

    async def _serve(self, connection: ServerConnection) -> None:
        if connection.subprotocol is None or connection.request is None:
            return  # closes it, as OCPP-J 1.6, 3.2 asks
        point = self.point(_identity(connection.request))
        spoken = SPOKEN[connection.subprotocol](self)
        socket = Socket(connection)
        rpc = Rpc(
            _Recorder(point.id, socket, self._record),
            spoken.dialect,
            {action: self._scripted(point, action, serve_it) for action, serve_it in spoken.table().items()},
            self._rng,
            utc=self.utc,
            on_exchange=lambda exchange: self._tell(point.id, exchange),
        )
        point.rpc, point.socket, point.subprotocol = rpc, socket, connection.subprotocol
        point.connections += 1
        self._ring()
        try:
            await rpc.run()
        except ConnectionLost as error:
            log.info("sim.csms.disconnected", point=point.id, cause=error.cause)
        finally:
            if point.rpc is rpc:
                point.rpc = point.socket = None
        self._ring()

    def _tell(self, id: str, exchange: Exchange) -> None:
        for listener in self._listeners:
            listener(id, exchange)

    def _ring(self) -> None:
        for bell in self._waiting:
            bell.set()

    def _record(self, seen: Seen) -> None:
        self.frames.append(seen)
        self._ring()

    def _scripted(self, point: Point, action: str, usual: Serve) -> Handler:
        """Serve by the script where there is one for this action."""

        async def handle(call: Payload) -> Payload:
            steps = self._scripts[action]
            step = steps.popleft() if steps else self._insisted.get(action)
            try:
                match step:
                    case None:
                        return usual(point, call)
                    case Answer(payload):
                        if action == "BootNotification":
                            point.boots.append(call)
                        return payload
                    case Refuse(code, description):
                        raise HandlerRefusal(_code(code), description)
                    case Silence():
                        await asyncio.sleep(_FOR_EVER_S)
                        return {}
                    case Delay(seconds):
                        await asyncio.sleep(seconds)
                        return usual(point, call)
                    case Cut(processed):
                        answer = usual(point, call) if processed else {}
                        self.cut(point.id)
                        return answer
            finally:
                self._ring()

        return handle


class _Recorder:
    """A wire that shows what goes over it."""

    def __init__(self, point: str, socket: Socket, record: Callable[[Seen], None]) -> None:
        self._point = point
        self._socket = socket
        self._record = record

    async def send(self, text: str) -> None:
        self._record(Seen(self._point, False, text))
        await self._socket.send(text)

    async def recv(self) -> str | bytes:
        text = await self._socket.recv()
        self._record(Seen(self._point, True, text if isinstance(text, str) else repr(text)))
        return text


def _identity(request: Request) -> str:
    return unquote(request.path.partition("?")[0].rpartition("/")[2])


def _credentials(request: Request) -> tuple[bytes, bytes] | None:
    """Return what HTTP basic authentication says: user and password."""
    scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(pair, validate=True).partition(b":")
    except binascii.Error:
        return None
    return user, password


def _as_bytes(password: str | bytes) -> bytes:
    return password if isinstance(password, bytes) else password.encode()


def _code(name: str) -> ErrorCode:
    """Return the error code of this name; one that OCPP does not know counts as a generic error."""
    return ErrorCode(name) if name in set(ErrorCode) else ErrorCode.GENERIC_ERROR
