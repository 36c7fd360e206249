"""What follows from the facts after each input: a start, the permission, the lock, the pilot, the status.

Everything is derived anew from what holds now, and told only where it differs from what was told last.
"""

from __future__ import annotations

from typing import Final

from . import lobby
from .claims import drop_claim, offer
from .evse import Evse, Permission
from .facts import charging_state_of, facts_of, is_taken, status_of
from .free_vend import vend
from .holds import hold
from .limits import effective, limits_of
from .model import ChargingState, ConnectorStatus, LockState, StopReason, Trigger
from .outputs import (
    ConnectorStatusChanged,
    Grant,
    LockConnector,
    Report,
    Restrict,
    SetPilotAvailable,
    UnlockConnector,
    UnlockOutcome,
)
from .presence import settle_down
from .reasons import LINK_CODES, operative, ready_for_start, spent_after_refusal, withheld
from .records import Ending
from .site import share
from .starts import begin
from .telling import tell_state
from .timers import Timer
from .transactions import authorize, end, stop
from .turn import Turn
from .tx_points import TxFacts

# An actuator that has not moved by then is told again.
LOCK_RETRY_S: Final = 5


def settle(turn: Turn, concerned: list[Evse]) -> None:
    """Bring everything that these EVSEs were told into line with what holds now, and that of others whose share changes by it."""
    for evse in concerned:
        _start(turn, evse)
        _refused_energy(turn, evse)
    changed = share(turn)
    for evse in [*concerned, *(one for one in changed if one not in concerned)]:
        _tell(turn, evse)


def _tell(turn: Turn, evse: Evse) -> None:
    _permission(turn, evse)
    _charging(turn, evse)
    _lock(turn, evse)
    _pilot(turn, evse)
    report(turn, evse)


# ---------------------------------------------------------------- transaction


def _start(turn: Turn, evse: Evse) -> None:
    lobby.leave(turn, evse)
    vend(turn, evse)
    claim, points = evse.claim, turn.state.points
    if evse.transaction is not None:
        _driver_for(turn, evse)
        return
    if claim is None and not (points.starts_without_token and evse.plugged and evse.plug != evse.finished_plug):
        return
    if evse.uncounted:
        return  # before the meter's first word is stored, energy could be lost that is counted from it
    if claim is not None and not operative(turn.state, evse):
        drop_claim(turn, evse)
        return
    if ready_for_start(turn.state, evse) is not None:
        return
    if claim is not None and evse.secured and points.offers_first:
        claim = offer(turn, evse, claim)
    flowing = claim is not None and evse.secured and _flows(turn, evse)
    if points.starts(TxFacts(evse.plugged, claim is not None, evse.secured, flowing)):
        begin(turn, evse, claim)
        drop_claim(turn, evse)
        if evse.permitted is not None and evse.permitted.limit_ma > 0:
            settle_down(turn, evse)


def _driver_for(turn: Turn, evse: Evse) -> None:
    """Give the token that waits to the transaction that runs without one (E02)."""
    claim, transaction = evse.claim, evse.transaction
    if claim is not None and transaction is not None and transaction.open_to(claim.id_token):
        authorize(turn, evse, claim)
        drop_claim(turn, evse)


def _flows(turn: Turn, evse: Evse) -> bool:
    """Tell whether energy flows; where only whole transactions are told of, whether it is about to: the vehicle asks, and nothing withholds it."""
    seen = evse.seen
    if seen is None or not seen.pilot.ev_ready or withheld(turn.state, evse):
        return False
    return turn.state.points.whole or (seen.energised and evse.drawing)


def _refused_energy(turn: Turn, evse: Evse) -> None:
    """End the authorization of a transaction whose token was refused after the start (E05.FR.09, E05.FR.10).

    Where only whole transactions are told of, once what it may still draw is drawn (OCPP 1.6, StopTransactionOnInvalidId, MaxEnergyOnInvalidId).
    """
    transaction = evse.transaction
    if transaction is None or not transaction.deauthorized or transaction.stop_requested:
        return
    if not turn.state.variables.flag("TxCtrlr.StopTxOnInvalidId"):
        return
    if not turn.state.points.whole or spent_after_refusal(turn.state, evse):
        stop(turn, transaction, Ending(StopReason.DE_AUTHORIZED, Trigger.DEAUTHORIZED))
        hold(turn, evse, transaction.id_token)


# ---------------------------------------------------------------- permission


def _permission(turn: Turn, evse: Evse) -> None:
    state, seen, before = turn.state, evse.seen, evse.permitted
    if seen is None:
        return
    reasons = withheld(state, evse)
    limit_ma, _ = effective(limits_of(state, evse))
    if any(reason.code not in LINK_CODES for reason in reasons):
        limit_ma = 0
    elif reasons:
        # No link: what was permitted stays until it runs out by itself, nothing is added.
        limit_ma = min(limit_ma, before.limit_ma) if before is not None else 0
    plug = seen.plug if limit_ma > 0 or before is None else before.plug
    wanted = Permission(plug, limit_ma, evse.settings.phases)
    retell = evse.retell and not any(reason.code in LINK_CODES for reason in reasons)
    evse.retell = evse.retell and not retell
    if limit_ma > 0:
        if before is None or before.limit_ma == 0:
            settle_down(turn, evse)
        if retell or before is None or before.plug != plug or limit_ma > before.limit_ma:
            turn.do(Grant(evse.id, plug, limit_ma, wanted.phases))
        elif limit_ma < before.limit_ma:
            turn.do(Restrict(evse.id, plug, limit_ma, wanted.phases))
    elif (before is not None and before.limit_ma > 0) or (retell and seen.lease_ms > 0):
        turn.do(Restrict(evse.id, plug, 0, wanted.phases))
    if limit_ma == 0 or (seen.energised and evse.drawing):
        evse.settling = False
        state.timers.clear(Timer.SETTLING, evse.id)
    evse.permitted = wanted
    evse.exposure.told(limit_ma, turn.now.mono_ms)


