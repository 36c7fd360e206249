"""Sessions that the CSMS starts and stops."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk


@case("TC_007_2_CS", "Remote Start Charging Session - Cached Id")
@virtually
async def test_a_remote_start_with_a_card_in_the_cache_asks_nobody(tmp_path: Path) -> None:
    async with Rig(tmp_path, AuthorizeRemoteTxRequests=True, LocalPreAuthorize=True) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        await rig.pass_time(10)  # until the contactor may close again
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        talk = Talk(rig)
        await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1)
        await talk.was(
            "CS RemoteStartTransaction 1 TAG1: Accepted",
            "CP StartTransaction 1 TAG1: Accepted",
            "CP StatusNotification 1 Charging",
        )


@case("TC_010_CS", "Remote Start Charging Session - Cable Plugged in First")
@virtually
async def test_a_remote_start_for_a_plugged_in_vehicle_begins_to_charge(tmp_path: Path) -> None:
    async with Rig(tmp_path, AuthorizeRemoteTxRequests=True) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1)
        await talk.was(
            "CP StatusNotification 1 Preparing",
            "CS RemoteStartTransaction 1 TAG1: Accepted",
            "CP Authorize TAG1: Accepted",
            "CP StartTransaction 1 TAG1: Accepted",
            "CP StatusNotification 1 Charging",
        )


@case("TC_011_1_CS", "Remote Start Charging Session - Remote Start First")
@virtually
async def test_a_remote_start_waits_for_the_cable(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1)
        await talk.was("CS RemoteStartTransaction 1 TAG1: Accepted", "CP StatusNotification 1 Preparing")
        talk.again()
        await rig.plant.vehicle(state="C")
        await talk.was("CP StartTransaction 1 TAG1: Accepted", "CP StatusNotification 1 Charging")


@case("TC_011_2_CS", "Remote Start Charging Session - Time Out")
@virtually
async def test_a_remote_start_without_a_cable_frees_the_connector_after_the_time_out(tmp_path: Path) -> None:
    async with Rig(tmp_path, ConnectionTimeOut=20) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1)
        await talk.was(
            "CS RemoteStartTransaction 1 TAG1: Accepted",
            "CP StatusNotification 1 Preparing",
            "CP StatusNotification 1 Available",
        )


@case("TC_012_CS", "Remote Stop Charging Session")
@virtually
async def test_a_remote_stop_ends_the_transaction_and_frees_the_cable(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.call("RemoteStopTransaction", transactionId=1)
        await talk.was(
            "CS RemoteStopTransaction 1: Accepted",
            "CP StatusNotification 1 Finishing",
            "CP StopTransaction 1 Remote",
        )
        truth = await rig.truth()
        assert (truth.contactor, truth.locked) == (0, 0)
        talk.again()
        await rig.plant.vehicle(state="A")
        await talk.was("CP StatusNotification 1 Available")


@case("TC_023_5_CS", "Start remote Charging Session - Authorize invalid")
@virtually
async def test_a_remote_start_whose_card_is_refused_starts_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path, AuthorizeRemoteTxRequests=True) as rig:
        rig.csms.tokens["stranger"] = "Blocked"
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        talk = Talk(rig)
        await rig.call("RemoteStartTransaction", idTag="STRANGER", connectorId=1)
        await talk.was("CS RemoteStartTransaction 1 STRANGER: Accepted", "CP Authorize STRANGER: Blocked")
        assert (await rig.truth()).contactor == 0


@case("TC_026_CS", "Remote Start Charging Session - Rejected")
@virtually
async def test_a_remote_start_on_a_connector_in_use_is_rejected(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.call("RemoteStartTransaction", idTag="TAG2", connectorId=1)
        await talk.was("CS RemoteStartTransaction 1 TAG2: Rejected")
        assert rig.evse()["status"] == "Charging"


@case("TC_027_CS", "Remote start transaction - connector id shall not be 0")
@virtually
async def test_a_remote_start_on_connector_0_is_rejected(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=0)
        await talk.was("CS RemoteStartTransaction 0 TAG1: Rejected")


@case("TC_028_CS", "Remote Stop Transaction - Rejected")
@virtually
async def test_a_remote_stop_of_an_unknown_transaction_is_rejected(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.call("RemoteStopTransaction", transactionId=77)
        await talk.was("CS RemoteStopTransaction 77: Rejected")
        assert rig.evse()["status"] == "Charging"
