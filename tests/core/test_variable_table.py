"""The table of variables: each can hold its own default, is called what its name says, and keeps what earlier releases stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cpctl.core.records import Variable
from cpctl.core.settings import ConnectorSettings, EvseSettings
from cpctl.core.variable_definition import LISTS, Kind, Mutability
from cpctl.core.variable_name import Component, VariableName, parse
from cpctl.core.variable_table import FORMER, definitions, present
from cpctl.core.variables import Misfit, Variables, misfit, normalise

FULL = EvseSettings(1, 32_000, residual_current=True, temperature=True, lock=True)
BARE = EvseSettings(2, 16_000, 1, (ConnectorSettings(1, "cType2", fixed_cable=True), ConnectorSettings(2)))
TABLE = definitions((FULL, BARE))
BY_NAME = {definition.name: definition for definition in TABLE}


def test_a_variable_is_called_what_its_parts_say() -> None:
    for definition in TABLE:
        assert str(parse(definition.name)) == definition.name
        path = definition.path
        assert max(map(len, (path.component.name, path.component.instance, path.name, path.instance))) <= 50
        assert path.component.evse in (0, 1, 2)


def test_a_variable_can_hold_its_own_default_and_no_nonsense() -> None:
    for definition in TABLE:
        if definition.mutability is Mutability.WRITE_ONLY:
            assert definition.default == "", "a secret has none"
        elif definition.default or definition.may_be_empty:
            assert normalise(definition, definition.default) == definition.default, definition.name
        else:
            assert definition.live, definition.name
        assert normalise(definition, "x\x00y") is None, definition.name
        assert normalise(definition, "x" * 5000) is None, definition.name


def test_what_can_be_set_is_kept_and_what_changes_by_itself_cannot_be_set() -> None:
    for definition in TABLE:
        assert definition.persistent == (definition.mutability is not Mutability.READ_ONLY), definition.name
        assert not (definition.live and definition.mutability is not Mutability.READ_ONLY), definition.name
        assert definition.meaning, definition.name
        assert bool(definition.values) == (definition.kind in LISTS), definition.name


def test_there_are_only_the_parts_that_are_fitted() -> None:
    parts = {definition.path.component for definition in TABLE}
    for name in ("RCD", "TemperatureSensor", "ConnectorPlugRetentionLock"):
        assert Component(name, evse=1) in parts
        assert Component(name, evse=2) not in parts
    assert {one.connector for one in parts if one.name == "Connector" and one.evse == 2} == {1, 2}
    assert BY_NAME["EVSE@1.Power"].maximum == 22_080
    assert BY_NAME["EVSE@2.Power"].maximum == 3680


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("TxCtrlr.TxStartPoint", VariableName(Component("TxCtrlr"), "TxStartPoint")),
        ("A.B[c d-e.f]", VariableName(Component("A"), "B", "c d-e.f")),
        ("A[x].B", VariableName(Component("A", "x"), "B")),
        ("A[x.y]@3.B", VariableName(Component("A", "x.y", 3), "B")),
        ("EVSE@1.Power", VariableName(Component("EVSE", evse=1), "Power")),
        ("Connector@12.3.ConnectorType", VariableName(Component("Connector", evse=12, connector=3), "ConnectorType")),
    ],
)
def test_a_name_is_taken_apart_and_put_together_again(text: str, path: VariableName) -> None:
    assert parse(text) == path
    assert str(path) == text


@pytest.mark.parametrize(
    "text", ["", "A", ".B", "A.", "A.1", "A@.B", "A@x.B", "A@1", "A[].B", "A.B[]", "A.B[", "A.B.C", "A B.C", "A@1.2.3.B", "A@1234.B"]
)
def test_what_is_no_name_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        parse(text)


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("OCPPCommCtrlr.NetworkConfigurationPriority", "2,1", "2,1"),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", " 3 , 1,3", "3,1"),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", "4", Misfit.FORM),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", "", Misfit.FORM),
        ("TxCtrlr.TxStartPoint", "authorized,evconnected", "Authorized,EVConnected"),
        ("TxCtrlr.TxStartPoint", "ParkingBayOccupancy", Misfit.FORM),
        ("TxCtrlr.TxStartPoint", "", Misfit.FORM),
        ("OCPPCommCtrlr.HeartbeatInterval", "1", "1"),
        ("OCPPCommCtrlr.HeartbeatInterval", "0", Misfit.RANGE),
        ("OCPPCommCtrlr.OfflineThreshold", "+7", "7"),
        ("OCPPCommCtrlr.OfflineThreshold", "-7", Misfit.RANGE),
        ("OCPPCommCtrlr.OfflineThreshold", "99999999999", Misfit.FORM),
        ("OCPPCommCtrlr.OfflineThreshold", "7.0", Misfit.FORM),
        ("OCPPCommCtrlr.OfflineThreshold", "٧", Misfit.FORM),
        ("ChargingStation.CurrentLimit", "16.5", "16.5"),
        ("ChargingStation.CurrentLimit", "-1", Misfit.RANGE),
        ("ChargingStation.CurrentLimit", "1e3", Misfit.FORM),
        ("SampledDataCtrlr.TxEndedInterval", "", ""),
        ("SecurityCtrlr.OrganizationName", "", ""),
        ("SecurityCtrlr.OrganizationName", "x" * 65, Misfit.FORM),
        ("EVSE@1.AvailabilityState", "occupied", "Occupied"),
        ("EVSE@1.AvailabilityState", "Available,Occupied", Misfit.FORM),
        ("ClockCtrlr.DateTime", "2030-01-01T00:00:00Z", Misfit.FORM),
    ],
)
def test_a_value_is_written_in_one_form_or_refused_for_a_reason(name: str, value: str, held: str | Misfit) -> None:
    definition = BY_NAME[name]
    if isinstance(held, Misfit):
        assert (normalise(definition, value), misfit(definition, value)) == (None, held)
    else:
        assert (normalise(definition, value), misfit(definition, value)) == (held, None)


def test_a_list_says_how_long_it_can_get() -> None:
    for definition in TABLE:
        if definition.kind is Kind.OPTION_LIST:
            assert definition.max_length == max(map(len, definition.values))
        elif definition.kind in LISTS and not definition.one_of_each:
            assert definition.max_length == len(",".join(definition.values))
    rotation = BY_NAME["CustomizationCtrlr.ConnectorPhaseRotation"]
    assert rotation.max_members == 1 + 3
    assert rotation.max_length == len(",".join(f"{number}.NotApplicable" for number in range(4)))


def test_every_former_name_leads_to_a_present_one_and_is_none_itself() -> None:
    for before, now in FORMER.items():
        assert before not in BY_NAME
        definition = BY_NAME[now.name]
        for value in now.values.values():
            assert normalise(definition, value) == value
    assert present("TxCtrlr.TxStartOnPowerPathClosed", " True ") == ("TxCtrlr.TxStartPoint", "EnergyTransfer")
    assert present("TxCtrlr.TxStartOnPowerPathClosed", "perhaps") == ("TxCtrlr.TxStartPoint", "perhaps")
    assert present("TxCtrlr.EVConnectionTimeOut", "5") == ("TxCtrlr.EVConnectionTimeOut", "5")


@pytest.mark.parametrize("backwards", [False, True])
def test_a_value_under_the_present_name_counts_before_one_under_the_former(backwards: bool) -> None:
    stored = [Variable("OCPPCommCtrlr.MessageAttempts", "7"), Variable("OCPPCommCtrlr.MessageAttempts[TransactionEvent]", "8")]
    values = Variables(TABLE, [("OCPPCommCtrlr.MessageAttempts", "6")], stored[::-1] if backwards else stored)
    assert values.integer("OCPPCommCtrlr.MessageAttempts[TransactionEvent]") == 8
    assert values.refused == []


def test_a_stored_value_that_no_longer_fits_is_told_and_the_default_counts() -> None:
    narrower = replace(BY_NAME["OCPPCommCtrlr.OfflineThreshold"], maximum=10)
    values = Variables([narrower], [], [Variable(narrower.name, "11"), Variable("Gone.Variable", "1")])
    assert values.text(narrower.name) == narrower.default
    assert values.refused == [narrower.name, "Gone.Variable"]
