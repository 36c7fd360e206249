"""A unix stream socket as a `Line`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from cpctl.errors import LinkError
from cpctl.link.line import Line, LineHandler, OpenLine


def unix_socket(path: Path) -> OpenLine:
    """Make the opener of a socket; LinkError if nobody listens there."""

    async def open_socket(handler: LineHandler) -> Line:
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_unix_connection(lambda: _SocketLine(handler, path), str(path))
        except OSError as error:
            raise LinkError(f"Nobody answers at {path}: {error.strerror or error}.", "Start the simulation first.") from error
        return line

    return open_socket


class _SocketLine(asyncio.Protocol):
    """Joins asyncio's callbacks to a LineHandler."""

    def __init__(self, handler: LineHandler, path: Path) -> None:
        self._handler = handler
        self._path = path
        self._transport: asyncio.Transport | None = None
        self._writable = True
        self._closing = False

    @property
    def writable(self) -> bool:
        return self._writable and self._transport is not None

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    async def close(self) -> None:
        self._closing = True
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if not self._closing:
            self._handler.received(data)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        if not self._closing:
            self._handler.writable_again()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._closing:
            self._handler.lost(LinkError(f"The connection to {self._path} is gone."))
