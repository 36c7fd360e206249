"""How the current of a site is parted between the EVSEs of a station: arithmetic on what each of them asks, holds and may still draw.

Everything counts per phase, and every EVSE counts on every phase, as if all were wired alike without rotation. That is the worst case: where phases are
rotated, or vehicles use one phase only, less flows than is counted here, never more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .offer import FLOOR_MA, STEP_MA

# A raise that is only a part of what is meant waits until it is worth a change of the offer.
RAISE_MA: Final = 1_000


@dataclass(frozen=True, slots=True)
class Demand:
    """What one EVSE asks of the site, per phase."""

    evse: int
    most_ma: int  # what it could be given; less than the floor: it asks for nothing
    needs_ma: int  # what its vehicle is seen to need, with a margin
    held_ma: int = 0  # permitted now
    flows_ma: int = 0  # may flow at this moment, whatever is told from now on
    resumes_ma: int = 0  # would flow for a moment if it were permitted anything now: its vehicle has seen a higher offer lately


def slots(limit_ma: int) -> int:
    """Return how many vehicles can charge at a time: none is offered less than the floor."""
    return max(0, limit_ma) // FLOOR_MA


def targets(limit_ma: int, served: Sequence[Demand]) -> dict[int, int]:
    """Part the limit between those who are served: the floor for each, then evenly up to what they need, then the rest evenly up to what they can take.

    No more may be served than there are `slots`.
    """
    parts = {demand.evse: min(FLOOR_MA, demand.most_ma) for demand in served}
    left = limit_ma - sum(parts.values())
    for caps in ({d.evse: min(d.needs_ma, d.most_ma) for d in served}, {d.evse: d.most_ma for d in served}):
        left = _fill(parts, caps, left)
    return {evse: part // STEP_MA * STEP_MA for evse, part in parts.items()}


def _fill(parts: dict[int, int], caps: Mapping[int, int], left: int) -> int:
    """Raise all parts evenly, each up to its cap; return what is left."""
    while open_ := [evse for evse, part in parts.items() if part < caps[evse]]:
        step = min(left // len(open_), *(caps[evse] - parts[evse] for evse in open_))
        if step <= 0:
            break
        for evse in open_:
            parts[evse] += step
        left -= step * len(open_)
    return left


def admit(limit_ma: int, demands: Sequence[Demand], wanted: Mapping[int, int]) -> dict[int, int]:
    """Return what each EVSE may be permitted now on the way to what is wanted: lower at once, raise into what can not flow elsewhere any more."""
    shares = {demand.evse: min(demand.held_ma, wanted.get(demand.evse, 0)) for demand in demands}
    for demand in sorted(demands, key=lambda one: (one.held_ma, one.evse)):
        target = wanted.get(demand.evse, 0)
        room = limit_ma - sum(max(one.flows_ma, shares[one.evse]) for one in demands if one.evse != demand.evse)
        offer = min(target, room) // STEP_MA * STEP_MA
        worth = offer == target or offer - demand.held_ma >= RAISE_MA
        if offer > demand.held_ma and offer >= FLOOR_MA and worth and demand.resumes_ma <= room:
            shares[demand.evse] = offer
    return shares
