"""What the CSMS sends that is of no block that this station serves, or of none at all (P01, F01.FR.12)."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk


@case("TC_P_01_CS", "Data Transfer to the Charging Station - Rejected / Unknown VendorId / Unknown MessageId")
@virtually
async def test_data_of_an_unknown_vendor_is_told_to_be_so(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await rig.call("DataTransfer", vendorId="org.openchargealliance.octt", messageId="hello") == {"status": "UnknownVendorId"}


@case("TC_P_03_CS", "CustomData - Receive custom data")
@virtually
async def test_custom_data_is_passed_over(tmp_path: Path) -> None:
    custom = {"customData": {"vendorId": "org.openchargealliance.octt", "anything": [1, {"goes": True}]}}
    named = {"component": {"name": "OCPPCommCtrlr", **custom}, "variable": {"name": "OfflineThreshold"}, **custom}
    async with Rig(tmp_path) as rig:
        await rig.online()
        answer = await rig.call("SetVariables", setVariableData=[{**named, "attributeValue": "200"}], **custom)
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
        answer = await rig.call("GetVariables", getVariableData=[named], **custom)
        (result,) = answer["getVariableResult"]
        assert (result["attributeStatus"], result["attributeValue"]) == ("Accepted", "200")


@case("TC_K_38_CS", "Remote start transaction with charging profile - Ignore chargingProfile")
@virtually
async def test_a_charging_profile_in_a_remote_start_is_ignored_without_smart_charging(tmp_path: Path) -> None:
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6, "numberPhases": 3}]}],
    }
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.occupied()
        talk = Talk(rig)
        action, call = rig.words.remote_start(1, "TAG1")
        assert (await rig.call(action, **call, chargingProfile=profile))["status"] == "Accepted"
        await rig.status("Charging")
        assert talk.events()[0]["triggerReason"] == "RemoteStart"
        assert rig.evse()["offer_a"] > 6