# ---------------------------------------------------------------- charging state


def _charging(turn: Turn, evse: Evse) -> None:
    """Tell how the charging goes; end a transaction that ends with its energy, where that has stopped (E06.FR.07)."""
    transaction, points = evse.transaction, turn.state.points
    known = evse.fresh and not evse.unverified and evse.departed_at is None
    if transaction is None or points.whole or not known or transaction.ending is not None:
        return
    state = charging_state_of(turn.state, evse)
    if points.end_with_energy and transaction.told_state is ChargingState.CHARGING and state is not ChargingState.CHARGING:
        reason = StopReason.STOPPED_BY_EV if state is ChargingState.SUSPENDED_EV else StopReason.OTHER
        reason = StopReason.DE_AUTHORIZED if transaction.deauthorized else reason
        end(turn, transaction, Ending(reason, Trigger.CHARGING_STATE_CHANGED))
        _permission(turn, evse)
    else:
        tell_state(turn, evse)


# ---------------------------------------------------------------- lock and pilot


def _lock(turn: Turn, evse: Evse) -> None:
    seen = evse.seen
    if seen is None or not evse.fresh or not evse.lockable:
        return
    if seen.lock is LockState.UNLOCKED:
        answer_unlock(turn, evse, UnlockOutcome.UNLOCKED)
    elif seen.lock is LockState.JAMMED and evse.lock_told is False:
        answer_unlock(turn, evse, UnlockOutcome.FAILED)
    transaction = evse.transaction
    in_use = transaction is not None and (transaction.authorized or transaction.ending is not None)
    wanted = in_use or evse.held_for is not None or (evse.claim is not None and evse.plugged)
    if seen.lock is (LockState.LOCKED if wanted else LockState.UNLOCKED):
        evse.lock_told = None
        turn.state.timers.clear(Timer.LOCK, evse.id)
        return
    if evse.lock_told is wanted or (seen.energised and not wanted):
        return
    evse.lock_told = wanted
    turn.set_timer_in(Timer.LOCK, evse.id, LOCK_RETRY_S)
    turn.do(LockConnector(evse.id) if wanted else UnlockConnector(evse.id))


def answer_unlock(turn: Turn, evse: Evse, outcome: UnlockOutcome) -> None:
    """Answer everybody who waits for the socket to be unlocked."""
    if evse.unlock is None:
        return
    for request in evse.unlock.requests:
        turn.reply(request, outcome)
    evse.unlock = None
    turn.state.timers.clear(Timer.UNLOCK, evse.id)


def _pilot(turn: Turn, evse: Evse) -> None:
    available = operative(turn.state, evse)
    if evse.pilot_available is not available and turn.state.link.up:
        evse.pilot_available = available
        turn.do(SetPilotAvailable(evse.id, available))


# ---------------------------------------------------------------- status


def report(turn: Turn, evse: Evse) -> None:
    """Tell the status of an EVSE's connectors if it is another than told."""
    if evse.departed_at is not None:
        return  # what it is now is said once its transaction has ended
    facts = facts_of(turn.state, evse)
    fault = next(iter(sorted(evse.faults)), None) if not evse.grave_faults else evse.grave_faults[0]
    status = status_of(turn.state, evse)
    info = ""
    if turn.state.link.dead:
        info = "no communication with the coprocessor"
    elif (status is ConnectorStatus.FINISHING and (evse.parted or evse.cable_held)) or (facts.in_transaction and not facts.plugged):
        info = "EV side disconnected"
    plugged = is_taken(evse)
    serving = tuple(evse.serves(connector.id) for connector in evse.settings.connectors)
    told = (status, fault, info, (plugged and not turn.state.points.whole, *serving))
    if told == evse.reported or not turn.state.reporting:
        evse.changed = None
        return
    if evse.changed is None or evse.changed[0] != told:
        evse.changed = (told, turn.now)
        minimum_s = turn.state.variables.integer("ChargingStation.MinimumStatusDuration")
        if minimum_s > 0 and evse.reported is not None and status is not ConnectorStatus.FAULTED:
            turn.set_timer_in(Timer.STATUS, evse.id, minimum_s)
        else:
            turn.state.timers.clear(Timer.STATUS, evse.id)
    if turn.state.timers.running(Timer.STATUS, evse.id):
        return
    since = evse.changed[1]
    evse.reported, evse.changed = told, None
    evse.charged = evse.charged or status is ConnectorStatus.SUSPENDED_EVSE
    for connector in evse.settings.connectors:
        own = status if facts.in_transaction or evse.serves(connector.id) or status is ConnectorStatus.FAULTED else ConnectorStatus.UNAVAILABLE
        turn.do(Report(ConnectorStatusChanged(evse.id, connector.id, own, since, fault, info, plugged)))


def report_station(turn: Turn) -> None:
    """Tell the status of the station as a whole if it is another than told."""
    state = turn.state
    status = ConnectorStatus.AVAILABLE
    if state.link.dead:
        status = ConnectorStatus.FAULTED
    elif not state.availability.operative and all(evse.transaction is None for evse in state.evses.values()):
        status = ConnectorStatus.UNAVAILABLE
    info = state.link.text if state.link.dead else ""
    told = (status, None, info)
    if told != state.reported and state.reporting:
        state.reported = told
        turn.do(Report(ConnectorStatusChanged(0, 0, status, turn.now, None, info)))
