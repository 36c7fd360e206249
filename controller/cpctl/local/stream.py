"""The WebSocket stream: the whole status once, then each time an object with the top-level parts of it that changed."""

from __future__ import annotations

import asyncio
import json

import structlog
from aiohttp import web

from cpctl.errors import ApiError

from .services import Json, Services

log = structlog.get_logger(__name__)

# Each stream costs a task and a buffer; a page, a monitor and a few scripts are well served by this many.
MAX_STREAMS = 16
_PING_S = 20.0
_CLOSE_TIMEOUT_S = 2.0
# A reader that takes nothing for this long is gone or stuck.
_SEND_TIMEOUT_S = 10.0
# Clients have nothing to say on the stream.
_MAX_INCOMING = 1024


class TooManyStreams(ApiError):
    """There are as many streams open as are served."""

    status = 503
    code = "too_many_streams"


class Streams:
    """Serves the status and its changes to a bounded number of clients."""

    def __init__(self, services: Services, patient: bool = False) -> None:
        """Take the source; `patient` drops time-outs, for loops whose time runs faster than their clients'."""
        self._services = services
        self._ping_s = None if patient else _PING_S
        self._send_timeout_s = None if patient else _SEND_TIMEOUT_S
        self._open: set[web.WebSocketResponse] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until either side ends it."""
        if len(self._open) >= MAX_STREAMS:
            raise TooManyStreams(f"{MAX_STREAMS} streams are open already.", "Close one.")
        socket = web.WebSocketResponse(heartbeat=self._ping_s, max_msg_size=_MAX_INCOMING, timeout=_CLOSE_TIMEOUT_S, compress=False)
        if not socket.can_prepare(request).ok:
            raise NotAStream("This path is a WebSocket.", "Connect with a WebSocket client; /api/v1/status gives one look.")
        await socket.prepare(request)
        self._open.add(socket)
        try:
            async with asyncio.TaskGroup() as tasks:
                sender = tasks.create_task(self._send(socket))
                async for _ in socket:
                    pass  # clients have nothing to say; the reader is here to notice their end
                sender.cancel()
        finally:
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """End every stream, so that the server can stop."""
        await asyncio.gather(*(socket.close(code=1001, message=b"station stops") for socket in list(self._open)), return_exceptions=True)

    async def _send(self, socket: web.WebSocketResponse) -> None:
        known: Json = {}
        try:
            async for status in self._services.subscribe():
                news = changes(known, status)
                known = status
                if news:
                    async with asyncio.timeout(self._send_timeout_s):
                        await socket.send_str(json.dumps(news, ensure_ascii=False, separators=(",", ":")))
        except (ConnectionError, TimeoutError):
            pass  # the client is gone; its reader ends too
        except Exception:
            log.exception("api.stream_failed")
        finally:
            await socket.close(code=1001)


class NotAStream(ApiError):
    """A plain request where a WebSocket was expected."""

    status = 426
    code = "websocket_expected"


def changes(before: Json, after: Json) -> Json:
    """Pick the parts of `after` that are not the same in `before`."""
    return {key: value for key, value in after.items() if key not in before or before[key] != value}
