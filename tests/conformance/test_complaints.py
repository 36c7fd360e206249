"""What operators complain of in other charge points, as conversations that must not happen with this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.whole.rig import virtually

from cpctl.app.controller import Surroundings

from .talk import Rig, Talk


class ForgetfulRig(Rig):
    """A host whose clock starts in 1970, as one without a battery does."""

    def surroundings(self) -> Surroundings:
        return replace(super().surroundings(), wall=lambda: 0.0)


def timestamps(payload: Any) -> Iterator[datetime]:
    """Yield every time in a payload."""
    if isinstance(payload, dict):
        for name, value in payload.items():
            if name == "timestamp":
                yield datetime.fromisoformat(value)
            else:
                yield from timestamps(value)
    elif isinstance(payload, list):
        for value in payload:
            yield from timestamps(value)


@virtually
async def test_no_message_bears_a_time_of_1970_though_the_clock_was_unknown_when_it_happened(tmp_path: Path) -> None:
    async with ForgetfulRig(tmp_path, PreBootTransactions=True, AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=10) as rig:
        await rig.csms.set_up(False)
        talk = Talk(rig)
        began = rig.utc()
        await rig.charge()
        await rig.pass_time(25)
        await rig.finish(told=False)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None, 120)
        said = [call for action in ("StatusNotification", "StartTransaction", "MeterValues", "StopTransaction") for call in talk.payloads(action)]
        times = list(timestamps(said))
        assert len(times) >= 5
        assert all(began - timedelta(seconds=2) <= time <= rig.utc() for time in times)
        (start,), (stop,) = talk.payloads("StartTransaction"), talk.payloads("StopTransaction")
        samples = list(timestamps(talk.payloads("MeterValues")))
        told = [datetime.fromisoformat(start["timestamp"]), *samples, datetime.fromisoformat(stop["timestamp"])]
        assert told == sorted(told)
        assert told[-1] - told[0] > timedelta(seconds=25)


@virtually
async def test_every_register_is_in_watt_hours_and_they_agree_with_each_other_and_with_the_meter(tmp_path: Path) -> None:
    wanted = "Energy.Active.Import.Register"
    variables = {"MeterValueSampleInterval": 60, "ClockAlignedDataInterval": 60, "MeterValuesAlignedData": wanted, "StopTxnSampledData": wanted}
    async with Rig(tmp_path, StopTxnAlignedData=wanted, **variables) as rig:
        await rig.online()
        talk = Talk(rig)
        for _ in range(2):
            await rig.charge()
            await rig.pass_time(300)
            await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
            await rig.sleep(1)
            await rig.finish()
        registers = []
        for action, call in talk.own():
            if action == "StartTransaction":
                registers.append(call["meterStart"])
            values = [*call.get("meterValue", ()), *call.get("transactionData", ())]
            shown = [one for value in values for one in value["sampledValue"] if one["measurand"] == wanted]
            assert {one["unit"] for one in shown} <= {"Wh"}
            told = [int(one["value"]) for one in shown]
            if action == "StopTransaction":
                begin = next(charge.meter_start for charge in rig.charges if charge.number == call["transactionId"])
                assert (told, told[0], told[-1]) == (sorted(told), begin, call["meterStop"]), "transaction data from begin to end"
                registers.append(call["meterStop"])
            else:
                registers += told
        assert registers == sorted(registers), "no register runs backwards, over all transactions"
        assert 0 <= rig.charges[1].meter_start - rig.charges[0].meter_stop <= 5, "between them, what flowed while the first was wound down"
        truth = await rig.truth()
        assert 0 <= truth.energy_mwh / 1000 - registers[-1] <= 5
        assert rig.csms.ledger.problems == []


@virtually
async def test_no_meter_values_name_a_transaction_that_has_been_stopped(tmp_path: Path) -> None:
    async with Rig(tmp_path, MeterValueSampleInterval=2, ClockAlignedDataInterval=3) as rig:
        await rig.online()
        talk = Talk(rig)
        for _ in range(3):
            await rig.charge()
            await rig.pass_time(7)
            await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
            await rig.tap()
            await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
            await rig.pass_time(7)
            await rig.plant.vehicle(state="A")
            await rig.status("Available")
            await rig.pass_time(7)
        stopped: dict[int, datetime] = {}
        named = 0
        for action, call in talk.own():
            if action == "StopTransaction":
                stopped[call["transactionId"]] = datetime.fromisoformat(call["timestamp"])
            elif action == "MeterValues" and "transactionId" in call:
                named += 1
                assert call["transactionId"] not in stopped
        assert len(stopped) == 3
        assert named > 6
        for call in talk.payloads("MeterValues"):
            if "transactionId" in call:
                assert max(timestamps(call)) <= stopped[call["transactionId"]]
