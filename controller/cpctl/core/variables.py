"""Configuration variables: validation, present values, typed reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .model import Measurand
from .records import Variable
from .variable_definition import Definition, Kind, Mutability, kind_of
from .variable_table import in_present_names

# Longer values are refused before they are looked at: nothing in the table needs more.
MAX_LENGTH: Final = 1000

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,10}")
_DECIMAL: Final = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?")
_SIGNED_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,3})?")


def normalise(definition: Definition, given: str) -> str | None:
    """Return a value in its one written form; None if the variable may not hold it."""
    text = given.strip()
    if len(text) > MAX_LENGTH:
        return None
    if text == "" and definition.may_be_empty:
        return ""
    match definition.kind:
        case Kind.INTEGER:
            return _integer(definition, text)
        case Kind.DECIMAL:
            return _decimal(definition, text)
        case Kind.BOOLEAN:
            lowered = text.casefold()
            return lowered if lowered in ("true", "false") else None
        case Kind.MEMBER_LIST | Kind.SEQUENCE_LIST:
            return _members(definition, text)
        case Kind.OPTION_LIST:
            return next((value for value in definition.values if value.casefold() == text.casefold()), None)
        case Kind.DATE_TIME:
            return None  # nobody sets one yet
        case Kind.STRING:
            return text if text.isprintable() and _within(definition, len(text) * 1000) else None
        case Kind.PASSWORD:
            return text if text == given and text.isprintable() and text.isascii() and _within(definition, len(text) * 1000) else None


class Misfit(StrEnum):
    """What is wrong with a value, as OCPP's reason codes name it."""

    FORM = "InvalidValue"
    RANGE = "ValueOutOfRange"


def misfit(definition: Definition, given: str) -> Misfit | None:
    """Tell why a variable may not hold a value; None if it may."""
    if normalise(definition, given) is not None:
        return None
    form = {Kind.INTEGER: _INTEGER, Kind.DECIMAL: _SIGNED_DECIMAL}.get(definition.kind)
    return Misfit.RANGE if form is not None and form.fullmatch(given.strip()) else Misfit.FORM


def _integer(definition: Definition, text: str) -> str | None:
    if not _INTEGER.fullmatch(text):
        return None
    return str(int(text)) if _within(definition, int(text) * 1000) else None


def _decimal(definition: Definition, text: str) -> str | None:
    return text if _DECIMAL.fullmatch(text) and _within(definition, thousandths(text)) else None


def _within(definition: Definition, milli: int) -> bool:
    low, high = definition.minimum, definition.maximum
    return (low is None or milli >= low * 1000) and (high is None or milli <= high * 1000)


def _members(definition: Definition, text: str) -> str | None:
    known = {value.casefold(): value for value in definition.values}
    members: list[str] = []
    for part in text.split(","):
        member = known.get(part.strip().casefold())
        if member is None:
            return None
        if member not in members:
            members.append(member)
    if definition.one_of_each and len({kind_of(member) for member in members}) < len(members):
        return None
    return ",".join(members)


def thousandths(text: str) -> int:
    """Return a decimal text as an integer number of thousandths."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 1000 + int(fraction.ljust(3, "0") or "0")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A measurand that is asked for: on one phase (1..3), or (0) wherever it is measured."""

    measurand: Measurand
    phase: int = 0


class Variables:
    """The table with its present values: the stored one, else the configuration file's, else the default."""

    def __init__(self, table: Iterable[Definition], initial: Iterable[tuple[str, str]], stored: Iterable[Variable]) -> None:
        self._table = {definition.name: definition for definition in table}
        self._values = {name: definition.default for name, definition in self._table.items()}
        self.refused: list[str] = []  # names whose configured or stored value can't be used
        known = ((variable.name, variable.value) for variable in stored)
        for name, value in (*in_present_names(initial), *in_present_names(known)):
            definition = self._table.get(name)
            usable = normalise(definition, value) if definition and definition.mutability is not Mutability.READ_ONLY else None
            if usable is None:
                self.refused.append(name)
            else:
                self._values[name] = usable

    def definition(self, name: str) -> Definition | None:
        """Return a variable's definition; None if there is none."""
        return self._table.get(name)

    def all(self) -> tuple[tuple[Definition, str], ...]:
        """Return every definition with its present value."""
        return tuple((definition, self._values[name]) for name, definition in self._table.items())

    def set(self, name: str, value: str) -> None:
        """Take a value that `normalise` made."""
        self._values[name] = value

    def text(self, name: str) -> str:
        """Return a value as text; KeyError if there is no such variable."""
        return self._values[name]

    def integer(self, name: str) -> int:
        """Return an integer variable's value."""
        return int(self._values[name])

    def flag(self, name: str) -> bool:
        """Return a boolean variable's value."""
        return self._values[name] == "true"

    def milli(self, name: str) -> int | None:
        """Return a decimal variable's value in thousandths; None if it is empty."""
        text = self._values[name]
        return thousandths(text) if text else None

    def measurands(self, name: str) -> tuple[Wanted, ...]:
        """Return a list of measurands."""
        text = self._values[name]
        return tuple(_wanted(part) for part in text.split(",")) if text else ()


def _wanted(member: str) -> Wanted:
    name, _, phase = member.rpartition(".L")
    return Wanted(Measurand(name), int(phase)) if name else Wanted(Measurand(member))
