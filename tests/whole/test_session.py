"""One charge through every layer."""

from __future__ import annotations

from pathlib import Path

from .rig import ID, Rig, virtually
from .words import in_every_version


@in_every_version
@virtually
async def test_a_charge_from_plug_to_unplug_is_told_to_the_csms_from_start_to_stop(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(600)
        await rig.tap()
        await rig.status("Finishing")
        await rig.plant.vehicle(state="A")
        await rig.status("Available")
        await rig.until(lambda: rig.charges[0].stop is not None)

        (charge,) = rig.charges
        truth = await rig.truth()
        delivered_wh = charge.meter_stop - charge.meter_start
        assert abs(delivered_wh - truth.energy_mwh / 1000) <= 1
        assert delivered_wh > 1000
        assert charge.reason == "Local"
        assert len(charge.meter_values) >= 9
        assert rig.csms.ledger.problems == []
        assert rig.said() == rig.words.statuses("Available", "Preparing", "Charging", "Finishing", "Available")
        assert truth.closings == truth.openings == 1
        assert rig.words.model(rig.csms.point(ID).boots[0]) == "Rig"
