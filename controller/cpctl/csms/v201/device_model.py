"""The device model as the CSMS addresses it: components and variables by name, instance and place, with their present values.

Names and instances compare without regard to case, as identifiers do. Only the attribute Actual is there: nothing here has a target, or limits to be set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property

from cpctl.core.variable_definition import Definition
from cpctl.core.variable_name import Component, VariableName
from cpctl.core.variable_table import definitions
from cpctl.csms.adapter import Context
from cpctl.csms.frames import Payload

ACTUAL = "Actual"

_ComponentKey = tuple[str, str, int | None, int | None]
_VariableKey = tuple[str, str]


class Missing(StrEnum):
    """What of a name is not there, as the standard says it (GetVariableStatusEnumType, SetVariableStatusEnumType)."""

    COMPONENT = "UnknownComponent"
    VARIABLE = "UnknownVariable"


class DeviceModel:
    """All variables of a station."""

    def __init__(self, context: Context) -> None:
        self._view = context.view
        self._live = context.live
        self._evses = context.evses
        self._own = context.own_variables

    def __iter__(self) -> Iterator[Definition]:
        """Yield every variable, those of a component together."""
        return (definition for variables in self._components.values() for definition in variables.values())

    def find(self, component: Payload, variable: Payload) -> Definition | Missing:
        """Find the one variable that is addressed; without an instance it is the one that has none (B06.FR.15)."""
        variables = self._components.get(_component_key(component))
        if variables is None:
            return Missing.COMPONENT
        return variables.get(_variable_key(variable), Missing.VARIABLE)

    def matching(self, component: Payload, variable: Payload | None) -> Iterator[Definition]:
        """Yield every variable that a report is asked for: whatever is left open is as it may be (B08.FR.20 to FR.25)."""
        asked = _component_key(component)
        wanted = None if variable is None else _variable_key(variable)
        for key, variables in self._components.items():
            if _is_meant(key, asked):
                yield from (one for name, one in variables.items() if wanted is None or _is_named(name, wanted))

    def component_of(self, definition: Definition) -> Iterable[Definition]:
        """Return all variables of the component that has this one."""
        return self._components[_key_of(definition.path.component)].values()

    def value(self, definition: Definition) -> str:
        """Return a variable's present value; empty where there is none, or nothing is known."""
        return (self._live(definition.name) or "") if definition.live else self._view.variable(definition.name)

    @cached_property
    def _components(self) -> dict[_ComponentKey, dict[_VariableKey, Definition]]:
        found: dict[_ComponentKey, dict[_VariableKey, Definition]] = {}
        for definition in definitions(self._evses, self._own):
            path = definition.path
            found.setdefault(_key_of(path.component), {})[path.name.casefold(), path.instance.casefold()] = definition
        return found


def address(path: VariableName) -> Payload:
    """Write a variable's name: its ComponentType and its VariableType."""
    part = path.component
    component: Payload = {"name": part.name} | ({"instance": part.instance} if part.instance else {})
    if part.evse:
        component["evse"] = {"id": part.evse} | ({"connectorId": part.connector} if part.connector else {})
    return {"component": component, "variable": {"name": path.name} | ({"instance": path.instance} if path.instance else {})}


def _key_of(part: Component) -> _ComponentKey:
    return part.name.casefold(), part.instance.casefold(), part.evse or None, part.connector or None


def _component_key(component: Payload) -> _ComponentKey:
    place = component.get("evse", {})
    return component["name"].casefold(), component.get("instance", "").casefold(), place.get("id"), place.get("connectorId")


def _variable_key(variable: Payload) -> _VariableKey:
    return variable["name"].casefold(), variable.get("instance", "").casefold()


def _is_meant(key: _ComponentKey, asked: _ComponentKey) -> bool:
    name, instance, evse, connector = asked
    return key[0] == name and (not instance or key[1] == instance) and (evse is None or key[2] == evse) and (connector is None or key[3] == connector)


def _is_named(name: _VariableKey, wanted: _VariableKey) -> bool:
    return name[0] == wanted[0] and (not wanted[1] or name[1] == wanted[1])
