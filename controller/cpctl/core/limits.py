"""Limits of an EVSE's current, each with its source; the lowest counts, and less than 6 A is nothing.

A new source (a charging profile) is one more entry of `own_limits`; a share of the site's current is worked out below all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .evse import Evse
from .offer import FLOOR_MA, STEP_MA
from .state import State


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit per phase: `source` is a constant name, `text` for people."""

    source: str
    milliamps: int
    text: str


def limits_of(state: State, evse: Evse) -> tuple[Limit, ...]:
    """Return every limit that holds for an EVSE, in a constant order."""
    own = own_limits(state, evse)
    return own if evse.share_ma is None else (*own, Limit("site", evse.share_ma, evse.share_text))


def own_limits(state: State, evse: Evse) -> tuple[Limit, ...]:
    """Return the limits that hold for an EVSE whatever the others do."""
    limits = [Limit("evse", evse.settings.max_current_ma, "what the EVSE is built for")]
    if evse.seen is not None and evse.seen.cable_ma is not None:
        limits.append(Limit("cable", evse.seen.cable_ma, "the cable"))
    configured = state.variables.milli("ChargingStation.CurrentLimit")
    if configured is not None:
        limits.append(Limit("variable", configured, "the variable ChargingStation.CurrentLimit"))
    limits += (Limit(told.source, told.limit_ma, told.text) for _, told in sorted(evse.told_limits.items()) if told.limit_ma is not None)
    if state.store_failure is not None and evse.permitted is not None:
        limits.append(Limit("store", evse.permitted.limit_ma, "the failing disk, which lets no limit rise"))
    return tuple(limits)


def effective(limits: Sequence[Limit]) -> tuple[int, Limit]:
    """Return the current that may be offered, and the limit that decides it (the first of equal ones)."""
    lowest = min(limits, key=lambda limit: limit.milliamps)
    offered = lowest.milliamps // STEP_MA * STEP_MA
    return (offered if offered >= FLOOR_MA else 0), lowest
