"""Somebody with a hand on the serial wire: writes down what goes over it, and slips in bytes of his own, either way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cpctl.app.controller import Surroundings
from cpctl.errors import LinkError, PortMissing, PortVanished
from cpctl.link.line import Line, LineHandler, OpenLine

from .rig import Rig

PORT = "/dev/serial/by-id/usb-bridge"


@dataclass(slots=True)
class Meddler:
    """The hand. `missing`: the port is not there."""

    to_host: list[bytes] = field(default_factory=list)  # frames as they went by
    to_coprocessor: list[bytes] = field(default_factory=list)
    missing: bool = False
    forge: Callable[[bytes], bytes] = lambda frame: frame  # what becomes of a frame for the host
    _handler: LineHandler | None = None
    _line: Line | None = None

    def wrap(self, open_line: OpenLine) -> OpenLine:
        """Make an opener whose lines pass by here."""

        async def open_meddled(handler: LineHandler) -> Line:
            if self.missing:
                raise PortMissing(PORT)
            ear = _Ear(self, handler)
            line = await open_line(ear)
            self._handler, self._line = handler, line
            return _Mouth(self, line)

        return open_meddled

    def tell_host(self, data: bytes) -> None:
        """Slip in bytes for the host."""
        assert self._handler is not None
        self._handler.received(data)

    def tell_coprocessor(self, data: bytes) -> None:
        """Slip in bytes for the coprocessor."""
        assert self._line is not None
        self._line.write(data)

    async def pull(self) -> None:
        """Pull the USB plug: the port is gone."""
        assert self._handler is not None
        assert self._line is not None
        self.missing = True
        await self._line.close()
        self._handler.lost(PortVanished(PORT))


class _Ear:
    """The handler that the real line sees."""

    def __init__(self, meddler: Meddler, handler: LineHandler) -> None:
        self._meddler = meddler
        self._handler = handler
        self._rest = b""

    def received(self, data: bytes) -> None:
        *frames, self._rest = (self._rest + data).split(b"\0")
        for frame in frames:
            if frame:
                self._meddler.to_host.append(frame + b"\0")
            self._handler.received(self._meddler.forge(frame + b"\0") if frame else b"\0")

    def writable_again(self) -> None:
        self._handler.writable_again()

    def lost(self, error: LinkError) -> None:
        self._handler.lost(error)


class _Mouth:
    """The line that the host sees."""

    def __init__(self, meddler: Meddler, line: Line) -> None:
        self._meddler = meddler
        self._line = line

    @property
    def writable(self) -> bool:
        return self._line.writable

    def write(self, data: bytes) -> None:
        self._meddler.to_coprocessor += [frame + b"\0" for frame in data.split(b"\0") if frame]
        self._line.write(data)

    async def close(self) -> None:
        await self._line.close()


class MeddledRig(Rig):
    """A rig with a hand on its wire."""

    def __init__(self, directory: Path) -> None:
        self.meddler = Meddler()
        super().__init__(directory)

    def surroundings(self) -> Surroundings:
        """Lead the line past the hand."""
        around = super().surroundings()
        return replace(around, open_line=self.meddler.wrap(around.open_line))
