"""The store: batches of changes, each one atomic and on disk before its promise is kept.

One writer thread, group commit: what piles up while the disk is busy becomes one transaction. The event loop never waits for the disk.
A commit that fails is tried again, in order, until it succeeds; `on_trouble` hears of it, and promises stay unkept meanwhile. What piles up then is
bounded (`backlog`). Files are bounded too: freed pages are used again, and the write-ahead log is cut back to `WAL_BYTES` at each checkpoint.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from cpctl.core.model import Stamp
from cpctl.core.outputs import Attempted, Delete, Durable, DurableEvent, Forget, Note, Publish, Save
from cpctl.core.records import Record, Session
from cpctl.errors import StoreError

from .backlog import Backlog, coalesced
from .codec import Row, decode, encode

_RETRY_S = 1.0
NOTES_KEPT = 10_000
# A checkpoint copies the log into the database when it is this long: the longer, the fewer bytes a day are written twice.
WAL_BYTES = 1 << 20
_PAGE_BYTES = 1024
# Forgetting what was delivered rides along with the next commit, which saves a write for each. What a crash undoes of it is delivered once more.
_RIDE_S = 60.0
_RIDERS = 32
_FREE_SPACE = "Free some space: df -h {0}."
_READ_ONLY = "Mount it writable, or give another with --state; dmesg says why it may have become read-only."
# What to do about a state directory or database that cannot be used, by the system's and by SQLite's word for why.
_STEPS = {errno.ENOSPC: _FREE_SPACE, errno.EDQUOT: _FREE_SPACE, errno.EROFS: _READ_ONLY}
_DB_STEPS = {
    sqlite3.SQLITE_FULL: _FREE_SPACE,
    sqlite3.SQLITE_IOERR: "Look for a full or broken disk: df -h {0}; dmesg.",
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "See who may write there: ls -ld {0}; and whether the disk is full: df -h {0}.",
}
_FORGOTTEN = "INSERT INTO meta VALUES ('forgotten', ?1) ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), ?1)"
_LATER_NOTES = "SELECT id, boot, mono_ms, utc_ms, evse, code, text FROM note WHERE id > ? ORDER BY id LIMIT ?"
_LATEST_NOTES = "SELECT id, boot, mono_ms, utc_ms, evse, code, text FROM note WHERE id > ? ORDER BY id DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of the outbox, and how often its delivery has failed."""

    entry: int
    event: DurableEvent
    failures: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the store held when it was opened."""

    boot: int
    clean: bool
    records: dict[str, Record]
    outbox: tuple[Waiting, ...]
    next_entry: int
    last_words: str = ""  # of a run that ended in order


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A line of the event log with its number."""

    id: int
    note: Note


