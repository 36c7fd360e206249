"""What snapshots and meter messages show of an EVSE: vehicle, plug-in, current, faults. They are replicated state: a repeat changes nothing."""

from __future__ import annotations

from typing import Final

from . import faults, metering
from .claims import arrived, await_token
from .departure import conclude_departure, connected, found_again, gone
from .evse import Evse
from .inputs import EvseObserved, MeterRead
from .model import Pilot, StopReason, Trigger
from .reasons import fault_text, held_back
from .records import Ending
from .timers import Timer
from .transactions import counted, end
from .turn import Turn

# So long may the current stay below before it is said: vehicles pause for a moment when they balance cells or switch phases.
NO_DRAW_S: Final = 10


# A vehicle takes a few seconds from the offer to closing its own switch; so long it is not called suspended.
SETTLING_S: Final = 5


# ---------------------------------------------------------------- snapshots


def observe(turn: Turn, evse: Evse, seen: EvseObserved) -> None:
    """Take a snapshot."""
    before = evse.seen
    evse.seen = seen
    if not evse.fresh:
        evse.fresh = evse.retell = True
    _faults(turn, evse, seen)
    other_plug = before is not None and evse.plugged and seen.plug != before.plug
    if seen.pilot in (Pilot.A1, Pilot.A2) or other_plug or _not_the_transactions(evse, seen):
        gone(turn, evse)
    if seen.pilot.plugged and not evse.plugged:
        _arrived(turn, evse)
    if evse.unverified and evse.departed_at is None and seen.pilot.plugged:
        found_again(turn, evse)
    _energy(turn, evse, before)
    _offer(turn, evse, before)


def _offer(turn: Turn, evse: Evse, before: EvseObserved | None) -> None:
    """Let the vehicle's moment begin with the offer that it sees: the coprocessor may have waited with it."""
    permitted = evse.permitted is not None and evse.permitted.limit_ma > 0
    begins = evse.seen is not None and evse.seen.offer_ma > 0 and before is not None and before.offer_ma == 0
    if permitted and begins and not held_back(evse):
        settle_down(turn, evse)


def settle_down(turn: Turn, evse: Evse) -> None:
    """Give the vehicle its moment to respond."""
    evse.settling = True
    turn.set_timer_in(Timer.SETTLING, evse.id, SETTLING_S)


def _not_the_transactions(evse: Evse, seen: EvseObserved) -> bool:
    """Tell whether a transaction that was found in the store is looked at with another plug-in."""
    transaction = evse.transaction
    if transaction is None or not evse.unverified or evse.departed_at is not None:
        return False
    return seen.pilot.plugged and transaction.plug not in (None, seen.plug)


def _arrived(turn: Turn, evse: Evse) -> None:
    evse.plugged = True
    evse.plugged_at = turn.now
    if not evse.unverified and evse.departed_at is None:
        connected(turn, evse)
    arrived(turn, evse)
    await_token(turn, evse)


# ---------------------------------------------------------------- current


def _energy(turn: Turn, evse: Evse, before: EvseObserved | None) -> None:
    energised = evse.seen is not None and evse.seen.energised
    was = before is not None and before.energised
    if energised and evse.transaction is not None:
        evse.charged = True
    if energised and not was:
        evse.drawing = True
        if evse.meter is not None and evse.meter.shows_draw:
            turn.set_timer_in(Timer.NO_DRAW, evse.id, NO_DRAW_S)
    if not energised:
        evse.drawing = False
        turn.state.timers.clear(Timer.NO_DRAW, evse.id)


def metered(turn: Turn, evse: Evse, read: MeterRead) -> None:
    """Take a meter message: energy, and whether the vehicle draws."""
    metering.take(turn, evse, read)
    counted(turn, evse)
    if evse.departed_at is not None and not evse.unverified:
        conclude_departure(turn, evse)
    if evse.seen is None or not evse.seen.energised or not read.shows_draw:
        return
    if max(read.current_ma) >= metering.DRAW_MIN_MA:
        evse.drawing = True
        turn.state.timers.clear(Timer.NO_DRAW, evse.id)
    elif evse.drawing and not turn.state.timers.running(Timer.NO_DRAW, evse.id):
        turn.set_timer_in(Timer.NO_DRAW, evse.id, NO_DRAW_S)


# ---------------------------------------------------------------- faults


def _faults(turn: Turn, evse: Evse, seen: EvseObserved) -> None:
    for name in sorted(seen.faults - evse.faults.keys()):
        evse.faults[name] = turn.now
        turn.note(evse.id, "fault.raised", fault_text(name))
        _end_for(turn, evse, name)
    for name in sorted(evse.faults.keys() - seen.faults):
        del evse.faults[name]
        fault = faults.BY_NAME.get(name)
        turn.note(evse.id, "fault.cleared", f"{fault.code if fault else name} is gone.")


_STOP_REASONS: Final = {"GroundFailure": StopReason.GROUND_FAULT, "OverCurrentFailure": StopReason.OVERCURRENT_FAULT}


def _end_for(turn: Turn, evse: Evse, name: str) -> None:
    """End the transaction for a fault that needs a hand; one that clears by itself only interrupts it."""
    fault = faults.BY_NAME.get(name)
    if evse.transaction is None or fault is None or fault.fault_class is faults.FaultClass.CLEARABLE:
        return
    reason = StopReason.EMERGENCY_STOP if name == "emergency_stop" else _STOP_REASONS.get(fault.error_code, StopReason.FAULT)
    end(turn, evse.transaction, Ending(reason, Trigger.ABNORMAL_CONDITION))
