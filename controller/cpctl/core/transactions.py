"""Transactions that run: their driver, their vehicle, their end, and what the CSMS answers. Every change is stored in the call that publishes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import taps
from .claims import LOBBY, drop_lobby
from .evse import Evse
from .metering import boundary_sample, save_register
from .model import ChargingState, ReadingContext, Sample, Stamp, StopReason, TokenInfo, Trigger
from .outputs import DurableEvent, TransactionEnded
from .records import Claim, Ending, Served, Session, Transaction
from .stamps import earlier_by, latest, ms_until
from .telling import cable_ma, charged_ms, phases_used, tell
from .timers import Timer
from .turn import Turn

# Finished sessions that are kept for people; the oldest goes first.
MAX_SESSIONS: Final = 1000


# ---------------------------------------------------------------- driver and vehicle


def authorize(turn: Turn, evse: Evse, claim: Claim) -> None:
    """Let the accepted token that waits on an EVSE be the one of the transaction that is open to it there (E02.FR.01, F01.FR.25)."""
    transaction = evse.transaction
    if transaction is None:
        return
    after = replace(
        transaction,
        id_token=claim.id_token,
        group=claim.group or transaction.group,
        remote_start_id=claim.remote_start_id or transaction.remote_start_id,
        stop_requested=False,
        deauthorized=False,
        refused_mwh=None,
        reason=None,
        until=None if evse.plugged else vehicle_deadline(turn),
    )
    tell(
        turn,
        after,
        Trigger.REMOTE_START if claim.remote else Trigger.AUTHORIZED,
        id_token=claim.id_token,
        remote_start_id=claim.remote_start_id,
        state=ChargingState.EV_CONNECTED if evse.plugged else ChargingState.IDLE,
    )
    evse.charged = False
    arm_vehicle_deadline(turn, evse)
    turn.note(evse.id, "transaction.authorized", f"Transaction {transaction.id} is authorized.")


def unauthorize(turn: Turn, transaction: Transaction, ending: Ending) -> None:
    """End the authorization of a transaction that goes on without: its energy stops (F03.FR.02, E05.FR.09)."""
    evse = turn.state.evses.get(transaction.evse)
    after = replace(transaction, stop_requested=True, reason=ending.reason)
    state = ChargingState.EV_CONNECTED if evse is not None and evse.plugged else ChargingState.IDLE
    tell(turn, after, ending.trigger, id_token=ending.id_token, state=state, at=ending.at)
    turn.note(transaction.evse, "transaction.unauthorized", f"Transaction {transaction.id} gets no more energy: {ending.reason}.")


def vehicle_deadline(turn: Turn) -> Stamp:
    """Return when a vehicle must be plugged in that is waited for from now on."""
    return earlier_by(turn.now, -1000 * turn.state.variables.integer("TxCtrlr.EVConnectionTimeOut"))


def arm_vehicle_deadline(turn: Turn, evse: Evse) -> None:
    """Let the end of a transaction's wait for a vehicle fall due, where it waits; at once if nobody can tell how much is left of it."""
    turn.state.timers.clear(Timer.VEHICLE, evse.id)
    if evse.transaction is None or evse.transaction.until is None:
        return
    longest_ms = turn.state.variables.integer("TxCtrlr.EVConnectionTimeOut") * 1000
    left_ms = ms_until(evse.transaction.until, turn.now)
    turn.set_timer_in(Timer.VEHICLE, evse.id, max(0, min(left_ms or 0, longest_ms)) / 1000)


def no_vehicle_came(turn: Turn, evse: Evse) -> None:
    """End a transaction whose vehicle did not come, or did not come back, in time (E03.FR.05, F02.FR.07; E10.FR.02)."""
    transaction = evse.transaction
    if transaction is not None and not evse.plugged:
        end(turn, transaction, Ending(StopReason.TIMEOUT, Trigger.EV_CONNECT_TIMEOUT))


# ---------------------------------------------------------------- end


def stop(turn: Turn, transaction: Transaction, ending: Ending) -> None:
    """End the authorization of a running transaction, and with it the transaction where the stop points say so, or it has no vehicle either."""
    if turn.state.points.end_with_authorization or transaction.plug is None:
        end(turn, transaction, ending)
    elif not transaction.stop_requested:
        unauthorize(turn, transaction, ending)


