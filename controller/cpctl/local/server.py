"""Serves the local API: one application on a unix socket in the state directory and on a TCP address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web

from cpctl.config import split_bind
from cpctl.errors import ApiError
from cpctl.unix_path import reachable
from cpctl.version import VERSION

from .answers import Handler, errors_as_json, reply
from .bodies import ListQuery, parse_query
from .guard import Guard, load_or_create_token
from .openapi import describe
from .routes import Call, Route, evse_number, sim_routes, station_routes
from .services import Services, SimServices
from .stream import Streams

log = structlog.get_logger(__name__)

SOCKET_NAME = "api.sock"
TOKEN_NAME = "api_token"

# The largest body is a raw OCPP call, which OCPP's own frames bound.
MAX_BODY = 64 * 1024
# A request is small and local: whoever takes longer to send it is stuck.
_BODY_TIMEOUT_S = 10.0
_SHUTDOWN_S = 2.0


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """How the API is served. `bind=None`: on the unix socket only. `simulated` opens writes to callers on this machine."""

    state_dir: Path
    bind: str | None = "127.0.0.1:8080"
    token_file: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    developer: bool = False
    simulated: bool = False


class LocalApi:
    """The server. `start` once, `close` once."""

    def __init__(self, services: Services, options: ApiOptions, sim: SimServices | None = None) -> None:
        self._services = services
        self._options = options
        self._routes = [*station_routes(services, options.developer or options.simulated), *(sim_routes(sim) if sim is not None else ())]
        self._streams = Streams(services, patient=options.simulated)
        self._runner: web.AppRunner | None = None
        self._address: tuple[str, int] | None = None

    @property
    def socket_path(self) -> Path:
        """The unix socket that the command line talks to."""
        return self._options.state_dir / SOCKET_NAME

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port as bound; None while TCP is not served."""
        return self._address

    async def start(self) -> None:
        """Begin to serve; ApiError if not even the unix socket can be had. A TCP address that is taken is logged, not fatal."""
        token = load_or_create_token(self._options.token_file or self._options.state_dir / TOKEN_NAME)
        guard = Guard(token, self._options.allowed_hosts, open_on_loopback=self._options.simulated)
        self._runner = web.AppRunner(self._application(guard), access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        await web.SockSite(self._runner, _unix_socket(self.socket_path)).start()
        if self._options.bind is not None:
            await self._serve_tcp(self._runner, self._options.bind)
        log.info("api.serving", socket=str(self.socket_path), address=self._address)

    async def close(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._streams.close()
            await self._runner.cleanup()
            self._runner = None
            self._address = None
            self.socket_path.unlink(missing_ok=True)

    async def serve(self) -> None:
        """Serve until cancelled."""
        try:
            await self.start()
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def _serve_tcp(self, runner: web.AppRunner, bind: str) -> None:
        host, port = split_bind(bind)
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            log.error("api.address_not_served", bind=bind, reason=error.strerror or str(error), next_step="free it, or set api.bind to another")
            return
        self._address = next((address[0], address[1]) for address in runner.addresses if isinstance(address, tuple))

    def _application(self, guard: Guard) -> web.Application:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            guard.check(request)
            return await handler(request)

        app = web.Application(middlewares=[errors_as_json, guarded], client_max_size=MAX_BODY)
        for route in self._routes:
            app.router.add_route(route.method, route.path, _endpoint(route, None if self._options.simulated else _BODY_TIMEOUT_S))
        description = describe(self._routes, VERSION)
        app.router.add_get("/api/v1/openapi.json", _constant(description))
        app.router.add_get("/api/v1/stream", self._streams.handle)
        app.router.add_get("/healthz", self._health)
        return app

    async def _health(self, _request: web.Request) -> web.Response:
        health = await self._services.health()
        return reply(health, 200 if health.get("ok") else 503)


def _endpoint(route: Route, body_timeout_s: float | None) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def endpoint(request: web.Request) -> web.Response:
        number = request.match_info.get("n")
        call = Call(
            evse=0 if number is None else evse_number(number, route.station_reader),
            query=parse_query(ListQuery, dict(request.query)) if route.lists else ListQuery(),
        )
        async with asyncio.timeout(body_timeout_s):
            raw = await request.read()
        return reply(await route.run(call, raw))

    return endpoint


def _constant(data: object) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def endpoint(_request: web.Request) -> web.Response:
        return reply(data)

    return endpoint


def _unix_socket(path: Path) -> socket.socket:
    """Bind the socket (0660), over a dead one but never over a living one; ApiError."""
    with reachable(path) as address:
        if path.exists() and _answers(address):
            raise ApiError(f"Another station serves {path} already.", "Stop it, or give this one a state directory of its own: --state.")
        path.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(address)
            path.chmod(0o660)
        except OSError as error:
            sock.close()
            raise ApiError(f"The socket {path} cannot be made: {error.strerror}.", "Check the state directory.") from None
    return sock


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True
