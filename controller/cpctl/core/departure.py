"""The vehicle of a transaction: gone, or found again after a break; when it left, and what becomes of the transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .claims import drop_claim, forget_refusal
from .evse import Evse
from .model import LapsePolicy, StopReason, Trigger
from .stamps import latest
from .timers import Timer
from .transactions import Ending, end, end_now
from .turn import Turn
from .tx_points import TxFacts

# A vehicle is found gone by a snapshot; its last energy comes with the meter's message or the event right behind.
LAST_WORD_S: Final = 0.5

# After a break the coprocessor's kept event says when the vehicle left; it comes within this time, or never.
KEPT_EVENT_S: Final = 2


def gone(turn: Turn, evse: Evse) -> None:
    """Take note that nothing is plugged in, or something else than before."""
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
    evse.unverified = evse.host_was_away = False
    evse.departed_at = None
    turn.state.timers.clear(Timer.DEPARTURE, evse.id)
    transaction, variables = evse.transaction, turn.state.variables
    if transaction is None:
        return
    stops = turn.state.points.stops(TxFacts(plugged=False, authorized=True))
    if not (stops and variables.flag("TxCtrlr.StopTxOnEVSideDisconnect")):
        belong_to_present(turn, evse)
        return
    if evse.lockable and not variables.flag("OCPPCommCtrlr.UnlockOnEVSideDisconnect"):
        evse.held_for = transaction.id_token
    evse.parted = True
    end_now(turn, transaction, ending)


def never_told(turn: Turn, evse: Evse) -> None:
    """End a transaction whose vehicle left and no event says when: the coprocessor lost its memory with its supply, so that was the end."""
    transaction = evse.transaction
    if transaction is not None:
        at = latest(transaction.started, transaction.last, evse.register.at if evse.host_was_away else turn.state.link.lost_at)
        left(turn, evse, Ending(StopReason.POWER_LOSS, Trigger.ABNORMAL_CONDITION, at=at))


def belong_to_present(turn: Turn, evse: Evse) -> None:
    """Let a transaction that outlives its vehicle's departure go on with the vehicle that is there; the operator chose so."""
    transaction = evse.transaction
    if transaction is not None and evse.plug is not None and transaction.plug != evse.plug:
        turn.keep(replace(transaction, plug=evse.plug))


def found_again(turn: Turn, evse: Evse) -> None:
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
