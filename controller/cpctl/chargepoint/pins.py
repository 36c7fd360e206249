"""What joins one EVSE's hardware to the station: inputs that are read, outputs that are called. All are plain callables of the user's program."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from cpctl.core.model import Measurand, Reading

Flag: TypeAlias = Callable[[], bool]
Number: TypeAlias = Callable[[], float | None]
PerPhase: TypeAlias = Callable[[], float | Sequence[float] | None]
Fault: TypeAlias = Callable[[], str | None]
LimitOutput: TypeAlias = Callable[[float, float, int], None]
LockOutput: TypeAlias = Callable[[], bool | Awaitable[bool | None] | None]

PHASES = 3
# A fault has a name, no text of its own: this much of it goes over the wire.
MAX_FAULT_CHARS = 50
# Beyond every meter there is; a value that is no number at all must not reach the register.
_MAX_VALUE = 1e12


class InputError(Exception):
    """An input raised, or gave what it can't mean. `name` is the input's."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MeterInput:
    """A measurand that is told beside energy, power, current and voltage, on a phase (1..3) or in all (0)."""

    read: Number
    measurand: Measurand
    unit: str
    phase: int = 0


@dataclass(slots=True)
class Pins:
    """One EVSE's inputs and outputs; what is None is not there."""

    plugged: Flag | None = None
    ev_ready: Flag | None = None
    evse_ready: Flag | None = None
    occupied: Flag | None = None
    faults: list[Fault] = field(default_factory=list)
    cable_a: Number | None = None
    energy_wh: Number | None = None
    power_w: Number | None = None
    current_a: PerPhase | None = None
    voltage_v: PerPhase | None = None
    temperature_c: Number | None = None
    further: list[MeterInput] = field(default_factory=list)
    limit: list[LimitOutput] = field(default_factory=list)
    lock: LockOutput | None = None
    unlock: LockOutput | None = None
    available: Callable[[bool], None] | None = None
    clear_fault: Callable[[str | None], None] | None = None


def flag(name: str, read: Flag | None, otherwise: bool) -> bool:
    """Read a state; InputError if it can't be read."""
    if read is None:
        return otherwise
    try:
        value = read()
        known = value in (0, 1)
    except Exception as error:
        raise InputError(name, _why(error)) from error
    if not known:
        raise InputError(name, f"gave {_shown(value)}, which is neither true nor false")
    return bool(value)


def faults(inputs: Iterable[Fault]) -> frozenset[str]:
    """Read the names of the faults that are there."""
    found: set[str] = set()
    for read in inputs:
        try:
            name = read()
        except Exception as error:
            raise InputError("fault", _why(error)) from error
        if name is not None and not isinstance(name, str):
            raise InputError("fault", f"gave {_shown(name)}, which is no fault's name")
        if name and name != "NoError":
            found.add(name[:MAX_FAULT_CHARS])
    return frozenset(found)


def milli(name: str, read: Number | None) -> int | None:
    """Read a number in thousandths; None where there is none at the moment."""
    if read is None:
        return None
    try:
        value = read()
    except Exception as error:
        raise InputError(name, _why(error)) from error
    return None if value is None else _thousandths(name, value)


def milli_per_phase(name: str, read: PerPhase | None, phases: int) -> tuple[int, int, int] | None:
    """Read a number for each phase in thousandths; a single one is that of each phase in use."""
    if read is None:
        return None
    try:
        value = read()
        values = [value] * phases if isinstance(value, int | float) else None if value is None else list(value)
    except Exception as error:
        raise InputError(name, _why(error)) from error
    if values is None:
        return None
    if len(values) > PHASES:
        raise InputError(name, f"gave {len(values)} phases")
    first, second, third = (_thousandths(name, one) for one in [*values, 0.0, 0.0, 0.0][:PHASES])
    return first, second, third


def further(inputs: Iterable[MeterInput]) -> tuple[Reading, ...]:
    """Read what is measured beside."""
    read = ((one, milli(one.measurand.value, one.read)) for one in inputs)
    return tuple(Reading(one.measurand, value, one.unit, one.phase) for one, value in read if value is not None)


def _thousandths(name: str, value: float) -> int:
    try:
        if math.isfinite(value) and abs(value) <= _MAX_VALUE:
            return round(value * 1000)
    except TypeError:
        pass
    raise InputError(name, f"gave {_shown(value)}, which is no number to be measured")


def _shown(value: object) -> str:
    """Show what came instead; a coroutine, which nobody awaits here, is closed."""
    if inspect.iscoroutine(value):
        value.close()
        return "a coroutine"
    return repr(value)[:40]


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
