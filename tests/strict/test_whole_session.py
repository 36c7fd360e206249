"""`cpctl start --sim` as a program, before a CSMS that knows nothing of our schemas: whole sessions, watched by the local API as an outsider would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.strict.outsider import PATIENCE_S, TAG, Outsider, amperes, started
from tests.strict.server import StrictCsms


@pytest.fixture
async def outsider(tmp_path: Path, strict_csms: StrictCsms) -> AsyncIterator[Outsider]:
    async with started(tmp_path, strict_csms.url, "1.6") as made:
        yield made


async def test_a_session_with_a_lower_limit_a_pause_and_a_resumption(outsider: Outsider, strict_csms: StrictCsms) -> None:
    await outsider.charge()
    await outsider.until("16 A flow", lambda seen: amperes(seen) > 15)

    assert await strict_csms.send("ChangeConfiguration", {"key": "CurrentLimit", "value": "10"}) == {"status": "Accepted"}
    lowered = await outsider.until("10 A flow", lambda seen: 9 < amperes(seen) <= 10)
    assert lowered["evses"][0]["offer_a"] <= 10

    assert await strict_csms.send("ChangeConfiguration", {"key": "CurrentLimit", "value": "0"}) == {"status": "Accepted"}
    paused = await outsider.until_status("SuspendedEVSE")
    assert [reason["code"] for reason in paused["why_not"]] == ["limit_zero"]
    await outsider.until("nothing flows", lambda seen: amperes(seen) == 0)
    assert (await outsider.vehicle())["contactor"] == "open"

    assert await strict_csms.send("ChangeConfiguration", {"key": "CurrentLimit", "value": ""}) == {"status": "Accepted"}
    await outsider.until("16 A flow again", lambda seen: amperes(seen) > 15)
    await outsider.until_status("Charging")

    await outsider.post("/evses/1/token", {"id_token": TAG, "type": "ISO14443"})
    await outsider.leave()
    stop = await strict_csms.wait_for("StopTransaction")
    (start,) = strict_csms.received("StartTransaction")
    assert start["idTag"] == stop["idTag"] == TAG
    assert stop["transactionId"] == 1
    assert stop["meterStop"] > start["meterStart"]
    assert stop.get("reason", "Local") == "Local"
    # The statuses go out on their own, not in line with the transaction's messages.
    await strict_csms.wait_for("StatusNotification", where=lambda said: said["connectorId"] == 1 and said["status"] == "Available", count=2)
    said = [status["status"] for status in strict_csms.received("StatusNotification") if status["connectorId"] == 1]
    assert said == ["Available", "Preparing", "Charging", "SuspendedEVSE", "Charging", "Finishing", "Available"]


async def test_a_remote_start_and_a_remote_stop(outsider: Outsider, strict_csms: StrictCsms) -> None:
    assert await strict_csms.send("RemoteStartTransaction", {"idTag": TAG, "connectorId": 1}) == {"status": "Accepted"}
    await outsider.until_status("Preparing")
    await outsider.vehicle(state="C")
    await outsider.until_status("Charging")
    start = await strict_csms.wait_for("StartTransaction")
    assert start["idTag"] == TAG
    await outsider.until("the CSMS's number is known", lambda seen: (seen["evses"][0]["session"] or {}).get("transaction_id") == "1")

    assert await strict_csms.send("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Accepted"}
    assert await strict_csms.send("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Rejected"}
    await outsider.leave()
    stop = await strict_csms.wait_for("StopTransaction")
    assert (stop["transactionId"], stop["reason"]) == (1, "Remote")


async def test_a_soft_reset_ends_the_charge_and_the_program_comes_back_by_itself(outsider: Outsider, strict_csms: StrictCsms) -> None:
    await outsider.charge()
    assert await strict_csms.send("Reset", {"type": "Soft"}) == {"status": "Accepted"}
    stop = await strict_csms.wait_for("StopTransaction", timeout_s=PATIENCE_S)
    assert stop["reason"] == "SoftReset"
    await strict_csms.wait_for("BootNotification", count=2, timeout_s=PATIENCE_S)
    assert outsider.host.alive
    await outsider.until("back", lambda seen: seen["csms"]["connected"] and seen["coprocessor"]["connected"])
    assert (await outsider.vehicle())["contactor"] == "open"
    await outsider.vehicle(state="A")
    await outsider.until_status("Available")
    await outsider.charge()
    await strict_csms.wait_for("StartTransaction", count=2, timeout_s=PATIENCE_S)
    await outsider.post("/evses/1/stop")
    await outsider.leave()
    await strict_csms.wait_for("StopTransaction", count=2, timeout_s=PATIENCE_S)


async def test_the_other_operations_of_the_core_profile(outsider: Outsider, strict_csms: StrictCsms) -> None:
    everything = await strict_csms.send("GetConfiguration", {})
    keys = {one["key"] for one in everything["configurationKey"]}
    assert {"HeartbeatInterval", "MeterValueSampleInterval", "ConnectionTimeOut", "NumberOfConnectors", "SupportedFeatureProfiles"} <= keys
    some = await strict_csms.send("GetConfiguration", {"key": ["HeartbeatInterval", "Nonsense"]})
    assert [one["key"] for one in some["configurationKey"]] == ["HeartbeatInterval"]
    assert some["unknownKey"] == ["Nonsense"]
    for key, value, status in (
        ("MeterValueSampleInterval", "5", "Accepted"),
        ("MeterValueSampleInterval", "soon", "Rejected"),
        ("NumberOfConnectors", "9", "Rejected"),
        ("Nonsense", "1", "NotSupported"),
    ):
        assert await strict_csms.send("ChangeConfiguration", {"key": key, "value": value}) == {"status": status}

    assert await strict_csms.send("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}) == {"status": "Accepted"}
    await outsider.until_status("Unavailable")
    assert await strict_csms.send("RemoteStartTransaction", {"idTag": TAG, "connectorId": 1}) == {"status": "Rejected"}
    assert await strict_csms.send("ChangeAvailability", {"connectorId": 1, "type": "Operative"}) == {"status": "Accepted"}
    await outsider.until_status("Available")

    await outsider.charge()
    await strict_csms.wait_for("MeterValues", count=2, timeout_s=PATIENCE_S)
    assert await strict_csms.send("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}) == {"status": "Scheduled"}
    assert (await outsider.until_status("Charging"))["session"] is not None
    assert await strict_csms.send("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert (await strict_csms.wait_for("StopTransaction"))["reason"] == "UnlockCommand"
    await outsider.vehicle(state="A")
    await outsider.until_status("Unavailable")
    assert await strict_csms.send("ChangeAvailability", {"connectorId": 0, "type": "Operative"}) == {"status": "Accepted"}
    await outsider.until_status("Available")
    assert await strict_csms.send("ClearCache", {}) == {"status": "Accepted"}
    assert (await strict_csms.send("UnlockConnector", {"connectorId": 9}))["status"] == "NotSupported"
    assert await strict_csms.send("RemoteStopTransaction", {"transactionId": 4711}) == {"status": "Rejected"}
    assert (await strict_csms.send("DataTransfer", {"vendorId": "org.example"}))["status"] == "UnknownVendorId"
