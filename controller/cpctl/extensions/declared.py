"""Variables of a program's or an extension's own: defined like every other, checked by a validator, and told when they change."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, TypedDict, Unpack

import structlog

from cpctl.core.inputs import Input, SetVariable
from cpctl.core.model import Measurand
from cpctl.core.outputs import Outcome, Output, SetOutcome, VariableChanged
from cpctl.core.settings import EvseSettings
from cpctl.core.variable_definition import Definition, Kind, Mutability
from cpctl.core.variable_name import parse
from cpctl.core.variable_table import definitions
from cpctl.core.variables import normalise
from cpctl.csms.v16.variables import VARIABLES

log = structlog.get_logger(__name__)

Scalar: TypeAlias = str | int | float | bool
Validator: TypeAlias = Callable[[str], bool | Awaitable[bool]]
"""Tells whether a value, which fits the definition, may be set."""
Listener: TypeAlias = Callable[[str], None]

# A CSMS waits for its answer, and sends nothing else meanwhile.
VALIDATOR_TIMEOUT_S: Final = 5.0
# As much as a 1.6 key shows.
_MAX_TEXT: Final = 500
_KINDS: Final[Mapping[type, Kind]] = {bool: Kind.BOOLEAN, int: Kind.INTEGER, float: Kind.DECIMAL, str: Kind.STRING}


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable and who looks after it."""

    definition: Definition
    validator: Validator | None = None
    on_change: Listener | None = None


class Details(TypedDict, total=False):
    """What may be said of a variable. `minimum` and `maximum` of a text are its length."""

    key: str  # what OCPP 1.6 calls it: the variable's own name if nothing else is said
    meaning: str
    unit: str
    minimum: int
    maximum: int
    values: tuple[str, ...]  # it is one of these
    read_only: bool
    reboot_required: bool
    persistent: bool
    validator: Validator  # may be a coroutine function; a value is refused where it fails or takes too long
    on_change: Listener


def declare(name: str, default: Scalar, **details: Unpack[Details]) -> Declared:
    """Declare `Component.Variable`, whose type is the default's; ValueError where that is no name, is taken, or the default does not fit."""
    called = details.get("key") or parse(name).name
    values = details.get("values", ())
    kind = Kind.OPTION_LIST if values else _KINDS[type(default)]
    read_only = details.get("read_only", False)
    definition = Definition(
        name,
        kind,
        str(default).lower() if isinstance(default, bool) else str(default),
        details.get("meaning") or f"the program's own {called}",
        details.get("unit", ""),
        details.get("minimum"),
        details.get("maximum", _MAX_TEXT if kind is Kind.STRING else None),
        values,
        mutability=Mutability.READ_ONLY if read_only else Mutability.READ_WRITE,
        may_be_empty=default == "",
        persistent=details.get("persistent", True) and not read_only,
        reboot_required=details.get("reboot_required", False),
        key=called,
    )
    if normalise(definition, definition.default) is None:
        raise ValueError(f"{name} can't hold its default {definition.default!r}: it is {definition.describe()}")
    if any(name == known.name for known in definitions(())) or called.casefold() in {known.casefold() for known in VARIABLES}:
        raise ValueError(f"{name} (in OCPP 1.6 {called}) is the station's own")
    return Declared(definition, details.get("validator"), details.get("on_change"))


def measurand_lists(evses: Sequence[EvseSettings], measurands: Collection[Measurand]) -> tuple[Declared, ...]:
    """Let the lists of measurands name what is measured beside; their standard keys stay theirs."""
    lists = [one for one in definitions(evses) if one.name.endswith("Measurands")] if measurands else []
    more = sorted(measurand.value for measurand in measurands)
    return tuple(Declared(replace(one, values=tuple(dict.fromkeys((*one.values, *more))))) for one in lists)


class Declarations:
    """All of them, for a run."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._by_name = {one.definition.name: one for one in declared}

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """What the station is told of."""
        return tuple(one.definition for one in self._by_name.values())

    async def gate(self, item: Input) -> tuple[Outcome, str] | None:
        """Ask the validator about a value that is to be set; return the refusal, if it is one."""
        declared = self._by_name.get(item.name) if isinstance(item, SetVariable) else None
        if declared is None or declared.validator is None or not isinstance(item, SetVariable):
            return None
        value = normalise(declared.definition, item.value)
        if value is None or await _agrees(item.name, declared.validator, value):
            return None
        return SetOutcome.REJECTED, f"{item.name} may not be that."

    def observe(self, outputs: Iterable[Output]) -> None:
        """Tell the listeners of what has changed, after the station's turn."""
        for output in outputs:
            if isinstance(output, VariableChanged) and (declared := self._by_name.get(output.name)) and declared.on_change:
                asyncio.get_running_loop().call_soon(_tell, output.name, declared.on_change, output.value)


async def _agrees(name: str, validator: Validator, value: str) -> bool:
    try:
        given = validator(value)
        if inspect.isawaitable(given):
            async with asyncio.timeout(VALIDATOR_TIMEOUT_S):
                given = await given
    except TimeoutError:
        log.error("variable.validator_too_slow", name=name, timeout_s=VALIDATOR_TIMEOUT_S)
        return False
    except Exception:
        log.exception("variable.validator_failed", name=name)
        return False
    return bool(given)


def _tell(name: str, listener: Listener, value: str) -> None:
    try:
        listener(value)
    except Exception:
        log.exception("variable.listener_failed", name=name)
