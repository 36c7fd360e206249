"""Meter values: at round times of the clock, and within transactions at their start, at an interval, and at their end (J01, J02)."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

MEASURANDS = ("Energy.Active.Import.Register", "Current.Import", "Voltage")
BOTH = ",".join(MEASURANDS)


def values(call: dict[str, Any], context: str) -> list[dict[str, Any]]:
    """Return the values of a message that were measured for this reason, each with its time."""
    return [value for value in call.get("meterValue", ()) if {sampled["context"] for sampled in value["sampledValue"]} == {context}]


def measurands(value: dict[str, Any]) -> set[str]:
    """Return what was measured; the register goes without saying."""
    return {sampled.get("measurand", MEASURANDS[0]) for sampled in value["sampledValue"]}


def gaps(found: list[dict[str, Any]]) -> set[float]:
    """Return the seconds between neighbouring values."""
    times = [datetime.fromisoformat(value["timestamp"]) for value in found]
    return {(after - before).total_seconds() for before, after in itertools.pairwise(times)}


@case("TC_J_01_CS", "Clock-aligned Meter Values - No transaction ongoing")
@virtually
async def test_an_idle_evse_is_measured_at_round_times(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"AlignedDataCtrlr.Interval": 60, "AlignedDataCtrlr.Measurands": BOTH}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.pass_time(200)
        found = [value for call in talk.payloads("MeterValues") for value in values(call, "Sample.Clock")]
        assert len(found) >= 3
        assert all(measurands(value) == set(MEASURANDS) for value in found)
        assert gaps(found) == {60.0}
        assert all(datetime.fromisoformat(value["timestamp"]).second == 0 for value in found)


@case("TC_J_02_CS", "Clock-aligned Meter Values - Transaction ongoing")
@virtually
async def test_round_times_within_a_transaction_are_its_events(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2, **{"AlignedDataCtrlr.Interval": 60, "AlignedDataCtrlr.Measurands": BOTH}, MeterValueSampleInterval=0) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.pass_time(200)
        events = [event for event in talk.events() if event["triggerReason"] == "MeterValueClock"]
        found = [value for event in events for value in values(event, "Sample.Clock")]
        assert len(found) >= 3
        assert all(measurands(value) == set(MEASURANDS) for value in found)
        assert gaps(found) == {60.0}
        assert {call["evseId"] for call in talk.payloads("MeterValues")} == {2}, "of the idle one"


@case("TC_J_03_CS", "Clock-aligned Meter Values - EventType Ended")
@virtually
async def test_the_end_brings_what_was_measured_at_round_times(tmp_path: Path) -> None:
    settings = {"AlignedDataCtrlr.TxEndedInterval": 60, "AlignedDataCtrlr.TxEndedMeasurands": BOTH, "SampledDataCtrlr.TxEndedMeasurands": ""}
    async with Rig(tmp_path, **settings) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(200)
        talk = Talk(rig)
        await rig.tap()
        await rig.status("Finishing")
        (ended,) = talk.events()
        found = values(ended, "Sample.Clock")
        assert len(found) >= 3
        assert all(measurands(value) == set(MEASURANDS) for value in found)
        assert gaps(found) == {60.0}


@case("TC_J_06_CS", "Clock-aligned Meter Values - No Meter Values during transaction")
@virtually
async def test_where_only_idle_evses_are_measured_a_transaction_brings_no_values_at_round_times(tmp_path: Path) -> None:
    settings = {"AlignedDataCtrlr.Interval": 60, "AlignedDataCtrlr.SendDuringIdle": "true", "SampledDataCtrlr.TxUpdatedInterval": 0}
    async with Rig(tmp_path, **settings) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.pass_time(130)
        assert len(talk.payloads("MeterValues")) >= 2
        await rig.charge()
        await rig.pass_time(2)
        talk.again()
        await rig.pass_time(200)
        assert talk.payloads("MeterValues") == []
        assert [event for event in talk.events() if "meterValue" in event] == []


@case("TC_J_07_CS", "Sampled Meter Values - EventType Started - EVSE known")
@virtually
async def test_the_start_brings_what_is_measured_then(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "EVConnected", "SampledDataCtrlr.TxStartedMeasurands": BOTH}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        await rig.until(lambda: bool(talk.events()))
        (started,) = talk.events()
        assert started["eventType"] == "Started"
        (value,) = values(started, "Transaction.Begin")
        assert measurands(value) == set(MEASURANDS)


@case("TC_J_08_CS", "Sampled Meter Values - Context Transaction.Begin - EVSE not known")
@virtually
async def test_the_values_of_the_start_come_with_the_evse(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2, **{"TxCtrlr.TxStartPoint": "Authorized", "SampledDataCtrlr.TxStartedMeasurands": BOTH}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap("TAG1", 0)
        await rig.pass_time(3)
        await rig.plant.vehicle(2, state="C")
        await rig.status("Charging", 2)
        first = next(event for event in talk.events() if "evse" in event)
        assert first["evse"]["id"] == 2
        (value,) = values(first, "Transaction.Begin")
        assert measurands(value) == set(MEASURANDS)


@case("TC_J_09_CS", "Sampled Meter Values - EventType Updated")
@virtually
async def test_a_transaction_is_measured_at_its_interval(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"SampledDataCtrlr.TxUpdatedInterval": 30, "SampledDataCtrlr.TxUpdatedMeasurands": BOTH}) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.pass_time(130)
        events = [event for event in talk.events() if event["triggerReason"] == "MeterValuePeriodic"]
        found = [value for event in events for value in values(event, "Sample.Periodic")]
        assert len(found) >= 4
        assert all(event["eventType"] == "Updated" for event in events)
        assert all(measurands(value) == set(MEASURANDS) for value in found)
        assert gaps(found) == {30.0}


@case("TC_J_10_CS", "Sampled Meter Values - EventType Ended")
@virtually
async def test_the_end_brings_what_was_measured_at_its_interval_and_at_the_end(tmp_path: Path) -> None:
    settings = {"SampledDataCtrlr.TxEndedInterval": 30, "SampledDataCtrlr.TxEndedMeasurands": BOTH, "AlignedDataCtrlr.TxEndedMeasurands": ""}
    async with Rig(tmp_path, **settings) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(130)
        talk = Talk(rig)
        await rig.tap()
        await rig.status("Finishing")
        (ended,) = talk.events()
        periodic = values(ended, "Sample.Periodic")
        assert len(periodic) >= 4
        assert gaps(periodic) == {30.0}
        (last,) = values(ended, "Transaction.End")
        assert all(measurands(value) == set(MEASURANDS) for value in (*periodic, last))
