"""What is measured in a transaction, and when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk


def contexts(values: list[dict[str, Any]]) -> list[str]:
    return [value["sampledValue"][0]["context"] for value in values]


@case("TC_070_CS", "Sampled Meter Values")
@virtually
async def test_samples_come_at_their_interval_with_what_was_asked_for(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        for key, value in (
            ("MeterValueSampleInterval", "10"),
            ("MeterValuesSampledData", "Energy.Active.Import.Register,Current.Import"),
            ("StopTxnSampledData", "Energy.Active.Import.Register"),
        ):
            assert await rig.call("ChangeConfiguration", key=key, value=value) == {"status": "Accepted"}
        talk = Talk(rig)
        await rig.charge()
        await rig.pass_time(35)
        await rig.finish()
        samples = talk.payloads("MeterValues")
        assert len(samples) == 3
        for sample in samples:
            (value,) = sample["meterValue"]
            assert sample["connectorId"] == sample["transactionId"] == 1
            assert contexts([value]) == ["Sample.Periodic"]
            assert [(one["measurand"], one.get("phase")) for one in value["sampledValue"]] == [
                ("Energy.Active.Import.Register", None),
                ("Current.Import", "L1"),
                ("Current.Import", "L2"),
                ("Current.Import", "L3"),
            ]
        (stop,) = talk.payloads("StopTransaction")
        assert contexts(stop["transactionData"]) == ["Transaction.Begin", *["Sample.Periodic"] * 3, "Transaction.End"]
        assert rig.csms.ledger.problems == []


@case("TC_071_CS", "Clock-aligned Meter Values")
@virtually
async def test_clock_aligned_samples_come_at_round_times(tmp_path: Path) -> None:
    async with Rig(tmp_path, MeterValueSampleInterval=0) as rig:
        await rig.online()
        for key, value in (
            ("ClockAlignedDataInterval", "20"),
            ("MeterValuesAlignedData", "Energy.Active.Import.Register"),
            ("StopTxnAlignedData", "Energy.Active.Import.Register"),
        ):
            assert await rig.call("ChangeConfiguration", key=key, value=value) == {"status": "Accepted"}
        talk = Talk(rig)
        await rig.charge()
        await rig.pass_time(45)
        await rig.finish()
        values = [value for call in talk.payloads("MeterValues") for value in call["meterValue"]]
        assert len(values) >= 2
        assert set(contexts(values)) == {"Sample.Clock"}
        assert {datetime.fromisoformat(value["timestamp"]).second % 20 for value in values} == {0}
        (stop,) = talk.payloads("StopTransaction")
        assert contexts(stop["transactionData"]) == ["Transaction.Begin", *["Sample.Clock"] * len(values), "Transaction.End"]


@case("TC_071_CS", "Clock-aligned Meter Values")
@virtually
async def test_clock_aligned_values_of_free_connectors_come_too_and_name_no_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2, ClockAlignedDataInterval=60, MeterValuesAlignedData="Energy.Active.Import.Register,Voltage.L1") as rig:
        await rig.online()
        await rig.pass_time(3)
        talk = Talk(rig)
        await rig.pass_time(60)
        calls = talk.payloads("MeterValues")
        assert sorted(call["connectorId"] for call in calls) == [1, 2]
        for call in calls:
            assert "transactionId" not in call
            (value,) = call["meterValue"]
            assert datetime.fromisoformat(value["timestamp"]).second == 0
            assert [(one["measurand"], one["context"], one.get("phase")) for one in value["sampledValue"]] == [
                ("Energy.Active.Import.Register", "Sample.Clock", None),
                ("Voltage", "Sample.Clock", "L1-N"),
            ]
