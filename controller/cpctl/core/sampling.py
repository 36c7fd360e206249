"""Samples: at their interval within a transaction, at round times of the clock always, and when the CSMS asks.

Within a transaction they belong to it: durable, in its order, and kept for its end where that is asked for. Others tell the present and are kept by nobody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .evse import Evse
from .facts import charging_state_of
from .metering import add_bounded, sample, save_register
from .model import ReadingContext, Trigger
from .outputs import Measured, TransactionUpdated
from .timers import Timer
from .turn import Turn

# While nobody knows the time, it is looked for so often.
CLOCK_WAIT_S: Final = 60
# A timer may fall due a moment before the clock, which is corrected now and then, shows the round time, and a moment after.
ROUND_MS: Final = 1000

SAMPLED: Final = "SampledDataCtrlr"
ALIGNED: Final = "AlignedDataCtrlr"


def arm_sampling(turn: Turn, evse: Evse) -> None:
    """Let the next samples fall due by the intervals as they now are."""
    _arm_periodic(turn, evse)
    arm_aligned(turn, evse)


def _arm_periodic(turn: Turn, evse: Evse) -> None:
    turn.state.timers.clear(Timer.SAMPLE, evse.id)
    interval_s = turn.state.variables.integer(f"{SAMPLED}.TxUpdatedInterval")
    if evse.transaction is not None and interval_s > 0:
        turn.set_timer_in(Timer.SAMPLE, evse.id, interval_s)


def arm_aligned(turn: Turn, evse: Evse) -> None:
    """Let the sample of the next round time fall due, counted from midnight UTC; there is none before the clock is known."""
    turn.state.timers.clear(Timer.ALIGNED, evse.id)
    interval_ms = _aligned_interval_ms(turn)
    if interval_ms == 0:
        return
    if turn.now.utc_ms is None:
        turn.set_timer_in(Timer.ALIGNED, evse.id, CLOCK_WAIT_S)
        return
    ahead_ms = interval_ms - turn.now.utc_ms % DAY_MS % interval_ms
    if ahead_ms < _tolerance_ms(interval_ms):  # that is the one which is being taken
        ahead_ms += interval_ms
    midnight_ms = DAY_MS - turn.now.utc_ms % DAY_MS
    turn.state.timers.set(Timer.ALIGNED, evse.id, turn.now.mono_ms + min(ahead_ms, midnight_ms))


def take_periodic(turn: Turn, evse: Evse) -> None:
    """Take the sample of the interval."""
    _arm_periodic(turn, evse)
    _take(turn, evse, SAMPLED, ReadingContext.SAMPLE_PERIODIC, Trigger.METER_VALUE_PERIODIC)


def take_aligned(turn: Turn, evse: Evse) -> None:
    """Take the sample of a round time of the clock, if it is one: the clock may have been set since. Without a transaction it is told if anybody listens."""
    arm_aligned(turn, evse)
    if not _at_round_time(turn):
        return
    if evse.transaction is not None:
        _take(turn, evse, ALIGNED, ReadingContext.SAMPLE_CLOCK, Trigger.METER_VALUE_CLOCK)
    elif turn.state.csms_online:
        _tell(turn, evse, f"{ALIGNED}.Measurands", ReadingContext.SAMPLE_CLOCK)


def take_triggered(turn: Turn, evse: Evse) -> None:
    """Take a sample because the CSMS wants one now.

    It tells the present, so it does not wait behind what is still to be delivered of the past (OCPP 1.6, 3.7 and 5.17; 2.0.1 F06).
    """
    _tell(turn, evse, f"{SAMPLED}.TxUpdatedMeasurands", ReadingContext.TRIGGER)


def _aligned_interval_ms(turn: Turn) -> int:
    return turn.state.variables.integer(f"{ALIGNED}.Interval") * 1000


def _at_round_time(turn: Turn) -> bool:
    interval_ms = _aligned_interval_ms(turn)
    if turn.now.utc_ms is None or interval_ms == 0:
        return False
    past_ms = turn.now.utc_ms % DAY_MS % interval_ms
    return min(past_ms, interval_ms - past_ms, DAY_MS - turn.now.utc_ms % DAY_MS) < _tolerance_ms(interval_ms)


def _tolerance_ms(interval_ms: int) -> int:
    return min(ROUND_MS, interval_ms // 4)


def _tell(turn: Turn, evse: Evse, variable: str, context: ReadingContext) -> None:
    told = sample(evse, turn.state.variables.measurands(variable), turn.now, context)
    if not evse.fresh or not told.readings:
        return
    transaction = evse.transaction
    if transaction is not None and transaction.told_mwh != evse.register.total_mwh:
        turn.keep(replace(transaction, last=turn.now, told_mwh=evse.register.total_mwh))
    save_register(turn, evse)
    turn.do(Measured(evse.id, evse.connector, told, transaction.id if transaction is not None else None))


def _take(turn: Turn, evse: Evse, component: str, context: ReadingContext, trigger: Trigger) -> None:
    """Measure what the component's variables ask for; what was measured before the link broke is not measured now."""
    before, variables = evse.transaction, turn.state.variables
    if before is None or not evse.fresh:
        return
    after = before
    kept = sample(evse, variables.measurands(f"{component}.TxEndedMeasurands"), turn.now, context)
    if kept.readings:
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


_TOLD: Final = {SAMPLED: f"{SAMPLED}.TxUpdatedMeasurands", ALIGNED: f"{ALIGNED}.Measurands"}
DAY_MS: Final = 86_400_000
