"""The clock: UTC is laid over a monotonic count, and nothing that the wall clock does bends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cpctl.clock import Clock, ClockSource
from cpctl.core.model import Stamp

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)


class Times:
    """A hand-moved loop clock and wall clock."""

    def __init__(self, wall: datetime) -> None:
        self.mono_s = 100.0
        self.wall = wall

    def pass_s(self, seconds: float) -> None:
        self.mono_s += seconds
        self.wall += timedelta(seconds=seconds)

    def clock(self, boot: int = 3) -> Clock:
        return Clock(lambda: self.mono_s, lambda: self.wall.timestamp(), boot)


@pytest.fixture
def unset() -> Times:
    """A machine without a battery for its clock, just booted."""
    return Times(datetime(1970, 1, 1, 0, 1, tzinfo=UTC))


def test_a_plausible_system_clock_is_believed_at_once() -> None:
    clock = Times(NOON).clock()
    assert clock.source is ClockSource.SYSTEM
    assert clock.utc(clock.now()) == NOON


def test_a_clock_that_was_never_set_gives_stamps_without_utc(unset: Times) -> None:
    clock = unset.clock()
    assert clock.source is ClockSource.NONE
    assert clock.now() == Stamp(3, 100_000, None)
    assert clock.utc(clock.now()) is None


def test_what_happened_before_the_clock_was_known_is_dated_afterwards(unset: Times) -> None:
    clock = unset.clock()
    plugged = clock.now()
    unset.pass_s(90)
    assert clock.set_utc(NOON, ClockSource.OCPP)
    assert clock.utc(plugged) == NOON - timedelta(seconds=90)


def test_a_stamp_of_another_boot_is_not_dated_by_this_one() -> None:
    assert Times(NOON).clock(boot=3).utc(Stamp(2, 50_000)) is None


def test_a_step_of_the_wall_clock_does_not_move_utc() -> None:
    times = Times(NOON)
    clock = times.clock()
    times.wall += timedelta(days=1)
    times.mono_s += 10
    assert clock.utc(clock.now()) == NOON + timedelta(seconds=10)


def test_resync_follows_a_step_of_the_system_clock_and_says_how_far() -> None:
    times = Times(NOON)
    clock = times.clock()
    times.wall += timedelta(hours=1)
    assert clock.resync() == 3_600_000
    assert clock.utc(clock.now()) == NOON + timedelta(hours=1)
    assert clock.resync() == 0


def test_resync_leaves_small_differences_to_the_monotonic_count() -> None:
    times = Times(NOON)
    clock = times.clock()
    times.wall += timedelta(milliseconds=400)
    assert clock.resync() == 0
    assert clock.utc(clock.now()) == NOON


def test_resync_takes_the_system_clock_once_it_has_been_set(unset: Times) -> None:
    clock = unset.clock()
    unset.wall = NOON
    clock.resync()
    assert clock.source is ClockSource.SYSTEM
    assert clock.utc(clock.now()) == NOON


def test_the_csms_overrules_the_system_and_is_not_overruled_by_it() -> None:
    times = Times(NOON)
    clock = times.clock()
    assert clock.set_utc(NOON + timedelta(minutes=5), ClockSource.OCPP)
    assert clock.resync() == 0
    assert not clock.set_utc(NOON, ClockSource.SYSTEM)
    assert clock.utc(clock.now()) == NOON + timedelta(minutes=5)


def test_a_saved_time_serves_until_a_better_one_comes(unset: Times) -> None:
    clock = unset.clock()
    assert clock.set_utc(NOON, ClockSource.SAVED)
    assert clock.source is ClockSource.SAVED
    assert clock.now().utc_ms is None  # what is stamped now can be dated better later
    assert clock.guess(clock.now()) == NOON
    unset.wall = NOON + timedelta(hours=2)
    assert clock.resync() == 7_200_000
    assert clock.source is ClockSource.SYSTEM


def test_a_csms_that_lives_in_the_past_is_not_believed() -> None:
    clock = Times(NOON).clock()
    assert not clock.set_utc(datetime(1970, 1, 1, tzinfo=UTC), ClockSource.OCPP)
    assert clock.source is ClockSource.SYSTEM
