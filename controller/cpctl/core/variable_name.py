"""What a variable is called: `Component[instance]@evse.connector.Variable[instance]`, each with those parts that it has.

`TxCtrlr.TxStartPoint`, `OCPPCommCtrlr.MessageAttempts[TransactionEvent]`, `EVSE@1.Power`, `Connector@1.2.ConnectorType`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

_FORM: Final = re.compile(
    r"(?P<component>[A-Za-z][A-Za-z0-9]*)(?:\[(?P<which>[^\[\]]+)\])?"
    r"(?:@(?P<evse>[0-9]{1,3})(?:\.(?P<connector>[0-9]{1,3}))?)?"
    r"\.(?P<variable>[A-Za-z][A-Za-z0-9]*)(?:\[(?P<instance>[^\[\]]+)\])?"
)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the station: of the whole (evse 0), of an EVSE (connector 0), or of a connector; `instance` where there are several alike."""

    name: str
    instance: str = ""
    evse: int = 0
    connector: int = 0

    def __str__(self) -> str:
        place = f"@{self.evse}" if self.evse else ""
        return _with_instance(self.name, self.instance) + place + (f".{self.connector}" if self.connector else "")


@dataclass(frozen=True, slots=True)
class VariableName:
    """A variable of a component."""

    component: Component
    name: str
    instance: str = ""

    def __str__(self) -> str:
        return f"{self.component}.{_with_instance(self.name, self.instance)}"


@cache
def parse(text: str) -> VariableName:
    """Take a name of the table apart; ValueError if it is none."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no name of a variable")
    component = Component(match["component"], match["which"] or "", int(match["evse"] or 0), int(match["connector"] or 0))
    return VariableName(component, match["variable"], match["instance"] or "")


def _with_instance(name: str, instance: str) -> str:
    return f"{name}[{instance}]" if instance else name
