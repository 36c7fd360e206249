"""Samples: at their interval within a transaction, at round times of the clock always, and when the CSMS asks (OCPP 2.0.1, J01, J02).

What a transaction's end reports is sampled along with what is told at once, or at an interval of its own, where one is set.

Within a transaction they belong to it: durable, in its order, and kept for its end where that is asked for. Others tell the present and are kept by nobody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .evse import Evse
from .metering import add_bounded, sample, save_register
from .model import ReadingContext, Trigger
from .outputs import Measured
from .records import Transaction
from .telling import tell
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
    for timer in _PERIODIC:
        _arm_periodic(turn, evse, timer)
    arm_aligned(turn, evse)


def _arm_periodic(turn: Turn, evse: Evse, timer: Timer) -> None:
    turn.state.timers.clear(timer, evse.id)
    interval_s = _interval_s(turn, timer)
    if evse.transaction is not None and interval_s > 0:
        turn.set_timer_in(timer, evse.id, interval_s)


def arm_aligned(turn: Turn, evse: Evse) -> None:
    """Let the samples of the next round times fall due, counted from midnight UTC; there are none before the clock is known."""
    for timer in _ALIGNED:
        _arm_aligned(turn, evse, timer)


def _arm_aligned(turn: Turn, evse: Evse, timer: Timer) -> None:
    turn.state.timers.clear(timer, evse.id)
    interval_ms = _interval_s(turn, timer) * 1000
    if interval_ms == 0:
        return
    if turn.now.utc_ms is None:
        turn.set_timer_in(timer, evse.id, CLOCK_WAIT_S)
        return
    ahead_ms = interval_ms - turn.now.utc_ms % DAY_MS % interval_ms
    if ahead_ms < _tolerance_ms(interval_ms):  # that is the one which is being taken
        ahead_ms += interval_ms
    midnight_ms = DAY_MS - turn.now.utc_ms % DAY_MS
    turn.state.timers.set(timer, evse.id, turn.now.mono_ms + min(ahead_ms, midnight_ms))


def take_periodic(turn: Turn, evse: Evse, timer: Timer) -> None:
    """Take the sample of an interval."""
    _arm_periodic(turn, evse, timer)
    _take(turn, evse, timer, ReadingContext.SAMPLE_PERIODIC, Trigger.METER_VALUE_PERIODIC)


def take_aligned(turn: Turn, evse: Evse, timer: Timer) -> None:
    """Take the sample of a round time of the clock, if it is one: the clock may have been set since. Without a transaction it is told if anybody listens."""
    _arm_aligned(turn, evse, timer)
    if not _at_round_time(turn, timer):
        return
    if evse.transaction is not None:
        _take(turn, evse, timer, ReadingContext.SAMPLE_CLOCK, Trigger.METER_VALUE_CLOCK)
    elif turn.state.csms_online and timer is Timer.ALIGNED and not _silenced(turn):
        _tell(turn, evse, f"{ALIGNED}.Measurands", ReadingContext.SAMPLE_CLOCK)


def take_triggered(turn: Turn, evse: Evse, in_transaction: bool) -> None:
    """Take a sample because the CSMS wants one now, as an event of the transaction (F06.FR.07) or of the present alone (F06.FR.06).

    That tells the present, so it does not wait behind what is still to be delivered of the past (OCPP 1.6, 3.7 and 5.17, errata 3.46; 2.0.1 F06).
    """
    sampled = f"{SAMPLED}.TxUpdatedMeasurands"
    if not in_transaction:
        _tell(turn, evse, sampled if turn.state.points.whole else f"{ALIGNED}.Measurands", ReadingContext.TRIGGER)
    elif evse.transaction is not None:
        taken = sample(evse, turn.state.variables.measurands(sampled), turn.now, ReadingContext.TRIGGER)
        tell(turn, evse.transaction, Trigger.TRIGGER, samples=(taken,) if taken.readings and evse.fresh else ())


# By timer: the interval's variable, the one whose interval holds where that is empty, and what is taken then: to be told at once, to be kept for the end.
_PERIODIC: Final = (Timer.SAMPLE, Timer.KEPT_SAMPLE)
_ALIGNED: Final = (Timer.ALIGNED, Timer.KEPT_ALIGNED)
_INTERVALS: Final = {
    Timer.SAMPLE: f"{SAMPLED}.TxUpdatedInterval",
    Timer.KEPT_SAMPLE: f"{SAMPLED}.TxEndedInterval",
    Timer.ALIGNED: f"{ALIGNED}.Interval",
    Timer.KEPT_ALIGNED: f"{ALIGNED}.TxEndedInterval",
}
_TOLD: Final = {Timer.SAMPLE: f"{SAMPLED}.TxUpdatedMeasurands", Timer.ALIGNED: f"{ALIGNED}.Measurands"}
_KEPT: Final = {
    Timer.SAMPLE: f"{SAMPLED}.TxEndedMeasurands",
    Timer.KEPT_SAMPLE: f"{SAMPLED}.TxEndedMeasurands",
    Timer.ALIGNED: f"{ALIGNED}.TxEndedMeasurands",
    Timer.KEPT_ALIGNED: f"{ALIGNED}.TxEndedMeasurands",
}
_OWN: Final = {Timer.SAMPLE: Timer.KEPT_SAMPLE, Timer.ALIGNED: Timer.KEPT_ALIGNED}
INTERVALS: Final = frozenset(_INTERVALS.values())


def _interval_s(turn: Turn, timer: Timer) -> int:
    """Return a timer's interval; 0 where there is none, or none of its own."""
    return int(turn.state.variables.text(_INTERVALS[timer]) or 0)


def _has_own_interval(turn: Turn, timer: Timer) -> bool:
    """Tell whether what is kept for the end is sampled apart from what this timer is for."""
    own = _OWN.get(timer)
    return own is not None and turn.state.variables.text(_INTERVALS[own]) != ""


def _silenced(turn: Turn) -> bool:
    """Tell whether samples at round times wait until nothing is running (J01.FR.19, J01.FR.20)."""
    running = any(evse.transaction is not None for evse in turn.state.evses.values())
    return running and turn.state.variables.flag(f"{ALIGNED}.SendDuringIdle")


def _at_round_time(turn: Turn, timer: Timer) -> bool:
    interval_ms = _interval_s(turn, timer) * 1000
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


def _take(turn: Turn, evse: Evse, timer: Timer, context: ReadingContext, trigger: Trigger) -> None:
    """Measure what a timer is for; what was measured before the link broke is not measured now."""
    before, variables = evse.transaction, turn.state.variables
    if before is None or not evse.fresh:
        return
    after = before
    if not _has_own_interval(turn, timer):
        after = _keep(turn, evse, after, _KEPT[timer], context)
    told = timer in _TOLD and not (timer is Timer.ALIGNED and _silenced(turn))
    taken = sample(evse, variables.measurands(_TOLD[timer]), turn.now, context) if told else None
    if taken is not None and taken.readings:
        tell(turn, after, trigger, samples=(taken,))
    elif after != before:
        turn.keep(after)
        save_register(turn, evse)


def _keep(turn: Turn, evse: Evse, transaction: Transaction, variable: str, context: ReadingContext) -> Transaction:
    kept = sample(evse, turn.state.variables.measurands(variable), turn.now, context)
    return replace(transaction, stop_samples=add_bounded(transaction.stop_samples, kept)) if kept.readings else transaction


DAY_MS: Final = 86_400_000
