"""A short visit to a coprocessor, for tools: who it is, how it stands, a command or two. Its events are read and left for the station to acknowledge.

async with Visit(serial_port(path), Random()) as visit:
    hello = await visit.hello()
    reply = await visit.ask(SelfTest(1))
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Self, TypeVar

from cpctl.errors import LinkError

from .counters import LinkCounters
from .happenings import CommandDone
from .line import Line, OpenLine
from .messages import BenchState, Command, Counters, Event, Hello, Lease, Log, Meter, Reply, Snapshot
from .session import Session

# HELLO is answered at once by firmware that runs; one that has just been reset by the opening of its port needs about a second.
ANSWER_S = 2.0
# Snapshots of an EVSE come at least this often.
SNAPSHOT_S = 6.0
# The session gives up a command long before.
REPLY_S = 10.0

_T = TypeVar("_T")


class Visit:
    """One line to one coprocessor, used once.

    `snapshots` and `meters` hold the latest by EVSE, `events` and `logs` what came, in order; so does `bench`, which who asks for it clears.
    """

    def __init__(self, open_line: OpenLine, random: Random) -> None:
        self._open_line = open_line
        self._session = Session(random=random, allow_simulated=True)
        self._line: Line | None = None
        self._pump: asyncio.Task[None] | None = None
        self._due = asyncio.Event()
        self._news = asyncio.Event()
        self._replies: dict[int, Reply | None] = {}
        self.snapshots: dict[int, Snapshot] = {}
        self.meters: dict[int, Meter] = {}
        self.events: list[Event] = []
        self.logs: list[Log] = []
        self.bench: list[BenchState] = []
        self.counters: Counters | None = None
        self.lost_by: LinkError | None = None

    async def __aenter__(self) -> Self:
        """Open the line; LinkError if that can't be."""
        self._line = await self._open_line(self)
        self._session.opened(_now_us())
        self._pump = asyncio.create_task(self._run(), name="link.visit")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the line."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait((self._pump,))
        if self._line is not None:
            await self._line.close()

    @property
    def own_counters(self) -> LinkCounters:
        """Count of what this side of the line has sent, heard and dropped."""
        return self._session.counters

    # ------------------------------------------------------------ asking

    async def hello(self, within_s: float = ANSWER_S) -> Hello | None:
        """Wait for the coprocessor's HELLO; None if nobody answers in time."""
        return await self.wait_for(lambda: self._session.peer, within_s)

    async def ask(self, command: Command) -> Reply | None:
        """Send a command and wait for its reply; None if there is none."""
        ticket = self._session.send_command(command, _now_us())
        self._due.set()
        done = await self.wait_for(lambda: (self._replies[ticket],) if ticket in self._replies else None, REPLY_S)
        return done[0] if done else None

    def lease(self, lease: Lease) -> None:
        """Send a lease."""
        self._session.send_lease(lease)
        self._due.set()

    async def snapshot(self, evse: int, true: Callable[[Snapshot], bool] = lambda snapshot: True, within_s: float = SNAPSHOT_S) -> Snapshot | None:
        """Wait for a snapshot of an EVSE, newer than the last and as wanted; None if none comes in time."""
        self.snapshots.pop(evse, None)

        def wanted() -> Snapshot | None:
            seen = self.snapshots.get(evse)
            return seen if seen is not None and true(seen) else None

        return await self.wait_for(wanted, within_s)

    async def wait_for(self, find: Callable[[], _T | None], within_s: float) -> _T | None:
        """Wait until something is found; None if it is not in time, or the line is lost."""
        try:
            async with asyncio.timeout(within_s):
                while (found := find()) is None and self.lost_by is None:
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            return None

    # ------------------------------------------------------------ line.LineHandler

    def received(self, data: bytes) -> None:
        """Take bytes that came."""
        self._session.receive(data, _now_us())
        self._due.set()

    def writable_again(self) -> None:
        """Send what waits."""
        self._due.set()

    def lost(self, error: LinkError) -> None:
        """Note that the line is gone."""
        self.lost_by = error
        self._session.closed()
        self._due.set()
        self._news.set()

    # ------------------------------------------------------------ the pump

    async def _run(self) -> None:
        while True:
            self._due.clear()
            for item in self._session.events():
                self._take(item)
            if self._line is not None and self._line.writable:
                self._line.write(b"".join(self._session.data_to_send()))
            due_us = self._session.deadline()
            try:
                async with asyncio.timeout_at(due_us / 1e6 if due_us is not None else None):
                    await self._due.wait()
            except TimeoutError:
                self._session.poll(_now_us())

    def _take(self, item: object) -> None:
        match item:
            case Snapshot():
                self.snapshots[item.evse] = item
            case Meter():
                self.meters[item.evse] = item
            case Event():
                self.events.append(item)
            case Log():
                self.logs.append(item)
            case BenchState():
                self.bench.append(item)
            case Counters():
                self.counters = item
            case CommandDone(ticket, _, reply):
                self._replies[ticket] = reply
            case _:
                pass  # a session that began or ended: `hello` looks at the session itself
        self._news.set()


def _now_us() -> int:
    # Never 0: on the wire that says "no lease heard yet".
    return int(asyncio.get_running_loop().time() * 1_000_000) + 1
