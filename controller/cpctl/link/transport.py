"""The serial port as a `Line`: the only module that knows pyserial.

A port is opened exclusively and without resetting the chip behind it: the auto-reset circuit of ESP32 boards acts when DTR and RTS differ, so both are
held asserted together, as the kernel leaves them on open, and HUPCL is cleared so that closing drops neither.
"""

from __future__ import annotations

import asyncio
import errno
import os
import termios
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, cast

import serial_asyncio
from serial.serialposix import Serial
from serial.serialutil import SerialException

from cpctl.errors import LinkError, PortBusy, PortMissing, PortVanished

from .line import Line, LineHandler

BAUD_RATE = 115_200
#: Room for a burst of commands and leases; beyond it the line says that it is not writable.
HIGH_WATER = 2048
LOW_WATER = 256
#: A close waits no longer for bytes that the other side does not take.
CLOSE_S = 0.5


class _Port(Protocol):
    """What is used of pyserial's port, which comes without types."""

    fd: int
    port: str
    dtr: bool
    rts: bool

    def open(self) -> None: ...
    def close(self) -> None: ...
    def reset_output_buffer(self) -> None: ...


_make_port: Final = cast(Callable[..., _Port], Serial)
_join: Final = cast(
    Callable[[asyncio.AbstractEventLoop, Callable[[], asyncio.Protocol], _Port], Awaitable[object]],
    serial_asyncio.connection_for_serial,
)

_CFLAG: Final = 2  # index of the control flags in what termios.tcgetattr returns


def serial_port(path: str, baud_rate: int = BAUD_RATE) -> Callable[[LineHandler], Awaitable[Line]]:
    """Make the opener of a port."""

    async def open_port(handler: LineHandler) -> Line:
        port = _open(path, baud_rate)
        loop = asyncio.get_running_loop()
        bridge = _SerialLine(path, handler)
        try:
            await _join(loop, lambda: bridge, port)
            async with asyncio.timeout(CLOSE_S):
                await bridge.made.wait()
        except BaseException:
            port.close()
            raise
        return bridge

    return open_port


class _SerialLine(asyncio.Protocol):
    """Joins pyserial-asyncio's callbacks to a LineHandler."""

    def __init__(self, path: str, handler: LineHandler) -> None:
        self.made = asyncio.Event()
        self._path = path
        self._handler = handler
        self._transport: asyncio.WriteTransport | None = None
        self._writable = True
        self._closing = False
        self._gone = asyncio.Event()

    @property
    def writable(self) -> bool:
        return self._writable and not self._gone.is_set()

    def write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)

    async def close(self) -> None:
        self._closing = True
        transport = self._transport
        if transport is None:
            return
        transport.close()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._gone.wait()
        except TimeoutError:
            self._discard(transport)
            transport.abort()
            await self._gone.wait()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(HIGH_WATER, LOW_WATER)
        self.made.set()

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
        self._gone.set()
        if not self._closing:
            self._handler.lost(PortVanished(self._path))

    @staticmethod
    def _discard(transport: asyncio.BaseTransport) -> None:
        """Empty the kernel's buffer, since closing waits for it to drain."""
        port: _Port = transport.get_extra_info("serial")
        try:
            port.reset_output_buffer()
        except (OSError, termios.error, SerialException):
            pass  # the port is gone already, and its buffer with it


def _open(path: str, baud_rate: int) -> _Port:
    if not os.path.exists(path):
        raise PortMissing(path)
    port = _make_port(baudrate=baud_rate, exclusive=True)
    port.dtr = port.rts = True
    port.port = path
    try:
        port.open()
        _keep_lines_on_close(port)
    except (OSError, termios.error) as error:
        port.close()
        raise _explain(path, error) from error
    return port


def _keep_lines_on_close(port: _Port) -> None:
    settings = termios.tcgetattr(port.fd)
    settings[_CFLAG] &= ~termios.HUPCL
    termios.tcsetattr(port.fd, termios.TCSANOW, settings)


def _explain(path: str, error: Exception) -> LinkError:
    code = getattr(error, "errno", None)
    if code in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY):
        return PortBusy(path)
    if code in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return PortMissing(path)
    if code in (errno.EACCES, errno.EPERM):
        return LinkError(
            f"The serial port {path} may not be opened by this user.",
            "Add the user to the group that owns it (often dialout).",
        )
    return LinkError(f"The serial port {path} cannot be opened: {error}.", "Check that it is a serial port.")
