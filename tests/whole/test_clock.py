"""A host without a clock, with a wrong one, and with one that is set while a vehicle charges: what the CSMS is told is dated right, and in order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from cpctl.sim.csms_desk import Seen
from cpctl.sim.csms_script import Cut

from .rig import ID, Rig, virtually

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
OFFLINE = {"AllowOfflineTxForUnknownId": True}


def moments(charge: Any) -> list[datetime]:
    """Return every time that the CSMS was told of a transaction, in the order of telling."""
    values = [value["timestamp"] for call in charge.meter_values for value in call["meterValue"]]
    return [datetime.fromisoformat(text) for text in (charge.started, *values, *([charge.stopped] if charge.stopped else []))]


def never_backwards(charge: Any) -> bool:
    return all(earlier <= later for earlier, later in pairwise(moments(charge)))


def oldest_told(rig: Rig) -> str:
    """Return the oldest timestamp that went to the CSMS in any message."""
    return min(text for seen in rig.csms.frames if seen.received for text in _timestamps(seen))


def _timestamps(seen: Seen) -> list[str]:
    found: list[str] = []

    def look(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                look(item, key)
        elif isinstance(value, list):
            for item in value:
                look(item)
        elif "timestamp" in name.casefold():
            found.append(value)

    look(json.loads(seen.text))
    return found or ["9999"]


@asynccontextmanager
async def accepted_once(directory: Path, **variables: object) -> AsyncIterator[Rig]:
    """Yield a rig whose CSMS knows it and is away, and whose host is down and will start without a clock."""
    async with Rig(directory, **OFFLINE, **variables) as rig:
        await rig.online()
        await rig.kill()
        await rig.csms.set_up(False)
        rig.wall = lambda: rig.utc().timestamp() % 100_000  # 1970, and some hours
        yield rig


@virtually
async def test_no_timestamp_is_of_1970_though_the_clock_is_when_a_vehicle_charges(tmp_path: Path) -> None:
    """Complained of elsewhere: 1970 timestamps."""
    async with accepted_once(tmp_path) as rig:
        await rig.start()
        began = rig.utc()
        await rig.charge()
        charging_since = rig.utc()
        await rig.pass_time(600)
        assert rig.evse()["session"]["started"] is None
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and len(rig.charges[0].meter_values) >= 9, 300)
        (charge,) = rig.charges
        assert began <= moments(charge)[0] <= charging_since + SECOND
        assert all(abs(later - earlier - 60 * SECOND) < SECOND for earlier, later in pairwise(moments(charge)[1:]))
        assert never_backwards(charge)
        assert oldest_told(rig) > "2030"
        assert rig.evse()["session"]["started"] == charge.started


@virtually
async def test_a_boot_that_never_knew_the_time_is_dated_exactly_while_the_machine_ran_on(tmp_path: Path) -> None:
    async with accepted_once(tmp_path) as rig:
        await rig.start()
        await rig.charge()
        began = rig.utc()
        await rig.pass_time(130)
        await rig.kill()
        await rig.sleep(10)
        await rig.start()
        await rig.pass_time(100)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and len(rig.charges[0].meter_values) >= 3, 300)
        assert abs(moments(rig.charges[0])[0] - began) < 2 * SECOND
        assert never_backwards(rig.charges[0])


@virtually
async def test_a_boot_that_never_knew_the_time_before_a_power_cut_is_dated_as_late_as_can_be_and_that_is_noted(tmp_path: Path) -> None:
    async with accepted_once(tmp_path) as rig:
        await rig.start()
        await rig.charge()
        began = rig.utc()
        await rig.pass_time(190)
        ended = rig.utc()
        await rig.kill()
        rig.machine = "machine, started anew"
        await rig.sleep(600)
        back = rig.utc()
        await rig.start()
        await rig.pass_time(100)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and len(rig.charges[0].meter_values) >= 4, 300)
        told = moments(rig.charges[0])
        assert began <= told[0] <= began + (back - ended) + 60 * SECOND  # the last thing stamped was up to a minute before the cut
        assert abs(told[2] - told[1] - 60 * SECOND) < SECOND  # intervals within the boot are true
        assert told[3] <= back + SECOND
        assert never_backwards(rig.charges[0])
        assert oldest_told(rig) > "2030"
        assert rig.controller is not None
        events = await rig.controller.services.events(None, 100)
        assert "clock.estimated" in [event["code"] for event in events]


@virtually
async def test_what_is_delivered_twice_over_a_restart_has_the_same_dates(tmp_path: Path) -> None:
    async with accepted_once(tmp_path) as rig:
        await rig.start()
        await rig.charge()
        await rig.pass_time(200)
        await rig.finish(told=False)
        rig.machine = "machine, started anew"
        rig.csms.script("StartTransaction", Cut(processed=True))
        rig.csms.script("StopTransaction", Cut(processed=True))
        await rig.csms.set_up(True)
        for _ in range(2):
            await rig.until(lambda: len(rig.csms.points[ID].boots) > 1 and rig.csms.points[ID].rpc is None, 300)
            await rig.kill()
            await rig.sleep(5)
            rig.wall = lambda: 0.0
            await rig.start()
            await rig.until(lambda: len(rig.charges) == 1, 300)
        await rig.until(lambda: rig.charges[0].stop is not None and rig.csms.points[ID].rpc is not None, 600)
        await rig.pass_time(300)
        assert len(rig.charges) == 1
        assert rig.charges[0].repeats >= 1
        assert rig.csms.ledger.problems == []


@virtually
async def test_what_a_wrong_system_clock_had_dated_is_told_right(tmp_path: Path) -> None:
    async with accepted_once(tmp_path) as rig:
        rig.wall = lambda: (rig.utc() + HOUR).timestamp()
        await rig.start()
        await rig.charge()
        began = rig.utc()
        await rig.pass_time(130)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and len(rig.charges[0].meter_values) >= 3, 300)
        await rig.finish()
        told = moments(rig.charges[0])
        assert abs(told[0] - began) < 2 * SECOND
        assert abs(told[-1] - rig.utc()) < 2 * SECOND
        assert never_backwards(rig.charges[0])


@virtually
async def test_a_system_clock_that_is_set_while_charging_offline_moves_no_timer_and_dates_all_of_it(tmp_path: Path) -> None:
    async with accepted_once(tmp_path) as rig:
        true_wall, rig.wall = rig.utc, lambda: (rig.utc() - 72 * HOUR).timestamp()
        await rig.start()
        await rig.charge()
        began = rig.utc()
        await rig.pass_time(605)
        rig.wall = lambda: true_wall().timestamp()  # NTP has answered
        await rig.pass_time(600)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and len(rig.charges[0].meter_values) >= 20, 300)
        told = moments(rig.charges[0])
        assert abs(told[0] - began) < 2 * SECOND
        assert all(abs(later - earlier - 60 * SECOND) < SECOND for earlier, later in pairwise(told[1:]))


@virtually
async def test_a_csms_that_sets_its_clock_back_makes_no_timestamp_run_backwards_and_moves_no_timer(tmp_path: Path) -> None:
    rig = Rig(tmp_path, MeterValueSampleInterval=200)
    rig.csms.heartbeat_s = 60
    async with rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(500)
        rig.csms_utc = lambda: rig.utc() - HOUR
        beats = rig.csms.point(ID).heartbeats
        await rig.pass_time(1000)
        assert rig.csms.point(ID).heartbeats - beats >= 10
        (charge,) = rig.charges
        assert len(charge.meter_values) == 7
        assert never_backwards(charge)
        assert len(set(moments(charge))) == 8  # nor do they stand still
        await rig.finish()
        assert never_backwards(charge)
        await rig.charge()
        assert abs(moments(rig.charges[1])[0] - rig.csms_utc()) < 5 * SECOND  # what begins now is dated by the clock as it is


@virtually
async def test_a_csms_that_sets_its_clock_forward_is_followed_and_round_times_are_found_anew(tmp_path: Path) -> None:
    rig = Rig(tmp_path, MeterValueSampleInterval=0, ClockAlignedDataInterval=900)
    rig.csms.heartbeat_s = 60
    async with rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(1000)
        rig.csms_utc = lambda: rig.utc() + timedelta(seconds=437)
        await rig.pass_time(2000)
        (charge,) = rig.charges
        told = moments(charge)[1:]
        assert len(told) >= 3
        assert all(min(at.timestamp() % 900, 900 - at.timestamp() % 900) < 1 for at in told)
        assert never_backwards(charge)


@virtually
async def test_a_csms_without_a_clock_and_a_host_without_one_are_told_no_1970_either(tmp_path: Path) -> None:
    async with accepted_once(tmp_path) as rig:
        await rig.start()
        await rig.charge()
        rig.csms_utc = lambda: datetime.fromisoformat("1970-01-01T00:00:00Z")
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and len(rig.charges[0].meter_values) >= 2, 300)
        assert oldest_told(rig) > "2030"
        assert rig.controller is not None
        assert (await rig.controller.services.status())["clock"]["source"] == "saved"  # type: ignore[index]
