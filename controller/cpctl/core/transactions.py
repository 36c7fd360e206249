"""Transactions: begin, sample, end, and what the CSMS answers to each. Every change is stored in the call that publishes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import taps
from .evse import Evse
from .facts import charging_state_of
from .journal import silently
from .metering import boundary_sample, save_register
from .model import Claim, Ending, IdToken, ReadingContext, Sample, Served, Session, Stamp, StopReason, Transaction, Trigger
from .outputs import TransactionEnded, TransactionStarted
from .sampling import arm_sampling
from .stamps import latest
from .timers import Timer
from .turn import Turn
from .tx_points import TxFacts

# Finished sessions that are kept for people; the oldest goes first.
MAX_SESSIONS: Final = 1000


# ---------------------------------------------------------------- begin


def begin(turn: Turn, evse: Evse, claim: Claim) -> None:
    """Start a transaction for a claim on the plug-in that is there; its meter starts where energy was first offered."""
    state, now = turn.state, turn.now
    at_start = Transaction(
        id=state.new_id(),
        evse=evse.id,
        connector=evse.connector,
        id_token=claim.id_token,
        started=now,
        meter_start_mwh=evse.register.total_mwh if claim.offered_mwh is None else claim.offered_mwh,
        plug=evse.plug,
        group=claim.group,
        remote_start_id=claim.remote_start_id,
        last=now,
        silent=silently(state),
    )
    evse.transaction = at_start
    evse.charged = evse.unverified = evse.parted = False
    started = TransactionStarted(
        transaction_id=at_start.id,
        evse=evse.id,
        connector=evse.connector,
        at=now,
        seq_no=0,
        trigger=_start_trigger(evse, claim),
        charging_state=charging_state_of(state, evse),
        id_token=claim.id_token,
        register_mwh=at_start.meter_start_mwh,
        offline=not state.csms_online,
        remote_start_id=claim.remote_start_id,
    )
    entry = None if at_start.silent else turn.publish(started)
    samples = boundary_sample(turn, evse, now, ReadingContext.TRANSACTION_BEGIN, at_start.meter_start_mwh)
    turn.keep(replace(at_start, start_entry=entry, stop_samples=samples))
    save_register(turn, evse)
    turn.note(evse.id, "transaction.started", f"Transaction {at_start.id} has started{', without a record for the CSMS' if at_start.silent else ''}.")
    arm_sampling(turn, evse)


def _start_trigger(evse: Evse, claim: Claim) -> Trigger:
    if claim.remote:
        return Trigger.REMOTE_START
    plugged_last = evse.plugged_at is not None and latest(claim.since, evse.plugged_at) is not claim.since
    return Trigger.CABLE_PLUGGED_IN if plugged_last else Trigger.AUTHORIZED


# ---------------------------------------------------------------- end


def stop(turn: Turn, transaction: Transaction, ending: Ending) -> None:
    """End the authorization of a running transaction, and with it the transaction where the stop points say so."""
    evse = turn.state.evses.get(transaction.evse)
    if turn.state.points.stops(TxFacts(plugged=evse is not None and evse.plugged, authorized=False)):
        end(turn, transaction, ending)
    else:
        turn.keep(replace(transaction, stop_requested=True))


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
    if turn.state.points.stops(TxFacts(plugged=evse.plugged, authorized=False)):
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
    entry = turn.publish(
        TransactionEnded(
            transaction_id=transaction.id,
            evse=transaction.evse,
            connector=transaction.connector,
            at=at,
            seq_no=seq_no,
            trigger=ending.trigger,
            reason=ending.reason,
            id_token=ending.id_token,
            register_mwh=register,
            offline=not state.csms_online,
            samples=samples,
        )
    )
    ended = replace(
        transaction,
        seq_no=seq_no,
        last=at,
        ended=at,
        reason=ending.reason,
        meter_stop_mwh=register,
        stop_token=ending.id_token,
        stop_samples=(),
        end_entry=entry,
        ending=None,
    )
    turn.keep(ended)
    if entry is None:
        _drop(turn, ended)
    _save_session(turn, ended)
    turn.note(transaction.evse, "transaction.ended", f"Transaction {transaction.id} has ended: {ending.reason}.")
    if evse is not None:
        evse.finished_plug = transaction.plug
        if transaction.plug is not None:
            turn.save(f"served/{evse.id}", Served(evse.id, transaction.plug))
        evse.unverified = evse.host_was_away = False
        evse.departed_at = None
        save_register(turn, evse)
        for timer in (Timer.SAMPLE, Timer.SETTLING, Timer.DEPARTURE):
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
            transaction_id=ended.csms_ref,
        ),
    )
    sessions = turn.state.sessions
    if key not in sessions:
        sessions.append(key)
    while len(sessions) > MAX_SESSIONS:
        turn.delete(sessions.popleft())


# ---------------------------------------------------------------- answers


def stopped_by(turn: Turn, entry: int) -> IdToken | None:
    """Return the token that ended the transaction whose end this entry delivers; None if none did, or it delivers something else."""
    return next((one.stop_token for one in turn.state.transactions.values() if one.end_entry == entry), None)


def delivered(turn: Turn, entry: int, csms_ref: str | None) -> Transaction | None:
    """Take note that an event has arrived; return the transaction if it was its start."""
    turn.forget(entry)
    started = _settle_entry(turn, entry)
    if started is None:
        return None
    started = replace(started, csms_ref=csms_ref or started.csms_ref, start_entry=None)
    turn.keep(started)
    _save_session(turn, started)
    return started


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
