"""G10: memory of one running `cpctl start --sim`, its local API served, after a charge."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cpctl.cli.client import SOCKET_NAME, Client
from cpctl.sim.firmware_files import EXECUTABLE, firmware_file
from cpctl.sim.process import SimProcess, SimSettings

from .csms import ID, VERSIONS, LeanCsms
from .figures import Effort, Figure, at_most
from .machine import start
from .station import HOST_CORE

_PATIENCE_S = 60.0
_POLL_S = 0.1


async def measure(effort: Effort, state: Path) -> list[Figure]:
    """Measure it in each version."""
    return [await _measure(effort, state, version) for version in VERSIONS]


async def _measure(effort: Effort, state: Path, version: str) -> Figure:
    """Charge for a while, then look at the resident memory."""
    firmware_file(EXECUTABLE)  # SimError says how to build it
    csms = LeanCsms()
    url = await csms.start()
    with tempfile.TemporaryDirectory(dir=state) as place:
        options = ["--sim", "--state", place, "--csms", url, "--id", ID, "--api", "127.0.0.1:0", "--log-level", "error", "--ocpp", version]
        for seconds in (0, effort.of(20, 3)):  # the first compiles, as an installed package is, and does not count
            found = await _resident_after_charge(options, Path(place), seconds)
    await csms.stop()
    return at_most("G10", f"resident memory of one charge point ({version}) after a charge, local API served", found, 64.0, "MB")


async def _resident_after_charge(options: Sequence[str], place: Path, seconds: float) -> float:
    """Start, charge, measure, end; return the MB."""
    host = start("-m", "cpctl", "start", *options, core=HOST_CORE, bytecode=place / "bytecode", stdout=subprocess.DEVNULL)
    try:
        await asyncio.to_thread(_charge, Client(place / SOCKET_NAME), seconds)
        return _resident_mb(host.pid)
    finally:
        host.terminate()
        await asyncio.to_thread(host.wait)
        await SimProcess(SimSettings(place / "sim")).stop()


def _charge(client: Client, seconds: float) -> None:
    """Plug in, tap, draw, stop, unplug; and look at the page's list of messages as a person would."""
    if not client.wait_until_served(_PATIENCE_S):
        raise RuntimeError("the station's local API is not served")
    client.post("/api/v1/sim/evses/1/vehicle", {"state": "C"})
    _until(client, "Preparing")
    client.post("/api/v1/evses/1/token", {"id_token": "TAG1"})
    _until(client, "Charging")
    time.sleep(seconds)
    client.get("/api/v1/status")
    client.get("/api/v1/messages")
    client.post("/api/v1/evses/1/stop")
    _until(client, "Finishing")
    client.post("/api/v1/sim/evses/1/vehicle", {"state": "A"})
    _until(client, "Available")


def _until(client: Client, status: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if client.get_object("/api/v1/evses/1")["status"] == status:
            return
        time.sleep(_POLL_S)
    raise RuntimeError(f"it never came to {status}")


def _resident_mb(pid: int) -> float:
    """Read the resident set, in units of a million bytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))
    return kib * 1024 / 1e6
