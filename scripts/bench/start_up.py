"""G9: from the start of the process to the accepted BootNotification, against the start of a Python that imports asyncio and ends."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from pathlib import Path

from .csms import ID, VERSIONS, LeanCsms
from .figures import Effort, Figure, ratio
from .machine import pin, start
from .station import BENCH_CORE, HOST_CORE, BenchBoard

_PATIENCE_S = 30.0

# With one EVSE and a fixed cable, as `host.config` makes it, so that the board takes this station for its own.
_CONFIG = """
[station]
vendor = "Bench"
model = "Bench"

[csms]
url = "{url}"
id = "{id}"
versions = ["{version}"]

[coprocessor]
port = "{port}"

[api]
bind = "127.0.0.1:0"

[log]
level = "error"

[[evse]]
id = 1
connectors = [{{ id = 1, fixed_cable = true }}]
"""


async def measure(effort: Effort, state: Path) -> list[Figure]:
    """Measure it in each version."""
    return [await _measure(effort, state, version) for version in VERSIONS]


async def _measure(effort: Effort, state: Path, version: str) -> Figure:
    """Start both in turns; the state directory is that of a station that ran before."""
    pin(BENCH_CORE)
    floor, subject = float("inf"), float("inf")
    csms, board = LeanCsms(), BenchBoard(1)
    url = await csms.start()
    with tempfile.TemporaryDirectory(dir=state) as place:
        file = Path(place) / "cpctl.toml"
        file.write_text(_CONFIG.format(url=url, id=ID, port=board.port, version=version), encoding="utf-8")
        command = ["-m", "cpctl", "start", "--config", str(file), "--state", place]
        bytecode = Path(place) / "bytecode"  # an installed package is compiled, whatever a checkout is
        for _ in range(effort.rounds + 1):  # the first compiles, makes the database, and does not count
            floor = min(floor, await asyncio.to_thread(_import, bytecode))
            subject = min(subject, await _boot(csms, command, bytecode))
    board.close()
    await csms.stop()
    return ratio("G9", f"process start to BootNotification accepted ({version}), against importing asyncio", subject, floor, 5.0, "ms")


def _import(bytecode: Path) -> float:
    """Return the milliseconds of a Python that imports asyncio."""
    began = time.monotonic_ns()
    start("-c", "import asyncio", core=HOST_CORE, bytecode=bytecode).wait()
    return (time.monotonic_ns() - began) / 1e6


async def _boot(csms: LeanCsms, command: list[str], bytecode: Path) -> float:
    """Return the milliseconds until the CSMS has sent its acceptance."""
    csms.booted_ns = asyncio.get_running_loop().create_future()
    began = time.monotonic_ns()
    host = start(*command, core=HOST_CORE, bytecode=bytecode, stdout=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return (await csms.booted_ns - began) / 1e6
    finally:
        host.terminate()
        await asyncio.to_thread(host.wait)
