"""The language of the `sim` prompt and of scenario files: one command a line, `#` begins a comment."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from cpctl.core.model import ConnectorStatus
from cpctl.errors import SimError

LANGUAGE = """\
plug [EVSE] [AMPERES] [key=value ...]   plug a vehicle in (keys: phases, cable, soc, parked, diode)
charge | pause [EVSE]                   the vehicle asks for energy, or stops asking
unplug [EVSE]                           unplug it
tap TAG [EVSE]                          hold a card to the reader (without EVSE: the station's)
stop | unlock [EVSE]                    stop, unlock at the station
limit AMPERES|none                      set the station's current limit
fault NAME [on|off] [EVSE]              raise or end a fault
clear [NAME] [EVSE]                     clear latched faults
net drop [TIME] | net up                cut the network to the CSMS, for a time or until told
link loss|corrupt PERCENT | link delay MS | link down|up|ok
power cut                               cut the power of the charge point and give it back
clock +TIME                             push the clock on (60, 5m, 2h)
set NAME VALUE                          set a configuration variable
call ACTION [JSON]                      send a raw OCPP call
status                                  look
wait FACT=VALUE ... [in TIME]           wait until it is so (status=Charging energy>100 csms=online)
expect FACT=VALUE ...                   fail unless it is so now
sleep TIME                              wait
"""

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TIME = re.compile(r"\+?(\d+(?:\.\d+)?)([smhd]?)")
_CONDITION = re.compile(r"(?:(?P<evse>\d+):)?(?P<fact>[a-z_]+)(?P<op>!=|>=|<=|=|>|<)(?P<value>.*)")

# What the facts can be that are one of a few words; another would be waited for in vain.
_CHOICES = {
    "status": tuple(ConnectorStatus),
    "session": ("yes", "no"),
    "csms": ("online", "offline"),
    "coprocessor": ("online", "offline"),
}

VERBS = frozenset(
    "plug charge ready pause unplug tap stop unlock limit fault clear net link power clock set call status wait expect sleep".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Line:
    """A command: its words, and where it stands."""

    number: int
    text: str
    verb: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact that has to compare with a value; `evse` 0 means the first EVSE."""

    evse: int
    fact: str
    op: str
    value: str

    def holds(self, facts: dict[str, object]) -> bool:
        """Compare with the facts of the EVSE meant; SimError if there is no such fact."""
        if self.fact not in facts:
            raise SimError(f"There is no fact {self.fact!r}.", f"There are: {', '.join(sorted(facts))}.")
        actual = facts[self.fact]
        if isinstance(actual, frozenset):
            member = self.value in actual or (self.value == "none" and not actual)
            return member if self.op == "=" else not member
        if isinstance(actual, int | float) and not isinstance(actual, bool):
            return _compare(float(actual), self.op, number(self.value))
        same = str(actual).casefold() == self.value.casefold()
        if self.op not in ("=", "!="):
            raise SimError(f"{self.fact} is no number: {actual}.", "Compare it with = or !=.")
        return same if self.op == "=" else not same


def parse(text: str, line_number: int = 1) -> Line | None:
    """Read a line; None if there is nothing on it; SimError if it is no command."""
    try:
        words = shlex.split(text, comments=True, posix=True) if not text.lstrip().startswith("call ") else text.split(maxsplit=2)
    except ValueError as error:
        raise SimError(f"Line {line_number}: {error}.") from None
    if not words:
        return None
    verb = words[0].casefold()
    if verb not in VERBS:
        raise SimError(f"Line {line_number}: there is no command {words[0]!r}.", "Type help for what there is.")
    return Line(line_number, " ".join(text.split()), "charge" if verb == "ready" else verb, tuple(words[1:]))


def parse_all(text: str) -> list[Line]:
    """Read a scenario; SimError names the first line that is no command."""
    return [line for number_, row in enumerate(text.splitlines(), 1) if (line := parse(row, number_)) is not None]


def conditions(words: Sequence[str]) -> list[Condition]:
    """Read `status=Charging 2:energy>100 and csms=online`."""
    found = []
    for word in words:
        if word == "and":
            continue
        match = _CONDITION.fullmatch(word)
        if match is None:
            raise SimError(f"{word!r} is no condition.", "Write FACT=VALUE, without spaces.")
        choices = _CHOICES.get(match["fact"], ())
        if choices and match["op"] in ("=", "!=") and match["value"].casefold() not in [choice.casefold() for choice in choices]:
            raise SimError(f"{match['fact']} is never {match['value']!r}.", f"It is one of {', '.join(choices)}.")
        found.append(Condition(int(match["evse"] or 0), match["fact"], match["op"], match["value"]))
    if not found:
        raise SimError("Nothing to wait for or to expect.", "Write FACT=VALUE, as in status=Charging.")
    return found


def seconds(text: str) -> float:
    """Read a time: 60, 90s, 5m, 2h; SimError if it is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise SimError(f"{text!r} is no time.", "Write 60, 90s, 5m or 2h.")
    return float(match[1]) * _UNITS[match[2]]


def number(text: str) -> float:
    """Read a number; SimError if it is none."""
    try:
        return float(text)
    except ValueError:
        raise SimError(f"{text!r} is no number.") from None


def _compare(actual: float, op: str, wanted: float) -> bool:
    match op:
        case "=":
            return actual == wanted
        case "!=":
            return actual != wanted
        case ">":
            return actual > wanted
        case ">=":
            return actual >= wanted
        case "<":
            return actual < wanted
        case _:
            return actual <= wanted
