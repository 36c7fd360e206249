"""Every message that we build and every operation that we serve, before a CSMS that knows nothing of our schemas and refuses what is not right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.csms.station import Point, at, ended, eventually, started, status, updated
from tests.strict.server import Refused, StrictCsms

from cpctl.core.faults import FAULTS
from cpctl.core.inputs import (
    ChangeAvailability,
    ClearCache,
    EventDelivered,
    RemoteStart,
    RemoteStop,
    Reset,
    SetVariable,
    TokenAnswered,
    Unlock,
)
from cpctl.core.model import ConnectorStatus, IdToken, Measurand, Reading, ReadingContext, Sample, StopReason
from cpctl.core.outputs import Decision, Measured, Outcome, SetOutcome, UnlockOutcome
from cpctl.csms.frames import Payload
from cpctl.csms.settings import CsmsSettings
from cpctl.csms.vendors import DataAnswer, DataStatus
from cpctl.errors import CallRefused

COMMANDS = (ChangeAvailability, ClearCache, RemoteStart, RemoteStop, Reset, SetVariable, Unlock)
UNITS = {
    Measurand.ENERGY_IMPORT_REGISTER: "Wh",
    Measurand.ENERGY_IMPORT_INTERVAL: "Wh",
    Measurand.POWER_IMPORT: "W",
    Measurand.POWER_OFFERED: "W",
    Measurand.CURRENT_IMPORT: "A",
    Measurand.CURRENT_OFFERED: "A",
    Measurand.VOLTAGE: "V",
    Measurand.TEMPERATURE: "Celsius",
    Measurand.FREQUENCY: "Hz",
    Measurand.SOC: "Percent",
}


async def echo(message: str | None, data: str | None) -> DataAnswer:
    return DataAnswer(DataStatus.ACCEPTED, data) if message == "echo" else DataAnswer(DataStatus.UNKNOWN_MESSAGE)


@pytest.fixture
async def point(strict_csms: StrictCsms) -> AsyncIterator[Point]:
    everything = {"box_serial": "B" * 40, "meter_type": "T" * 40, "meter_serial": "N" * 40, "iccid": "8" * 30, "imsi": "2" * 30}
    settings = CsmsSettings(strict_csms.url, "CP001", vendor="V" * 30, model="M" * 30, serial="S" * 40, firmware_version="F" * 80, **everything)
    made = Point(settings, vendors={"com.example": echo})
    made.start()
    await eventually(lambda: made.station.online, 20)
    yield made
    await made.stop()


async def test_every_message_of_ours_is_taken(strict_csms: StrictCsms, point: Point) -> None:
    assert len(await strict_csms.wait_for("BootNotification")) == 9, "every field there is"
    everything = tuple(
        Sample(at(60), context, tuple(Reading(measurand, 12_345, unit, phase) for measurand, unit in UNITS.items() for phase in range(4)))
        for context in ReadingContext
    )
    point.enqueue(1, started(tag="x" * 36))
    point.enqueue(2, replace(updated(), samples=everything))
    for entry, reason in enumerate(StopReason, 3):
        point.enqueue(entry, ended(reason=reason, samples=everything if reason is StopReason.REMOTE else ()))
    last = 2 + len(StopReason)
    point.enqueue(last + 1, started("t2", tag=None))
    await eventually(lambda: len(point.station.of(EventDelivered)) == last + 1, 20)
    assert strict_csms.received("StopTransaction")[0]["transactionId"] == 1
    for number, value in enumerate(ConnectorStatus):
        point.service.report(status(1, value))
        await strict_csms.wait_for("StatusNotification", count=number + 1)
    for number, fault in enumerate(FAULTS):
        point.service.report(replace(status(2, ConnectorStatus.FAULTED, fault=fault.name), info=fault.meaning))
        await strict_csms.wait_for("StatusNotification", count=number + 1, where=lambda payload: payload["connectorId"] == 2)
    point.service.report(status(0, ConnectorStatus.CHARGING))
    assert (await strict_csms.wait_for("StatusNotification", where=lambda payload: payload["connectorId"] == 0))["status"] == "Available"
    for transaction in (None, "t1", "unknown to the CSMS"):
        point.service.measured(Measured(1, 1, everything[0], transaction))
    await strict_csms.wait_for("MeterValues", count=4)
    assert await point.service.data_transfer("com.example", "m" * 50, "d" * 5000) == DataAnswer(DataStatus.UNKNOWN_VENDOR)
    assert await point.service.data_transfer("v" * 255) == DataAnswer(DataStatus.UNKNOWN_VENDOR)
    await strict_csms.reply("DataTransfer", {"status": "Accepted", "data": "ä"})
    assert await point.service.data_transfer("com.example") == DataAnswer(DataStatus.ACCEPTED, "ä")
    point.service.ask_token(1, 1, IdToken("TAG1"))
    point.service.ask_token(2, 1, IdToken("x" * 36))
    await eventually(lambda: len(point.station.of(TokenAnswered)) == 2, 20)
    point.station.variables["OCPPCommCtrlr.HeartbeatInterval"] = "1"
    point.service.variable_changed("OCPPCommCtrlr.HeartbeatInterval", "1")
    await strict_csms.wait_for("Heartbeat")


@pytest.mark.parametrize(
    ("action", "payload", "outcomes"),
    [
        ("RemoteStartTransaction", {"idTag": "TAG1", "connectorId": 1}, {Decision.ACCEPTED: "Accepted", Decision.REJECTED: "Rejected"}),
        ("RemoteStopTransaction", {"transactionId": 1}, {Decision.ACCEPTED: "Accepted", Decision.REJECTED: "Rejected"}),
        (
            "UnlockConnector",
            {"connectorId": 1},
            {
                UnlockOutcome.UNLOCKED: "Unlocked",
                UnlockOutcome.FAILED: "UnlockFailed",
                UnlockOutcome.NOT_SUPPORTED: "NotSupported",
                UnlockOutcome.UNKNOWN_CONNECTOR: "NotSupported",
            },
        ),
        (
            "ChangeAvailability",
            {"connectorId": 0, "type": "Operative"},
            {Decision.ACCEPTED: "Accepted", Decision.REJECTED: "Rejected", Decision.SCHEDULED: "Scheduled"},
        ),
        (
            "ChangeConfiguration",
            {"key": "CurrentLimit", "value": "10"},
            {
                SetOutcome.ACCEPTED: "Accepted",
                SetOutcome.REBOOT_REQUIRED: "RebootRequired",
                SetOutcome.REJECTED: "Rejected",
                SetOutcome.UNKNOWN: "NotSupported",
            },
        ),
        ("ClearCache", {}, {Decision.ACCEPTED: "Accepted", Decision.REJECTED: "Rejected"}),
        ("Reset", {"type": "Hard"}, {Decision.ACCEPTED: "Accepted", Decision.REJECTED: "Rejected"}),
        ("Reset", {"type": "Soft"}, {Decision.SCHEDULED: "Accepted"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_operation_gets_every_answer_that_it_can_have(
    strict_csms: StrictCsms, point: Point, action: str, payload: Payload, outcomes: dict[Outcome, str]
) -> None:
    for outcome, answer in outcomes.items():
        point.station.outcomes = dict.fromkeys(COMMANDS, outcome)
        assert await strict_csms.send(action, payload) == {"status": answer}


async def test_what_needs_no_command_is_served_too(strict_csms: StrictCsms, point: Point) -> None:
    for payload, answer in (
        ({"vendorId": "com.example", "messageId": "echo", "data": "y"}, {"status": "Accepted", "data": "y"}),
        ({"vendorId": "com.example"}, {"status": "UnknownMessageId"}),
        ({"vendorId": "org.other"}, {"status": "UnknownVendorId"}),
    ):
        assert await strict_csms.send("DataTransfer", payload) == answer
    assert await strict_csms.send("ChangeConfiguration", {"key": "Nonsense", "value": "10"}) == {"status": "NotSupported"}
    listed = await strict_csms.send("GetConfiguration", {})
    assert len(listed["configurationKey"]) > 25
    assert (await strict_csms.send("GetConfiguration", {"key": ["Nonsense"]}))["unknownKey"] == ["Nonsense"]
    for message, connector, status_word in (
        ("Heartbeat", None, "Accepted"),
        ("StatusNotification", None, "Accepted"),
        ("StatusNotification", 1, "Accepted"),
        ("MeterValues", 1, "Accepted"),
        ("StatusNotification", 9, "Rejected"),
        ("BootNotification", None, "Rejected"),
        ("FirmwareStatusNotification", None, "NotImplemented"),
        ("DiagnosticsStatusNotification", None, "NotImplemented"),
    ):
        asked = {"requestedMessage": message} | ({} if connector is None else {"connectorId": connector})
        assert await strict_csms.send("TriggerMessage", asked) == {"status": status_word}


async def test_what_we_do_not_serve_is_refused_by_the_book_and_the_connection_stays(strict_csms: StrictCsms, point: Point) -> None:
    with pytest.raises(Refused) as refused:
        await strict_csms.send("GetLocalListVersion", {})
    assert refused.value.code == "NotSupported"
    strict_csms.send_text("garbage")
    await strict_csms.until(lambda: any(error["kind"] == "malformed" for error in strict_csms.errors))
    assert {error["kind"] for error in strict_csms.errors} == {"callerror", "malformed"}
    assert "-1" in str([error for error in strict_csms.errors if error["kind"] == "malformed"])
    strict_csms.errors.clear()
    assert await strict_csms.send("ClearCache", {}) == {"status": "Accepted"}
    assert strict_csms.connected == {"CP001"}


async def test_the_witness_does_refuse_what_is_wrong(strict_csms: StrictCsms, point: Point) -> None:
    with pytest.raises(CallRefused) as refused:
        await point.service.call("Authorize", {"idTag": 5})
    assert refused.value.code == "TypeConstraintViolation"
    assert {error["kind"] for error in strict_csms.errors} == {"invalid", "callerror"}
    strict_csms.errors.clear()
