"""`cpctl start --sim` as a program, speaking OCPP 2.0.1 before a CSMS that knows nothing of our schemas: every operation that the station serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.strict.outsider import PATIENCE_S, TAG, Outsider, amperes, started
from tests.strict.server import Payload, StrictCsms

TOKEN = {"idToken": TAG, "type": "ISO14443"}
START = {"evseId": 1, "remoteStartId": 7, "idToken": TOKEN}


@pytest.fixture
async def outsider(tmp_path: Path, strict_csms: StrictCsms) -> AsyncIterator[Outsider]:
    async with started(tmp_path, strict_csms.url, "2.0.1") as made:
        yield made


async def set_variable(csms: StrictCsms, component: str, variable: str, value: str) -> str:
    """Set a variable; return what became of it."""
    entry = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
    (result,) = (await csms.send("SetVariables", {"setVariableData": [entry]}))["setVariableResult"]
    return str(result["attributeStatus"])


async def ended(csms: StrictCsms, count: int = 1) -> Payload:
    """Wait for the end of a transaction; return its event."""
    return await csms.wait_for("TransactionEvent", where=lambda event: event["eventType"] == "Ended", count=count, timeout_s=PATIENCE_S)


def numbers(csms: StrictCsms) -> Mapping[str, list[int]]:
    """Return the numbers of each transaction's events, in the order in which they came."""
    found: dict[str, list[int]] = {}
    for event in csms.received("TransactionEvent"):
        found.setdefault(event["transactionInfo"]["transactionId"], []).append(event["seqNo"])
    return found


def states(csms: StrictCsms) -> list[Any]:
    """Return the charging states that were told, each once."""
    told = [event["transactionInfo"].get("chargingState") for event in csms.received("TransactionEvent")]
    return [now for number, now in enumerate(told) if number == 0 or told[number - 1] != now]


async def test_a_session_with_a_lower_limit_a_pause_and_a_resumption(outsider: Outsider, strict_csms: StrictCsms) -> None:
    assert await set_variable(strict_csms, "SampledDataCtrlr", "TxUpdatedInterval", "5") == "Accepted"
    await outsider.charge()
    await outsider.until("16 A flow", lambda seen: amperes(seen) > 15)
    assert await set_variable(strict_csms, "ChargingStation", "CurrentLimit", "10") == "Accepted"
    await outsider.until("10 A flow", lambda seen: 9 < amperes(seen) <= 10)
    assert await set_variable(strict_csms, "ChargingStation", "CurrentLimit", "0") == "Accepted"
    await outsider.until_status("SuspendedEVSE")
    await outsider.until("nothing flows", lambda seen: amperes(seen) == 0)
    assert await set_variable(strict_csms, "ChargingStation", "CurrentLimit", "") == "Accepted"
    await outsider.until("16 A flow again", lambda seen: amperes(seen) > 15)
    await strict_csms.wait_for("TransactionEvent", where=lambda event: event["triggerReason"] == "MeterValuePeriodic", timeout_s=PATIENCE_S)
    await outsider.post("/evses/1/token", {"id_token": TAG, "type": "ISO14443"})
    await outsider.leave()
    last = await ended(strict_csms)
    assert last["idToken"]["idToken"] == TAG
    assert last["meterValue"]
    assert all(numbered == list(range(len(numbered))) for numbered in numbers(strict_csms).values())
    assert states(strict_csms) == ["EVConnected", "Charging", "SuspendedEVSE", "Charging", "EVConnected"]
    await strict_csms.wait_for("StatusNotification", where=lambda said: said["connectorStatus"] == "Available", count=2)
    assert [said["connectorStatus"] for said in strict_csms.received("StatusNotification")] == ["Available", "Occupied", "Available"]


async def test_what_the_csms_starts_stops_unlocks_and_asks_for(outsider: Outsider, strict_csms: StrictCsms) -> None:
    csms = strict_csms
    assert (await csms.send("RequestStartTransaction", START))["status"] == "Accepted"
    await outsider.vehicle(state="C")
    await outsider.until_status("Charging")
    first = (await csms.wait_for("TransactionEvent"))["transactionInfo"]["transactionId"]
    assert (await csms.send("RequestStartTransaction", START))["status"] == "Rejected"
    assert (await csms.send("UnlockConnector", {"evseId": 1, "connectorId": 1}))["status"] == "OngoingAuthorizedTransaction"
    assert (await csms.send("GetTransactionStatus", {"transactionId": first}))["ongoingIndicator"] is True
    for message in ("Heartbeat", "TransactionEvent", "MeterValues"):
        assert (await csms.send("TriggerMessage", {"requestedMessage": message}))["status"] == "Accepted"
    asked = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
    assert (await csms.send("TriggerMessage", asked))["status"] == "Accepted"
    assert (await csms.send("TriggerMessage", {"requestedMessage": "BootNotification"}))["status"] == "Rejected"
    await csms.wait_for("Heartbeat")
    await csms.wait_for("MeterValues")
    await csms.wait_for("TransactionEvent", where=lambda event: event["triggerReason"] == "Trigger")
    assert (await csms.send("RequestStopTransaction", {"transactionId": first}))["status"] == "Accepted"
    assert (await csms.send("RequestStopTransaction", {"transactionId": first}))["status"] == "Rejected"
    assert (await ended(csms))["transactionInfo"]["stoppedReason"] == "Remote"
    await outsider.leave()
    assert (await csms.send("UnlockConnector", {"evseId": 1, "connectorId": 1}))["status"] == "Unlocked"
    assert (await csms.send("UnlockConnector", {"evseId": 1, "connectorId": 9}))["status"] == "UnknownConnector"
    assert (await csms.send("ClearCache", {}))["status"] == "Accepted"
    assert (await csms.send("DataTransfer", {"vendorId": "org.example", "data": {"any": [1, None]}}))["status"] == "UnknownVendorId"


async def test_availability_and_resets_of_the_evse_and_the_station(outsider: Outsider, strict_csms: StrictCsms) -> None:
    csms = strict_csms
    for place in ({"evse": {"id": 1}}, {"evse": {"id": 1, "connectorId": 1}}, {}):
        assert (await csms.send("ChangeAvailability", {"operationalStatus": "Inoperative", **place}))["status"] == "Accepted"
        await outsider.until_status("Unavailable")
        assert (await csms.send("ChangeAvailability", {"operationalStatus": "Operative", **place}))["status"] == "Accepted"
        await outsider.until_status("Available")
    await outsider.charge()
    assert (await csms.send("Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
    assert (await csms.send("Reset", {"type": "Immediate", "evseId": 1}))["status"] == "Accepted"
    assert (await ended(csms))["transactionInfo"]["stoppedReason"] == "ImmediateReset"
    boot = await csms.wait_for("BootNotification", count=2, timeout_s=PATIENCE_S)
    assert boot["reason"] == "ScheduledReset"
    assert outsider.host.alive
