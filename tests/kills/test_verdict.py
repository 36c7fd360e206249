"""What is laid to a failure, and what is not, where a vehicle leaves while no host is there to see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.kills.blow import Blow
from tests.kills.virtual import RigWorld
from tests.kills.visit import LAPSING_S, MOST_W, UNSAVED_WH, Visit, Way
from tests.whole.rig import Rig, virtually

STORED_AT_START_ONLY: dict[str, Any] = {"MeterValueSampleInterval": 0}
# Less than 20 Wh until the host dies, so that none of it is saved, and then no longer than a lease.
SEEN_S, UNSEEN_S = 5.0, 9.0


@pytest.mark.parametrize("cut", [True, False], ids=["cut", "no cut"])
@virtually
async def test_a_vehicle_that_left_a_dead_host_is_told_whole_unless_the_coprocessors_power_fails_before_the_next(tmp_path: Path, cut: bool) -> None:
    async with Rig(tmp_path, **STORED_AT_START_ONLY) as rig:
        world, visit = RigWorld(rig, tmp_path), Visit(1, "TAG1", Way.UNPLUG)
        await rig.online()
        visit.arrived_at = world.now()
        await rig.charge()
        await rig.pass_time(SEEN_S)
        await rig.kill()
        died = Blow(world.now(), stored_until=world.now() - world.hearing_s)
        await rig.sleep(UNSEEN_S)
        visit.unplugged = rig.utc()
        await rig.plant.vehicle(state="A")
        await rig.sleep(1)
        visit.left_at = world.now()
        visit.energy_after_mwh = (await rig.truth()).energy_mwh
        await rig.sleep(7)
        if cut:
            await rig.plant.power("cut")
        blow = Blow(world.now(), host=False, power="cut" if cut else None, stored_until=died.stored_until)
        await rig.start()
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
        (charge,) = rig.charges
        lost_wh = visit.delivered_wh - (charge.meter_stop - charge.meter_start)
        assert charge.reason == ("PowerLoss" if cut else "EVDisconnected")
        assert lost_wh <= (UNSAVED_WH + MOST_W * LAPSING_S / 3600 if cut else 1)
        assert visit.judge(rig.charges, [died, blow]) == []
        if cut:
            heard = Blow(blow.at, host=False, power="cut", stored_until=blow.at - world.hearing_s)
            assert len(visit.judge(rig.charges, [died, heard])) == 2, "a host that had its time to hear may lose neither the energy nor the reason"
