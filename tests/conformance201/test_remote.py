"""What the CSMS starts, stops and unlocks (F01 to F05), and what it wants to be told at once (F06)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.whole.rig import ID, virtually

from .cases import case
from .talk import Rig, Talk

TRIGGERED = "CP TransactionEvent Updated Trigger Charging"
CHARGING = "CP TransactionEvent Updated ChargingStateChanged Charging"
REQUESTED = "CS RequestStartTransaction 1 TAG1: Accepted"


async def trigger(rig: Rig, message: str, evse: int | None = None, connector: int | None = None) -> str:
    """Ask for a message; return the word on it."""
    place = {"id": evse, **({} if connector is None else {"connectorId": connector})}
    answer = await rig.call("TriggerMessage", requestedMessage=message, **({} if evse is None else {"evse": place}))
    return str(answer["status"])


def contexts(call: dict[str, Any]) -> set[str]:
    """Return why the values of a message were measured."""
    return {sampled["context"] for value in call["meterValue"] for sampled in value["sampledValue"]}


# ---------------------------------------------------------------- start and stop


@case("TC_F_01_CS", "Remote start transaction - Cable plugin first")
@pytest.mark.parametrize("point", ["PowerPathClosed", "EVConnected"])
@virtually
async def test_a_request_for_a_vehicle_that_is_plugged_in_starts_its_charge(tmp_path: Path, point: str) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": point}) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.occupied()
        await rig.pass_time(2)
        running = [charge.number for charge in rig.charges]
        talk = Talk(rig)
        action, call = rig.words.remote_start(1, "TAG1")
        answer = await rig.call(action, **call)
        kind = "Updated" if running else "Started"
        await talk.was(REQUESTED, f"CP TransactionEvent {kind} RemoteStart EVConnected TAG1: Accepted", CHARGING)
        assert answer.get("transactionId") == (str(running[0]) if running else None)
        assert talk.events()[0]["transactionInfo"]["remoteStartId"] == call["remoteStartId"]


@case("TC_F_02_CS", "Remote start transaction - Remote start first -authorizeRemoteStart is true")
@virtually
async def test_a_requested_token_is_asked_about_where_that_is_configured(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "Authorized", "AuthCtrlr.AuthorizeRemoteStart": "true"}) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await rig.remote_start() == "Accepted"
        await rig.pass_time(3)
        await rig.plant.vehicle(state="C")
        await talk.was(
            REQUESTED,
            "CP Authorize TAG1: Accepted",
            "CP TransactionEvent Started RemoteStart Idle TAG1: Accepted",
            "CP StatusNotification 1.1 Occupied",
            "CP TransactionEvent Updated CablePluggedIn EVConnected",
            CHARGING,
        )


@case("TC_F_03_CS", "Remote start transaction - Remote start first -authorizeRemoteStart is false")
@virtually
async def test_a_requested_token_is_taken_as_accepted(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "Authorized", "AuthCtrlr.AuthorizeRemoteStart": "false"}) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await rig.remote_start() == "Accepted"
        await rig.pass_time(3)
        await rig.plant.vehicle(state="C")
        await talk.was(
            REQUESTED,
            "CP TransactionEvent Started RemoteStart Idle TAG1: Accepted",
            "CP StatusNotification 1.1 Occupied",
            "CP TransactionEvent Updated CablePluggedIn EVConnected",
            CHARGING,
        )


@case("TC_F_04_CS", "Remote start transaction - Remote start first - Cable plugin timeout")
@virtually
async def test_a_requested_transaction_without_a_cable_ends_and_another_may_be_requested(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.TxStopPoint": "Authorized"}, ConnectionTimeOut=30) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await rig.remote_start() == "Accepted"
        await rig.pass_time(31)
        assert await rig.remote_start() == "Accepted"
        begun = "CP TransactionEvent Started RemoteStart Idle TAG1: Accepted"
        await talk.was(REQUESTED, begun, "CP TransactionEvent Ended EVConnectTimeout Idle Timeout", REQUESTED, begun)


@case("TC_F_08_CS", "Remote stop transaction - Success")
@virtually
async def test_a_requested_stop_ends_the_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        assert await rig.remote_stop(rig.charges[0]) == "Accepted"
        await talk.was("CS RequestStopTransaction: Accepted", "CP TransactionEvent Ended RemoteStop EVConnected Remote")
        await rig.until_true(lambda truth: truth.contactor == 0)


@case("TC_F_09_CS", "Remote stop transaction - Rejected")
@virtually
async def test_a_stop_of_a_transaction_that_there_is_not_is_rejected(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        assert (await rig.call("RequestStopTransaction", transactionId="another"))["status"] == "Rejected"
        await talk.was("CS RequestStopTransaction: Rejected")
        assert rig.evse()["status"] == "Charging"


# ---------------------------------------------------------------- unlock


@case("TC_F_05_CS", "Remote unlock Connector - With ongoing transaction")
@virtually
async def test_the_cable_of_a_transaction_is_not_unlocked(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        assert await rig.call("UnlockConnector", evseId=1, connectorId=1) == {"status": "OngoingAuthorizedTransaction"}
        await rig.pass_time(5)
        assert (await rig.truth()).locked == 1
        assert rig.evse()["status"] == "Charging"


@case("TC_F_07_CS", "Remote unlock Connector - Without ongoing transaction - No cable connected")
@virtually
async def test_an_idle_socket_is_unlocked(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await rig.call("UnlockConnector", evseId=1, connectorId=1) == {"status": "Unlocked"}


@case("TC_F_10_CS", "Remote unlock Connector - Without ongoing transaction - UnknownConnector")
@pytest.mark.parametrize(("evse", "connector"), [(1, 999), (999, 1)])
@virtually
async def test_a_connector_that_there_is_not_cannot_be_unlocked(tmp_path: Path, evse: int, connector: int) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await rig.call("UnlockConnector", evseId=evse, connectorId=connector) == {"status": "UnknownConnector"}


# ---------------------------------------------------------------- triggers


@case("TC_F_11_CS", "Trigger message - MeterValues - Specific EVSE")
@virtually
async def test_triggered_meter_values_are_of_the_evse_that_was_named(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await trigger(rig, "MeterValues", 2) == "Accepted"
        await rig.pass_time(2)
        (call,) = talk.payloads("MeterValues")
        assert call["evseId"] == 2
        assert contexts(call) == {"Trigger"}


@case("TC_F_12_CS", "Trigger message - MeterValues - All EVSE")
@virtually
async def test_triggered_meter_values_of_no_evse_are_of_all(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await trigger(rig, "MeterValues") == "Accepted"
        await rig.pass_time(2)
        calls = talk.payloads("MeterValues")
        assert [call["evseId"] for call in calls] == [1, 2]
        assert all(contexts(call) == {"Trigger"} for call in calls)


@case("TC_F_13_CS", "Trigger message - TransactionEvent - Specific EVSE")
@virtually
async def test_a_triggered_event_tells_the_state_of_the_transaction_at_that_evse(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        await rig.pass_time(2)
        talk = Talk(rig)
        assert await trigger(rig, "TransactionEvent", 1) == "Accepted"
        await talk.was("CS TriggerMessage TransactionEvent 1: Accepted", TRIGGERED)
        (event,) = talk.events()
        assert event["transactionInfo"]["transactionId"] == rig.charges[0].number
        assert contexts(event) == {"Trigger"}


@case("TC_F_14_CS", "Trigger message - TransactionEvent - All EVSE")
@virtually
async def test_a_triggered_event_of_no_evse_tells_of_every_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        await rig.pass_time(2)
        talk = Talk(rig)
        assert await trigger(rig, "TransactionEvent") == "Accepted"
        await talk.was("CS TriggerMessage TransactionEvent: Accepted", TRIGGERED, TRIGGERED)
        assert {event["transactionInfo"]["transactionId"] for event in talk.events()} == {charge.number for charge in rig.charges}


@case("TC_F_20_CS", "Trigger message - Heartbeat")
@virtually
async def test_a_triggered_heartbeat_follows_its_answer(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        beats = rig.csms.point(ID).heartbeats
        assert await trigger(rig, "Heartbeat") == "Accepted"
        await rig.until(lambda: rig.csms.point(ID).heartbeats == beats + 1, 5)


@case("TC_F_23_CS", "Trigger message - StatusNotification - Specific EVSE - Available")
@case("TC_F_24_CS", "Trigger message - StatusNotification - Specific EVSE - Occupied")
@virtually
async def test_a_triggered_status_is_that_of_the_connector(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        talk = Talk(rig)
        asked = "CS TriggerMessage StatusNotification 1 1: Accepted"
        assert await trigger(rig, "StatusNotification", 1, 1) == "Accepted"
        await talk.was(asked, "CP StatusNotification 1.1 Available")
        await rig.plant.vehicle(state="B")
        await rig.occupied()
        talk.again()
        assert await trigger(rig, "StatusNotification", 1, 1) == "Accepted"
        await talk.was(asked, "CP StatusNotification 1.1 Occupied")


@case("TC_F_26_CS", "Trigger message - BootNotification - Rejected")
@virtually
async def test_an_accepted_station_boots_no_more(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await trigger(rig, "BootNotification") == "Rejected"
        await talk.was("CS TriggerMessage BootNotification: Rejected")


@case("TC_F_27_CS", "Trigger message - NotImplemented")
@pytest.mark.parametrize("message", ["SignChargingStationCertificate", "LogStatusNotification", "FirmwareStatusNotification", "SignV2GCertificate"])
@virtually
async def test_messages_of_blocks_that_are_not_served_are_not_implemented(tmp_path: Path, message: str) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await trigger(rig, message) == "NotImplemented"
        await talk.was(f"CS TriggerMessage {message}: NotImplemented")
