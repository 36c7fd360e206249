"""G6: a Heartbeat's round trip through the dispatcher, validated, against a bare websockets connection to the same server. All on one core."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from random import Random
from statistics import median
from time import perf_counter

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from cpctl.csms.connection import Socket
from cpctl.csms.dialect import Dialect
from cpctl.csms.errors import ConnectionLost
from cpctl.csms.frames import call
from cpctl.csms.rpc import Rpc
from cpctl.csms.v16.adapter import dialect as dialect_of_1_6
from cpctl.csms.v201.editions import EDITION_2_0_1, dialect

from .figures import Effort, Figure, ratio
from .machine import pin, start

_TEXT = call("0123456789abcdef-1", "Heartbeat", {})


async def measure(effort: Effort) -> list[Figure]:
    """Measure it in each version."""
    versions = {"1.6": dialect_of_1_6(), "2.0.1": dialect(EDITION_2_0_1)}
    return [await _measure(effort, version, spoken) for version, spoken in versions.items()]


async def _measure(effort: Effort, version: str, spoken: Dialect) -> Figure:
    """Beat in turns, bare and through the dispatcher."""
    pin(0)
    beats = effort.of(200, 100)
    bare, whole = float("inf"), float("inf")
    server = start("-m", "bench.beat", core=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None  # noqa: S101  # asked for above
    url = server.stdout.readline().decode().strip()
    options = {"compression": None, "ping_interval": None, "proxy": None}
    async with (
        connect(url, subprotocols=[Subprotocol(f"ocpp{version}")], **options) as plain,  # type: ignore[arg-type]  # of three types
        connect(url, subprotocols=[Subprotocol(f"ocpp{version}")], **options) as carrier,  # type: ignore[arg-type]
    ):
        rpc = Rpc(Socket(carrier), spoken, {}, Random(1))
        running = asyncio.ensure_future(_run(rpc))

        async def plainly() -> None:
            await plain.send(_TEXT)
            await plain.recv()

        async def wholly() -> None:
            await rpc.request("Heartbeat", {}, timeout_s=10)

        for _ in range(effort.short_rounds):
            bare = min(bare, await _median_us(plainly, beats))
            whole = min(whole, await _median_us(wholly, beats))
        await carrier.close()
        await running
    await asyncio.to_thread(server.communicate)
    return ratio("G6", f"Heartbeat round trip ({version}), validated, against bare websockets", whole, bare, 1.6)


async def _run(rpc: Rpc) -> None:
    try:
        await rpc.run()
    except ConnectionLost:
        pass


async def _median_us(beat: Callable[[], Awaitable[None]], beats: int) -> float:
    taken = []
    for _ in range(beats):
        start_s = perf_counter()
        await beat()
        taken.append(perf_counter() - start_s)
    return median(taken) * 1e6
