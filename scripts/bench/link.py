"""G1, G2, G3: what the link costs above the wire and above a bare serial port."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from statistics import median
from time import perf_counter
from typing import cast

import serial_asyncio

from cpctl.core.inputs import CoprocessorReady, Input
from cpctl.link.coprocessor import Coprocessor
from cpctl.link.frame import FrameDecoder, encode_frame
from cpctl.link.messages import ConfigBoard, ConfigEvse, Hello, Kind, Role
from cpctl.link.session import session_id
from cpctl.link.settings import BoardSettings, LinkSettings
from cpctl.link.transport import serial_port

from .echo import NONCE, REPLY_BYTES, command_frame
from .figures import Effort, Figure, at_most, best_of, cpu_us, ratio
from .machine import pin, start

_open = cast(Callable[[asyncio.AbstractEventLoop, Callable[[], asyncio.Protocol], str], Awaitable[object]], serial_asyncio.create_serial_connection)
_BOARD = BoardSettings(ConfigBoard(evse_count=1, name="bench"), (ConfigEvse(evse=1),))
_COMMAND_BYTES = len(command_frame(1, 0))
# Two frames of 70 bytes at 921600 baud, ten bits a byte: what the goal calls a round trip of 64 B.
_WIRE_US = 1519


async def round_trip(effort: Effort) -> list[Figure]:
    """G1: a command and its reply through the whole link, against an echo by bare pyserial-asyncio on the same pty. All on one core."""
    pin(0)
    bare, whole = await _best(0, effort, effort.of(500, 300))
    figure = ratio("G1", "link round trip against bare pyserial-asyncio", whole, bare, 1.5)
    return [figure.but(f"{_COMMAND_BYTES} B there, {REPLY_BYTES} B back: no command of the protocol has 64 B")]


async def wire_share(effort: Effort) -> list[Figure]:
    """G2: what the host adds to the time that the bytes take on a wire of 921600 baud; the far end has a core of its own."""
    pin(0)
    bare, whole = await _best(1, effort, effort.of(100, 60), str(_WIRE_US))
    figure = at_most("G2", "added to the 1.52 ms of a round trip at 921600 Bd", whole - _WIRE_US, _WIRE_US / 10, "us")
    return [figure.but(f"bare pyserial-asyncio adds {bare - _WIRE_US:.0f} us")]


async def _best(core: int, effort: Effort, trips: int, *far_end: str) -> tuple[float, float]:
    """Return the microseconds of a round trip, bare and through the link, the best round of each."""
    bare, whole = float("inf"), float("inf")
    with _FarEnd(core, *far_end) as path:
        for _ in range(effort.short_rounds):
            bare = min(bare, await _bare(path, trips))
            async with _coprocessor(path) as coprocessor:
                whole = min(whole, await _whole(coprocessor, trips))
    return bare, whole


def frame(effort: Effort) -> list[Figure]:
    """G3: build a frame of 200 bytes and read it again."""
    pin(0)
    payload = bytes(range(1, 189))
    decoder = FrameDecoder()
    built = encode_frame(Kind.SNAPSHOT, 1, 0, 0x50, payload)
    assert len(built) == 200, len(built)  # noqa: S101  # the goal says 200

    def both() -> None:
        decoder.feed(encode_frame(Kind.SNAPSHOT, 1, 0, 0x50, payload))

    (best,) = best_of(lambda: cpu_us(both, 5_000), rounds=effort.short_rounds)
    return [at_most("G3", "build and parse a frame of 200 B, CPU", best, 3.0, "us")]


# ---------------------------------------------------------------- floor and subject


async def _bare(path: str, trips: int) -> float:
    """Return the microseconds of a round trip of an echo without any protocol: the same bytes, written and awaited."""
    echo = _Echo()
    await _open(asyncio.get_running_loop(), lambda: echo, path)
    await echo.made.wait()
    echo.wanted = 1
    await echo.exchange(b"\0" + _host_hello())
    await asyncio.sleep(0.05)
    session = session_id(1, NONCE)
    frames = [command_frame(session, seq) for seq in range(256)]
    echo.wanted = REPLY_BYTES
    taken = []
    for number in range(trips):
        start_s = perf_counter()
        await echo.exchange(frames[number & 0xFF])
        taken.append(perf_counter() - start_s)
    echo.close()
    return median(taken) * 1e6


async def _whole(coprocessor: Coprocessor, trips: int) -> float:
    """Return the microseconds of a command's round trip."""
    taken = []
    for _ in range(trips):
        start_s = perf_counter()
        await coprocessor.self_test(1)
        taken.append(perf_counter() - start_s)
    return median(taken) * 1e6


class _Echo(asyncio.Protocol):
    """Waits for as many bytes as a reply has."""

    def __init__(self) -> None:
        self.made = asyncio.Event()
        self.wanted = 0
        self._got = 0
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.made.set()

    def data_received(self, data: bytes) -> None:
        self._got += len(data)
        if self._got >= self.wanted and self._answer is not None:
            self._answer.set_result(None)
            self._answer = None

    async def exchange(self, data: bytes) -> None:
        """Write, and wait for the reply."""
        assert self._transport is not None  # noqa: S101  # made before we are handed out
        self._got = 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        await self._answer

    def close(self) -> None:
        """Give the port back."""
        if self._transport is not None:
            self._transport.abort()


@asynccontextmanager
async def _coprocessor(path: str) -> AsyncIterator[Coprocessor]:
    """Run the link on a port as the controller does, ready for commands."""
    ready = asyncio.Event()

    def post(item: Input, committed: Callable[[], None] | None = None) -> None:
        if isinstance(item, CoprocessorReady):
            ready.set()

    coprocessor = Coprocessor(serial_port(path), post, LinkSettings(board=_BOARD), Random(1))
    running = asyncio.ensure_future(coprocessor.run())
    try:
        async with asyncio.timeout(5):
            await ready.wait()
        yield coprocessor
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class _FarEnd:
    """A far end of its own process, as long as the block lasts."""

    def __init__(self, core: int, *more: str) -> None:
        self._process = start("-m", "bench.echo", str(_BOARD.crc()), *more, core=core, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> str:
        assert self._process.stdout is not None  # noqa: S101  # asked for above
        return self._process.stdout.readline().decode().strip()

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _host_hello() -> bytes:
    return encode_frame(Kind.HELLO, 0, 0, Hello.ID, Hello(role=Role.HOST, nonce=1).to_bytes())