class Store:
    """One state directory, held by one process; or none, and nothing outlives it."""

    def __init__(self, directory: Path | None, on_trouble: Callable[[str | None], None] = lambda reason: None) -> None:
        """Open, migrating as needed; `on_trouble(reason)` is called when commits begin to fail, and with None when they work again.

        `directory=None` keeps everything in memory.
        """
        self.on_trouble = on_trouble
        self.last_words = ""  # kept for the next run, if this one ends in order
        self._lock = None if directory is None else _hold_directory(directory)
        try:
            self._db = _open(None if directory is None else directory / "cpctl.db")
            self.loaded = self._load()
        except sqlite3.Error as error:
            self._let_go()
            raise _unusable(directory or Path(), error) from error
        except StoreError:
            self._let_go()
            raise
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._backlog = Backlog()
        self._riders = 0
        self._wake = asyncio.Event()
        self._failing: str | None = None
        self._busy = False

    # ------------------------------------------------------------ writing

    def commit(self, changes: Sequence[Durable], done: Callable[[], None] | None = None) -> None:
        """Put the changes on disk as one transaction, after all earlier ones; then call `done` in the loop.

        Without changes, `done` still waits for all earlier ones, and is called at once where there are none. Changes that only forget, and
        for which nobody waits, ride along with the next ones.
        """
        if not changes and not self._backlog and not self._busy:
            if done:
                done()
            return
        self._backlog.add(changes, done)
        if done is None and all(isinstance(change, Forget) for change in changes) and self._riders < _RIDERS:
            if not self._riders:
                asyncio.get_running_loop().call_later(_RIDE_S, self._wake.set)
            self._riders += 1
            return
        self._wake.set()

    async def run(self) -> None:
        """Write what is committed until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._drain()

    async def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all is on disk; False if that took too long."""
        landed = asyncio.Event()
        self.commit((), landed.set)
        try:
            async with asyncio.timeout(timeout_s):
                await landed.wait()
        except TimeoutError:
            return False
        return True

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._backlog:
            changes, waiting = self._backlog.take()
            self._riders = 0
            self._busy = True
            while (reason := await loop.run_in_executor(self._executor, self._write, changes)) is not None:
                if self._failing is None:
                    self._failing = reason
                    self.on_trouble(reason)
                await asyncio.sleep(_RETRY_S)
                more, also_waiting = self._backlog.take()
                changes = coalesced([*changes, *more])
                waiting += also_waiting
            self._busy = False
            if self._failing is not None:
                self._failing = None
                self.on_trouble(None)
            for done in waiting:
                done()

    def _write(self, changes: Sequence[Durable]) -> str | None:
        """Write one transaction in the writer thread; return what went wrong, or None."""
        if not changes:
            return None
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                for change in changes:
                    _apply(self._db, change)
        except sqlite3.OperationalError as error:  # the disk is full, gone or broken; anything else is a fault of ours, and raised
            return str(error)
        return None

    @property
    def trouble(self) -> str | None:
        """Why commits fail at the moment, if they do."""
        return self._failing

    # ------------------------------------------------------------ reading

    async def sessions(self) -> list[Session]:
        """Return the finished sessions, in the order of their starts."""
        found = await asyncio.get_running_loop().run_in_executor(self._executor, self._read_sessions)
        return sorted(found, key=lambda session: (session.started.boot, session.started.mono_ms))

    def _read_sessions(self) -> list[Session]:
        rows = self._db.execute("SELECT kind, schema, body FROM record WHERE kind = ?", (Session.__name__,)).fetchall()
        return [session for row in rows if isinstance(session := decode(Row(*row)), Session)]

    async def notes(self, since: int = 0, limit: int = 100) -> list[StoredNote]:
        """Return up to `limit` lines of the event log with ids above `since`, oldest first; without `since`, the latest."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._read_notes, since, limit)

    def _read_notes(self, since: int, limit: int) -> list[StoredNote]:
        rows = self._db.execute(_LATER_NOTES if since else _LATEST_NOTES, (since, limit)).fetchall()
        found = [StoredNote(row[0], Note(Stamp(*row[1:4]), *row[4:])) for row in rows]
        return found if since else found[::-1]

    # ------------------------------------------------------------ life

    def close(self, clean: bool) -> None:
        """Close; `clean` marks that this run ended in order, where the disk still takes that."""
        self._executor.shutdown(wait=True)
        with suppress(sqlite3.OperationalError):
            if clean:
                with self._db:
                    _set_meta(self._db, "clean", "1")
                    _set_meta(self._db, "last_words", self.last_words)
        self._db.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def _load(self) -> Loaded:
        meta = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        records = {key: decode(Row(kind, schema, body)) for key, kind, schema, body in self._db.execute("SELECT key, kind, schema, body FROM record")}
        outbox = [
            Waiting(entry, decode(Row(kind, schema, body)), failures)  # type: ignore[arg-type]  # the outbox holds events only
            for entry, kind, schema, body, failures in self._db.execute("SELECT entry, kind, schema, body, failures FROM outbox ORDER BY entry")
        ]
        boot = int(meta.get("boot", "0")) + 1
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            _set_meta(self._db, "boot", str(boot))
            _set_meta(self._db, "clean", "0")
        return Loaded(
            boot=boot,
            clean=meta.get("clean", "1") == "1",
            records=records,  # type: ignore[arg-type]  # the record table holds records only
            outbox=tuple(outbox),
            next_entry=max(int(meta.get("forgotten", "0")), outbox[-1].entry if outbox else 0) + 1,
            last_words=meta.get("last_words", ""),
        )


def _hold_directory(directory: Path) -> int:
    """Take the directory for this process, or say that another has it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        step = _STEPS.get(error.errno or 0, "Give another with --state.").format(directory)
        raise StoreError(f"The state directory {directory} cannot be used: {error.strerror}.", step) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StoreError(f"Another cpctl is using {directory}.", "Stop it first, or give this one its own --state.") from error
    return handle


def _unusable(directory: Path, error: sqlite3.Error) -> StoreError:
    """Say what to do about a database that cannot be opened."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says where in SQLite
    step = _DB_STEPS.get(code, "Move the file away to start empty, or bring back a copy.").format(directory)
    return StoreError(f"{directory / 'cpctl.db'}: {error}.", step)


def _open(path: Path | None) -> sqlite3.Connection:
    db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None, timeout=10)
    if path is not None:
        os.chmod(path, 0o600)
    # Records are small: quarter pages mean a quarter of the bytes for each commit, which an SD card and the G12 goal both like.
    db.execute(f"PRAGMA page_size={_PAGE_BYTES}")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(f"PRAGMA wal_autocheckpoint={WAL_BYTES // _PAGE_BYTES}")
    db.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
    _migrate(db)
    return db


def _migrate(db: sqlite3.Connection) -> None:
    """Bring the file to this version's form; refuse one that a later version wrote."""
    folder = resources.files("cpctl.store") / "migrations"
    steps = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    present = db.execute("PRAGMA user_version").fetchone()[0]
    if present > len(steps):
        raise StoreError(f"The store has form {present}, this version knows {len(steps)}.", "Run the version that wrote it, or a later one.")
    for number, step in enumerate(steps[present:], present + 1):
        db.executescript(f"BEGIN IMMEDIATE;\n{step.read_text()}\nPRAGMA user_version = {number};\nCOMMIT;")


def _apply(db: sqlite3.Connection, change: Durable) -> None:
    match change:
        case Save(key, record):
            row = encode(record)
            db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", (key, row.kind, row.schema, row.body))
        case Delete(key):
            db.execute("DELETE FROM record WHERE key = ?", (key,))
        case Publish(entry, event):
            row = encode(event)
            db.execute("INSERT INTO outbox (entry, kind, schema, body) VALUES (?, ?, ?, ?)", (entry, row.kind, row.schema, row.body))
        case Attempted(entry, failures):
            db.execute("UPDATE outbox SET failures = ? WHERE entry = ?", (failures, entry))
        case Forget(entry):
            db.execute("DELETE FROM outbox WHERE entry = ?", (entry,))
            db.execute(_FORGOTTEN, (entry,))
        case Note(at, evse, code, text):
            cursor = db.execute(
                "INSERT INTO note (boot, mono_ms, utc_ms, evse, code, text) VALUES (?, ?, ?, ?, ?, ?)",
                (at.boot, at.mono_ms, at.utc_ms, evse, code, text),
            )
            db.execute("DELETE FROM note WHERE id <= ?", ((cursor.lastrowid or 0) - NOTES_KEPT,))


def _set_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
