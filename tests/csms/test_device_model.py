"""The device model as a CSMS of 2.0.1 or 2.1 asks for it, over a real connection: each entry is answered for itself (B05, B06), reports come in parts (B07, B08)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.csms.station import EVSES, Point, eventually

from cpctl.core.inputs import SetVariable
from cpctl.core.outputs import SetOutcome
from cpctl.core.variable_definition import LISTS, Definition, Mutability
from cpctl.core.variable_table import definitions
from cpctl.core.variables_csms import MAX_BYTES, MAX_ITEMS
from cpctl.csms.frames import Payload
from cpctl.csms.v201.reports import MAX_PART_BYTES, MAX_PART_ITEMS
from cpctl.sim.csms import EmbeddedCsms

TABLE = definitions(EVSES)


@pytest.fixture(params=["2.0.1", "2.1"])
async def point(request: pytest.FixtureRequest, csms: EmbeddedCsms, make_point: Callable[..., Point]) -> Point:
    """A station that the embedded CSMS has accepted, in either edition."""
    made = make_point(csms.url, versions=(request.param,))
    await eventually(lambda: made.station.online)
    return made


def entry(component: str, variable: str, **more: Any) -> Payload:
    """Address a variable: `EVSE@1`, `Connector@1.1`, `Component[instance]`; `Variable[instance]`."""
    part, _, place = component.partition("@")
    name, _, which = part.removesuffix("]").partition("[")
    evse, _, connector = place.partition(".")
    variable_name, _, instance = variable.removesuffix("]").partition("[")
    where = {"evse": {"id": int(evse)} | ({"connectorId": int(connector)} if connector else {})} if place else {}
    where |= {"instance": which} if which else {}
    return {"component": {"name": name} | where, "variable": {"name": variable_name} | ({"instance": instance} if instance else {}), **more}


async def get(csms: EmbeddedCsms, *entries: Payload) -> list[Payload]:
    answer = await csms.call("CP001", "GetVariables", {"getVariableData": list(entries)})
    return list(answer["getVariableResult"])


async def put(csms: EmbeddedCsms, *entries: Payload) -> list[Payload]:
    answer = await csms.call("CP001", "SetVariables", {"setVariableData": list(entries)})
    return list(answer["setVariableResult"])


# ---------------------------------------------------------------- B06


@pytest.mark.parametrize(
    ("component", "variable", "attribute", "status", "value"),
    [
        ("OCPPCommCtrlr", "HeartbeatInterval", None, "Accepted", "300"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "Actual", "Accepted", "300"),
        ("ocppCOMMctrlr", "heartbeatINTERVAL", None, "Accepted", "300"),
        ("OCPPCommCtrlr", "MessageAttempts[TransactionEvent]", None, "Accepted", "3"),
        ("OCPPCommCtrlr", "MessageAttempts[transactionevent]", None, "Accepted", "3"),
        ("EVSE@2", "SupplyPhases", None, "Accepted", "1"),
        ("Connector@1.1", "ConnectorType", None, "Accepted", "sType2"),
        ("ChargingStation", "CurrentLimit", None, "Accepted", ""),
        ("SecurityCtrlr", "Identity", None, "Accepted", "CP001"),
        ("NetworkConfiguration[1]", "SecurityProfile", None, "Accepted", "0"),
        ("NetworkConfiguration[2]", "SecurityProfile", None, "Accepted", ""),
        ("NetworkConfiguration", "SecurityProfile", None, "UnknownComponent", None),
        ("NetworkConfiguration[4]", "SecurityProfile", None, "UnknownComponent", None),
        ("OCPPCommCtrlr", "OfflineThreshold", "Target", "NotSupportedAttributeType", None),
        ("OCPPCommCtrlr", "OfflineThreshold", "MinSet", "NotSupportedAttributeType", None),
        ("OCPPCommCtrlr", "OfflineThreshold", "MaxSet", "NotSupportedAttributeType", None),
        ("SecurityCtrlr", "BasicAuthPassword", None, "Rejected", None),
        ("NoSuchCtrlr", "HeartbeatInterval", None, "UnknownComponent", None),
        ("NoSuchCtrlr", "HeartbeatInterval", "Target", "UnknownComponent", None),
        ("OCPPCommCtrlr", "NoSuchVariable", None, "UnknownVariable", None),
        ("OCPPCommCtrlr", "MessageAttempts", None, "UnknownVariable", None),
        ("OCPPCommCtrlr", "MessageAttempts[BootNotification]", None, "UnknownVariable", None),
        ("OCPPCommCtrlr", "HeartbeatInterval[x]", None, "UnknownVariable", None),
        ("OCPPCommCtrlr@1", "HeartbeatInterval", None, "UnknownComponent", None),
        ("EVSE", "SupplyPhases", None, "UnknownComponent", None),
        ("EVSE@0", "SupplyPhases", None, "UnknownComponent", None),
        ("EVSE@3", "SupplyPhases", None, "UnknownComponent", None),
        ("EVSE@1.1", "SupplyPhases", None, "UnknownComponent", None),
        ("Connector@1.2", "ConnectorType", None, "UnknownComponent", None),
        ("ChargingStation@0", "Available", None, "UnknownComponent", None),
    ],
)
async def test_a_variable_is_read_or_said_what_of_it_there_is_not(
    csms: EmbeddedCsms, point: Point, component: str, variable: str, attribute: str | None, status: str, value: str | None
) -> None:
    asked = entry(component, variable) | ({} if attribute is None else {"attributeType": attribute})
    (result,) = await get(csms, asked)
    assert result["attributeStatus"] == status
    assert result.get("attributeValue") == value
    assert result["attributeType"] == (attribute or "Actual")  # B06.FR.11
    assert {name: result[name] for name in ("component", "variable")} == {name: asked[name] for name in ("component", "variable")}


async def test_a_component_with_an_instance_of_which_there_is_none_is_unknown(csms: EmbeddedCsms, point: Point) -> None:
    asked = entry("EVSE@1", "SupplyPhases")
    asked["component"]["instance"] = "left"
    assert [one["attributeStatus"] for one in await get(csms, asked)] == ["UnknownComponent"]


async def test_every_variable_of_the_table_can_be_asked_for_by_its_name(csms: EmbeddedCsms, point: Point) -> None:
    for start in range(0, len(TABLE), MAX_ITEMS):
        part = TABLE[start : start + MAX_ITEMS]
        results = await get(csms, *(entry(str(one.path.component), one.name.removeprefix(f"{one.path.component}.")) for one in part))
        readable = {definition.name: definition.mutability is not Mutability.WRITE_ONLY for definition in part}
        assert [one["attributeStatus"] == "Accepted" for one in results] == list(readable.values())


async def test_what_changes_by_itself_is_asked_for_when_it_is_told(csms: EmbeddedCsms, point: Point) -> None:
    asked = entry("EVSE@1", "AvailabilityState")
    for state in ("Available", "Occupied", "Faulted"):
        point.station.lively["EVSE@1.AvailabilityState"] = state
        assert [one["attributeValue"] for one in await get(csms, asked)] == [state]


async def test_nothing_known_reads_as_an_empty_text(csms: EmbeddedCsms, point: Point) -> None:
    assert [one["attributeValue"] for one in await get(csms, entry("ControlPilot@1", "VoltageHigh"))] == [""]  # B06.FR.13


# ---------------------------------------------------------------- B05


@pytest.mark.parametrize(
    ("component", "variable", "attribute", "value", "status", "reason"),
    [
        ("NoSuchCtrlr", "OfflineThreshold", None, "1", "UnknownComponent", None),
        ("OCPPCommCtrlr", "NoSuchVariable", None, "1", "UnknownVariable", None),
        ("OCPPCommCtrlr", "MessageAttempts", None, "1", "UnknownVariable", None),
        ("OCPPCommCtrlr@1", "OfflineThreshold", None, "1", "UnknownComponent", None),
        ("OCPPCommCtrlr", "OfflineThreshold", "Target", "1", "NotSupportedAttributeType", None),
        ("OCPPCommCtrlr", "OfflineThreshold", "MaxSet", "1", "NotSupportedAttributeType", None),
        ("ChargingStation", "AvailabilityState", None, "Faulted", "Rejected", "ReadOnly"),
        ("EVSE@1", "Available", None, "false", "Rejected", "ReadOnly"),
        ("DeviceDataCtrlr", "ItemsPerMessage[SetVariables]", None, "1000", "Rejected", "ReadOnly"),
    ],
)
async def test_what_cannot_be_set_reaches_nobody(
    csms: EmbeddedCsms, point: Point, component: str, variable: str, attribute: str | None, value: str, status: str, reason: str | None
) -> None:
    point.station.commands.clear()
    asked = entry(component, variable, attributeValue=value) | ({} if attribute is None else {"attributeType": attribute})
    (result,) = await put(csms, asked)
    assert result["attributeStatus"] == status
    assert result["attributeType"] == (attribute or "Actual")  # B05.FR.12
    assert result.get("attributeStatusInfo", {}).get("reasonCode") == reason
    assert point.station.of(SetVariable) == []
    assert point.station.commands == []


@pytest.mark.parametrize(
    ("component", "variable", "value", "reason"),
    [
        ("OCPPCommCtrlr", "OfflineThreshold", "-1", "ValueOutOfRange"),
        ("OCPPCommCtrlr", "OfflineThreshold", "86401", "ValueOutOfRange"),
        ("OCPPCommCtrlr", "OfflineThreshold", "60.1", "InvalidValue"),
        ("OCPPCommCtrlr", "OfflineThreshold", "abc", "InvalidValue"),
        ("OCPPCommCtrlr", "OfflineThreshold", "true", "InvalidValue"),
        ("OCPPCommCtrlr", "OfflineThreshold", "", "InvalidValue"),
        ("AuthCtrlr", "AuthorizeRemoteStart", "1", "InvalidValue"),
        ("TxCtrlr", "TxStartPoint", "DataSigned", "InvalidValue"),
        ("TxCtrlr", "TxStartPoint", "", "InvalidValue"),
        ("SecurityCtrlr", "BasicAuthPassword", "tooshort", "InvalidValue"),
        ("ChargingStation", "CurrentLimit", "-5", "ValueOutOfRange"),
        ("ChargingStation", "CurrentLimit", "5000", "ValueOutOfRange"),
        ("OCPPCommCtrlr", "NetworkConfigurationPriority", "1,9", "InvalidValue"),
    ],
)
async def test_a_value_that_is_refused_comes_with_the_reason_for_it(
    csms: EmbeddedCsms, point: Point, component: str, variable: str, value: str, reason: str
) -> None:
    point.station.outcomes[SetVariable] = SetOutcome.REJECTED
    (result,) = await put(csms, entry(component, variable, attributeValue=value))
    assert (result["attributeStatus"], result["attributeStatusInfo"]["reasonCode"]) == ("Rejected", reason)


async def test_each_entry_is_answered_for_itself_and_in_its_order(csms: EmbeddedCsms, point: Point) -> None:
    point.station.commands.clear()
    results = await put(
        csms,
        entry("OCPPCommCtrlr", "OfflineThreshold", attributeValue="5"),
        entry("Nonsense", "OfflineThreshold", attributeValue="6"),
        entry("TxCtrlr", "EVConnectionTimeOut", attributeValue="7"),
    )
    assert [one["attributeStatus"] for one in results] == ["Accepted", "UnknownComponent", "Accepted"]
    assert [(one.name, one.value) for one in point.station.commands if isinstance(one, SetVariable)] == [
        ("OCPPCommCtrlr.OfflineThreshold", "5"),
        ("TxCtrlr.EVConnectionTimeOut", "7"),
    ]


async def test_a_value_that_counts_after_a_reboot_says_so(csms: EmbeddedCsms, point: Point) -> None:
    point.station.outcomes[SetVariable] = SetOutcome.REBOOT_REQUIRED
    (result,) = await put(csms, entry("OCPPCommCtrlr", "NetworkConfigurationPriority", attributeValue="1"))
    assert result["attributeStatus"] == "RebootRequired"


# ---------------------------------------------------------------- how much at once


ONE = entry("OCPPCommCtrlr", "HeartbeatInterval")
LONG = entry("X" * 50, "Y" * 50)
WIDE = [{**LONG, "attributeValue": "z" * 1000}] * (MAX_BYTES // 1000)


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("GetVariables", {"getVariableData": [ONE] * (MAX_ITEMS + 1)}, "OccurrenceConstraintViolation"),
        ("SetVariables", {"setVariableData": [{**ONE, "attributeValue": "1"}] * (MAX_ITEMS + 1)}, "OccurrenceConstraintViolation"),
        ("SetVariables", {"setVariableData": WIDE}, "FormatViolation"),
        ("GetReport", {"requestId": 1, "componentVariable": [ONE] * (MAX_ITEMS + 1)}, "OccurrenceConstraintViolation"),
        ("GetVariables", {"getVariableData": []}, "OccurrenceConstraintViolation"),
        ("GetVariables", {}, "OccurrenceConstraintViolation"),
        ("GetVariables", {"getVariableData": [{"component": {"name": "X" * 51}, "variable": {"name": "Y"}}]}, "PropertyConstraintViolation"),
        ("GetVariables", {"getVariableData": [{**ONE, "attributeType": "Wish"}]}, "PropertyConstraintViolation"),
        ("SetVariables", {"setVariableData": [{**ONE, "attributeValue": 5}]}, "TypeConstraintViolation"),
        ("GetBaseReport", {"requestId": 1, "reportBase": "Everything"}, "PropertyConstraintViolation"),
        ("GetBaseReport", {"reportBase": "FullInventory"}, "OccurrenceConstraintViolation"),
        ("GetReport", {"requestId": 1, "componentCriteria": ["Broken"]}, "PropertyConstraintViolation"),
        ("GetReport", {"requestId": 1, "componentCriteria": ["Problem"] * 5}, "OccurrenceConstraintViolation"),
        ("GetReport", {"requestId": 1, "componentVariable": []}, "OccurrenceConstraintViolation"),
    ],
)
async def test_too_much_or_malformed_is_refused_with_the_code_for_it(
    csms: EmbeddedCsms, point: Point, action: str, payload: Payload, code: str
) -> None:
    await csms.send_text("CP001", json.dumps([2, "odd", action, payload]))
    await csms.until(lambda: any(seen.received and '"odd"' in seen.text for seen in csms.frames))
    (answer,) = [json.loads(seen.text) for seen in csms.frames if seen.received and '"odd"' in seen.text]
    assert (answer[0], answer[2]) == (4, code)
    assert [one["attributeStatus"] for one in await get(csms, ONE)] == ["Accepted"]


async def test_as_much_as_is_announced_is_served(csms: EmbeddedCsms, point: Point) -> None:
    assert len(await get(csms, *[ONE] * MAX_ITEMS)) == MAX_ITEMS


# ---------------------------------------------------------------- B07, B08


def told(csms: EmbeddedCsms, request: int) -> list[Payload]:
    """The parts of a report so far, in the order in which they came."""
    calls = [json.loads(seen.text) for seen in csms.frames if seen.received and '"NotifyReport"' in seen.text]
    return [call[3] for call in calls if call[3]["requestId"] == request]


async def report(csms: EmbeddedCsms, action: str = "GetReport", **asked: Any) -> dict[str, Payload]:
    """Ask for a report; return its entries by name once all of it is there."""
    request = len(csms.frames)
    assert await csms.call("CP001", action, {"requestId": request, **asked}) == {"status": "Accepted"}
    await eventually(lambda: bool(told(csms, request)) and not told(csms, request)[-1]["tbc"])
    parts = told(csms, request)
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))  # B07.FR.10
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    for part in parts:
        assert len(part["reportData"]) <= MAX_PART_ITEMS
        assert len(json.dumps(part["reportData"], separators=(",", ":"))) <= MAX_PART_BYTES
    entries = [one for part in parts for one in part["reportData"]]
    named = {_name(one): one for one in entries}
    assert len(named) == len(entries), "nothing is told twice"
    return named


def _name(one: Payload) -> str:
    component, variable = one["component"], one["variable"]
    place = component.get("evse", {})
    where = f"@{place['id']}" if place else ""
    where += f".{place['connectorId']}" if "connectorId" in place else ""
    part = component["name"] + (f"[{component['instance']}]" if "instance" in component else "")
    return f"{part}{where}.{variable['name']}" + (f"[{variable['instance']}]" if "instance" in variable else "")


async def test_a_full_inventory_tells_of_every_variable_what_it_is(csms: EmbeddedCsms, point: Point) -> None:
    shown = await report(csms, "GetBaseReport", reportBase="FullInventory")
    assert shown.keys() == {definition.name for definition in TABLE}
    for definition in TABLE:
        _check(definition, shown[definition.name])


def _check(definition: Definition, one: Payload) -> None:
    (attribute,) = one["variableAttribute"]
    characteristics = one["variableCharacteristics"]
    assert attribute["type"] == "Actual"
    assert attribute["mutability"] == definition.mutability.value
    if definition.mutability is Mutability.WRITE_ONLY:
        assert "value" not in attribute  # B07.FR.03
    if definition.mutability is not Mutability.READ_ONLY:
        assert attribute["persistent"] is True
    if definition.kind in LISTS:
        allowed = characteristics["valuesList"].split(",")
        assert len(characteristics["valuesList"]) <= 1000
        assert set(filter(None, attribute.get("value", "").split(","))) <= set(allowed)
        assert "" not in allowed
    assert characteristics.get("minLimit", 0) <= characteristics.get("maxLimit", 1_000_000_000)


async def test_a_configuration_inventory_tells_what_can_be_set_and_nothing_else(csms: EmbeddedCsms, point: Point) -> None:
    shown = await report(csms, "GetBaseReport", reportBase="ConfigurationInventory")
    assert shown.keys() == {definition.name for definition in TABLE if definition.mutability is not Mutability.READ_ONLY}


async def test_a_summary_tells_the_states_and_what_is_wrong(csms: EmbeddedCsms, point: Point) -> None:
    states = {definition.name for definition in TABLE if definition.path.name == "AvailabilityState"}
    assert len(states) == 1 + 2 + 2
    assert (await report(csms, "GetBaseReport", reportBase="SummaryInventory")).keys() == states
    point.station.lively |= {"EVSE@2.Problem": "true", "Contactor@2.Problem": "true", "EVSE@1.Problem": "false"}
    summary = await report(csms, "GetBaseReport", reportBase="SummaryInventory")
    assert summary.keys() == states | {"EVSE@2.Problem", "Contactor@2.Problem"}


def _component(name: str, evse: int | None = None, connector: int | None = None) -> Payload:
    place = {} if evse is None else {"evse": {"id": evse} | ({} if connector is None else {"connectorId": connector})}
    return {"component": {"name": name, **place}}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        # B08.FR.20: every variable of the component; FR.23: at every place
        ([_component("ClockCtrlr")], {"ClockCtrlr.DateTime", "ClockCtrlr.TimeSource"}),
        ([_component("clockctrlr")], {"ClockCtrlr.DateTime", "ClockCtrlr.TimeSource"}),
        (
            [entry("DeviceDataCtrlr", "ItemsPerMessage")],
            {f"DeviceDataCtrlr.ItemsPerMessage[{call}]" for call in ("GetReport", "GetVariables", "SetVariables")},
        ),
        ([entry("DeviceDataCtrlr", "ItemsPerMessage[GetReport]")], {"DeviceDataCtrlr.ItemsPerMessage[GetReport]"}),
        ([entry("EVSE", "AvailabilityState")], {"EVSE@1.AvailabilityState", "EVSE@2.AvailabilityState"}),
        ([entry("EVSE@2", "AvailabilityState")], {"EVSE@2.AvailabilityState"}),
        ([entry("Connector@2", "ConnectorType")], {"Connector@2.1.ConnectorType"}),
        ([entry("Connector@1.1", "ConnectorType")], {"Connector@1.1.ConnectorType"}),
        ([entry("NetworkConfiguration", "SecurityProfile")], {f"NetworkConfiguration[{slot}].SecurityProfile" for slot in (1, 2, 3)}),  # FR.25
        ([entry("NetworkConfiguration[2]", "SecurityProfile")], {"NetworkConfiguration[2].SecurityProfile"}),  # FR.24
        ([entry("EVSE@1", "Power"), entry("EVSE", "Power")], {"EVSE@1.Power", "EVSE@2.Power"}),
        ([entry("EVSE@1", "Power"), entry("Nonsense", "Power"), entry("EVSE@1", "Nonsense")], {"EVSE@1.Power"}),
    ],
)
async def test_a_report_of_named_variables_holds_these_and_no_others(
    csms: EmbeddedCsms, point: Point, asked: list[Payload], wanted: set[str]
) -> None:
    assert (await report(csms, componentVariable=asked)).keys() == wanted


@pytest.mark.parametrize(
    "asked",
    [
        {"componentVariable": [entry("Nonsense", "Power")]},
        {"componentVariable": [entry("EVSE@1", "Nonsense")]},
        {"componentVariable": [entry("EVSE@9", "Power")]},
        {"componentVariable": [entry("EVSE@1.1", "Power")]},
        {"componentVariable": [entry("DeviceDataCtrlr", "ItemsPerMessage[Nonsense]")]},
        {"componentVariable": [_component("Connector", 1, 9)]},
        {"componentCriteria": ["Problem"]},
        {"componentCriteria": ["Problem"], "componentVariable": [entry("EVSE@1", "AvailabilityState")]},
    ],
)
async def test_a_report_in_which_nothing_would_stand_is_said_to_be_empty(csms: EmbeddedCsms, point: Point, asked: Payload) -> None:
    assert await csms.call("CP001", "GetReport", {"requestId": 7, **asked}) == {"status": "EmptyResultSet"}  # B08.FR.15
    assert told(csms, 7) == []


async def test_criteria_choose_components_by_what_is_true_of_them(csms: EmbeddedCsms, point: Point) -> None:
    lively = point.station.lively
    lively |= {"EVSE@1.Problem": "true", "EVSE@2.Problem": "false", "Contactor@1.Active": "true", "Contactor@2.Active": "false"}
    problems = await report(csms, componentCriteria=["Problem"])
    assert {name.rpartition(".")[0] for name in problems} == {"EVSE@1"}
    active = await report(csms, componentCriteria=["Active"])
    assert "Contactor@1.Cycles" in active
    assert "Contactor@2.Cycles" not in active  # B08.FR.07
    assert "TxCtrlr.TxStartPoint" in active  # it has no such variable
    both = await report(csms, componentCriteria=["Problem", "Active"])
    assert both.keys() == problems.keys() | active.keys()  # B08.FR.13
    available = await report(csms, componentCriteria=["Available"], componentVariable=[entry("EVSE@1", "AvailabilityState")])
    assert available.keys() == {"EVSE@1.AvailabilityState"}
    point.station.variables["AuthCacheCtrlr.Enabled"] = "false"
    assert "AuthCacheCtrlr.Enabled" not in await report(csms, componentCriteria=["Enabled"])


async def test_a_report_for_which_nothing_is_named_is_of_everything(csms: EmbeddedCsms, point: Point) -> None:
    assert len(await report(csms)) == len(TABLE)


async def test_a_report_tells_what_was_so_when_it_was_promised(csms: EmbeddedCsms, point: Point) -> None:
    point.station.lively["EVSE@1.AvailabilityState"] = "Occupied"
    shown = await report(csms, componentVariable=[entry("EVSE@1", "AvailabilityState")])
    assert shown["EVSE@1.AvailabilityState"]["variableAttribute"][0]["value"] == "Occupied"
