"""The small parts by themselves: stamps, timers, status, stop points."""

from __future__ import annotations

from dataclasses import fields
from itertools import product

import pytest

from cpctl.core.inputs import EvseObserved
from cpctl.core.model import ChargingState, ConnectorStatus, IdToken, Pilot, Stamp, StopReason, Trigger, TxPoint
from cpctl.core.outputs import Publish, TransactionEnded
from cpctl.core.reasons import withheld
from cpctl.core.records import Claim, Ending
from cpctl.core.restore import restore
from cpctl.core.settings import EvseSettings, StationSettings
from cpctl.core.stamps import earlier_by, latest
from cpctl.core.starts import begin
from cpctl.core.status import Facts, charging_state, connector_status
from cpctl.core.taps import MAX_TAPS, REPEAT_MS, repeated
from cpctl.core.timers import Timer, Timers
from cpctl.core.transactions import stop
from cpctl.core.turn import Turn
from cpctl.core.tx_points import TxPoints


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Stamp(1, 5), Stamp(1, 6)),
        (Stamp(1, 5, 900), Stamp(1, 6, 100)),  # within a boot the count is right, whatever a clock was set to
        (Stamp(1, 500, 100), Stamp(2, 5, 101)),
        (Stamp(2, 5, 100), Stamp(1, 500, 101)),
        (Stamp(1, 500), Stamp(2, 5)),
        (Stamp(1, 500, 100), Stamp(2, 5)),
    ],
)
def test_the_later_of_two_stamps_is_found_over_boots_and_unset_clocks(one: Stamp, other: Stamp) -> None:
    assert latest(one, other) is other
    assert latest(other, one, None) is other


def test_an_earlier_moment_has_the_same_date_or_none() -> None:
    assert earlier_by(Stamp(1, 5_000, 9_000), 2_000) == Stamp(1, 3_000, 7_000)
    assert earlier_by(Stamp(1, 500), 2_000) == Stamp(1, -1_500)


def test_timers_fall_due_in_order_of_time_and_then_of_setting() -> None:
    timers = Timers()
    timers.set(Timer.SAMPLE, 2, 30)
    timers.set(Timer.CLAIM, 1, 20)
    timers.set(Timer.SAMPLE, 1, 30)
    timers.set(Timer.UNLOCK, 1, 10)
    timers.clear(Timer.UNLOCK, 1)
    assert timers.next() == 20
    assert timers.take_due(19) is None
    assert [timers.take_due(40) for _ in range(4)] == [(Timer.CLAIM, 1), (Timer.SAMPLE, 2), (Timer.SAMPLE, 1), None]


IDLE = Facts(**{field.name: field.name in ("known", "operative", "prepared") for field in fields(Facts)})


def every_state() -> list[Facts]:
    """Return every combination of facts."""
    return [Facts(*bits) for bits in product((False, True), repeat=len(fields(Facts)))]


def test_every_combination_of_facts_has_a_status() -> None:
    for facts in every_state():
        assert connector_status(facts) in ConnectorStatus


def test_nothing_plugged_in_and_nothing_waiting_is_available_and_nothing_else() -> None:
    assert connector_status(IDLE) is ConnectorStatus.AVAILABLE
    for facts in every_state():
        free = facts.known and facts.operative and not (facts.faulted or facts.in_transaction or facts.claimed or facts.finished or facts.plugged)
        assert (connector_status(facts) is ConnectorStatus.AVAILABLE) == free


def test_charging_is_said_only_while_energy_is_permitted_and_flows() -> None:
    for facts in every_state():
        if charging_state(facts) is ChargingState.CHARGING:
            assert facts.plugged
            assert facts.permitted
            assert facts.energised
            assert facts.drawing


def test_with_other_stop_points_the_end_of_the_authorization_only_cuts_the_energy() -> None:
    ids = iter(["tx-1"])
    state = restore(StationSettings((EvseSettings(1, 16_000),)), {}, 1, lambda: next(ids))
    state.points = TxPoints(frozenset({TxPoint.EV_CONNECTED}), frozenset({TxPoint.EV_CONNECTED}))
    turn, evse = Turn(state, Stamp(1, 0)), state.evses[1]
    seen = EvseObserved(1, Pilot.B2, 1, False, 0, 0, frozenset(), frozenset())
    evse.plugged, evse.seen = True, seen
    begin(turn, evse, Claim(IdToken("A"), turn.now))
    assert evse.transaction is not None
    stop(turn, evse.transaction, Ending(StopReason.REMOTE, Trigger.REMOTE_STOP))
    assert evse.transaction.stop_requested
    assert "stopped" in [reason.code for reason in withheld(state, evse)]
    assert not any(isinstance(output, Publish) and isinstance(output.event, TransactionEnded) for output in turn.outputs)


def test_the_tokens_that_a_reader_has_just_seen_are_bounded_and_soon_forgotten() -> None:
    state = restore(StationSettings((EvseSettings(1, 16_000),)), {}, 1, lambda: "tx")
    for number in range(2 * MAX_TAPS):
        assert repeated(Turn(state, Stamp(1, number)), 1, IdToken(f"T{number}")) is None
    assert len(state.taps) == MAX_TAPS
    later = Stamp(1, 2 * MAX_TAPS + REPEAT_MS)
    assert repeated(Turn(state, later), 1, IdToken("T1")) is None
    assert len(state.taps) == 1
