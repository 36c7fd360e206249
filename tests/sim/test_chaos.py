"""The bad cable: it does what it is told, to frames, both ways, and the same for the same seed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from cpctl.errors import LinkError
from cpctl.link.line import Line, LineHandler
from cpctl.sim.chaos import Chaos
from cpctl.sim.loop import VirtualLoop

FRAMES = [bytes((1 + n % 255, 1 + n // 255)) + b"frame\0" for n in range(1000)]


class Ends:
    """A perfect line under the cable, and the listener on top of it."""

    writable = True

    def __init__(self) -> None:
        self.far: list[bytes] = []
        self.near: list[bytes] = []
        self.below: LineHandler | None = None

    async def open(self, handler: LineHandler) -> Line:
        self.below = handler
        return self

    def write(self, data: bytes) -> None:
        self.far.append(data)

    async def close(self) -> None:
        self.below = None

    def received(self, data: bytes) -> None:
        self.near.append(data)

    def writable_again(self) -> None: ...

    def lost(self, error: LinkError) -> None: ...


def through(chaos: Chaos, use: Callable[[Line, Ends], Awaitable[None]]) -> Ends:
    ends = Ends()

    async def main() -> None:
        line = await chaos.wrap(ends.open)(ends)
        await use(line, ends)
        await asyncio.sleep(10)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
    return ends


async def both_ways(line: Line, ends: Ends) -> None:
    for frame in FRAMES:
        line.write(frame)
    assert ends.below is not None
    ends.below.received(b"".join(FRAMES))


def test_a_good_cable_changes_nothing() -> None:
    ends = through(Chaos(Random(1)), both_ways)

    assert ends.far == ends.near == FRAMES


def test_loss_is_of_frames_however_they_are_batched() -> None:
    ends = through(Chaos(Random(1), loss=0.2), both_ways)

    for side in (ends.far, ends.near):
        assert 750 < len(side) < 850
        assert set(side) <= set(FRAMES)


def test_corruption_changes_some_and_duplication_doubles_some() -> None:
    corrupt = through(Chaos(Random(1), corruption=0.2), both_ways)
    doubled = through(Chaos(Random(1), duplication=0.2), both_ways)

    assert 150 < len(set(corrupt.far) - set(FRAMES)) < 250
    assert len(corrupt.far) == len(FRAMES)
    assert 1150 < len(doubled.far) < 1250


def test_delay_keeps_the_order_unless_told_otherwise() -> None:
    ends = through(Chaos(Random(1), delay_s=0.5), both_ways)
    mixed = through(Chaos(Random(1), delay_s=0.5, reorder=True), both_ways)

    assert ends.far == ends.near == FRAMES
    assert mixed.far != FRAMES
    assert sorted(mixed.far) == sorted(FRAMES)


def test_one_byte_at_a_time_is_the_same_stream() -> None:
    ends = through(Chaos(Random(1), one_byte=True), both_ways)

    assert {len(piece) for piece in ends.far + ends.near} == {1}
    assert b"".join(ends.far) == b"".join(ends.near) == b"".join(FRAMES)


def test_a_pulled_cable_carries_nothing_and_a_closed_line_delivers_nothing_late() -> None:
    async def close(line: Line, ends: Ends) -> None:
        await both_ways(line, ends)
        await line.close()

    assert through(Chaos(Random(1), up=False), both_ways).far == []
    late = through(Chaos(Random(1), delay_s=0.5), close)
    assert late.far == late.near == []


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_does_the_same_harm(seed: int) -> None:
    def run(number: int) -> list[bytes]:
        return through(Chaos(Random(number), loss=0.1, corruption=0.1, duplication=0.1, delay_s=0.1, reorder=True), both_ways).far

    assert run(seed) == run(seed) != run(seed + 10)
