"""Standing permissions become leases: renewed, bound to the plug-in, stopped until the stop is seen."""

from __future__ import annotations

import pytest

from cpctl.link.leases import MAX_TTL_MS, RENEW_US, STOP_REPEAT_US, LeaseKeeper
from cpctl.link.messages import Lease

from .peer import snapshot

SECOND = 1_000_000


@pytest.fixture
def keeper() -> LeaseKeeper:
    keeper = LeaseKeeper(10_000)
    keeper.resume(0)
    return keeper


def run(keeper: LeaseKeeper, start_us: int, end_us: int) -> list[Lease]:
    """All leases of a span, sent exactly when due."""
    leases: list[Lease] = []
    now = start_us
    while now < end_us:
        leases += keeper.due(now)
        due = keeper.deadline()
        now = end_us if due is None else max(due, now + 1)
    return leases


def test_a_grant_is_leased_at_once_and_renewed(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 16_050, 3, 0)

    leases = run(keeper, 0, 2 * SECOND)

    assert [lease.host_clock_us for lease in leases] == [0, RENEW_US, 2 * RENEW_US, 3 * RENEW_US]
    assert leases[0] == Lease(1, 7, 160, 3, 10_000, 0)


def test_less_than_6_a_means_none(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 5_999, 3, 0)

    assert keeper.due(0)[0].limit_da == 0


def test_a_stop_is_repeated_until_a_snapshot_shows_it(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 16_000, 3, 0)
    keeper.due(0)
    keeper.restrict(1, 7, 0, 3, 100)
    leases = run(keeper, 100, 100 + 4 * STOP_REPEAT_US)
    assert [lease.limit_da for lease in leases] == [0, 0, 0, 0]

    keeper.seen(snapshot(1, plug=7, host_clock_us=0), 300_000)  # from before the stop arrived
    assert keeper.due(300_000) != []
    keeper.seen(snapshot(2, plug=7, host_clock_us=leases[-1].host_clock_us, lease_ms=9_000, lease_da=0), 310_000)

    assert run(keeper, 310_000, 10 * SECOND) == []


def test_a_stop_leaves_even_while_suspended(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 16_000, 3, 0)
    keeper.suspended = True
    assert run(keeper, 0, SECOND) == []

    keeper.restrict(1, 7, 0, 3, SECOND)

    assert [lease.limit_da for lease in keeper.due(SECOND)] == [0]


def test_a_stop_is_not_repeated_for_ever(keeper: LeaseKeeper) -> None:
    keeper.restrict(1, 7, 0, 3, 0)
    keeper.seen(snapshot(1, plug=7, lease_ms=5_000, lease_da=160), MAX_TTL_MS * 1000 + 1)

    assert keeper.deadline() is None


def test_lowering_takes_effect_at_once_and_never_raises(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 16_000, 3, 0)
    keeper.due(0)
    keeper.restrict(1, 7, 10_000, 3, 1)
    assert [lease.limit_da for lease in keeper.due(1)] == [100]

    keeper.restrict(1, 7, 32_000, 3, 2)
    assert [lease.limit_da for lease in keeper.due(2)] == [100]


def test_what_was_never_granted_cannot_be_restricted_into_a_permission(keeper: LeaseKeeper) -> None:
    keeper.restrict(1, 7, 16_000, 3, 0)

    assert [lease.limit_da for lease in keeper.due(0)] == [0]


def test_a_permission_dies_with_its_plug_in(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 16_000, 3, 0)
    keeper.due(0)

    keeper.seen(snapshot(1, plug=8), 100)

    assert run(keeper, 100, 10 * SECOND) == []


def test_hand_over_is_one_long_lease_and_then_nothing(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 16_000, 3, 0)
    keeper.grant(2, 3, 8_000, 1, 0)

    leases = keeper.hand_over(5)

    assert [(lease.evse, lease.limit_da, lease.ttl_ms) for lease in leases] == [(1, 160, MAX_TTL_MS), (2, 80, MAX_TTL_MS)]
    assert run(keeper, 5, 60 * SECOND) == []


def test_after_a_suspension_every_permission_is_renewed_at_once(keeper: LeaseKeeper) -> None:
    keeper.grant(1, 7, 16_000, 3, 0)
    keeper.due(0)
    keeper.suspended = True
    keeper.resume(100)

    assert [lease.limit_da for lease in keeper.due(100)] == [160]
