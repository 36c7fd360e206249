"""Sessions while the CSMS is away: charged all the same, and told later in their order."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

# Said of the station itself at each reconnection, in any order with what has happened meanwhile.
BACK = ("CP StatusNotification 0 Available",)


@case("TC_036_CS", "Connection Loss During Transaction")
@virtually
async def test_a_charge_goes_on_without_the_csms_and_its_meter_values_come_later(tmp_path: Path) -> None:
    async with Rig(tmp_path, MeterValueSampleInterval=10) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.pass_time(35)
        assert (await rig.truth()).contactor == 1
        await rig.csms.set_up(True)
        await rig.online()
        await rig.pass_time(5)
        times = [value["timestamp"] for call in talk.payloads("MeterValues") for value in call["meterValue"]]
        assert len(times) >= 3
        assert times == sorted(times)
        assert [line for line in talk.lines() if "Transaction" in line] == []
        await rig.finish()
        assert rig.csms.ledger.problems == []


@case("TC_037_1_CS", "Offline Start Transaction - Valid IdTag")
@virtually
async def test_an_offline_start_is_told_when_the_csms_is_back(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.charge()
        began = rig.utc()
        await rig.pass_time(20)
        await rig.csms.set_up(True)
        await talk.was(then=[*BACK, "CP StatusNotification 1 Charging", "CP StartTransaction 1 TAG1: Accepted"])
        (start,) = talk.payloads("StartTransaction")
        assert start["timestamp"] < began.isoformat()
        assert rig.evse()["status"] == "Charging"


@case("TC_037_2_CS", "Offline Start Transaction - Invalid IdTag - StopTransactionOnInvalidId = false")
@virtually
async def test_an_offline_start_that_the_csms_refuses_gives_no_more_energy(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True, StopTransactionOnInvalidId=False) as rig:
        rig.csms.tokens["tag1"] = "Invalid"
        await rig.online()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.charge()
        await rig.csms.set_up(True)
        await talk.was(
            then=[
                *BACK,
                "CP StatusNotification 1 Charging",
                "CP StartTransaction 1 TAG1: Invalid",
                "CP StatusNotification 1 SuspendedEVSE",
            ]
        )
        assert (await rig.truth()).contactor == 0
        talk.again()
        await rig.tap()
        await talk.was("CP StatusNotification 1 Finishing", "CP StopTransaction 1 Local TAG1: Invalid")


@case("TC_037_3_CS", "Offline Start Transaction - Invalid IdTag - StopTransactionOnInvalidId = true")
@virtually
async def test_an_offline_start_that_the_csms_refuses_is_ended(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True, StopTransactionOnInvalidId=True) as rig:
        rig.csms.tokens["tag1"] = "Invalid"
        await rig.online()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.charge()
        await rig.csms.set_up(True)
        await talk.was(
            then=[
                *BACK,
                "CP StatusNotification 1 Charging",
                "CP StartTransaction 1 TAG1: Invalid",
                "CP StatusNotification 1 Finishing",
                "CP StopTransaction 1 DeAuthorized",
            ]
        )
        assert (await rig.truth()).contactor == 0


@case("TC_038_CS", "Offline Stop Transaction")
@virtually
async def test_an_offline_stop_is_told_with_its_own_time(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.finish(told=False)
        ended = rig.utc()
        await rig.pass_time(20)
        await rig.csms.set_up(True)
        await talk.was(then=[*BACK, "CP StatusNotification 1 Available", "CP StopTransaction 1 Local TAG1: Accepted"])
        (stop,) = talk.payloads("StopTransaction")
        assert stop["timestamp"] < ended.isoformat()


@case("TC_039_CS", "Offline Transaction")
@virtually
async def test_a_whole_offline_transaction_is_told_from_start_to_stop(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=10) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.charge()
        await rig.pass_time(25)
        await rig.finish(told=False)
        await rig.csms.set_up(True)
        await talk.was(
            then=[
                *BACK,
                "CP StatusNotification 1 Available",
                "CP StartTransaction 1 TAG1: Accepted",
                "CP StopTransaction 1 Local TAG1: Accepted",
            ]
        )
        told = [line for line in talk.lines() if "Transaction" in line]
        assert told == sorted(told), "the start before the stop"
        (charge,) = rig.charges
        assert len(charge.meter_values) == 2
        assert charge.meter_stop > charge.meter_start
        assert rig.csms.ledger.problems == []
