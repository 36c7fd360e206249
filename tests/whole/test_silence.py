"""A coprocessor that is not heard any more."""

from __future__ import annotations

from pathlib import Path

from .rig import Rig, virtually


@virtually
async def test_a_coprocessor_silent_for_longer_than_configured_ends_the_transaction_with_what_was_last_known(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(60)
        known_wh = rig.evse()["session"]["energy_wh"]
        rig.chaos.up = False
        await rig.until_true(lambda truth: truth.contactor == 0)
        await rig.status("Faulted", within_s=200)
        await rig.until(lambda: rig.charges[0].stop is not None)
        (charge,) = rig.charges
        assert abs(charge.meter_stop - charge.meter_start - known_wh) <= 1
        assert any("coprocessor" in reason["text"].lower() for reason in rig.evse()["why_not"])
        rig.chaos.up = True
        await rig.until(lambda: rig.evse()["status"] != "Faulted")
        assert len(rig.charges) == 1
        assert (await rig.truth()).contactor == 0