def end(turn: Turn, transaction: Transaction, ending: Ending) -> None:
    """End a running transaction. After a restart of the host that waits for the meter's first word, for the energy of the time between.

    The power does not wait, and what was asked for is on disk: reason, token and moment are those of the asking, whatever restarts come between.
    """
    evse = turn.state.evses.get(transaction.evse)
    if evse is None or not evse.uncounted:
        end_now(turn, transaction, ending)
    elif transaction.ending is None:
        turn.keep(replace(transaction, stop_requested=True, ending=replace(ending, at=ending.at or turn.now)))


def counted(turn: Turn, evse: Evse) -> None:
    """Take the register as known again, or as not to be known better; end what waited for it. A vehicle that is gone has an end of its own."""
    if not evse.uncounted:
        return
    evse.uncounted = False
    turn.state.timers.clear(Timer.COUNT, evse.id)
    transaction = evse.transaction
    if transaction is None or not transaction.stop_requested or evse.departed_at is not None:
        return
    if transaction.ending is not None or turn.state.points.end_with_authorization:
        # Without a word on how: by an earlier release.
        end_now(turn, transaction, Ending(StopReason.LOCAL, Trigger.STOP_AUTHORIZED))
        if transaction.ending is not None and transaction.ending.id_token is not None:
            taps.took_effect(turn, evse.id, transaction.ending.id_token)


def end_now(turn: Turn, transaction: Transaction, ending: Ending) -> None:
    """End a running transaction with what is known; neither its time nor its register comes before what was already told.

    One whose end was asked for already, and waits for the meter, ends for that reason and at that moment.
    """
    state = turn.state
    evse = state.evses.get(transaction.evse)
    if transaction.ending is not None:
        ending = replace(transaction.ending, register_mwh=ending.register_mwh)
    at = latest(transaction.started, transaction.last, ending.at or turn.now)
    register = ending.register_mwh
    if register is None:
        register = evse.register.total_mwh if evse is not None else transaction.meter_start_mwh
    register = max(register, transaction.told_mwh or transaction.meter_start_mwh)
    samples = _samples_for_end(turn, transaction, at, register)
    seq_no = transaction.seq_no + 1
    plugged = evse is not None and evse.plugged and evse.departed_at is None
    entry = turn.publish(
        TransactionEnded(
            transaction_id=transaction.id,
            evse=transaction.evse,
            connector=transaction.connector,
            at=at,
            seq_no=seq_no,
            trigger=ending.trigger,
            reason=transaction.reason or ending.reason,
            id_token=ending.id_token,
            register_mwh=register,
            offline=not state.csms_online,
            samples=samples,
            charging_state=ChargingState.EV_CONNECTED if plugged else ChargingState.IDLE,
            time_charging_s=charged_ms(transaction, at) // 1000,
            cable_ma=cable_ma(evse),
            phases=phases_used(evse),
            plugged=plugged,
        )
    )
    ended = replace(
        transaction,
        seq_no=seq_no,
        last=at,
        ended=at,
        reason=transaction.reason or ending.reason,
        meter_stop_mwh=register,
        stop_samples=(),
        end_entry=entry,
        ending=None,
        until=None,
    )
    turn.keep(ended)
    if entry is None:
        _drop(turn, ended)
    _save_session(turn, ended)
    if transaction.evse == LOBBY:
        drop_lobby(turn)
    turn.note(transaction.evse, "transaction.ended", f"Transaction {transaction.id} has ended: {ended.reason}.")
    if evse is not None:
        evse.finished_plug = transaction.plug
        if transaction.plug is not None:
            turn.save(f"served/{evse.id}", Served(evse.id, transaction.plug))
        evse.unverified = evse.host_was_away = False
        evse.departed_at = None
        save_register(turn, evse)
        for timer in (Timer.SAMPLE, Timer.KEPT_SAMPLE, Timer.SETTLING, Timer.DEPARTURE, Timer.VEHICLE):
            state.timers.clear(timer, evse.id)


