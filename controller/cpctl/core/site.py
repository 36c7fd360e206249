"""The site's limit at work: keeps what each EVSE asks, holds and draws, and gives each its share after every input.

Everything is worked out anew from what holds now. Shares are lowered at once and raised as soon as nothing can flow elsewhere any more that stands in
the way; see `sharing` for the arithmetic, `exposure` for what may flow, `turns` for who waits.
"""

from __future__ import annotations

from .drawn import WINDOW_MS
from .evse import Evse
from .inputs import EvseObserved, MeterRead
from .limits import own_limits
from .offer import FLOOR_MA
from .reasons import LINK_CODES, barred
from .sharing import Demand, admit, slots, targets
from .state import State
from .timers import Timer
from .turn import Turn


def observed(turn: Turn, evse: Evse, seen: EvseObserved) -> None:
    """Take a snapshot."""
    now_ms = turn.now.mono_ms
    evse.exposure.observe(seen, evse.settings.max_current_ma, now_ms)
    evse.drawn.offered(seen.offer_ma, now_ms)


def metered(turn: Turn, evse: Evse, read: MeterRead) -> None:
    """Take a meter message."""
    if not read.shows_draw:
        return
    drawn_ma = max(read.current_ma)
    evse.exposure.drawn_ma = drawn_ma
    evse.drawn.take(drawn_ma, turn.now.mono_ms)


def awaited(state: State, evse: Evse) -> bool:
    """Tell whether others wait for word that an EVSE has come down."""
    return site_limit(state) is not None and evse.exposure.awaited


def site_limit(state: State) -> int | None:
    """Return the site's limit per phase; None if there is none. The operator's variable may lower the configured one, never lift it."""
    told = state.variables.milli("ChargingStation.SiteCurrentLimit")
    return min((limit for limit in (told, state.settings.site_max_ma) if limit is not None), default=None)


def share(turn: Turn) -> list[Evse]:
    """Give each EVSE its share; return those that have another one than before."""
    state, now_ms = turn.state, turn.now.mono_ms
    limit_ma = site_limit(state)
    state.timers.clear(Timer.SHARE, 0)
    if limit_ma is None:
        shares: dict[int, int | None] = dict.fromkeys(state.evses)
    else:
        demands = [_demand(state, evse, limit_ma, now_ms) for evse in state.evses.values()]
        shares = {**_part(state, demands, limit_ma, now_ms)}
        _explain(state, demands, limit_ma, now_ms)
        _look_again(turn, demands)
    changed = [evse for evse in state.evses.values() if evse.share_ma != shares[evse.id]]
    for evse in changed:
        evse.share_ma = shares[evse.id]
    return changed


def _demand(state: State, evse: Evse, limit_ma: int, now_ms: int) -> Demand:
    built_ma = evse.settings.max_current_ma
    held_ma = _held(evse)
    most_ma = min(limit_ma, *(limit.milliamps for limit in own_limits(state, evse)))
    reasons = barred(state, evse)
    if any(reason.code not in LINK_CODES for reason in reasons):
        most_ma = 0
    elif reasons:
        most_ma = min(most_ma, held_ma)
    return Demand(
        evse=evse.id,
        most_ma=most_ma if most_ma >= FLOOR_MA else 0,
        needs_ma=evse.drawn.needs_ma(most_ma, now_ms),
        held_ma=held_ma,
        flows_ma=evse.exposure.flows_ma(built_ma, now_ms),
        resumes_ma=evse.exposure.resumes_ma(now_ms),
    )


def _held(evse: Evse) -> int:
    """Return what is permitted to the vehicle that is there: by us, or by the host as it was before it started anew."""
    if evse.permitted is None:
        return evse.exposure.ceiling_ma or 0
    return evse.permitted.limit_ma if evse.permitted.plug == evse.plug else 0


def _part(state: State, demands: list[Demand], limit_ma: int, now_ms: int) -> dict[int, int]:
    if not state.link.up or not state.reporting:
        # Who asks is not known to the full: nobody's turn passes, nothing rises.
        holding = [demand for demand in demands if demand.most_ma and demand.held_ma][: slots(limit_ma)]
        if sum(demand.held_ma for demand in holding) <= limit_ma:
            return admit(limit_ma, demands, {demand.evse: min(demand.held_ma, demand.most_ma) for demand in holding})
        return admit(limit_ma, demands, targets(limit_ma, holding))
    asking = sorted((demand for demand in demands if demand.most_ma), key=lambda one: one.held_ma == 0)
    idle = {demand.evse for demand in asking if demand.held_ma and state.evses[demand.evse].drawn.idle(now_ms)}
    state.turns.pass_on([demand.evse for demand in asking], slots(limit_ma), idle, now_ms)
    return admit(limit_ma, demands, targets(limit_ma, [demand for demand in asking if demand.evse in state.turns.serving]))


def _explain(state: State, demands: list[Demand], limit_ma: int, now_ms: int) -> None:
    """Say of each EVSE what its share comes from."""
    asking = sum(1 for demand in demands if demand.most_ma)
    site = f"the site's limit of {limit_ma / 1000:g} A"
    shared = f"{site} shared by {asking} EVSEs" if asking > 1 else site
    for evse in state.evses.values():
        wait_ms = state.turns.wait_ms(evse.id, now_ms)
        if wait_ms is not None:
            evse.share_text = f"{shared}: it waits for its turn, {-(-wait_ms // 60_000)} min at most"
        elif evse.id in state.turns.serving and evse.share_ma == 0:
            evse.share_text = f"{shared}: what others may still draw has to come down first"
        else:
            evse.share_text = shared


def _look_again(turn: Turn, demands: list[Demand]) -> None:
    """Come back when a share may change without anything happening."""
    state, now_ms = turn.state, turn.now.mono_ms
    moments = [moment for evse in state.evses.values() if (moment := evse.exposure.next_ms(now_ms)) is not None]
    if state.turns.ends_ms is not None:
        moments.append(state.turns.ends_ms)
    if sum(1 for demand in demands if demand.most_ma) > 1:
        moments.append(now_ms + WINDOW_MS)
    if moments:
        state.timers.set(Timer.SHARE, 0, max(now_ms + 1, min(moments)))
