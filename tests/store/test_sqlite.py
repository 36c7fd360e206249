"""The store keeps what was committed, in order, through failures of the disk and restarts."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cpctl.core.model import IdToken, Stamp, StopReason, Trigger
from cpctl.core.outputs import Attempted, Delete, Forget, Note, Publish, Save, TransactionEnded
from cpctl.core.records import Register, Transaction
from cpctl.errors import StoreError
from cpctl.store.sqlite import WAL_BYTES, Store

AT = Stamp(1, 5_000, 1_800_000_000_000)
TRANSACTION = Transaction("t1", 1, 1, IdToken("TAG1"), AT, 1_000, plug=3)


def ended(entry: int) -> Publish:
    event = TransactionEnded("t1", 1, 1, AT, entry, Trigger.STOP_AUTHORIZED, StopReason.LOCAL, IdToken("TAG1"), 7_000, offline=False)
    return Publish(entry, event)


@contextmanager
def disk_that_takes_no_more_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def writing(store: Store) -> Iterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(store.run())
    try:
        yield task
    finally:
        task.cancel()


async def committed(store: Store, *changes: object) -> None:
    done = asyncio.Event()
    store.commit(changes, done.set)  # type: ignore[arg-type]
    await asyncio.wait_for(done.wait(), 5)


async def test_a_record_an_event_and_a_note_come_back_as_they_were(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with writing(store):
        await committed(store, Save("transaction/t1", TRANSACTION), ended(1), ended(2), Note(AT, 1, "transaction.started", "TAG1 at EVSE 1"))
        notes = await store.notes()
    store.close(clean=False)

    again = Store(tmp_path)
    assert again.loaded.records == {"transaction/t1": TRANSACTION}
    assert [waiting.entry for waiting in again.loaded.outbox] == [1, 2]
    assert again.loaded.outbox[1].event == ended(2).event
    assert again.loaded.next_entry == 3
    assert [line.note.code for line in notes] == ["transaction.started"]
    again.close(clean=True)


async def test_forgetting_and_deleting_leave_nothing_but_the_count_of_entries(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with writing(store):
        await committed(store, Save("transaction/t1", TRANSACTION), ended(1))
        await committed(store, Delete("transaction/t1"), Forget(1))
    store.close(clean=True)

    again = Store(tmp_path)
    assert again.loaded.records == {}
    assert again.loaded.outbox == ()
    assert again.loaded.next_entry == 2
    again.close(clean=True)


async def test_the_count_of_failed_deliveries_survives_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with writing(store):
        await committed(store, ended(1), ended(2), Attempted(2, 1))
        await committed(store, Attempted(2, 2))
    store.close(clean=False)
    again = Store(tmp_path)
    assert [waiting.failures for waiting in again.loaded.outbox] == [0, 2]
    again.close(clean=True)


async def test_forgetting_alone_rides_along_with_the_next_commit_or_goes_when_it_has_waited_long(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with writing(store):
        await committed(store, *map(ended, range(1, 41)))
        for entry in range(1, 33):
            store.commit((Forget(entry),))
        await asyncio.sleep(0.1)
        assert (await stored(tmp_path)) == 40
        store.commit((Forget(33),))
        assert await store.flush()
        assert (await stored(tmp_path)) == 7
        store.commit((Forget(34),))
        await committed(store, Save("register/1", Register(1)))
        assert (await stored(tmp_path)) == 6
    store.close(clean=True)


async def stored(directory: Path) -> int:
    """Return how many entries of the outbox are on disk."""
    with sqlite3.connect(directory / "cpctl.db") as db:
        count: int = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
    db.close()
    return count


async def test_files_do_not_grow_with_what_passes_through_them(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with writing(store):
        for number in range(1, 3001):
            store.commit((Save("transaction/t1", TRANSACTION), ended(number), Note(AT, 1, "transaction.ended", "x" * 200)))
            store.commit((Forget(number),), None)
            if number % 10 == 0:
                assert await store.flush()
    log_bytes = (tmp_path / "cpctl.db-wal").stat().st_size
    store.close(clean=True)
    assert log_bytes <= 2 * WAL_BYTES
    assert (tmp_path / "cpctl.db").stat().st_size < 3 * (1 << 20), "the event log alone keeps thousands of lines"


async def test_each_start_counts_as_a_boot_and_knows_whether_the_last_ended_in_order(tmp_path: Path) -> None:
    seen = []
    for clean in (True, False, True):
        store = Store(tmp_path)
        seen.append((store.loaded.boot, store.loaded.clean))
        store.close(clean=clean)
    assert seen == [(1, True), (2, True), (3, False)]


async def test_changes_land_in_the_order_of_their_commits_even_when_grouped(tmp_path: Path) -> None:
    store = Store(tmp_path)
    landed: list[int] = []
    for number in range(50):
        store.commit((Save("register/1", Register(1, number)),), lambda number=number: landed.append(number))
    with writing(store):
        assert await store.flush()
    store.close(clean=True)
    assert landed == list(range(50))
    again = Store(tmp_path)
    assert again.loaded.records == {"register/1": Register(1, 49)}
    again.close(clean=True)


async def test_a_promise_without_changes_waits_for_those_before_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    order: list[str] = []
    store.commit((), lambda: order.append("nothing before it"))
    store.commit((Save("register/1", Register(1)),), lambda: order.append("change"))
    store.commit((), lambda: order.append("promise"))
    assert order == ["nothing before it"]
    with writing(store):
        assert await store.flush()
    store.close(clean=True)
    assert order == ["nothing before it", "change", "promise"]


async def test_a_full_disk_is_reported_keeps_promises_unkept_and_loses_nothing(tmp_path: Path) -> None:
    trouble: asyncio.Queue[str | None] = asyncio.Queue()
    store = Store(tmp_path, trouble.put_nowait)
    landed: list[str] = []
    with writing(store):
        await committed(store, Save("register/1", Register(1, 1)))
        with disk_that_takes_no_more_than(100_000):
            for number in range(400):
                store.commit((Save(f"transaction/{number}", TRANSACTION),))
            store.commit((Save("register/1", Register(1, 2)),), lambda: landed.append("kept"))
            assert await asyncio.wait_for(trouble.get(), 5)
            assert landed == []
        assert await asyncio.wait_for(trouble.get(), 5) is None
        assert await store.flush()
    store.close(clean=True)

    assert landed == ["kept"]
    again = Store(tmp_path)
    assert len(again.loaded.records) == 401
    again.close(clean=True)


def test_a_second_process_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path)
        with pytest.raises(StoreError, match="Another cpctl is using"):
            Store(tmp_path)
        store.close(clean=True)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("PRAGMA user_version = 99", "later one"),
        ("INSERT INTO record VALUES ('x', 'Spaceship', 1, '{}')", "Spaceship"),
        ("INSERT INTO record VALUES ('x', 'Register', 1, '{\"total_mwh\": 3}')", "unreadable at evse"),
    ],
)
async def test_a_store_that_cannot_be_understood_is_refused_by_name_and_left_as_it_is(tmp_path: Path, damage: str, message: str) -> None:
    Store(tmp_path).close(clean=True)
    with sqlite3.connect(tmp_path / "cpctl.db") as db:
        db.execute(damage)
    db.close()
    before = (tmp_path / "cpctl.db").stat().st_size
    with pytest.raises(StoreError, match=message):
        Store(tmp_path)
    assert (tmp_path / "cpctl.db").stat().st_size >= before


async def test_a_file_that_is_no_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cpctl.db").write_bytes(b"garbage " * 1000)
    with pytest.raises(StoreError, match="Move the file away"):
        Store(tmp_path)
