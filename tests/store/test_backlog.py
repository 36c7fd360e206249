"""What waits for a disk that does not write stays small, and has the same effect."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cpctl.core.model import ChargingState, Stamp, Trigger
from cpctl.core.outputs import Attempted, Delete, Durable, Forget, Note, Publish, Save, TransactionUpdated
from cpctl.core.records import Register
from cpctl.store.backlog import COALESCE_AT, NOTES_HELD, Backlog, coalesced
from cpctl.store.sqlite import Store, Waiting

AT = Stamp(1, 1)


def publish(entry: int) -> Publish:
    return Publish(entry, TransactionUpdated("t", 1, 1, AT, entry, Trigger.METER_VALUE_PERIODIC, ChargingState.CHARGING, offline=True))


entries = st.integers(1, 5)
changes = st.lists(
    st.one_of(
        st.builds(Save, st.sampled_from("ab"), st.builds(Register, st.just(1), st.integers(0, 9))),
        st.builds(Delete, st.sampled_from("ab")),
        st.builds(Forget, entries),
        st.builds(Attempted, entries, st.integers(1, 3)),
        st.builds(Note, st.just(AT), st.just(0), st.sampled_from(["a", "b"]), st.just("")),
        st.just("publish"),
    ),
    max_size=40,
)


def numbered(drawn: list[Durable | str]) -> list[Durable]:
    """Give publications their numbers, which only grow; nothing is said of an entry before it is published."""
    made: list[Durable] = []
    last = 0
    for change in drawn:
        if isinstance(change, str):
            last += 1
            made.append(publish(last))
        elif not isinstance(change, Forget | Attempted) or change.entry <= last:
            made.append(change)
    return made


class Disk:
    """What the database would hold."""

    def __init__(self) -> None:
        self.records: dict[str, object] = {}
        self.outbox: dict[int, int] = {}
        self.next_entry = 1
        self.notes: list[str] = []

    def write(self, changes: list[Durable]) -> None:
        for change in changes:
            match change:
                case Save(key, record):
                    self.records[key] = record
                case Delete(key):
                    self.records.pop(key, None)
                case Publish(entry):
                    self.outbox[entry] = 0
                    self.next_entry = max(self.next_entry, entry + 1)
                case Attempted(entry, failures) if entry in self.outbox:
                    self.outbox[entry] = failures
                case Forget(entry):
                    self.outbox.pop(entry, None)
                    self.next_entry = max(self.next_entry, entry + 1)
                case Note(code=code):
                    self.notes.append(code)
                case _:
                    pass


@given(drawn=changes, cut=st.integers(0, 40))
def test_what_later_changes_overtake_can_be_left_out(drawn: list[Durable | str], cut: int) -> None:
    made = numbered(drawn)
    plain, short = Disk(), Disk()
    plain.write(made)
    short.write(made[:cut])
    short.write(coalesced(made[cut:]))
    assert vars(short) == vars(plain)


def test_a_disk_that_fails_for_long_does_not_fill_the_memory() -> None:
    backlog = Backlog()
    for number in range(1, 30_000):
        backlog.add((Save("register/1", Register(1, number)), publish(number), Note(AT, 0, "tick", str(number))), None)
        backlog.add((Forget(number),), None)
        assert len(backlog) < 6 * COALESCE_AT
    left, _ = backlog.take()
    assert Save("register/1", Register(1, 29_999)) in left
    notes = [change.text for change in coalesced(left) if isinstance(change, Note)]
    assert (len(notes), notes[0], notes[-1]) == (NOTES_HELD, "1", "29999")


async def test_a_number_is_not_given_again_though_its_entry_never_reached_the_disk(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store._write(coalesced([publish(1), publish(2), publish(3), Forget(2), Forget(3)]))  # one transaction, without its thread
    store.close(clean=True)
    again = Store(tmp_path)
    assert again.loaded.outbox == (Waiting(1, publish(1).event, 0),)
    assert again.loaded.next_entry == 4
    again.close(clean=True)


async def test_a_store_of_the_first_form_is_taken_over_with_its_outbox(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store._write([publish(1)])
    store.close(clean=True)
    with sqlite3.connect(tmp_path / "cpctl.db") as db:
        db.executescript("ALTER TABLE outbox DROP COLUMN failures; PRAGMA user_version = 1;")
    db.close()
    again = Store(tmp_path)
    assert again.loaded.outbox == (Waiting(1, publish(1).event, 0),)
    again.close(clean=True)
