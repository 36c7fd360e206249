"""Ends that come right after a restart, before the coprocessor has said what its meter counted meanwhile: that energy is told as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.kills.visit import MOST_W, ROUNDING_WH, STOPPING_S
from tests.whole.rig import Rig, virtually

STORED_AT_START_ONLY: dict[str, Any] = {"MeterValueSampleInterval": 0}


async def untold_wh(rig: Rig) -> float:
    """What flowed and was not told, once everything has ended."""
    await rig.plant.vehicle(state="A")
    await rig.status("Available")
    await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
    (charge,) = rig.charges
    told_wh: int = charge.meter_stop - charge.meter_start
    return (await rig.truth()).energy_mwh / 1000 - told_wh


@virtually
async def test_a_tap_before_the_coprocessors_first_word_ends_the_charge_with_what_flowed_until_then(tmp_path: Path) -> None:
    async with Rig(tmp_path, **STORED_AT_START_ONLY) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(30)
        await rig.kill()
        rig.chaos.up = False
        await rig.start()
        await rig.tap()
        await rig.pass_time(2)
        assert rig.evse()["session"] is not None, "what the meter counted is not known yet"
        rig.chaos.up = True
        await rig.until_true(lambda truth: truth.contactor == 0)
        assert -ROUNDING_WH <= await untold_wh(rig) <= ROUNDING_WH + MOST_W * STOPPING_S / 3600
        assert rig.charges[0].reason == "Local"


@virtually
async def test_a_charge_that_is_not_taken_up_again_after_its_lease_ends_with_what_flowed_until_then(tmp_path: Path) -> None:
    async with Rig(tmp_path, station={"on_lapse": "end"}, **STORED_AT_START_ONLY) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(30)
        await rig.kill()
        await rig.sleep(40)
        await rig.start()
        await rig.status("Finishing")
        assert -ROUNDING_WH <= await untold_wh(rig) <= ROUNDING_WH
        assert rig.charges[0].reason == "Reboot"
