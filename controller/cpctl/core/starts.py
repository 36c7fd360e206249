"""Transactions that begin: on an EVSE, or at the station's own reader before there is one (OCPP 2.0.1, E01-E03)."""

from __future__ import annotations

from dataclasses import replace

from .evse import Evse
from .journal import silently
from .metering import boundary_sample, sample, save_register
from .model import ChargingState, ReadingContext, Sample, Trigger
from .outputs import TransactionStarted
from .records import Claim, Transaction
from .sampling import arm_sampling
from .stamps import latest
from .telling import cable_ma, in_state, phases_used, tell
from .transactions import arm_vehicle_deadline, vehicle_deadline
from .turn import Turn


def begin(turn: Turn, evse: Evse, claim: Claim | None) -> None:
    """Start a transaction, for a claim or (None) for the vehicle alone; its meter starts where energy was first offered.

    Without a vehicle it waits for one, for as long as a driver is given to plug in (E03.FR.05).
    """
    state, now = turn.state, turn.now
    offered_mwh = claim.offered_mwh if claim is not None else None
    flows = evse.seen is not None and evse.seen.energised and evse.drawing
    charging_state = ChargingState.IDLE if not evse.plugged else ChargingState.CHARGING if flows else ChargingState.EV_CONNECTED
    at_start = Transaction(
        id=state.new_id(),
        evse=evse.id,
        connector=evse.connector,
        id_token=claim.id_token if claim is not None else None,
        started=now,
        meter_start_mwh=evse.register.total_mwh if offered_mwh is None else offered_mwh,
        plug=evse.plug,
        group=claim.group if claim is not None else None,
        remote_start_id=claim.remote_start_id if claim is not None else None,
        last=now,
        silent=silently(state),
        until=None if evse.plugged else vehicle_deadline(turn),
    )
    if not state.points.whole:
        at_start = in_state(at_start, charging_state, now)
    evse.transaction = at_start
    evse.charged = evse.unverified = evse.parted = False
    started = TransactionStarted(
        transaction_id=at_start.id,
        evse=evse.id,
        connector=evse.connector,
        at=now,
        seq_no=0,
        trigger=_start_trigger(evse, claim),
        charging_state=charging_state,
        id_token=at_start.id_token,
        register_mwh=at_start.meter_start_mwh,
        offline=not state.csms_online,
        remote_start_id=at_start.remote_start_id,
        samples=_samples_of_start(turn, evse, at_start),
        cable_ma=cable_ma(evse),
        phases=phases_used(evse),
        plugged=evse.plugged,
    )
    entry = None if at_start.silent else turn.publish(started)
    samples = boundary_sample(turn, evse, now, ReadingContext.TRANSACTION_BEGIN, at_start.meter_start_mwh)
    turn.keep(replace(at_start, start_entry=entry, stop_samples=samples))
    save_register(turn, evse)
    turn.note(evse.id, "transaction.started", f"Transaction {at_start.id} has started{', without a record for the CSMS' if at_start.silent else ''}.")
    arm_sampling(turn, evse)
    arm_vehicle_deadline(turn, evse)


def begin_unplaced(turn: Turn, claim: Claim) -> None:
    """Start a transaction for a driver at the station's own reader; which EVSE it is on is told once a vehicle has come (E01.FR.16, E03)."""
    state, now = turn.state, turn.now
    transaction = Transaction(
        id=state.new_id(),
        evse=0,
        connector=0,
        id_token=claim.id_token,
        started=now,
        meter_start_mwh=0,
        group=claim.group,
        remote_start_id=claim.remote_start_id,
        last=now,
        silent=silently(state),
    )
    started = TransactionStarted(
        transaction_id=transaction.id,
        evse=0,
        connector=0,
        at=now,
        seq_no=0,
        trigger=Trigger.REMOTE_START if claim.remote else Trigger.AUTHORIZED,
        charging_state=ChargingState.IDLE,
        id_token=claim.id_token,
        register_mwh=0,
        offline=not state.csms_online,
        remote_start_id=claim.remote_start_id,
        plugged=False,
    )
    entry = None if transaction.silent else turn.publish(started)
    turn.keep(replace(in_state(transaction, ChargingState.IDLE, now), start_entry=entry))
    turn.note(0, "transaction.started", f"Transaction {transaction.id} has started, and waits for a vehicle.")


def take_place(turn: Turn, evse: Evse, transaction: Transaction) -> None:
    """Let a transaction without an EVSE go on where a vehicle has come; its meter starts now (E01.FR.17, E03.FR.11)."""
    register_mwh = evse.register.total_mwh
    samples = boundary_sample(turn, evse, turn.now, ReadingContext.TRANSACTION_BEGIN, register_mwh)
    placed = replace(
        transaction,
        evse=evse.id,
        connector=evse.connector,
        plug=evse.plug,
        meter_start_mwh=register_mwh,
        told_mwh=register_mwh,
        refused_mwh=register_mwh if transaction.deauthorized else None,
        stop_samples=samples,
    )
    evse.transaction = placed
    evse.charged = evse.unverified = evse.parted = False
    tell(turn, placed, Trigger.CABLE_PLUGGED_IN, samples=_samples_of_start(turn, evse, placed), state=ChargingState.EV_CONNECTED)
    save_register(turn, evse)
    arm_sampling(turn, evse)


def _samples_of_start(turn: Turn, evse: Evse, transaction: Transaction) -> tuple[Sample, ...]:
    """Measure what a start reports (E02.FR.09)."""
    if turn.state.points.whole or not evse.fresh:
        return ()
    wanted = turn.state.variables.measurands("SampledDataCtrlr.TxStartedMeasurands")
    taken = sample(evse, wanted, turn.now, ReadingContext.TRANSACTION_BEGIN, transaction.meter_start_mwh)
    return (taken,) if taken.readings else ()


def _start_trigger(evse: Evse, claim: Claim | None) -> Trigger:
    """Return what made it start; what was asked for remotely is told so, whatever came last (F02.FR.21)."""
    if claim is None:
        return Trigger.CABLE_PLUGGED_IN
    if claim.remote:
        return Trigger.REMOTE_START
    if claim.offered_mwh is not None:
        return Trigger.CHARGING_STATE_CHANGED
    plugged_last = evse.plugged_at is not None and latest(claim.since, evse.plugged_at) is not claim.since
    return Trigger.CABLE_PLUGGED_IN if plugged_last else Trigger.AUTHORIZED
