"""`cpctl start --sim` as a program, moved and watched by nothing but its command line and its local API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.kills.host import HostProcess, LocalClient

from cpctl.sim.process import SimProcess, SimSettings

SPEED = 5
# Real seconds; a machine that is busy may need them.
PATIENCE_S = 60.0
TAG = "04A2B9C3"


class Outsider:
    """Somebody who has nothing but the program's command line and its local API."""

    def __init__(self, directory: Path, url: str, ocpp: str) -> None:
        state = directory / "state"
        arguments = ["start", "--sim", "--speed", str(SPEED), "--csms", url, "--ocpp", ocpp, "--state", str(state), "--api", "127.0.0.1:0"]
        self.host = HostProcess(directory, arguments)
        self.client = LocalClient(state / "api.sock")
        self._simulator = SimProcess(SimSettings(state / "sim", speed=SPEED))

    async def end(self) -> int:
        """End the program in order, and the simulated hardware; return the exit code."""
        code = await asyncio.to_thread(self.host.stop)
        await self._simulator.stop()
        return code

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Do something."""
        answer = await self.client.ask("POST", f"/api/v1{path}", body or {})
        assert isinstance(answer, dict), self.host.tail()
        assert "error" not in answer, answer
        return answer

    async def vehicle(self, **change: object) -> dict[str, Any]:
        """Move the vehicle."""
        return await self.post("/sim/evses/1/vehicle", change)

    async def until(self, what: str, holds: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """Wait until the status of the station is so."""
        seen: Mapping[str, Any] | None = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    seen = await self.client.ask("GET", "/api/v1/status")
                    if seen is not None and holds(seen):
                        return seen
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}; the station says {seen}\n{self.host.tail()}") from None

    async def until_status(self, wanted: str) -> Mapping[str, Any]:
        """Wait until the EVSE has a status; return it."""
        status = await self.until(wanted, lambda seen: seen["evses"][0]["status"] == wanted)
        evse: Mapping[str, Any] = status["evses"][0]
        return evse

    async def online(self) -> None:
        """Wait until the CSMS has us and the coprocessor is there."""
        await self.until("online", lambda seen: seen["csms"]["connected"] and seen["coprocessor"]["connected"] and seen["evses"][0]["pilot"] == "A1")

    async def charge(self) -> None:
        """Plug in, tap, and wait for the energy."""
        await self.vehicle(state="B", current_a=16, phases=3, soc=40)
        await self.until_status("Preparing")
        await self.post("/evses/1/token", {"id_token": TAG, "type": "ISO14443"})
        await self.vehicle(state="C")
        await self.until_status("Charging")

    async def leave(self) -> None:
        """Unplug."""
        await self.until_status("Finishing")
        await self.vehicle(state="A")
        await self.until_status("Available")


@asynccontextmanager
async def started(directory: Path, url: str, ocpp: str) -> AsyncIterator[Outsider]:
    """Start the program before this CSMS, in this version; it must end well."""
    made = Outsider(directory, url, ocpp)
    made.host.start()
    try:
        await made.online()
        yield made
    finally:
        code = await made.end()
    assert code == 0, made.host.tail()


def amperes(seen: Mapping[str, Any]) -> float:
    """What the vehicle draws on its most loaded phase."""
    return float(max(seen["evses"][0]["measured"]["current_a"]))
