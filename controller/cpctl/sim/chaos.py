"""A bad cable: wraps a line so that it loses, corrupts, doubles, delays or cuts up what goes through it, both ways, by a seed.

It acts on frames (what ends in a zero), so that a loss of 0.2 loses every fifth frame however they were batched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from cpctl.errors import LinkError
from cpctl.link.line import Line, LineHandler, OpenLine

#: Frames that are not to overtake each other arrive at least this far apart: less than a byte takes.
_APART_S = 1e-6


@dataclass(slots=True)
class Chaos:
    """What the cable does at the moment; chances between 0 and 1, changed at any time. `up=False`: pulled out."""

    random: Random
    loss: float = 0.0
    corruption: float = 0.0
    duplication: float = 0.0
    delay_s: float = 0.0  # at most; each frame a chance amount of it
    reorder: bool = False  # let a delayed frame be overtaken
    one_byte: bool = False
    up: bool = True

    def wrap(self, open_line: OpenLine) -> OpenLine:
        """Make an opener whose lines go through this cable."""

        async def open_bad_line(handler: LineHandler) -> Line:
            inward = _Way(self, handler.received)
            line = await open_line(_Received(handler, inward))
            return _BadLine(line, _Way(self, line.write), inward)

        return open_bad_line

    def chance(self, probability: float) -> bool:
        """Throw the dice."""
        return probability > 0 and self.random.random() < probability


class _Way:
    """One direction of the cable."""

    def __init__(self, chaos: Chaos, deliver: Callable[[bytes], None]) -> None:
        self._chaos = chaos
        self._deliver = deliver
        self._latest = 0.0
        self.closed = False

    def send(self, data: bytes) -> None:
        chaos = self._chaos
        for piece in _frames(data):
            if not chaos.up or chaos.chance(chaos.loss):
                continue
            for _ in range(2 if chaos.chance(chaos.duplication) else 1):
                self._carry(self._spoil(piece) if chaos.chance(chaos.corruption) else piece)

    def _carry(self, piece: bytes) -> None:
        chaos = self._chaos
        if not chaos.delay_s:
            self._arrive(piece)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + chaos.random.random() * chaos.delay_s
        if not chaos.reorder:
            # Timers of one and the same instant may run in any order.
            due = self._latest = max(self._latest + _APART_S, due)
        loop.call_at(due, self._arrive, piece)

    def _arrive(self, piece: bytes) -> None:
        if self.closed:
            return
        if not self._chaos.one_byte:
            self._deliver(piece)
            return
        for byte in piece:
            self._deliver(bytes((byte,)))

    def _spoil(self, piece: bytes) -> bytes:
        spoilt = bytearray(piece)
        for _ in range(self._chaos.random.randint(1, 3)):
            spoilt[self._chaos.random.randrange(len(spoilt))] ^= 1 << self._chaos.random.randrange(8)
        return bytes(spoilt)


class _Received:
    """The handler that the real line sees."""

    def __init__(self, handler: LineHandler, inward: _Way) -> None:
        self._handler = handler
        self.received = inward.send
        self.writable_again = handler.writable_again

    def lost(self, error: LinkError) -> None:
        self._handler.lost(error)


class _BadLine:
    """The line that the user sees."""

    def __init__(self, line: Line, outward: _Way, inward: _Way) -> None:
        self._line = line
        self._outward = outward
        self._inward = inward

    @property
    def writable(self) -> bool:
        return self._line.writable

    def write(self, data: bytes) -> None:
        self._outward.send(data)

    async def close(self) -> None:
        self._outward.closed = self._inward.closed = True
        await self._line.close()


def _frames(data: bytes) -> Iterator[bytes]:
    """Cut after each zero."""
    start = 0
    while start < len(data):
        end = data.find(0, start) + 1 or len(data)
        yield data[start:end]
        start = end
