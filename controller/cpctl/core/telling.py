"""What the CSMS is told of a running transaction between its start and its end (OCPP 2.0.1, E02.FR.13, E02.FR.16-17).

Every event has its number, and counts what the transaction has charged so far. A CSMS that wants whole transactions is told of measurements alone: the
rest would cost a commit each, and nobody would hear of it.
"""

from __future__ import annotations

from dataclasses import replace

from .evse import Evse
from .facts import charging_state_of
from .metering import DRAW_MIN_MA, save_register
from .model import ChargingState, IdToken, Sample, Stamp, Trigger
from .outputs import TransactionUpdated
from .records import Transaction
from .stamps import latest, ms_until
from .turn import Turn


def tell(
    turn: Turn,
    transaction: Transaction,
    trigger: Trigger,
    *,
    samples: tuple[Sample, ...] = (),
    id_token: IdToken | None = None,
    remote_start_id: int | None = None,
    state: ChargingState | None = None,
    at: Stamp | None = None,
) -> None:
    """Store a running transaction as given, and tell what has happened to it; `state` and `at` where they are not those of now."""
    evse = turn.state.evses.get(transaction.evse)
    if turn.state.points.whole and not samples:
        if turn.state.transactions.get(transaction.id) != transaction:
            turn.keep(transaction)
        return
    if evse is not None and evse.transaction is not None:
        evse.transaction = transaction
    if state is None:
        state = charging_state_of(turn.state, evse) if evse is not None else ChargingState.IDLE
    when = turn.now if at is None else latest(transaction.started, transaction.last, at)
    after = replace(in_state(transaction, state, when), seq_no=transaction.seq_no + 1, last=when)
    if samples and evse is not None:
        after = replace(after, told_mwh=evse.register.total_mwh)
    turn.publish(
        TransactionUpdated(
            transaction_id=after.id,
            evse=after.evse,
            connector=after.connector,
            at=when,
            seq_no=after.seq_no,
            trigger=trigger,
            charging_state=state,
            offline=not turn.state.csms_online,
            samples=samples,
            id_token=id_token,
            remote_start_id=remote_start_id,
            cable_ma=cable_ma(evse),
            phases=phases_used(evse),
            plugged=evse is not None and evse.plugged,
        )
    )
    turn.keep(after)
    if samples and evse is not None:
        save_register(turn, evse)


def tell_state(turn: Turn, evse: Evse) -> None:
    """Tell the charging state of an EVSE's transaction if it is another than told (E02.FR.13)."""
    transaction = evse.transaction
    if transaction is not None and charging_state_of(turn.state, evse) is not transaction.told_state:
        tell(turn, transaction, Trigger.CHARGING_STATE_CHANGED)


def in_state(transaction: Transaction, state: ChargingState, at: Stamp) -> Transaction:
    """Return a transaction whose charging state was told at a moment, with the time that it has charged until then."""
    charging = state is ChargingState.CHARGING
    since = transaction.charging_since
    if charging == (since is not None):
        return replace(transaction, told_state=state)
    if charging:
        return replace(transaction, told_state=state, charging_since=at)
    return replace(transaction, told_state=state, charging_since=None, charged_ms=charged_ms(transaction, at))


def charged_ms(transaction: Transaction, at: Stamp) -> int:
    """Return for how long a transaction has charged until a moment; what can't be measured over a restart without a clock is left out."""
    since = transaction.charging_since
    running = ms_until(at, since) if since is not None else None
    return transaction.charged_ms + max(0, running or 0)


def cable_ma(evse: Evse | None) -> int | None:
    """Return what the cable in the socket is good for, where that is known."""
    return (evse.seen.cable_ma or None) if evse is not None and evse.seen is not None else None


def phases_used(evse: Evse | None) -> int | None:
    """Return on how many phases the vehicle draws, where that can be told (E02.FR.18)."""
    if evse is None or evse.meter is None or evse.seen is None or not evse.seen.energised:
        return None
    return sum(current_ma >= DRAW_MIN_MA for current_ma in evse.meter.current_ma) or None
