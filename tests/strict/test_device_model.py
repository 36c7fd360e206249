"""The device model and network profiles before a CSMS that knows nothing of our schemas and refuses what is not right: every answer that there can be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.csms.station import Point, eventually
from tests.strict.server import StrictCsms

from cpctl.core.inputs import SetNetworkProfile, SetVariable
from cpctl.core.outputs import Outcome, ProfileOutcome, SetOutcome
from cpctl.csms.frames import Payload
from cpctl.csms.settings import CsmsSettings

THRESHOLD = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
SECRET = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
NOWHERE = {"component": {"name": "Nonsense", "instance": "x", "evse": {"id": 1, "connectorId": 2}}, "variable": {"name": "Y", "instance": "z"}}
PROFILE = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "ocppCsmsUrl": "wss://csms.example/ocpp",
    "messageTimeout": 30,
    "securityProfile": 2,
    "ocppInterface": "Wired0",
}


@pytest.fixture
async def point(strict_csms: StrictCsms) -> AsyncIterator[Point]:
    made = Point(CsmsSettings(strict_csms.url, "CP001", versions=("2.0.1",), serial="0001", firmware_version="1.2.3"))
    made.start()
    await eventually(lambda: made.station.online, 20)
    yield made
    await made.stop()


async def test_every_report_is_taken(strict_csms: StrictCsms, point: Point) -> None:
    for request, base in enumerate(("FullInventory", "ConfigurationInventory", "SummaryInventory")):
        assert await strict_csms.send("GetBaseReport", {"requestId": request, "reportBase": base}) == {"status": "Accepted"}
        await strict_csms.wait_for("NotifyReport", where=lambda payload, request=request: payload["requestId"] == request and not payload["tbc"])  # type: ignore[misc]
    asked: Payload = {"requestId": 9, "componentVariable": [THRESHOLD], "componentCriteria": ["Active", "Available", "Enabled", "Problem"]}
    assert await strict_csms.send("GetReport", asked) == {"status": "Accepted"}
    (entry,) = (await strict_csms.wait_for("NotifyReport", where=lambda payload: payload["requestId"] == 9))["reportData"]
    assert entry["variableAttribute"][0]["value"] == "60"
    assert await strict_csms.send("GetReport", {"requestId": 10, "componentVariable": [NOWHERE]}) == {"status": "EmptyResultSet"}


async def test_every_answer_about_a_variable_is_taken(strict_csms: StrictCsms, point: Point) -> None:
    asked = [THRESHOLD, THRESHOLD | {"attributeType": "MinSet"}, SECRET, NOWHERE, NOWHERE | {"component": {"name": "TxCtrlr"}}]
    results = (await strict_csms.send("GetVariables", {"getVariableData": asked}))["getVariableResult"]
    statuses = [result["attributeStatus"] for result in results]
    assert statuses == ["Accepted", "NotSupportedAttributeType", "Rejected", "UnknownComponent", "UnknownVariable"]
    outcomes: dict[Outcome, str] = {
        SetOutcome.ACCEPTED: "Accepted",
        SetOutcome.REBOOT_REQUIRED: "RebootRequired",
        SetOutcome.REJECTED: "Rejected",
        SetOutcome.UNKNOWN: "UnknownVariable",
    }
    for outcome, status in outcomes.items():
        point.station.outcomes[SetVariable] = outcome
        entries = [one | {"attributeValue": "1"} for one in asked]
        results = (await strict_csms.send("SetVariables", {"setVariableData": entries}))["setVariableResult"]
        assert results[0]["attributeStatus"] == status


async def test_every_answer_to_a_network_profile_is_taken(strict_csms: StrictCsms, point: Point) -> None:
    for outcome in ProfileOutcome:
        point.station.outcomes[SetNetworkProfile] = outcome
        answer = await strict_csms.send("SetNetworkProfile", {"configurationSlot": 2, "connectionData": PROFILE})
        assert answer["status"] == ("Accepted" if outcome is ProfileOutcome.ACCEPTED else "Rejected")
    answer = await strict_csms.send("SetNetworkProfile", {"configurationSlot": 2, "connectionData": PROFILE | {"messageTimeout": 0}})
    assert answer["statusInfo"]["reasonCode"] == "InvalidNetworkConf"
