"""What the CSMS may ask in OCPP 2.0.1 and 2.1, over a real connection: which command reaches the station, and which answer goes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.csms.station import Point, eventually, sample, started, status

from cpctl.core.inputs import ChangeAvailability, ClearCache, Command, RemoteStart, RemoteStop, Reset, TakeSample, Unlock
from cpctl.core.model import ConnectorStatus, IdToken, IdTokenType, ReadingContext, TokenStatus
from cpctl.core.outputs import Decision, Measured, Outcome, UnlockOutcome
from cpctl.csms.frames import Payload
from cpctl.csms.vendors import DataAnswer, DataStatus, Json
from cpctl.errors import CallRefused
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_script import Answer, Delay

TAG = {"idToken": "TAG1", "type": "ISO14443"}
TOKEN = IdToken("TAG1")


@pytest.fixture(params=["2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def point(csms: EmbeddedCsms, make_point: Callable[..., Point], version: str) -> Point:
    """A charging station that the embedded CSMS has accepted."""
    made = make_point(csms.url, versions=(version,))
    await eventually(lambda: made.station.online)
    return made


def start(**fields: object) -> Payload:
    """Return the payload of a RequestStartTransaction."""
    return {"remoteStartId": 7, "idToken": TAG, **fields}


def refusal(code: str, status: str = "Rejected", **info: str) -> Payload:
    """Return an answer that refuses."""
    return {"status": status, "statusInfo": {"reasonCode": code, **info}}


OPERATIONS: list[tuple[str, Payload, Command | None, Outcome | None, Payload]] = [
    ("RequestStartTransaction", start(), RemoteStart(1, None, TOKEN, 7), Decision.ACCEPTED, {"status": "Accepted"}),
    ("RequestStartTransaction", start(evseId=2), RemoteStart(1, 2, TOKEN, 7), Decision.REJECTED, {"status": "Rejected"}),
    ("RequestStartTransaction", start(evseId=2.0), RemoteStart(1, 2, TOKEN, 7), Decision.ACCEPTED, {"status": "Accepted"}),
    ("RequestStartTransaction", start(evseId=3), None, None, refusal("UnknownEvse")),
    (
        "RequestStartTransaction",
        start(groupIdToken={"idToken": "G", "type": "Central"}),
        RemoteStart(1, None, TOKEN, 7, IdToken("G", IdTokenType.CENTRAL)),
        Decision.ACCEPTED,
        {"status": "Accepted"},
    ),
    (
        "RequestStartTransaction",
        start(idToken={"idToken": "", "type": "NoAuthorization"}),
        RemoteStart(1, None, IdToken("", IdTokenType.NO_AUTHORIZATION), 7),
        Decision.ACCEPTED,
        {"status": "Accepted"},
    ),
    ("RequestStopTransaction", {"transactionId": "t1"}, RemoteStop(1, "t1"), Decision.ACCEPTED, {"status": "Accepted"}),
    ("RequestStopTransaction", {"transactionId": "?"}, RemoteStop(1, "?"), Decision.REJECTED, refusal("TxNotFound")),
    ("Reset", {"type": "Immediate"}, Reset(1, True), Decision.ACCEPTED, {"status": "Accepted"}),
    ("Reset", {"type": "OnIdle"}, Reset(1, False), Decision.SCHEDULED, {"status": "Scheduled"}),
    ("Reset", {"type": "OnIdle", "evseId": 2}, Reset(1, False, evse=2), Decision.REJECTED, {"status": "Rejected"}),
    ("Reset", {"type": "Immediate", "evseId": 9}, None, None, refusal("UnknownEvse")),
    ("Reset", {"type": "Immediate", "evseId": 0}, None, None, refusal("UnknownEvse")),
    (
        "UnlockConnector",
        {"evseId": 2, "connectorId": 1},
        Unlock(1, 2, 1, ends_transaction=False),
        UnlockOutcome.UNLOCKED,
        {"status": "Unlocked"},
    ),
    (
        "UnlockConnector",
        {"evseId": 1, "connectorId": 1},
        Unlock(1, 1, 1, ends_transaction=False),
        UnlockOutcome.FAILED,
        {"status": "UnlockFailed"},
    ),
    (
        "UnlockConnector",
        {"evseId": 1, "connectorId": 1},
        Unlock(1, 1, 1, ends_transaction=False),
        UnlockOutcome.NOT_SUPPORTED,
        refusal("FixedCable", "UnlockFailed"),
    ),
    (
        "UnlockConnector",
        {"evseId": 1, "connectorId": 1},
        Unlock(1, 1, 1, ends_transaction=False),
        UnlockOutcome.ONGOING_TRANSACTION,
        {"status": "OngoingAuthorizedTransaction"},
    ),
    ("UnlockConnector", {"evseId": 1, "connectorId": 2}, None, None, {"status": "UnknownConnector"}),
    ("UnlockConnector", {"evseId": 5, "connectorId": 1}, None, None, {"status": "UnknownConnector"}),
    (
        "ChangeAvailability",
        {"operationalStatus": "Inoperative"},
        ChangeAvailability(1, 0, False),
        Decision.SCHEDULED,
        {"status": "Scheduled"},
    ),
    (
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 2}},
        ChangeAvailability(1, 2, True),
        Decision.ACCEPTED,
        {"status": "Accepted"},
    ),
    (
        "ChangeAvailability",
        {"operationalStatus": "Inoperative", "evse": {"id": 2, "connectorId": 1}},
        ChangeAvailability(1, 2, False, connector=1),
        Decision.ACCEPTED,
        {"status": "Accepted"},
    ),
    ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 0}}, None, None, refusal("UnknownEvse")),
    ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 3}}, None, None, refusal("UnknownEvse")),
    (
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 4}},
        None,
        None,
        refusal("UnknownConnectorId"),
    ),
    ("ClearCache", {}, ClearCache(1), Decision.ACCEPTED, {"status": "Accepted"}),
    ("ClearCache", {}, ClearCache(1), Decision.REJECTED, {"status": "Rejected"}),
    ("DataTransfer", {"vendorId": "com.example", "data": {"any": [1, "thing"]}}, None, None, {"status": "UnknownVendorId"}),
]


@pytest.mark.parametrize(("action", "payload", "command", "outcome", "answer"), OPERATIONS)
async def test_a_call_becomes_a_command_and_its_outcome_the_answer(
    csms: EmbeddedCsms, point: Point, action: str, payload: Payload, command: Command | None, outcome: Outcome | None, answer: Payload
) -> None:
    point.station.commands.clear()
    if command is not None and outcome is not None:
        point.station.outcomes[type(command)] = outcome
    assert await csms.call("CP001", action, payload) == answer
    assert point.station.commands == ([] if command is None else [command])


async def test_a_start_where_a_transaction_runs_already_tells_its_id(csms: EmbeddedCsms, point: Point) -> None:
    """F01.FR.13."""
    point.station.texts[RemoteStart] = "t9"
    assert await csms.call("CP001", "RequestStartTransaction", start(evseId=2)) == {"status": "Accepted", "transactionId": "t9"}


async def test_a_refused_start_says_why(csms: EmbeddedCsms, point: Point) -> None:
    point.station.outcomes[RemoteStart] = Decision.REJECTED
    point.station.texts[RemoteStart] = "No EVSE is free."
    assert await csms.call("CP001", "RequestStartTransaction", start()) == refusal("Unspecified", additionalInfo="No EVSE is free.")


async def test_a_cache_that_is_switched_off_cannot_be_cleared(csms: EmbeddedCsms, point: Point) -> None:
    """C11.FR.04."""
    point.station.variables["AuthCacheCtrlr.Enabled"] = "false"
    point.station.commands.clear()
    assert await csms.call("CP001", "ClearCache", {}) == refusal("NotEnabled")
    assert point.station.commands == []


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"transactionId": "running"}, {"ongoingIndicator": True, "messagesInQueue": True}),
        ({"transactionId": "ended"}, {"ongoingIndicator": False, "messagesInQueue": True}),
        ({"transactionId": "unknown"}, {"ongoingIndicator": False, "messagesInQueue": True}),
        ({}, {"messagesInQueue": True}),
    ],
)
async def test_how_a_transaction_stands_is_told(csms: EmbeddedCsms, point: Point, asked: Payload, answer: Payload) -> None:
    """E14."""
    point.station.ongoing = {"running": True, "ended": False}
    point.station.queued = True
    assert await csms.call("CP001", "GetTransactionStatus", asked) == answer


# ---------------------------------------------------------------- TriggerMessage (F06)


async def trigger(csms: EmbeddedCsms, message: str, **place: int) -> Any:
    """Ask for a message; return the word on it."""
    asked: Payload = {"requestedMessage": message}
    return (await csms.call("CP001", "TriggerMessage", asked | ({"evse": place} if place else {})))["status"]


async def test_a_heartbeat_is_sent_when_asked_for_whatever_evse_is_named(csms: EmbeddedCsms, point: Point) -> None:
    """F06.FR.03."""
    assert await trigger(csms, "Heartbeat") == "Accepted"
    assert await trigger(csms, "Heartbeat", id=9) == "Accepted"
    await csms.until(lambda: csms.point("CP001").heartbeats == 2)


async def test_what_is_accepted_is_sent_and_what_there_is_no_room_for_is_refused(csms: EmbeddedCsms, point: Point) -> None:
    """F06.FR.10, B07.FR.01."""
    inventory = {"requestId": 1, "reportBase": "FullInventory"}
    csms.script("Heartbeat", Delay(5))
    said = [await trigger(csms, "Heartbeat") for _ in range(40)]
    refused = await csms.call("CP001", "GetBaseReport", inventory)
    assert set(said) == {"Accepted", "Rejected"}
    assert refused["status"] == "Rejected"
    await csms.until(lambda: csms.point("CP001").heartbeats == said.count("Accepted"))
    assert await csms.call("CP001", "GetBaseReport", inventory) == {"status": "Accepted"}


async def test_a_status_is_told_again_when_asked_for(csms: EmbeddedCsms, point: Point) -> None:
    for evse in (1, 2):
        point.service.report(status(evse, ConnectorStatus.AVAILABLE))
    history = csms.point("CP001").status_history
    await csms.until(lambda: len(history) == 2)
    assert await trigger(csms, "StatusNotification", id=2, connectorId=1) == "Accepted"
    await csms.until(lambda: len(history) == 3)
    assert history[-1]["evseId"] == 2
    assert await trigger(csms, "StatusNotification") == "Accepted"
    await csms.until(lambda: len(history) == 5)
    assert await trigger(csms, "StatusNotification", id=2, connectorId=2) == "Rejected"
    assert await trigger(csms, "StatusNotification", id=3) == "Rejected"


async def test_what_is_measured_is_told_when_asked_for(csms: EmbeddedCsms, point: Point) -> None:
    """F06.FR.06, F06.FR.11."""
    assert await trigger(csms, "MeterValues", id=2) == "Accepted"
    assert await trigger(csms, "MeterValues") == "Accepted"
    await eventually(lambda: len(point.station.of(TakeSample)) == 3)
    assert point.station.of(TakeSample) == [TakeSample(2), TakeSample(1), TakeSample(2)]
    point.station.variables["AlignedDataCtrlr.Measurands"] = ""
    assert await trigger(csms, "MeterValues") == "Rejected"
    point.service.measured(Measured(2, 1, sample(1, context=ReadingContext.TRIGGER)))
    await csms.until(lambda: bool(csms.point("CP001").meter_values))
    assert csms.point("CP001").meter_values[0]["evseId"] == 2


async def test_an_event_of_a_transaction_is_told_where_one_runs(csms: EmbeddedCsms, point: Point) -> None:
    """F06.FR.07."""
    assert await trigger(csms, "TransactionEvent") == "Rejected"
    point.station.running[2] = "t9"
    assert await trigger(csms, "TransactionEvent", id=1) == "Rejected"
    assert await trigger(csms, "TransactionEvent") == "Accepted"
    await eventually(lambda: point.station.of(TakeSample) == [TakeSample(2, in_transaction=True)])


async def test_an_accepted_station_does_not_boot_again(csms: EmbeddedCsms, point: Point) -> None:
    """F06.FR.17."""
    assert await trigger(csms, "BootNotification") == "Rejected"
    assert len(csms.point("CP001").boots) == 1


@pytest.mark.parametrize("message", ["LogStatusNotification", "FirmwareStatusNotification", "SignChargingStationCertificate", "SignV2GCertificate"])
async def test_what_is_not_there_cannot_be_asked_for(csms: EmbeddedCsms, point: Point, message: str) -> None:
    """F06.FR.08."""
    assert await trigger(csms, message) == "NotImplemented"


# ---------------------------------------------------------------- statuses (G01, B04)


async def test_a_status_that_is_the_same_in_these_words_is_told_once(csms: EmbeddedCsms, point: Point) -> None:
    for value in (ConnectorStatus.AVAILABLE, ConnectorStatus.PREPARING, ConnectorStatus.UNAVAILABLE, ConnectorStatus.UNAVAILABLE):
        point.service.report(status(1, value))
        await asyncio.sleep(1)
    assert [one["connectorStatus"] for one in csms.point("CP001").status_history] == ["Available", "Unavailable"]


async def test_the_station_itself_has_no_status_to_tell(csms: EmbeddedCsms, point: Point) -> None:
    point.service.report(status(0, ConnectorStatus.AVAILABLE))
    point.service.report(status(1, ConnectorStatus.AVAILABLE))
    await csms.until(lambda: bool(csms.point("CP001").status_history))
    assert [one["evseId"] for one in csms.point("CP001").status_history] == [1]


@pytest.mark.parametrize(("away_s", "told"), [(30.0, 1), (90.0, 2)])
async def test_after_a_long_outage_every_status_is_told_anew_after_a_short_one_what_changed(
    csms: EmbeddedCsms, point: Point, away_s: float, told: int
) -> None:
    """B04.FR.01, B04.FR.02."""
    point.station.variables["OCPPCommCtrlr.OfflineThreshold"] = "60"
    point.station.variables["OCPPCommCtrlr.RetryBackOffWaitMinimum"] = "1"
    point.station.variables["OCPPCommCtrlr.RetryBackOffRandomRange"] = "0"
    point.service.report(status(1, ConnectorStatus.AVAILABLE))
    await csms.until(lambda: len(csms.point("CP001").status_history) == 1)
    await asyncio.sleep(1)
    point.service.set_network(False)
    await eventually(lambda: not point.station.online)
    await asyncio.sleep(away_s)
    point.service.set_network(True)
    await eventually(lambda: point.station.online)
    point.service.report(status(1, ConnectorStatus.AVAILABLE))  # as the station does whenever it is online
    await asyncio.sleep(5)
    assert len(csms.point("CP001").status_history) == told


# ---------------------------------------------------------------- tokens and vendors


async def test_a_word_on_a_token_comes_back_with_its_group_and_its_evses(csms: EmbeddedCsms, point: Point) -> None:
    csms.parents["tag1"] = "GROUP"
    csms.infos["tag1"] = {"status": "NotAtThisTime", "evseId": [2]}
    point.service.ask_token(1, 1, IdToken("TAG1"))
    await eventually(lambda: bool([item for item in point.station.posted if type(item).__name__ == "TokenAnswered"]))
    (answered,) = [item for item in point.station.posted if type(item).__name__ == "TokenAnswered"]
    info = answered.info  # type: ignore[union-attr]
    assert (info.status, info.group, info.evses) == (TokenStatus.NOT_AT_THIS_TIME, IdToken("GROUP", IdTokenType.CENTRAL), (2,))


async def test_a_cost_and_a_message_for_the_driver_do_no_harm(csms: EmbeddedCsms, point: Point) -> None:
    answer: Payload = {
        "totalCost": 1.5,
        "chargingPriority": 3,
        "idTokenInfo": {"status": "Blocked"},
        "updatedPersonalMessage": {"format": "UTF8", "content": "Hello"},
    }
    csms.script("TransactionEvent", Answer(answer))
    point.enqueue(1, started())
    await eventually(lambda: bool([item for item in point.station.posted if type(item).__name__ == "EventDelivered"]))
    (delivered,) = [item for item in point.station.posted if type(item).__name__ == "EventDelivered"]
    assert delivered.info.status is TokenStatus.BLOCKED  # type: ignore[union-attr]


@pytest.mark.parametrize("data", [None, "text", 1.5, True, [1, None], {"deep": {"er": ["x"]}}])
async def test_a_vendors_data_is_any_json_both_ways(csms: EmbeddedCsms, make_point: Callable[..., Point], version: str, data: Json) -> None:
    """P01, P02."""

    async def echo(message: str | None, given: Json) -> DataAnswer:
        return DataAnswer(DataStatus.ACCEPTED, given)

    point = make_point(csms.url, versions=(version,), vendors={"com.example": echo})
    await eventually(lambda: point.station.online)
    told = {} if data is None else {"data": data}
    assert await csms.call("CP001", "DataTransfer", {"vendorId": "com.example", **told}) == {"status": "Accepted", **told}
    csms.script("DataTransfer", Answer({"status": "Accepted", **told}))
    assert await point.service.data_transfer("com.example", None, data) == DataAnswer(DataStatus.ACCEPTED, data)


# ---------------------------------------------------------------- what only 2.1 has


NEW_IN_2_1: Mapping[str, Payload] = {
    "ClearDERControl": {"isDefault": True},
    "GetTariffs": {"evseId": 1},
    "NotifyAllowedEnergyTransfer": {"transactionId": "t1", "allowedEnergyTransfer": ["AC_single_phase"]},
    "UsePriorityCharging": {"transactionId": "t1", "activate": True},
}


@pytest.mark.parametrize("action", NEW_IN_2_1)
async def test_a_message_of_2_1_is_refused_as_what_it_is(csms: EmbeddedCsms, point: Point, version: str, action: str) -> None:
    with pytest.raises(CallRefused) as refused:
        await csms.call("CP001", action, NEW_IN_2_1[action], validate=False)
    assert refused.value.code == ("NotSupported" if version == "2.1" else "NotImplemented")


async def test_what_2_1_has_added_to_the_messages_of_2_0_1_is_refused_by_the_book(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    """B13.FR.01, F06.FR.19; tokens of kinds that this station cannot know."""
    made = make_point(csms.url, versions=("2.1",))
    await eventually(lambda: made.station.online)
    made.station.commands.clear()
    assert await csms.call("CP001", "Reset", {"type": "ImmediateAndResume"}) == refusal("UnsupportedParam")
    custom = {"requestedMessage": "CustomTrigger", "customTrigger": "MyTrigger"}
    assert await csms.call("CP001", "TriggerMessage", custom) == {"status": "NotImplemented"}
    answer = await csms.call("CP001", "RequestStartTransaction", start(idToken={"idToken": "x", "type": "DirectPayment"}))
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidIdToken")
    assert made.station.commands == []


@pytest.mark.parametrize("frame", ['[5,"1","InternalError","",{}]', '[6,"1","NotifyPeriodicEventStream",{}]'])
async def test_messages_of_the_kinds_that_2_1_has_added_are_not_answered(csms: EmbeddedCsms, point: Point, version: str, frame: str) -> None:
    await csms.send_text("CP001", frame)
    await csms.call("CP001", "ClearCache", {})
    refusals = [seen.text for seen in csms.frames if seen.received and "MessageTypeNotSupported" in seen.text]
    assert len(refusals) == (0 if version == "2.1" else 1)
