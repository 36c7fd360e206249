"""The outbox while nobody takes it: bounded, thinned evenly, and every start with its end."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cpctl.core.inputs import CsmsOffline, CsmsOnline, EventFailed
from cpctl.core.journal import Journal
from cpctl.core.model import ChargingState, Stamp, StopReason, Trigger
from cpctl.core.outputs import (
    Attempted,
    Decision,
    DurableEvent,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
    Withdraw,
)
from cpctl.core.records import Session, Transaction

from .drive import TAG, Drive

OFFLINE_FOR_ALL = ("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true")


def cut_off(capacity: int, *more: tuple[str, str]) -> Drive:
    """Return a station with a small outbox that has lost its CSMS."""
    drive = Drive(initial_variables=(OFFLINE_FOR_ALL, ("OCPPCommCtrlr.OutboxCapacity", str(capacity)), *more))
    drive.feed(CsmsOffline())
    return drive


def session(drive: Drive) -> None:
    """Let a vehicle charge for a minute and leave."""
    drive.charge()
    drive.run(59)
    drive.unplug(event=True)
    drive.run(5)


def waiting(drive: Drive, kind: type) -> list[DurableEvent]:
    return [event for event in drive.disk.outbox.values() if isinstance(event, kind)]


def gaps_s(events: list[DurableEvent]) -> list[float]:
    return [(later.at.mono_ms - earlier.at.mono_ms) / 1000 for earlier, later in pairwise(events)]


def is_even(gaps: list[float]) -> bool:
    """Tell whether meter values are spread evenly; the first gap begins with the start, and the latest eighth is as fresh as it came."""
    settled = gaps[1 : -(len(gaps) // 8 + 2)]
    return max(settled) <= 3 * min(settled)


# ---------------------------------------------------------------- thinning


def test_meter_values_of_weeks_offline_are_thinned_evenly_over_all_of_them() -> None:
    drive = cut_off(100)
    drive.charge()
    for _ in range(14 * 24 * 60):
        drive.run(60)
        drive.draw(wh=10)
        assert len(drive.disk.outbox) <= 100 - 1, "the end has its place"
    kept = list(drive.disk.outbox.values())
    assert isinstance(kept[0], TransactionStarted)
    assert is_even(gaps_s(kept))
    assert gaps_s(kept)[1] < 14 * 24 * 3600 / 40, "more than half of the outbox is in use"
    drive.unplug(event=True)
    assert isinstance(list(drive.disk.outbox.values())[-1], TransactionEnded)


def test_each_thinning_is_told_with_its_counts() -> None:
    drive = cut_off(50)
    drive.charge()
    drive.run(60 * 100)
    thinned = [note.text for note in drive.disk.notes if note.code == "outbox.thinned"]
    assert thinned[0] == "The outbox is full: 3 meter values were taken out evenly, 45 are left in it."
    told = sum(int(text.split()[4]) for text in thinned)
    gone = len(drive.events(TransactionUpdated)) - len(waiting(drive, TransactionUpdated))
    assert told == gone


def test_gaps_in_the_sequence_are_where_meter_values_were_thinned_and_nowhere_else() -> None:
    drive = cut_off(50)
    drive.charge()
    drive.run(60 * 100)
    drive.unplug(event=True)
    assert [event.seq_no for event in drive.disk.published] == list(range(len(drive.disk.published)))


def test_what_may_be_under_way_is_never_withdrawn() -> None:
    drive = cut_off(20)
    drive.charge()
    drive.run(60 * 15)
    drive.deliver(ref="1")
    first = min(drive.disk.outbox)
    drive.run(60 * 100)
    assert min(drive.disk.outbox) == first
    withdrawn = {entry for output in drive.outputs if isinstance(output, Withdraw) for entry in output.entries}
    assert withdrawn
    assert first not in withdrawn
    assert not withdrawn & drive.disk.outbox.keys()


def test_a_restart_knows_what_waits_and_goes_on_thinning_evenly() -> None:
    drive = cut_off(60)
    drive.charge()
    for _ in range(12):
        for _ in range(40):
            drive.run(60)
            drive.draw(wh=10)
        drive.crash(online=False)
        assert len(drive.disk.outbox) <= 60 - 1
    assert is_even(gaps_s(list(drive.disk.outbox.values())))


def test_with_a_smaller_capacity_the_next_message_finds_the_outbox_thinned_to_it() -> None:
    drive = cut_off(200)
    drive.charge()
    drive.run(60 * 150)
    drive.set("OCPPCommCtrlr.OutboxCapacity", "20")
    drive.run(60)
    assert len(drive.disk.outbox) <= 20
    assert is_even(gaps_s(list(drive.disk.outbox.values())))


# ---------------------------------------------------------------- full of starts and ends


def test_an_outbox_full_of_starts_and_ends_refuses_the_next_transaction_and_says_so() -> None:
    drive = cut_off(10)
    for _ in range(5):
        session(drive)
    assert len(waiting(drive, TransactionStarted)) == len(waiting(drive, TransactionEnded)) == 5
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.REJECTED
    assert drive.why()[0] == "outbox_full"
    drive.feed(CsmsOnline(whole_transactions=True))
    for _ in range(2):
        drive.deliver(ref="1")
    assert "outbox_full" not in drive.why()
    drive.send_token()
    assert drive.running() is not None


def test_a_charge_that_runs_goes_on_without_meter_values_and_ends_when_only_its_end_finds_a_place() -> None:
    drive = cut_off(10)
    for _ in range(4):
        session(drive)
    drive.charge()
    drive.run(60 * 40)
    assert drive.limit_ma() == 32_000
    assert [note.text.split()[8] for note in drive.disk.notes if note.code == "outbox.full"] == ["1", "2", "4", "8", "16", "32"]
    drive.unplug(event=True)
    assert len(drive.disk.outbox) == 10
    assert isinstance(list(drive.disk.outbox.values())[-1], TransactionEnded)


def test_a_paused_charge_is_given_energy_again_though_the_outbox_is_full() -> None:
    drive = cut_off(10)
    for _ in range(4):
        session(drive)
    drive.charge()
    drive.set("ChargingStation.CurrentLimit", "0")
    assert drive.limit_ma() == 0
    drive.set("ChargingStation.CurrentLimit", "16")
    assert drive.limit_ma() == 16_000


# ---------------------------------------------------------------- silent offline charging


SILENT = ("TxCtrlr.SilentOfflineTransactions", "true")


def test_silent_offline_charging_goes_on_without_a_record_for_the_csms() -> None:
    drive = cut_off(10, SILENT)
    for _ in range(5):
        session(drive)
    before = dict(drive.disk.outbox)
    session(drive)
    assert drive.disk.outbox == before
    sessions = [record for record in drive.disk.records.values() if isinstance(record, Session)]
    assert len(sessions) == 6, "people at the station still see it"
    assert sum(record.energy_mwh for record in sessions) == drive.seats[1].energy_mwh
    assert sum(isinstance(record, Transaction) for record in drive.disk.records.values()) == 5, "those that the CSMS is still to hear of"
    assert any("without a record for the CSMS" in note.text for note in drive.disk.notes)


def test_a_silent_transaction_stays_silent_through_a_restart_and_a_returning_csms() -> None:
    drive = cut_off(10, SILENT)
    for _ in range(5):
        session(drive)
    drive.charge()
    drive.crash(online=False)
    drive.feed(CsmsOnline(whole_transactions=True))
    while drive.disk.outbox:
        drive.deliver(ref="1")
    drive.run(200)
    drive.draw(wh=100)
    drive.unplug(event=True)
    assert not drive.disk.outbox
    assert drive.running() is None


def test_silence_is_for_being_offline_only() -> None:
    drive = cut_off(10, SILENT)
    for _ in range(5):
        session(drive)
    drive.feed(CsmsOnline(whole_transactions=True))
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.REJECTED


# ---------------------------------------------------------------- attempts


def test_a_failed_attempt_is_remembered_for_what_waits_and_for_nothing_else() -> None:
    drive = Drive()
    drive.charge()
    (entry,) = drive.disk.outbox
    assert drive.feed(EventFailed(entry, 2)) == [Attempted(entry, 2)]
    drive.deliver(ref="1")
    assert drive.feed(EventFailed(entry, 3)) == []


# ---------------------------------------------------------------- any sequence

steps = st.lists(
    st.one_of(
        st.tuples(st.just("time"), st.integers(1, 40)),
        st.tuples(st.just("session"), st.integers(1, 4)),
        st.tuples(st.just("deliver"), st.integers(1, 12)),
        st.tuples(st.just("crash"), st.just(1)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(capacity=st.integers(10, 40), steps=steps)
def test_whatever_happens_the_outbox_keeps_its_bound_every_start_its_end_and_nothing_is_lost_unsaid(
    capacity: int, steps: list[tuple[str, int]]
) -> None:
    drive = cut_off(capacity)
    delivered: set[int] = set()
    for what, times in steps:
        for _ in range(times):
            match what:
                case "time":
                    if drive.running() is None:
                        drive.plug()
                        drive.tap(TAG)
                    drive.run(60)
                    drive.draw(wh=10)
                case "session":
                    if drive.running() is not None:
                        drive.unplug(event=True)
                    session(drive)
                case "deliver" if drive.disk.outbox:
                    delivered.add(min(drive.disk.outbox))
                    drive.deliver(ref="1")
                case "crash":
                    drive.crash(online=False)
                case _:
                    pass
            assert len(drive.disk.outbox) <= capacity
    if drive.running() is not None:
        drive.unplug(event=True)
    assert len(drive.disk.outbox) <= capacity
    kept = {entry for entry in range(1, drive.disk.next_entry) if entry in drive.disk.outbox or entry in delivered}
    for entry, event in enumerate(drive.disk.published, 1):
        assert entry in kept or isinstance(event, TransactionUpdated)
    assert len(drive.started) == len(drive.ended)


@settings(max_examples=100, deadline=None)
@given(
    interval_s=st.sampled_from([5, 60, 900]),
    count=st.integers(40, 400),
    room=st.integers(20, 39),
    transactions=st.integers(1, 3),
)
def test_what_is_left_of_any_number_of_meter_values_is_even(interval_s: int, count: int, room: int, transactions: int) -> None:
    journal = Journal()
    for number in range(count):
        for transaction in range(transactions):
            if len(journal) >= room * transactions:
                journal.thin(1)
            journal.add(number * transactions + transaction, meter_value(f"t{transaction}", number, number * interval_s))
    for transaction in range(transactions):
        gaps = gaps_s([event for event in journal.waiting.values() if event.transaction_id == f"t{transaction}"])
        assert is_even(gaps)


def meter_value(transaction: str, seq_no: int, at_s: int) -> TransactionUpdated:
    at = Stamp(1, at_s * 1000)
    return TransactionUpdated(transaction, 1, 1, at, seq_no, Trigger.METER_VALUE_PERIODIC, ChargingState.CHARGING, offline=True)


def test_between_boots_without_a_clock_meter_values_are_kept_as_long_as_there_are_others() -> None:
    journal = Journal()
    journal.add(1, TransactionStarted("t", 1, 1, Stamp(1, 0), 0, Trigger.AUTHORIZED, ChargingState.CHARGING, None, 0, offline=True))
    stamps = [Stamp(1, 1_000), Stamp(1, 2_000), Stamp(1, 3_000), Stamp(2, 1_000), Stamp(2, 2_000), Stamp(2, 3_000)]
    for entry, at in enumerate(stamps, 2):
        journal.add(entry, TransactionUpdated("t", 1, 1, at, entry, Trigger.METER_VALUE_PERIODIC, ChargingState.CHARGING, offline=True))
    journal.add(8, TransactionEnded("t", 1, 1, Stamp(2, 4_000), 9, Trigger.EV_DEPARTED, StopReason.LOCAL, None, 0, offline=True))
    for expected in ([2], [6], [3], [7], [4], [5], []):
        assert journal.thin(1) == expected
