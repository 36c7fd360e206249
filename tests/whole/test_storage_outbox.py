"""A long time offline with a small outbox, as the CSMS hears of it afterwards."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from .rig import Rig, virtually


def gaps_s(meter_values: list[dict[str, object]]) -> list[float]:
    """Return the seconds between messages."""
    times = [datetime.fromisoformat(str(value["timestamp"])) for call in meter_values for value in call["meterValue"]]  # type: ignore[attr-defined]
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


@pytest.mark.parametrize("restarted", [False, True])
@virtually
async def test_after_a_long_time_offline_the_csms_hears_start_and_stop_and_evenly_spaced_meter_values(tmp_path: Path, restarted: bool) -> None:
    async with Rig(tmp_path, OutboxCapacity=24, MeterValueSampleInterval=5, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        await rig.csms.set_up(False)
        await rig.charge()
        await rig.pass_time(400)
        if restarted:
            await rig.kill()
            await rig.start()
            await rig.status("Charging")
        await rig.pass_time(200)
        await rig.finish(told=False)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None, 1200)
        (charge,) = rig.charges
        assert rig.csms.ledger.problems == []
        gaps = gaps_s(charge.meter_values)
        assert 10 <= len(charge.meter_values) <= 22
        assert sum(gaps) > 600 - 2 * max(gaps), "they cover all of the time, from start to stop"
        assert max(gaps[:-4]) <= 3 * min(gaps[:-4])
        assert rig.controller is not None
        assert any(line.note.code == "outbox.thinned" for line in await rig.controller.store.notes(limit=1000))
