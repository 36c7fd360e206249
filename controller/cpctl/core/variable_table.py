"""The one table of variables, by name (`variable_name`); each protocol version names them in its own words.

Names, meanings and limits follow the device model of OCPP 2.0.1 (part 2, referenced components and variables), where it has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .model import TxPoint
from .settings import EvseSettings
from .variable_definition import Definition
from .variables_charging import charging_variables
from .variables_csms import csms_variables
from .variables_hardware import hardware_variables


def definitions(evses: Sequence[EvseSettings], own: Iterable[Definition] = ()) -> tuple[Definition, ...]:
    """Return the table for a station with these EVSEs; `own` are more of them, or take the place of those that have their names."""
    every = (*csms_variables(), *charging_variables(evses), *hardware_variables(evses), *own)
    return tuple({definition.name: definition for definition in every}.values())


@dataclass(frozen=True, slots=True)
class Renamed:
    """What a variable of an earlier release is called now, and what its values mean where they were others."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


FORMER: Final[Mapping[str, Renamed]] = {
    "Connector.PhaseRotation": Renamed("CustomizationCtrlr.ConnectorPhaseRotation"),
    "OCPPCommCtrlr.MessageAttemptInterval": Renamed("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]"),
    "OCPPCommCtrlr.MessageAttempts": Renamed("OCPPCommCtrlr.MessageAttempts[TransactionEvent]"),
    "OCPPCommCtrlr.MessageTimeout": Renamed("CustomizationCtrlr.MessageTimeout"),
    "TxCtrlr.PreBootTransactions": Renamed("TxCtrlr.TxBeforeAcceptedEnabled"),
    "TxCtrlr.TxStartOnPowerPathClosed": Renamed("TxCtrlr.TxStartPoint", {"true": TxPoint.ENERGY_TRANSFER, "false": TxPoint.POWER_PATH_CLOSED}),
}


def present(name: str, value: str) -> tuple[str, str]:
    """Return a variable and its value under their present names, whatever release wrote them."""
    renamed = FORMER.get(name)
    if renamed is None:
        return name, value
    return renamed.name, renamed.values.get(value.strip().casefold(), value)


def in_present_names(values: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return variables with their values under their present names; a value that stands there under its present name too comes after, and counts."""
    given = list(values)
    return [present(*one) for one in given if one[0] in FORMER] + [one for one in given if one[0] not in FORMER]
