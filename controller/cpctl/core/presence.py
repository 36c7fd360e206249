"""What the coprocessor sees of an EVSE: vehicle, plug-in, faults, current. Snapshots are replicated state, events tell when."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import faults, metering
from .evse import Evse
from .inputs import CoprocessorEvent, EvseObserved, MeterRead
from .model import FirmwareMark, LapsePolicy, Pilot, Stamp, StopReason, Trigger
from .reasons import fault_text
from .stamps import earlier_by, latest
from .timers import Timer
from .tokens import drop_claim, forget_refusal
from .transactions import Ending, end
from .turn import Turn
from .tx_points import TxFacts

# Below this a vehicle is said to draw nothing: chargers' standby is some tens of milliamperes.
DRAW_MIN_MA: Final = 500

# So long may the current stay below before it is said: vehicles pause for a moment when they balance cells or switch phases.
NO_DRAW_S: Final = 10

# A vehicle is found gone by a snapshot; its last energy comes with the meter's message or the event right behind.
LAST_WORD_S: Final = 0.5

# After a break the coprocessor's kept event says when the vehicle left; it comes within this time, or never.
KEPT_EVENT_S: Final = 2


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
        _gone(turn, evse)
    if seen.pilot.plugged and not evse.plugged:
        _arrived(turn, evse)
    if evse.unverified and evse.departed_at is None and seen.pilot.plugged:
        _found_again(turn, evse)
    _energy(turn, evse, before)


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
        _belong_to_present(turn, evse)
    if evse.claim is not None:
        evse.claim = replace(evse.claim, plug=evse.plug)


def _gone(turn: Turn, evse: Evse) -> None:
    """Nothing is plugged in, or something else than before."""
    evse.plugged = False
    evse.plugged_at = None
    if evse.claim is not None and evse.claim.plug is not None:
        drop_claim(turn, evse)
    forget_refusal(turn, evse)
    if evse.transaction is not None and evse.departed_at is None:
        evse.departed_at = turn.now
        turn.set_timer_in(Timer.DEPARTURE, evse.id, KEPT_EVENT_S if evse.unverified else LAST_WORD_S)


def conclude_departure(turn: Turn, evse: Evse) -> None:
    """Take a vehicle as gone when it was found gone, or earlier if nobody was there to find it."""
    if evse.unverified:
        never_told(turn, evse)
    else:
        left(turn, evse, Ending(StopReason.EV_DISCONNECTED, Trigger.EV_COMMUNICATION_LOST, at=evse.departed_at))


def left(turn: Turn, evse: Evse, ending: Ending) -> None:
    """End the transaction whose vehicle is gone, or let it wait for a vehicle, as configured (OCPP 1.6, 4.10; 2.0.1 E09, E10)."""
    evse.unverified = False
    evse.departed_at = None
    turn.state.timers.clear(Timer.DEPARTURE, evse.id)
    transaction, variables = evse.transaction, turn.state.variables
    if transaction is None:
        return
    stops = turn.state.points.stops(TxFacts(plugged=False, authorized=True))
    if not (stops and variables.flag("TxCtrlr.StopTxOnEVSideDisconnect")):
        _belong_to_present(turn, evse)
        return
    if not variables.flag("OCPPCommCtrlr.UnlockOnEVSideDisconnect"):
        evse.held_for = transaction.id_token
    end(turn, transaction, ending)


def never_told(turn: Turn, evse: Evse) -> None:
    """End a transaction whose vehicle left and no event says when: the coprocessor lost its memory with its supply, so that was the end."""
    transaction = evse.transaction
    if transaction is not None:
        at = latest(transaction.started, transaction.last, evse.register.at if evse.host_was_away else turn.state.link.lost_at)
        left(turn, evse, Ending(StopReason.POWER_LOSS, Trigger.ABNORMAL_CONDITION, at=at))


def _belong_to_present(turn: Turn, evse: Evse) -> None:
    """Let a transaction that outlives its vehicle's departure go on with the vehicle that is there; the operator chose so."""
    transaction = evse.transaction
    if transaction is not None and evse.plug is not None and transaction.plug != evse.plug:
        turn.keep(replace(transaction, plug=evse.plug))


