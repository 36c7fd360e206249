"""Samples within a transaction: at their interval and at round times of the clock, each reported and, where asked for, kept for the end."""

from __future__ import annotations

from dataclasses import replace

from .evse import Evse
from .facts import charging_state_of
from .metering import add_bounded, sample, save_register
from .model import ReadingContext, Trigger
from .outputs import Measured, TransactionUpdated
from .timers import Timer
from .turn import Turn


def arm_sampling(turn: Turn, evse: Evse) -> None:
    """Let the next samples fall due by the intervals as they now are."""
    _arm_periodic(turn, evse)
    arm_aligned(turn, evse)


def _arm_periodic(turn: Turn, evse: Evse) -> None:
    turn.state.timers.clear(Timer.SAMPLE, evse.id)
    interval_s = turn.state.variables.integer("SampledDataCtrlr.TxUpdatedInterval")
    if evse.transaction is not None and interval_s > 0:
        turn.set_timer_in(Timer.SAMPLE, evse.id, interval_s)


def arm_aligned(turn: Turn, evse: Evse) -> None:
    """Let the sample of the next round time fall due; there is none before the clock is known."""
    turn.state.timers.clear(Timer.ALIGNED, evse.id)
    interval_ms = turn.state.variables.integer("AlignedDataCtrlr.Interval") * 1000
    if evse.transaction is not None and interval_ms > 0 and turn.now.utc_ms is not None:
        turn.state.timers.set(Timer.ALIGNED, evse.id, turn.now.mono_ms + interval_ms - turn.now.utc_ms % interval_ms)


def take_periodic(turn: Turn, evse: Evse) -> None:
    """Take the sample of the interval."""
    _arm_periodic(turn, evse)
    _take(turn, evse, "SampledDataCtrlr", ReadingContext.SAMPLE_PERIODIC, Trigger.METER_VALUE_PERIODIC)


def take_aligned(turn: Turn, evse: Evse) -> None:
    """Take the sample of a round time of the clock."""
    arm_aligned(turn, evse)
    _take(turn, evse, "AlignedDataCtrlr", ReadingContext.SAMPLE_CLOCK, Trigger.METER_VALUE_CLOCK)


def take_triggered(turn: Turn, evse: Evse) -> None:
    """Take a sample because the CSMS wants one now; outside of a transaction it is told as well, but not kept."""
    if evse.transaction is not None:
        _take(turn, evse, "SampledDataCtrlr", ReadingContext.TRIGGER, Trigger.TRIGGER, keep=False)
        return
    told = sample(evse, turn.state.variables.measurands("SampledDataCtrlr.TxUpdatedMeasurands"), turn.now, ReadingContext.TRIGGER)
    if evse.fresh and told.readings:
        turn.do(Measured(evse.id, evse.connector, told))


def _take(turn: Turn, evse: Evse, component: str, context: ReadingContext, trigger: Trigger, *, keep: bool = True) -> None:
    """Measure what the component's variables ask for; what was measured before the link broke is not measured now."""
    before, variables = evse.transaction, turn.state.variables
    if before is None or not evse.fresh:
        return
    after = before
    kept = sample(evse, variables.measurands(f"{component}.TxEndedMeasurands"), turn.now, context)
    if keep and kept.readings:
        after = replace(after, stop_samples=add_bounded(after.stop_samples, kept))
    told = sample(evse, variables.measurands(_TOLD[component]), turn.now, context)
    if told.readings:
        after = replace(after, seq_no=after.seq_no + 1, last=turn.now, told_mwh=evse.register.total_mwh)
        turn.publish(
            TransactionUpdated(
                transaction_id=after.id,
                evse=evse.id,
                connector=after.connector,
                at=turn.now,
                seq_no=after.seq_no,
                trigger=trigger,
                charging_state=charging_state_of(turn.state, evse),
                offline=not turn.state.csms_online,
                samples=(told,),
            )
        )
    if after != before:
        turn.keep(after)
        save_register(turn, evse)


_TOLD = {"SampledDataCtrlr": "SampledDataCtrlr.TxUpdatedMeasurands", "AlignedDataCtrlr": "AlignedDataCtrlr.Measurands"}
