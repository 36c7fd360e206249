"""What a variable of the device model may hold, and what a change of it means; short ways to write definitions down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .variable_name import VariableName, parse

DAY_S: Final = 86_400


class Kind(StrEnum):
    """Type of a variable's value."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    STRING = "string"
    PASSWORD = "passwordString"
    DATE_TIME = "dateTime"
    OPTION_LIST = "OptionList"  # one of the values
    SEQUENCE_LIST = "SequenceList"  # several of them, whose order matters
    MEMBER_LIST = "MemberList"  # several of them


LISTS: Final = frozenset({Kind.OPTION_LIST, Kind.SEQUENCE_LIST, Kind.MEMBER_LIST})


class Mutability(StrEnum):
    """Who may do what with a variable."""

    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"
    WRITE_ONLY = "WriteOnly"


@dataclass(frozen=True, slots=True)
class Definition:
    """A variable: what it may hold and what a change of it means.

    `minimum` and `maximum` of a text are its length. `values`: what a list may contain; `one_of_each`: only one that begins alike, up to the first dot.
    `may_be_empty`: the empty text is a value too (none). `reboot_required`: a change acts after a restart. `live`: nobody sets it, its value changes by itself.
    `key`: what OCPP 1.6 calls a variable that no standard knows.
    """

    name: str
    kind: Kind
    default: str
    meaning: str
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    values: tuple[str, ...] = ()
    one_of_each: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    may_be_empty: bool = False
    persistent: bool = True
    reboot_required: bool = False
    live: bool = False
    key: str = ""

    @property
    def path(self) -> VariableName:
        """The name, taken apart."""
        return parse(self.name)

    @property
    def constant(self) -> bool:
        """True if the value never changes while the station runs."""
        return self.mutability is Mutability.READ_ONLY and not self.live

    @property
    def max_members(self) -> int:
        """How many members a list may have."""
        if self.kind is Kind.OPTION_LIST:
            return 1
        return len({kind_of(value) for value in self.values}) if self.one_of_each else len(self.values)

    @property
    def max_length(self) -> int | None:
        """How many characters a text or a list may have; None where nothing bounds it."""
        if self.kind in (Kind.STRING, Kind.PASSWORD):
            return self.maximum
        if self.kind not in LISTS:
            return None
        longest: dict[str, int] = {}
        for value in self.values:
            group = kind_of(value) if self.one_of_each else value
            longest[group] = max(longest.get(group, 0), len(value))
        chosen = sorted(longest.values(), reverse=True)[: self.max_members]
        return sum(chosen) + max(0, len(chosen) - 1)

    def describe(self) -> str:
        """Say in words what the variable may hold."""
        text = self.kind.value
        if self.minimum is not None and self.maximum is not None:
            text += f" {self.minimum}..{self.maximum}"
        if self.unit:
            text += f" {self.unit}"
        if self.values:
            text += " of " + ", ".join(self.values)
        return text + (" or empty" if self.may_be_empty else "")


def kind_of(member: str) -> str:
    """Return what a member of a `one_of_each` list speaks of."""
    return member.partition(".")[0]


def seconds(name: str, default: int, meaning: str, minimum: int = 0, maximum: int = DAY_S) -> Definition:
    """Define a duration that may be set."""
    return Definition(name, Kind.INTEGER, str(default), meaning, "s", minimum, maximum)


def number(name: str, default: int, meaning: str, minimum: int, maximum: int, unit: str = "") -> Definition:
    """Define a number that may be set."""
    return Definition(name, Kind.INTEGER, str(default), meaning, unit, minimum, maximum)


def flag(name: str, default: bool, meaning: str) -> Definition:
    """Define a switch."""
    return Definition(name, Kind.BOOLEAN, "true" if default else "false", meaning)


def text(name: str, default: str, meaning: str, minimum: int, maximum: int) -> Definition:
    """Define a text that may be set; one of no characters at all is none."""
    return Definition(name, Kind.STRING, default, meaning, "", minimum, maximum, may_be_empty=minimum == 0)


def fact(name: str, kind: Kind, value: str, meaning: str, unit: str = "", values: tuple[str, ...] = ()) -> Definition:
    """Define what can only be read and does not change."""
    return Definition(name, kind, value, meaning, unit, values=values, mutability=Mutability.READ_ONLY, persistent=False, may_be_empty=value == "")


def live(
    name: str, kind: Kind, meaning: str, unit: str = "", minimum: int | None = None, maximum: int | None = None, values: tuple[str, ...] = ()
) -> Definition:
    """Define what can only be read and changes by itself; empty while it is not known."""
    return Definition(
        name, kind, "", meaning, unit, minimum, maximum, values, mutability=Mutability.READ_ONLY, may_be_empty=True, persistent=False, live=True
    )