def _found_again(turn: Turn, evse: Evse) -> None:
    """Go on with a recovered transaction, whose vehicle is where it was."""
    evse.unverified = False
    away, evse.host_was_away = evse.host_was_away, False
    transaction, seen = evse.transaction, evse.seen
    if transaction is None or seen is None:
        return
    if away and seen.lease_ms == 0 and turn.state.settings.on_lapse is LapsePolicy.END:
        end(turn, transaction, Ending(StopReason.REBOOT, Trigger.ABNORMAL_CONDITION))
    elif away:
        turn.note(evse.id, "transaction.resumed", f"Transaction {transaction.id} goes on after the restart.")


# ---------------------------------------------------------------- current


def _energy(turn: Turn, evse: Evse, before: EvseObserved | None) -> None:
    energised = evse.seen is not None and evse.seen.energised
    was = before is not None and before.energised
    if energised and evse.transaction is not None:
        evse.charged = True
    if energised and not was:
        evse.drawing = True
        if evse.meter is not None:
            turn.set_timer_in(Timer.NO_DRAW, evse.id, NO_DRAW_S)
    if not energised:
        evse.drawing = False
        turn.state.timers.clear(Timer.NO_DRAW, evse.id)


def metered(turn: Turn, evse: Evse, read: MeterRead) -> None:
    """Take a meter message: energy, and whether the vehicle draws."""
    metering.take(turn, evse, read)
    if evse.departed_at is not None and not evse.unverified:
        conclude_departure(turn, evse)
    if evse.seen is None or not evse.seen.energised:
        return
    if max(read.current_ma) >= DRAW_MIN_MA:
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


def _end_for(turn: Turn, evse: Evse, name: str) -> None:
    """End the transaction for a fault that needs a hand; one that clears by itself only interrupts it."""
    fault = faults.BY_NAME.get(name)
    if evse.transaction is None or fault is None or fault.fault_class is faults.FaultClass.CLEARABLE:
        return
    reason = StopReason.EMERGENCY_STOP if name == "emergency_stop" else StopReason.FAULT
    end(turn, evse.transaction, Ending(reason, Trigger.ABNORMAL_CONDITION))


# ---------------------------------------------------------------- events


def happened(turn: Turn, event: CoprocessorEvent) -> bool:
    """Take an event; False if its consequences are stored already."""
    state = turn.state
    mark = state.mark
    if mark is not None and mark.boot_nonce == event.boot_nonce and event.event_id <= mark.event_id:
        return False
    state.mark = FirmwareMark(event.boot_nonce, event.event_id)
    turn.save("firmware/mark", state.mark)
    at = earlier_by(turn.now, max(0, event.age_ms))
    evse = state.evses.get(event.evse)
    note = _NOTES.get(event.code)
    if note is not None:
        turn.note(event.evse, f"coprocessor.{event.code}", f"{note} {event.text}".strip(), at)
    if evse is not None:
        _plug_event(turn, evse, event, at)
    return True


def _plug_event(turn: Turn, evse: Evse, event: CoprocessorEvent, at: Stamp) -> None:
    """End a transaction whose vehicle left, at the moment when it did. What is plugged in now is told by snapshots alone."""
    transaction = evse.transaction
    if transaction is None or transaction.plug is None:
        return
    unplugged = event.code == "unplugged" and event.plug == transaction.plug
    replaced = event.code == "plugged" and event.plug > transaction.plug
    if replaced and evse.unverified:
        never_told(turn, evse)
    elif unplugged or replaced:
        register_mwh = metering.total_at(evse.register, event.meter_boot, event.energy_mwh)
        left(turn, evse, Ending(StopReason.EV_DISCONNECTED, Trigger.EV_COMMUNICATION_LOST, at=at, register_mwh=register_mwh))


_NOTES: Final = {
    "boot": "The coprocessor has started.",
    "lease_expired": "The permission ran out before it was renewed.",
    "lease_refused": "The coprocessor refused a permission.",
    "opened_under_load": "The contactor had to open under load.",
    "config_applied": "The coprocessor's configuration is in force.",
    "config_refused": "The coprocessor refused its configuration:",
    "events_lost": "The coprocessor had more to tell than it could keep.",
    "button": "The board's button was pressed.",
    "self_test": "The coprocessor has tested itself.",
}
