"""The clock mapping: true within its own bound, whatever the delays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpctl.link.clock import ClockMap

delays = st.integers(0, 200_000)


@given(st.integers(0, 2**40), st.lists(st.tuples(delays, delays, delays), min_size=1, max_size=20))
def test_the_mapping_is_true_within_its_bound(offset: int, trips: list[tuple[int, int, int]]) -> None:
    clock = ClockMap()
    host = 1_000_000
    for out, held, back in trips:
        arrived = host + out
        clock.sample(host, arrived + held + back, arrived + held + offset, held)
        host = arrived + held + back + 1000

    mapped = clock.to_host_us(host + offset)
    error = clock.error_us(host)
    assert mapped is not None
    assert error is not None
    assert abs(mapped - host) <= error + 1


def test_a_quick_round_trip_beats_a_slow_one_and_is_not_forgotten_for_it() -> None:
    clock = ClockMap()
    clock.sample(0, 100_000, 50_000)
    clock.sample(200_000, 202_000, 201_000)
    clock.sample(300_000, 500_000, 400_000)

    error = clock.error_us(500_000)
    assert error is not None
    assert error < 1_100


def test_the_bound_grows_with_the_age_of_its_sample() -> None:
    clock = ClockMap()
    clock.sample(0, 2_000, 1_000)

    assert clock.error_us(2_000 + 100_000_000) == 1_000 + 10_000


def test_a_sample_that_contradicts_itself_is_ignored() -> None:
    clock = ClockMap()
    clock.sample(1_000, 900, 5)
    clock.sample(1_000, 1_100, 5, held_us=200)

    assert clock.to_host_us(5) is None
