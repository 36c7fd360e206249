"""The firmware on an embedded processor, with the real host, over a serial line, in real time: it serves, and comes back from what befalls it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.whole.rig import Rig

from .qemu import Board


async def test_a_vehicle_charges_follows_a_lower_limit_and_leaves(board: Board, tmp_path: Path) -> None:
    async with Rig(tmp_path, board=board, seed=11) as rig:
        await rig.online()
        assert rig.controller is not None
        assert rig.controller.coprocessor.info.chip == "rv32"
        closings = (await rig.truth()).closings
        await rig.charge()
        await rig.plant.advance(5_000_000)
        await rig.until_true(lambda truth: truth.contactor == 1 and truth.current_ma[0] == 16_000)
        assert await rig.call("ChangeConfiguration", key="CurrentLimit", value="10") == {"status": "Accepted"}
        await rig.until_true(lambda truth: 9_500 < truth.current_ma[0] <= 10_000)
        await rig.finish()
        (charge,) = rig.charges
        truth = await rig.truth()
        assert truth.contactor == 0
        assert truth.closings == closings + 1
        assert charge.meter_stop > charge.meter_start
        assert rig.said() == ["Available", "Preparing", "Charging", "Finishing", "Available"]
        assert rig.csms.ledger.problems == []


async def test_a_host_that_vanishes_and_returns_finds_the_vehicle_charging(board: Board, tmp_path: Path) -> None:
    async with Rig(tmp_path, board=board, seed=12) as rig:
        await rig.online()
        await rig.plant.advance(6_000_000)  # it may close again
        await rig.charge()
        openings = (await rig.truth()).openings
        await rig.kill()
        await asyncio.sleep(1)
        await rig.start()
        await rig.status("Charging")
        assert (await rig.truth()).openings == openings
        await rig.finish()
        assert len(rig.charges) == 1


async def test_a_panic_opens_the_contactor_tells_its_reason_and_the_charge_goes_on_later(board: Board, tmp_path: Path) -> None:
    async with Rig(tmp_path, board=board, seed=13) as rig:
        await rig.online()
        assert rig.controller is not None
        await rig.plant.power("cut")  # which forgets the resets of the tests before
        await rig.until(lambda: rig.controller.coprocessor.info.reset_reason == "power_on")
        await rig.plant.advance(6_000_000)
        await rig.charge()
        boots = rig.controller.coprocessor.info.boot_count
        await rig.plant.power("panic")
        await rig.until(lambda: rig.controller.coprocessor.info.reset_reason == "panic")
        assert rig.controller.coprocessor.info.boot_count == boots + 1
        assert (await rig.truth()).contactor == 0
        await rig.plant.advance(31_000_000)  # after a reset with a closed contactor it waits before it closes again
        await rig.status("Charging")
        await rig.until_true(lambda truth: truth.contactor == 1)
        await rig.finish()
        assert len(rig.charges) == 1
