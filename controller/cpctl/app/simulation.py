"""The world around a simulated station: the coprocessor's process, the vehicle, the cable, the network, the clock. `local.services.SimServices`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from cpctl.clock import Clock, ClockSource, system_wall
from cpctl.core.faults import BY_CODE
from cpctl.errors import NoSuchEvse, Refused, SimError
from cpctl.link.line import OpenLine
from cpctl.link.transport import serial_port
from cpctl.local.services import LinkChange, VehicleChange
from cpctl.sim.chaos import Chaos
from cpctl.sim.loop import ScaledLoop
from cpctl.sim.process import SimProcess, SimSettings

if TYPE_CHECKING:
    from .controller import Controller

Json = dict[str, object]

# A pushed clock goes on in steps far below a lease's life, both sides alike, so that nothing lapses that would not lapse in real time.
_STEP_S = 0.5
# Between two steps whoever has something to say says it; a CSMS that owes an answer gets this much real time to give it.
_ANSWER_S = 0.5
# What is done to the plant is seen by the station within a second: the pilot's debouncing, a snapshot, the way through the pty. In real time.
_SEEN_S = 1.0
_LOOK_S = 0.01
# The kernel carries bytes through a pty in this much real time.
_PTY_S = 0.001


class Simulation:
    """One simulated world, in `directory`; it outlives this process as hardware would."""

    def __init__(self, directory: Path, evse_count: int, speed: float) -> None:
        self._process = SimProcess(SimSettings(directory, evse_count, speed))
        self._plant = self._process.plant()
        self._speed = speed
        self._chaos = Chaos(Random(1))
        self.controller: Controller | None = None
        self.cut: Callable[[], None] = restart_program

    @property
    def open_line(self) -> OpenLine:
        """Opener of the link's line, through the simulated cable."""
        return self._chaos.wrap(serial_port(str(self._process.port)))

    async def start(self) -> None:
        """Start the world, or find it as it was left."""
        await self._process.start()
        await self._plant.open()

    async def close(self) -> None:
        """Leave it: it goes on for a while, as hardware does when its host is away, and ends by itself."""
        await self._plant.close()

    async def stop(self) -> None:
        """End it; the vehicle stays plugged in for the next time."""
        await self.close()
        await self._process.stop()

    # ------------------------------------------------------------ local.services.SimServices

    async def vehicle(self, evse: int, change: VehicleChange) -> Json:
        """Move the simulated vehicle of an EVSE, and wait until the station has seen it."""
        await self._plant.vehicle(
            self._existing(evse),
            state=change.state,
            current_a=change.current_a,
            phases=change.phases,
            diode=change.diode,
            cable_a=change.cable_a,
            soc=None if change.soc is None else change.soc / 100,
            parked=change.parked,
        )
        if change.state is not None:
            await self._seen(evse, lambda shown: str(shown["pilot"]).startswith(str(change.state)))
        return await self._plant_state(evse)

    async def fault(self, evse: int, fault: str, active: bool, code: str | None) -> Json:
        """Raise or end the cause of a fault at an EVSE."""
        known = BY_CODE.get(fault)
        try:
            await self._plant.fault(self._existing(evse), known.name if known else fault, active)
        except SimError as error:
            raise Refused(error.reason, error.next_step, field="fault") from error
        name = known.name if known else fault
        await self._seen(evse, lambda shown: active == any(one["code"] == name for one in _faults(shown)))
        return await self._plant_state(evse)

    async def csms(self, up: bool) -> Json:
        """Cut or restore the network to the CSMS."""
        self._running.csms.set_network(up)
        return {"up": up}

    async def link(self, change: LinkChange) -> Json:
        """Make the serial wire worse or better."""
        chaos = self._chaos
        if change.loss is not None:
            chaos.loss = change.loss / 100
        if change.corrupt is not None:
            chaos.corruption = change.corrupt / 100
        if change.delay_ms is not None:
            chaos.delay_s = change.delay_ms / 1000
        if change.up is not None:
            chaos.up = change.up
        return {"loss": chaos.loss * 100, "corrupt": chaos.corruption * 100, "delay_ms": round(chaos.delay_s * 1000), "up": chaos.up}

    async def clock(self, advance_s: float) -> Json:
        """Push the station's clock on, and the coprocessor's with it."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop, ScaledLoop):
            raise Refused("This station's clock is not simulated.", "Start it with --sim.")
        rest_s = advance_s
        while rest_s > 0:
            step_s = min(rest_s, _STEP_S)
            await self._plant.advance(round(step_s * 1_000_000))
            loop.push(step_s)
            await self._settle()
            rest_s -= step_s
        return {"advanced_s": advance_s}

    async def power(self, cut: bool) -> Json:
        """Cut the supply of the whole charge point, and give it back."""
        if cut:
            await self._plant.power("cut")
            asyncio.get_running_loop().call_later(0.05, self.cut)
        return {"cut": cut}

    # ------------------------------------------------------------ helpers

    @property
    def _running(self) -> Controller:
        if self.controller is None:
            raise Refused("The station is not running yet.", "Try again.")
        return self.controller

    def _existing(self, evse: int) -> int:
        count = len(self._running.settings.evses)
        if not 1 <= evse <= count:
            raise NoSuchEvse(evse, count)
        return evse

    async def _seen(self, evse: int, shown: Callable[[Mapping[str, object]], bool]) -> None:
        """Give the station a moment to see what was done. It need not: a vehicle that is full asks for nothing, and not every cause is a fault at once."""
        deadline_s = asyncio.get_running_loop().time() + _SEEN_S * self._speed
        while not shown(self._running.station.evse_status(evse)) and asyncio.get_running_loop().time() < deadline_s:  # noqa: ASYNC110  # seldom, and at once
            await asyncio.sleep(_LOOK_S * self._speed)

    async def _plant_state(self, evse: int) -> Json:
        state = await self._plant.ask(evse)
        return {
            "contactor": "closed" if state.contactor else "open",
            "vehicle": getattr(state.vehicle, "name", str(state.vehicle)),
            "current_a": [current / 1000 for current in state.current_ma],
            "soc": state.soc_pm / 10,
            "energy_wh": state.energy_mwh / 1000,
        }

    async def _settle(self) -> None:
        """Let bytes that are on their way arrive, and answers that are owed come."""
        await asyncio.sleep(_PTY_S * self._speed)
        await self._running.csms.quiet(_ANSWER_S * self._speed)


class SimulatedClock(Clock):
    """Follows the CSMS's time as any station does, but no longer once the simulation has left real time."""

    @property
    def source(self) -> ClockSource:
        """Who the present idea of UTC comes from: nobody but the simulation, once it has left real time."""
        return ClockSource.SIMULATED if _left_real_time() else super().source

    def set_utc(self, moment: datetime, source: ClockSource) -> bool:
        """Lay UTC anew, as long as a second here is a second there."""
        return not _left_real_time() and super().set_utc(moment, source)


def _left_real_time() -> bool:
    loop = asyncio.get_running_loop()
    return isinstance(loop, ScaledLoop) and loop.left_real_time


def _faults(shown: Mapping[str, object]) -> list[Json]:
    faults = shown["faults"]
    return faults if isinstance(faults, list) else []


def simulated_wall() -> Callable[[], float]:
    """Make a wall clock that begins with the real one and runs with the loop."""
    loop = asyncio.get_running_loop()
    offset_s = system_wall() - loop.time()
    return lambda: loop.time() + offset_s


def restart_program() -> None:
    """Begin this program anew without a word to anybody, as a host does that lost its power."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # the very program that runs already
