"""Every fault that the simulated vehicle and board can make, on an embedded processor with the real host: the contactor opens in time, the host
and the CSMS learn the fault, and after its remedy the next vehicle charges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.whole.rig import ID, Rig

from cpctl.core.faults import BY_NAME

from .qemu import Board

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Milliseconds from the cause to open poles: the limits of docs/reference/fault-timing.md, what the sensor takes, and the contactor's drop-out.
OPENS_MS = {
    "rcm": 100,
    "emergency_stop": 100,
    "protective_earth": 100,
    "diode_missing": 200,
    "ventilation": 200,
    "pilot_short": 3_100,
    "pilot_invalid": 3_100,
    "proximity": 1_100,
    "contactor_open": 400,
    "overcurrent": 8_100,
    "over_temperature": 3_600,
    "temperature_sensor": 5_600,
}
#: A lease is renewed each half second of the host's time, and lasts ten of the machine's.
RENEWAL_S = 0.7
PART_MS = 4_000


class Bench:
    """A host at the machine, one session after the other."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._sessions = 0

    async def charge(self) -> None:
        """Let another driver plug in, present a token and charge at full current."""
        await self.ask()
        await self.rig.status("Charging")
        await self.rig.plant.advance(3_000_000)
        assert (await self.rig.truth()).current_ma[0] > 0

    async def ask(self) -> None:
        """Let another driver plug in and present a token."""
        self._sessions += 1
        await self.rig.plant.vehicle(state="C")
        await self.rig.status("Preparing")
        await self.rig.tap(f"TAG{self._sessions}")

    async def pass_time(self, ms: int) -> None:
        """Let the machine's time pass, with pauses in which the host renews the lease."""
        for part in range(0, ms, PART_MS):
            await self.rig.plant.advance(min(PART_MS, ms - part) * 1000)
            if part + PART_MS < ms:
                await asyncio.sleep(RENEWAL_S)

    async def stop(self) -> None:
        """Let the driver end it, and the vehicle react."""
        await self.rig.tap(f"TAG{self._sessions}")
        await self.rig.until(lambda: self.rig.charges[-1].stop is not None)
        await self.rig.plant.advance(8_000_000)

    async def shows(self, name: str) -> None:
        """Wait until host and CSMS know the fault by its name and code."""
        entry = BY_NAME[name]
        await self.rig.status("Faulted")
        await self.rig.until(lambda: name in self.faults())
        assert self.faults()[name].startswith(entry.code)
        # OCPP 1.6 keeps EVCommunicationError for an EVSE that is not Faulted.
        code = "OtherError" if entry.error_code == "EVCommunicationError" else entry.error_code
        await self.rig.until(lambda: self._told() == ("Faulted", code))

    def faults(self) -> dict[str, str]:
        """Return the standing faults with their texts."""
        return {fault["code"]: fault["text"] for fault in self.rig.evse()["faults"]}

    async def remedy(self, name: str) -> None:
        """Take the cause away and the vehicle too, clear what is to be cleared, and see that the EVSE serves again."""
        await self.rig.plant.fault(1, name, active=False)
        await self.rig.plant.vehicle(state="A")
        await self.rig.plant.advance(2_000_000)
        assert self.rig.controller is not None
        await self.rig.controller.services.clear_faults(1, None)
        await self.rig.plant.button(True)
        await self.rig.plant.advance(3_100_000)
        await self.rig.plant.button(False)
        await self.rig.plant.advance(61_000_000)  # heat is held for a minute
        await self.rig.status("Available")
        await self.rig.plant.advance(31_000_000)  # so long after a fault it does not close again
        assert self.faults() == {}

    def _told(self) -> tuple[str, str]:
        last = [call for call in self.rig.csms.point(ID).status_history if call["connectorId"] == 1][-1]
        return last["status"], last["errorCode"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(board: Board, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    directory: Path = tmp_path_factory.mktemp("host")
    async with Rig(directory, board=board, seed=21, CurrentLimit=16) as rig:  # what the vehicle draws, so that more is too much
        await rig.online()
        yield Bench(rig)


@pytest.mark.parametrize("name", OPENS_MS)
async def test_a_fault_while_charging_opens_the_contactor_and_is_told(bench: Bench, name: str) -> None:
    await bench.charge()
    openings = (await bench.rig.truth()).openings
    await bench.rig.plant.fault(1, name)
    await bench.pass_time(OPENS_MS[name])
    truth = await bench.rig.truth()
    assert truth.openings > openings
    assert truth.contactor == 0
    await bench.shows(name)
    await bench.remedy(name)


async def test_a_welded_contactor_is_found_at_the_next_stop_and_locked_out(bench: Bench) -> None:
    await bench.charge()
    await bench.rig.plant.fault(1, "contactor_welded")
    await bench.stop()
    await bench.shows("contactor_welded")
    assert (await bench.rig.truth()).duty_pm == 0  # the pilot's state F
    await bench.remedy("contactor_welded")


async def test_a_vehicle_that_draws_on_is_cut_off_under_load(bench: Bench) -> None:
    await bench.charge()
    await bench.rig.plant.fault(1, "opened_under_load")
    await bench.stop()
    assert (await bench.rig.truth()).contactor == 0
    await bench.rig.until(lambda: "opened_under_load" in bench.faults())
    await bench.remedy("opened_under_load")


async def test_a_lock_that_jams_lets_nothing_charge(bench: Bench) -> None:
    closings = (await bench.rig.truth()).closings
    await bench.rig.plant.fault(1, "lock")
    await bench.ask()
    await bench.shows("lock")
    assert (await bench.rig.truth()).closings == closings
    await bench.remedy("lock")


async def test_a_deaf_monitor_is_found_by_its_test_after_the_session(bench: Bench) -> None:
    await bench.charge()
    await bench.rig.plant.fault(1, "rcm_self_test")
    await bench.stop()
    await bench.rig.plant.vehicle(state="A")
    await bench.rig.plant.advance(5_000_000)
    await bench.shows("rcm_self_test")
    await bench.remedy("rcm_self_test")


async def test_a_weak_supply_of_the_pilot_is_found_by_the_test_at_the_start(bench: Bench) -> None:
    await bench.rig.plant.fault(1, "self_test")
    await bench.rig.plant.power("cut")
    await bench.shows("self_test")
    await bench.rig.plant.fault(1, "self_test", active=False)
    await bench.rig.plant.power("cut")  # which tests again
    await bench.remedy("self_test")


async def test_residual_current_that_comes_again_and_again_locks_out(bench: Bench) -> None:
    for _ in range(3):
        await bench.charge()
        await bench.rig.plant.fault(1, "rcm")
        await bench.shows("rcm")
        if "rcm_lockout" in bench.faults():
            break
        await bench.rig.plant.fault(1, "rcm", active=False)
        await bench.rig.plant.vehicle(state="A")
        await bench.rig.plant.advance(3_000_000)
        assert bench.rig.controller is not None
        await bench.rig.controller.services.clear_faults(1, None)
        await bench.rig.status("Available")
        await bench.rig.plant.advance(31_000_000)
    await bench.rig.until(lambda: "rcm_lockout" in bench.faults())
    await bench.remedy("rcm")


async def test_three_restarts_while_closed_lock_out(bench: Bench) -> None:
    await bench.charge()
    for restart in range(3):
        openings = (await bench.rig.truth()).openings
        await bench.rig.plant.power("watchdog")
        await bench.rig.until_true(lambda truth, before=openings: truth.openings > before)
        if restart < 2:
            await bench.rig.plant.advance(31_000_000)
            await bench.rig.until_true(lambda truth: truth.contactor == 1)
    await bench.shows("resets_while_closed")
    await bench.remedy("rcm")
