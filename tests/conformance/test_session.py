"""A driver, a cable and a card: sessions that are started and ended at the charge point."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.whole.rig import virtually

from cpctl.errors import Refused

from .cases import case
from .talk import Rig, Talk


@case("TC_003_CS", "Regular Charging Session - Plugin First")
@virtually
async def test_a_session_that_begins_with_the_cable_is_told_from_preparing_to_available(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        await talk.was("CP StatusNotification 1 Preparing")
        await rig.tap()
        await talk.was(
            "CP StatusNotification 1 Preparing",
            "CP Authorize TAG1: Accepted",
            "CP StartTransaction 1 TAG1: Accepted",
            "CP StatusNotification 1 Charging",
        )
        talk.again()
        await rig.tap()
        await talk.was(
            "CP StatusNotification 1 Finishing",
            "CP StopTransaction 1 Local TAG1: Accepted",
        )
        talk.again()
        await rig.plant.vehicle(state="A")
        await talk.was("CP StatusNotification 1 Available")
        assert rig.csms.ledger.problems == []


@case("TC_004_1_CS", "Regular Charging Session - Identification First")
@virtually
async def test_a_session_that_begins_with_the_card_waits_for_the_cable(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        await talk.was("CP Authorize TAG1: Accepted", "CP StatusNotification 1 Preparing")
        talk.again()
        await rig.plant.vehicle(state="C")
        await talk.was("CP StartTransaction 1 TAG1: Accepted", "CP StatusNotification 1 Charging")


@case("TC_004_2_CS", "Regular Charging Session - Identification First - ConnectionTimeOut")
@virtually
async def test_an_accepted_card_without_a_cable_frees_the_connector_after_the_time_out(tmp_path: Path) -> None:
    async with Rig(tmp_path, ConnectionTimeOut=20) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        await rig.pass_time(18)
        assert talk.lines() == ["CP Authorize TAG1: Accepted", "CP StatusNotification 1 Preparing"]
        await talk.was("CP Authorize TAG1: Accepted", "CP StatusNotification 1 Preparing", "CP StatusNotification 1 Available")


@case("TC_005_1_CS", "EV Side Disconnected - StopTransactionOnEVSideDisconnect = true (unlock true)")
@virtually
async def test_unplugging_the_vehicle_ends_the_transaction_and_frees_the_cable(tmp_path: Path) -> None:
    async with Rig(tmp_path, StopTransactionOnEVSideDisconnect=True, UnlockConnectorOnEVSideDisconnect=True) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.plant.vehicle(state="A")
        await talk.was(
            "CP StatusNotification 1 Finishing (EV side disconnected)",
            "CP StopTransaction 1 EVDisconnected",
            "CP StatusNotification 1 Available",
        )
        assert (await rig.truth()).locked == 0


@case("TC_005_2_CS", "EV Side Disconnected - StopTransactionOnEVSideDisconnect = true (unlock false)")
@virtually
async def test_unplugging_the_vehicle_ends_the_transaction_and_keeps_the_cable_for_its_owner(tmp_path: Path) -> None:
    async with Rig(tmp_path, StopTransactionOnEVSideDisconnect=True, UnlockConnectorOnEVSideDisconnect=False) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.plant.vehicle(state="A")
        await talk.was("CP StatusNotification 1 Finishing (EV side disconnected)", "CP StopTransaction 1 EVDisconnected")
        assert (await rig.truth()).locked == 1
        talk.again()
        await rig.tap()
        await talk.was("CP StatusNotification 1 Available")
        assert (await rig.truth()).locked == 0


@case("TC_005_3_CS", "EV Side Disconnected - StopTransactionOnEVSideDisconnect = false")
@virtually
async def test_a_transaction_that_outlives_the_cable_is_suspended_until_the_vehicle_is_back(tmp_path: Path) -> None:
    async with Rig(tmp_path, StopTransactionOnEVSideDisconnect=False) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.plant.vehicle(state="A")
        await talk.was("CP StatusNotification 1 SuspendedEV (EV side disconnected)")
        assert (await rig.truth()).locked == 1
        talk.again()
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")
        assert [line for line in talk.lines() if "Transaction" in line] == []
        talk.again()
        await rig.tap()
        await talk.was("CP StatusNotification 1 Finishing", "CP StopTransaction 1 Local TAG1: Accepted")


@case("TC_007_1_CS", "Regular Start Charging Session - Cached Id")
@virtually
async def test_a_card_in_the_cache_starts_at_once_where_that_is_allowed(tmp_path: Path) -> None:
    async with Rig(tmp_path, LocalPreAuthorize=True, AuthorizationCacheEnabled=True) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        talk = Talk(rig)
        await rig.charge()
        await talk.was("CP StatusNotification 1 Preparing", "CP StartTransaction 1 TAG1: Accepted", "CP StatusNotification 1 Charging")


@case("TC_023_4_CS", "Start local Charging Session - Authorize invalid")
@virtually
async def test_a_card_that_is_refused_starts_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        rig.csms.tokens["stranger"] = "Invalid"
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        with pytest.raises(Refused):
            await rig.tap("STRANGER")
        await talk.was("CP StatusNotification 1 Preparing", "CP Authorize STRANGER: Invalid")
        assert (await rig.truth()).contactor == 0
        talk.again()
        await rig.plant.vehicle(state="A")
        await talk.was("CP StatusNotification 1 Available")


@case("TC_024_CS", "Start Charging Session - Lock Failure")
@virtually
async def test_a_lock_that_does_not_close_is_told_and_starts_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.fault(1, "lock")
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.tap()
        await talk.was(
            "CP StatusNotification 1 Preparing",
            "CP Authorize TAG1: Accepted",
            "CP StatusNotification 1 Faulted ConnectorLockFailure",
        )
        assert (await rig.truth()).contactor == 0


@case("TC_041_CS", "Fault Behavior")
@virtually
async def test_a_fault_is_told_with_its_code_and_its_end_with_the_status_before_it(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.plant.vehicle(state="B")
        await rig.status("Preparing")
        talk = Talk(rig)
        await rig.plant.fault(1, "pilot_short")
        await talk.was("CP StatusNotification 1 Faulted OtherError")
        talk.again()
        await rig.plant.fault(1, "pilot_short", False)
        await talk.was("CP StatusNotification 1 Preparing")


@case("TC_068_CS", "Stop transaction - IdTag matches StartTransaction IdTag")
@virtually
async def test_the_card_that_started_stops_without_being_asked_about(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.tap("tag1")
        await talk.was("CP StatusNotification 1 Finishing", "CP StopTransaction 1 Local tag1: Accepted")


@case("TC_069_CS", "Stop transaction - ParentIdTag matches StartTransaction ParentIdTag")
@virtually
async def test_a_card_of_the_same_group_stops_once_the_csms_has_named_its_group(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        rig.csms.parents |= {"tag1": "FAMILY", "tag2": "FAMILY"}
        await rig.online()
        await rig.charge("TAG1")
        talk = Talk(rig)
        await rig.tap("TAG2")
        await talk.was("CP Authorize TAG2: Accepted", "CP StatusNotification 1 Finishing", "CP StopTransaction 1 Local TAG2: Accepted")