def _samples_for_end(turn: Turn, transaction: Transaction, at: Stamp, register_mwh: int) -> tuple[Sample, ...]:
    """Close the kept samples with one of the end."""
    evse = turn.state.evses.get(transaction.evse)
    last = () if evse is None else boundary_sample(turn, evse, at, ReadingContext.TRANSACTION_END, register_mwh)
    return (*transaction.stop_samples, *last)


def _save_session(turn: Turn, ended: Transaction) -> None:
    """Keep the record for people; one that is there already (the CSMS's id came late) is replaced."""
    if ended.ended is None or ended.reason is None or ended.meter_stop_mwh is None:
        return
    key = f"session/{ended.id}"
    turn.save(
        key,
        Session(
            id=ended.id,
            evse=ended.evse,
            id_token=ended.id_token.value if ended.id_token else None,
            started=ended.started,
            stopped=ended.ended,
            reason=ended.reason,
            energy_mwh=ended.meter_stop_mwh - ended.meter_start_mwh,
            transaction_id=ended.csms_ref or (None if turn.state.points.whole else ended.id),
        ),
    )
    sessions = turn.state.sessions
    if key not in sessions:
        sessions.append(key)
    while len(sessions) > MAX_SESSIONS:
        turn.delete(sessions.popleft())


# ---------------------------------------------------------------- answers


def delivered(turn: Turn, entry: int, csms_ref: str | None) -> None:
    """Take note that an event has arrived."""
    turn.forget(entry)
    started = _settle_entry(turn, entry)
    if started is not None:
        started = replace(started, csms_ref=csms_ref or started.csms_ref, start_entry=None)
        turn.keep(started)
        _save_session(turn, started)


def judged(turn: Turn, event: DurableEvent, info: TokenInfo) -> None:
    """Take the CSMS's word on the token of an event: whoever was authorized for a transaction is so no longer if it refuses him (E05, C15).

    A word on the token that stopped it changes nothing any more.
    """
    transaction = turn.state.transactions.get(event.transaction_id)
    if transaction is None or event.id_token is None or isinstance(event, TransactionEnded) or event.trigger is Trigger.STOP_AUTHORIZED:
        return
    if info.group is not None and transaction.group is None:
        transaction = replace(transaction, group=info.group)
        turn.keep(transaction)
    if transaction.ended is None and not info.accepted:
        refuse_after_start(turn, transaction)
        if transaction.evse == LOBBY and turn.state.variables.flag("TxCtrlr.StopTxOnInvalidId"):
            end(turn, transaction, Ending(StopReason.DE_AUTHORIZED, Trigger.DEAUTHORIZED))


def given_up(turn: Turn, entry: int, error: str) -> None:
    """Take note that an event was refused for good: it is put aside, and what follows it is delivered."""
    turn.forget(entry)
    turn.note(0, "message.given_up", f"The CSMS does not take message {entry}: {error}")
    started = _settle_entry(turn, entry)
    if started is not None:
        turn.keep(replace(started, start_entry=None))


def _settle_entry(turn: Turn, entry: int) -> Transaction | None:
    """Drop the record of a transaction whose end is through; return the transaction whose start it is."""
    for transaction in turn.state.transactions.values():
        if transaction.end_entry == entry:
            _drop(turn, transaction)
            return None
        if transaction.start_entry == entry:
            return transaction
    return None


def _drop(turn: Turn, transaction: Transaction) -> None:
    """Forget the record of a transaction about which nothing is left to tell."""
    del turn.state.transactions[transaction.id]
    turn.delete(f"transaction/{transaction.id}")


def refuse_after_start(turn: Turn, transaction: Transaction) -> None:
    """Mark a running transaction whose token the CSMS refuses."""
    evse = turn.state.evses.get(transaction.evse)
    register = evse.register.total_mwh if evse is not None else transaction.meter_start_mwh
    turn.keep(replace(transaction, deauthorized=True, refused_mwh=register))
    turn.note(transaction.evse, "token.refused", "The CSMS has refused the token after the start.")


def find(turn: Turn, reference: str) -> Transaction | None:
    """Return the running transaction of this own id or CSMS reference.

    A CSMS that forgot what it had given may give a reference twice; it then means the transaction that it was told of last.
    """
    named = [one for one in turn.state.transactions.values() if one.ended is None and reference in (one.id, one.csms_ref)]
    return max(named, key=lambda one: (one.started.boot, one.started.mono_ms), default=None)
