"""The serial port itself, on a pty: real file descriptors, real pyserial."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpctl.errors import LinkError, PortBusy, PortMissing, PortVanished
from cpctl.link.line import Line
from cpctl.link.transport import HIGH_WATER, serial_port

WAIT_S = 2.0


class Listener:
    """Remembers what a line says."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.error: LinkError | None = None
        self.changed = asyncio.Event()

    def received(self, data: bytes) -> None:
        self.data += data
        self.changed.set()

    def writable_again(self) -> None:
        self.changed.set()

    def lost(self, error: LinkError) -> None:
        self.error = error
        self.changed.set()

    async def change(self) -> None:
        async with asyncio.timeout(WAIT_S):
            await self.changed.wait()
        self.changed.clear()


class Pty:
    """A pty: the far end in the test's hand, the near end a path."""

    def __init__(self) -> None:
        self.far, self._near = os.openpty()
        tty.setraw(self.far)
        os.set_blocking(self.far, False)
        self.path = os.ttyname(self._near)

    def close(self) -> None:
        for fd in (self.far, self._near):
            try:
                os.close(fd)
            except OSError:
                continue


@pytest.fixture
def pty() -> Iterator[Pty]:
    pair = Pty()
    yield pair
    pair.close()


async def test_bytes_go_both_ways(pty: Pty) -> None:
    listener = Listener()
    line = await serial_port(pty.path)(listener)

    line.write(b"\0to the coprocessor\xff")
    os.write(pty.far, b"\x00from it\x11\x13\x03\xff")
    await listener.change()
    await line.close()

    assert bytes(listener.data) == b"\x00from it\x11\x13\x03\xff"
    assert os.read(pty.far, 100) == b"\0to the coprocessor\xff"


async def test_a_missing_port_is_named_with_a_next_step() -> None:
    with pytest.raises(PortMissing, match="/dev/cpctl-none") as caught:
        await serial_port("/dev/cpctl-none")(Listener())
    assert caught.value.next_step


async def test_a_busy_port_is_told_from_a_missing_one(pty: Pty) -> None:
    line = await serial_port(pty.path)(Listener())
    with pytest.raises(PortBusy, match="in use"):
        await serial_port(pty.path)(Listener())
    await line.close()

    again = await serial_port(pty.path)(Listener())
    await again.close()


async def test_what_is_no_serial_port_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "file"
    plain.write_bytes(b"")

    with pytest.raises(LinkError, match="cannot be opened"):
        await serial_port(str(plain))(Listener())


async def test_a_port_that_vanishes_is_reported_once(pty: Pty) -> None:
    listener = Listener()
    line = await serial_port(pty.path)(listener)

    pty.close()
    await listener.change()

    assert isinstance(listener.error, PortVanished)
    assert not line.writable
    line.write(b"into the void")
    await line.close()


async def test_closing_the_port_would_not_drop_the_lines_that_reset_the_chip(pty: Pty) -> None:
    line = await serial_port(pty.path)(Listener())

    assert not termios.tcgetattr(pty.far)[2] & termios.HUPCL
    await line.close()


async def test_a_peer_that_stops_reading_pauses_the_line_and_everything_arrives_afterwards(pty: Pty) -> None:
    listener = Listener()
    line = await serial_port(pty.path)(listener)
    sent = bytearray()
    while line.writable:
        chunk = os.urandom(200)
        line.write(chunk)
        sent += chunk
        await asyncio.sleep(0)
    assert len(sent) < 64 * 1024 + HIGH_WATER, "the line says stop before memory grows"

    taken = bytearray()
    async with asyncio.timeout(WAIT_S):
        while len(taken) < len(sent):
            await asyncio.sleep(0)
            try:
                taken += os.read(pty.far, 4096)
            except BlockingIOError:
                continue

    assert taken == sent
    await listener.change()
    assert line.writable
    await line.close()


async def test_a_peer_that_stops_reading_does_not_hold_the_loop(pty: Pty) -> None:
    line = await serial_port(pty.path)(Listener())
    while line.writable:
        line.write(bytes(200))
        await asyncio.sleep(0)
    loop = asyncio.get_running_loop()

    turns = 0
    began = loop.time()
    while loop.time() - began < 0.2:
        await asyncio.sleep(0.01)
        turns += 1

    assert turns >= 5
    await close_stuck(line)


async def test_closing_a_line_whose_peer_takes_nothing_ends_soon(pty: Pty) -> None:
    line = await serial_port(pty.path)(Listener())
    while line.writable:
        line.write(bytes(200))
        await asyncio.sleep(0)

    await close_stuck(line)


async def close_stuck(line: Line) -> None:
    async with asyncio.timeout(WAIT_S):
        await line.close()
