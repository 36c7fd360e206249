"""Events: each once, in order, acknowledged up to where everything is stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpctl.link.event_order import MAX_AHEAD, EventOrder

from .peer import event

NONCE = 9


def booted(mark: tuple[int, int] | None = (NONCE, 0)) -> EventOrder:
    order = EventOrder(mark)
    order.boot(NONCE)
    return order


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8), max_size=20))
def test_any_order_of_arrival_is_delivered_in_order(arrival: list[int], again: list[int]) -> None:
    order = booted()
    delivered = [e.id for number in [*arrival, *again] for e in order.take(event(number))]

    assert delivered == list(range(1, 9))


def test_a_gap_is_waited_for() -> None:
    order = booted()

    assert order.take(event(2)) == []
    assert [e.id for e in order.take(event(1))] == [1, 2]


def test_what_the_coprocessor_has_lost_is_not_waited_for() -> None:
    order = booted()
    order.take(event(1))

    assert [e.id for e in order.take(event(40, oldest=9))] == []
    assert [e.id for e in order.take(event(9, oldest=9))] == [9]
    assert order.skipped == 7


def test_commits_in_any_order_acknowledge_only_what_is_whole() -> None:
    order = booted()
    for number in (1, 2, 3):
        order.take(event(number))

    assert not order.commit(NONCE, 2)
    assert order.ack == 0
    assert order.commit(NONCE, 1)
    assert order.ack == 2


def test_a_commit_of_an_earlier_boot_acknowledges_nothing() -> None:
    order = booted()
    order.take(event(1))
    order.boot(NONCE + 1)
    order.take(event(1))

    assert not order.commit(NONCE, 1)
    assert order.commit(NONCE + 1, 1)


def test_an_event_never_delivered_cannot_be_acknowledged() -> None:
    order = booted()

    assert not order.commit(NONCE, 5)
    assert order.ack == 0


def test_without_a_mark_the_first_event_says_where_to_begin() -> None:
    order = EventOrder(None)
    order.boot(NONCE)

    assert order.take(event(12, oldest=11)) == []
    assert [e.id for e in order.take(event(11, oldest=11))] == [11, 12]
    assert order.skipped == 0


def test_a_new_boot_counts_from_one_again() -> None:
    order = booted((NONCE, 30))
    assert order.boot(NONCE + 1)

    assert [e.id for e in order.take(event(1))] == [1]


def test_where_it_begins_without_a_mark_is_where_the_acknowledgement_begins() -> None:
    order = EventOrder(None)
    order.boot(NONCE)
    order.take(event(11, oldest=11))

    assert order.ack == 10
    assert order.take(event(10, oldest=10)) == []
    assert order.commit(NONCE, 11)
    assert order.ack == 11


def test_what_was_lost_is_acknowledged_with_what_came_after_it() -> None:
    order = booted()
    order.take(event(1))
    order.take(event(9, oldest=9))
    order.commit(NONCE, 1)
    order.commit(NONCE, 9)

    assert order.ack == 9


def test_a_commit_moves_the_acknowledgement_once_and_never_past_what_was_delivered() -> None:
    order = booted()
    order.take(event(1))

    assert not order.commit(NONCE, 2)
    assert order.commit(NONCE, 1)
    assert not order.commit(NONCE, 1)
    assert order.ack == 1


def test_every_repeat_is_counted() -> None:
    order = booted()
    assert order.duplicates == 0
    for number in (1, 1, 3, 3):
        order.take(event(number))

    assert order.duplicates == 2
    order.take(event(1))
    assert order.duplicates == 3


def test_no_more_is_held_than_there_can_be_under_way() -> None:
    order = booted()

    assert order.take(event(1 + MAX_AHEAD)) == []
    order.take(event(MAX_AHEAD))
    delivered = [e.id for number in range(1, MAX_AHEAD) for e in order.take(event(number))]
    assert delivered == list(range(1, MAX_AHEAD + 1))


def test_the_same_boot_changes_nothing_and_another_begins_anew() -> None:
    order = booted()
    order.take(event(1))

    assert not order.boot(NONCE)
    assert order.commit(NONCE, 1)
    assert order.boot(NONCE + 1)
    assert order.ack == 0


def test_all_that_a_new_boot_lost_before_it_was_heard_is_counted() -> None:
    for mark in ((NONCE, 30), None):
        order = booted(mark)
        order.boot(NONCE + 1)

        assert [e.id for e in order.take(event(5, oldest=5))] == [5]
        assert order.skipped == 4
