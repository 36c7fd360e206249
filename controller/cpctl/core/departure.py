"""The vehicle of a transaction: gone, or found again after a break; when it left, and what becomes of the transaction.

That it left is a fact of the plug-in count, whoever was there to see it. When it left is told by the coprocessor's kept event, which is waited for;
only a coprocessor that lost its memory with its supply can't say either, so that the transaction ended when both were last known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .claims import drop_claim, forget_refusal
from .evse import Evse
from .holds import hold
from .model import ChargingState, Stamp, StopReason, Trigger
from .records import Ending, Transaction
from .settings import LapsePolicy
from .stamps import latest
from .telling import tell
from .timers import Timer
from .transactions import arm_vehicle_deadline, end, end_now, vehicle_deadline
from .turn import Turn

# A vehicle is found gone by a snapshot; its last energy comes with the meter's message or the event right behind.
LAST_WORD_S: Final = 0.5

# After a break the coprocessor's kept event says when the vehicle left. It is resent each second until it is heard, so only one that its ring had
# no room for, or that a crash of the chip took along, is still missing by then.
KEPT_EVENT_S: Final = 30

# A coprocessor that lost its memory counts its plug-ins on from the next multiple of this (protocol/README.md, Lease).
PLUGS_PER_POWER_UP: Final = 1 << 16


def gone(turn: Turn, evse: Evse) -> None:
    """Take note that nothing is plugged in, or something else than before."""
    evse.plugged = False
    evse.plugged_at = None
    if evse.claim is not None and evse.claim.plug is not None:
        drop_claim(turn, evse)
    forget_refusal(turn, evse)
    transaction, seen = evse.transaction, evse.seen
    if transaction is None or evse.departed_at is not None:
        return
    if transaction.plug is None:  # it waits for one
        evse.unverified = evse.host_was_away = False
        return
    if seen is not None and power_was_lost(transaction, seen.plug):
        cut_off(turn, evse)
        return
    evse.departed_at = last_known(turn, evse, transaction) if evse.unverified else turn.now
    await_word(turn, evse)


def await_word(turn: Turn, evse: Evse) -> None:
    """Give the word on how a vehicle that is gone left its time to come."""
    turn.set_timer_in(Timer.DEPARTURE, evse.id, KEPT_EVENT_S if evse.unverified else LAST_WORD_S)


def conclude_departure(turn: Turn, evse: Evse) -> None:
    """Take a vehicle as gone when it was found gone; where nobody was there to find it, when it was last known."""
    at = evse.departed_at
    if at is None:
        return
    if evse.unverified:
        turn.note(evse.id, "departure.unseen", "The vehicle left while nobody saw it; its transaction ends when it was last known.")
    left(turn, evse, Ending(StopReason.EV_DISCONNECTED, Trigger.EV_COMMUNICATION_LOST, at=at))


def left(turn: Turn, evse: Evse, ending: Ending) -> None:
    """End the transaction whose vehicle is gone, or let it wait for the vehicle to come back, as configured (OCPP 1.6, 4.10; 2.0.1 E06, E09, E10).

    One that nobody is authorized for either has nothing left that it could wait with.
    """
    evse.unverified = evse.host_was_away = False
    evse.departed_at = None
    turn.state.timers.clear(Timer.DEPARTURE, evse.id)
    transaction, variables = evse.transaction, turn.state.variables
    if transaction is None:
        return
    deauthorizes = variables.flag("TxCtrlr.StopTxOnEVSideDisconnect")
    if transaction.authorized and not turn.state.points.end_with_vehicle(deauthorizes):
        _wait_for_return(turn, evse, transaction, ending)
        return
    if not variables.flag("OCPPCommCtrlr.UnlockOnEVSideDisconnect"):
        hold(turn, evse, transaction.id_token)
    evse.parted = True
    end_now(turn, transaction, ending)


def _wait_for_return(turn: Turn, evse: Evse, transaction: Transaction, ending: Ending) -> None:
    """Let a transaction go on without its vehicle. A cable that is fixed holds nobody's attention: it waits no longer than for a first one (E10.FR.02)."""
    limited = evse.settings.connectors[0].fixed_cable and not turn.state.points.whole
    after = replace(transaction, plug=None, parted=True, until=vehicle_deadline(turn) if limited else None)
    tell(turn, after, ending.trigger, at=ending.at)
    arm_vehicle_deadline(turn, evse)
    if evse.plugged:
        connected(turn, evse)


def connected(turn: Turn, evse: Evse) -> None:
    """Let a transaction that waits for a vehicle go on with the one that is there (E03, E10; E01.FR.16)."""
    transaction = evse.transaction
    if transaction is not None and transaction.plug is None and evse.plug is not None:
        after = replace(transaction, plug=evse.plug, parted=False, until=None)
        evse.charged = False
        tell(turn, after, Trigger.CABLE_PLUGGED_IN, state=ChargingState.EV_CONNECTED)
        arm_vehicle_deadline(turn, evse)


def power_was_lost(transaction: Transaction, plug: int) -> bool:
    """Tell whether the coprocessor has lost its memory since this transaction's plug-in, to judge by the plug-in that it speaks of now."""
    return transaction.plug is not None and plug // PLUGS_PER_POWER_UP != transaction.plug // PLUGS_PER_POWER_UP


def cut_off(turn: Turn, evse: Evse) -> None:
    """End a transaction whose coprocessor lost its supply: that was the end, and nobody can say what the vehicle did since."""
    transaction = evse.transaction
    if transaction is not None:
        at = last_known(turn, evse, transaction)
        left(turn, evse, Ending(StopReason.POWER_LOSS, Trigger.ABNORMAL_CONDITION, at=at))


def last_known(turn: Turn, evse: Evse, transaction: Transaction) -> Stamp:
    """Return the last moment at which a transaction was seen to run, before the host or the link was away."""
    return latest(transaction.started, transaction.last, evse.register.at if evse.host_was_away else turn.state.link.lost_at)


def found_again(turn: Turn, evse: Evse) -> None:
    """Go on with a recovered transaction, whose vehicle is where it was."""
    evse.unverified = False
    away, evse.host_was_away = evse.host_was_away, False
    transaction, seen = evse.transaction, evse.seen
    if transaction is None or seen is None:
        return
    connected(turn, evse)
    if away and seen.lease_ms == 0 and turn.state.settings.on_lapse is LapsePolicy.END:
        end(turn, transaction, Ending(StopReason.REBOOT, Trigger.ABNORMAL_CONDITION))
    elif away:
        turn.note(evse.id, "transaction.resumed", f"Transaction {transaction.id} goes on after the restart.")
