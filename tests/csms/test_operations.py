"""What the CSMS may ask, over a real connection: which command reaches the station, and which answer goes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.csms.station import EVSES, FakeStation, Point, started

from cpctl.core.inputs import ChangeAvailability, ClearCache, Command, RemoteStart, RemoteStop, Reset, SetVariable, Unlock
from cpctl.core.model import IdToken
from cpctl.core.outputs import Decision, Outcome, SetOutcome, UnlockOutcome
from cpctl.core.settings import ConnectorSettings
from cpctl.core.variable_table import definitions
from cpctl.core.variables import normalise
from cpctl.csms.frames import Payload
from cpctl.csms.v16.variables import VARIABLES, Entry, Keys
from cpctl.errors import CallRefused
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_script import Silence

TAG = IdToken("TAG1")


@pytest.mark.parametrize(
    ("action", "payload", "command", "outcome", "answer"),
    [
        ("RemoteStartTransaction", {"idTag": "TAG1"}, RemoteStart(1, None, TAG), Decision.ACCEPTED, "Accepted"),
        ("RemoteStartTransaction", {"idTag": "TAG1", "connectorId": 2}, RemoteStart(1, 2, TAG), Decision.REJECTED, "Rejected"),
        ("RemoteStartTransaction", {"idTag": "TAG1", "connectorId": 0}, None, None, "Rejected"),
        ("RemoteStartTransaction", {"idTag": "TAG1", "connectorId": 3}, None, None, "Rejected"),
        ("RemoteStopTransaction", {"transactionId": 42}, RemoteStop(1, "42"), Decision.ACCEPTED, "Accepted"),
        ("RemoteStopTransaction", {"transactionId": -1}, RemoteStop(1, "-1"), Decision.REJECTED, "Rejected"),
        ("Reset", {"type": "Hard"}, Reset(1, True, waits=False), Decision.ACCEPTED, "Accepted"),
        ("Reset", {"type": "Soft"}, Reset(1, False, waits=False), Decision.SCHEDULED, "Accepted"),
        ("Reset", {"type": "Soft"}, Reset(1, False, waits=False), Decision.REJECTED, "Rejected"),
        ("UnlockConnector", {"connectorId": 2}, Unlock(1, 2, 1), UnlockOutcome.UNLOCKED, "Unlocked"),
        ("UnlockConnector", {"connectorId": 1}, Unlock(1, 1, 1), UnlockOutcome.FAILED, "UnlockFailed"),
        ("UnlockConnector", {"connectorId": 1}, Unlock(1, 1, 1), UnlockOutcome.NOT_SUPPORTED, "NotSupported"),
        ("UnlockConnector", {"connectorId": 0}, None, None, "NotSupported"),
        ("UnlockConnector", {"connectorId": 9}, None, None, "NotSupported"),
        (
            "ChangeAvailability",
            {"connectorId": 0, "type": "Inoperative"},
            ChangeAvailability(1, 0, False, shared=True),
            Decision.SCHEDULED,
            "Scheduled",
        ),
        ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}, ChangeAvailability(1, 2, True, shared=True), Decision.ACCEPTED, "Accepted"),
        ("ChangeAvailability", {"connectorId": 9, "type": "Operative"}, None, None, "Rejected"),
        ("ClearCache", {}, ClearCache(1), Decision.ACCEPTED, "Accepted"),
        ("ClearCache", {}, ClearCache(1), Decision.REJECTED, "Rejected"),
        ("DataTransfer", {"vendorId": "com.example"}, None, None, "UnknownVendorId"),
        (
            "ChangeConfiguration",
            {"key": "ConnectionTimeOut", "value": "60"},
            SetVariable(1, "TxCtrlr.EVConnectionTimeOut", "60"),
            SetOutcome.ACCEPTED,
            "Accepted",
        ),
        (
            "ChangeConfiguration",
            {"key": "connectiontimeout", "value": "x"},
            SetVariable(1, "TxCtrlr.EVConnectionTimeOut", "x"),
            SetOutcome.REJECTED,
            "Rejected",
        ),
        (
            "ChangeConfiguration",
            {"key": "CurrentLimit", "value": "0"},
            SetVariable(1, "ChargingStation.CurrentLimit", "0"),
            SetOutcome.REBOOT_REQUIRED,
            "RebootRequired",
        ),
        ("ChangeConfiguration", {"key": "NumberOfConnectors", "value": "9"}, None, None, "Rejected"),
        ("ChangeConfiguration", {"key": "NoSuchKey", "value": "9"}, None, None, "NotSupported"),
        ("ChangeConfiguration", {"key": "OCPPCommCtrlr.HeartbeatInterval", "value": "9"}, None, None, "NotSupported"),
    ],
)
async def test_a_call_becomes_a_command_and_its_outcome_the_answer(
    csms: EmbeddedCsms, point: Point, action: str, payload: Payload, command: Command | None, outcome: Outcome | None, answer: str
) -> None:
    point.station.commands.clear()
    if command is not None and outcome is not None:
        point.station.outcomes[type(command)] = outcome
    assert await csms.call("CP001", action, payload) == {"status": answer}
    assert point.station.commands == ([] if command is None else [command])


async def test_all_keys_are_listed_and_every_required_one_is_among_them(csms: EmbeddedCsms, point: Point) -> None:
    answer = await csms.call("CP001", "GetConfiguration", {})
    keys = {entry["key"]: entry for entry in answer["configurationKey"]}
    required = [
        "AuthorizeRemoteTxRequests",
        "ClockAlignedDataInterval",
        "ConnectionTimeOut",
        "ConnectorPhaseRotation",
        "GetConfigurationMaxKeys",
        "HeartbeatInterval",
        "LocalAuthorizeOffline",
        "LocalPreAuthorize",
        "MeterValuesAlignedData",
        "MeterValuesSampledData",
        "MeterValueSampleInterval",
        "NumberOfConnectors",
        "ResetRetries",
        "StopTransactionOnEVSideDisconnect",
        "StopTransactionOnInvalidId",
        "StopTxnAlignedData",
        "StopTxnSampledData",
        "SupportedFeatureProfiles",
        "TransactionMessageAttempts",
        "TransactionMessageRetryInterval",
        "UnlockConnectorOnEVSideDisconnect",
    ]
    assert set(required) <= set(keys)
    assert keys["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    assert keys["ConnectorPhaseRotation"]["value"] == "1.RST,2.NotApplicable"
    assert keys["HeartbeatInterval"] == {"key": "HeartbeatInterval", "readonly": False, "value": "300"}


async def test_each_list_says_how_long_it_may_be_and_may_be_so_long(csms: EmbeddedCsms, point: Point) -> None:
    keys = {entry["key"]: entry for entry in (await csms.call("CP001", "GetConfiguration", {}))["configurationKey"]}
    table = {definition.name: definition for definition in definitions(EVSES)}
    lengths = {key.removesuffix("MaxLength"): entry for key, entry in keys.items() if key.endswith("MaxLength")}
    assert lengths.keys() == {
        "ConnectorPhaseRotation",
        "MeterValuesAlignedData",
        "MeterValuesSampledData",
        "StopTxnAlignedData",
        "StopTxnSampledData",
        "SupportedFeatureProfiles",
    }
    for key, entry in lengths.items():
        assert entry["readonly"] is True
        if key in VARIABLES and not table[VARIABLES[key]].one_of_each:
            definition = table[VARIABLES[key]]
            assert len(definition.values) == int(entry["value"])
            longest = ",".join(definition.values)
            assert normalise(definition, longest) == longest
            assert len(longest) <= 500, "it fits into a ChangeConfiguration"
    assert lengths["ConnectorPhaseRotation"]["value"] == "3"
    assert keys["StopTransactionMaxMeterValues"] == {"key": "StopTransactionMaxMeterValues", "readonly": True, "value": "60"}


def test_a_station_of_fixed_cables_only_says_that_it_unlocks_nothing() -> None:
    fixed = tuple(replace(evse, connectors=(ConnectorSettings(1, fixed_cable=True),)) for evse in EVSES)
    station = FakeStation()
    station.variables = {one.name: one.default for one in definitions(fixed)}
    entry = Keys(station, fixed, 0).find("unlockConnectorOnEVSideDisconnect")
    assert entry == Entry("UnlockConnectorOnEVSideDisconnect", "false", True)


async def test_named_keys_are_told_and_unknown_ones_said_to_be(csms: EmbeddedCsms, point: Point) -> None:
    answer = await csms.call("CP001", "GetConfiguration", {"key": ["heartbeatinterval", "Nonsense", "NumberOfConnectors"]})
    assert [entry["key"] for entry in answer["configurationKey"]] == ["HeartbeatInterval", "NumberOfConnectors"]
    assert answer["unknownKey"] == ["Nonsense"]


async def test_more_keys_than_announced_are_refused(csms: EmbeddedCsms, point: Point) -> None:
    with pytest.raises(CallRefused) as refused:
        await csms.call("CP001", "GetConfiguration", {"key": [f"k{n}" for n in range(129)]})
    assert refused.value.code == "OccurenceConstraintViolation"


def test_every_key_stands_for_a_variable_of_its_own() -> None:
    assert len(set(VARIABLES.values())) == len(VARIABLES)


async def test_a_stop_passes_a_command_that_takes_its_time(csms: EmbeddedCsms, point: Point) -> None:
    gate = point.station.hold[ClearCache] = asyncio.Event()
    await csms.send_text("CP001", json.dumps([2, "slow", "ClearCache", {}]))
    start = asyncio.get_running_loop().time()
    assert await csms.call("CP001", "RemoteStopTransaction", {"transactionId": 1}) == {"status": "Accepted"}
    assert asyncio.get_running_loop().time() - start < 0.1
    assert not any('"slow"' in seen.text for seen in csms.frames if seen.received)
    gate.set()
    await csms.until(lambda: any('[3,"slow"' in seen.text for seen in csms.frames if seen.received))


async def test_a_stop_does_not_wait_for_a_call_of_ours_that_gets_no_answer(csms: EmbeddedCsms, point: Point) -> None:
    csms.script("StartTransaction", Silence())
    point.enqueue(1, started())
    await csms.until(lambda: any("StartTransaction" in seen.text for seen in csms.frames))
    start = asyncio.get_running_loop().time()
    assert await csms.call("CP001", "RemoteStopTransaction", {"transactionId": 1}) == {"status": "Accepted"}
    assert asyncio.get_running_loop().time() - start < 0.1


async def test_a_developer_may_send_anything(csms: EmbeddedCsms, point: Point) -> None:
    assert await point.service.call("DataTransfer", {"vendorId": "x"}) == {"status": "UnknownVendorId"}
    with pytest.raises(CallRefused) as refused:
        await point.service.call("NoSuchAction", {"a": 1})
    assert refused.value.code == "NotImplemented"


async def test_commands_of_several_charge_points_do_not_mix(csms: EmbeddedCsms, point: Point, make_point: Callable[..., Point]) -> None:
    other = make_point(csms.url, id="CP 2/ä")
    await csms.until(lambda: bool(csms.point("CP 2/ä").boots))
    await asyncio.sleep(1)
    await csms.call("CP 2/ä", "ClearCache", {})
    assert point.station.of(object)
    assert [type(command) for command in other.station.commands] == [ClearCache]
    assert point.station.commands == []
