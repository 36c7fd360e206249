"""What raises risk waits for the disk; what lowers it goes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from cpctl.clock import Clock
from cpctl.core.inputs import Input, RemoteStart, StoreFailed, StoreRecovered, Tick, TokenPresented
from cpctl.core.model import ChargingState, IdToken, Stamp, Trigger
from cpctl.core.outputs import Decision, Durable, Grant, LockConnector, Output, Publish, Reply, Restrict, Save, TransactionStarted, UnlockConnector
from cpctl.core.records import Register
from cpctl.runtime import Runtime

SAVE = Save("register/1", Register(1))
STARTED = TransactionStarted("t", 1, 1, Stamp(1, 0), 0, Trigger.AUTHORIZED, ChargingState.CHARGING, None, 0, offline=False)
ANY = TokenPresented(1, IdToken("TAG"))


class HeldJournal:
    """A disk that finishes a commit when told."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Sequence[Durable], Callable[[], None] | None]] = []

    def commit(self, changes: Sequence[Durable], done: Callable[[], None] | None = None) -> None:
        if not changes and not self.waiting:
            if done:
                done()
            return
        self.waiting.append((changes, done))

    def land(self) -> None:
        _, done = self.waiting.pop(0)
        if done:
            done()


class World:
    """Records what reaches the coprocessor and the CSMS, in order."""

    def __init__(self) -> None:
        self.did: list[object] = []

    def grant(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        self.did.append(("grant", limit_ma))

    def restrict(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        self.did.append(("restrict", limit_ma))

    def lock(self, evse: int, locked: bool) -> None:
        self.did.append("lock" if locked else "unlock")

    def enqueue(self, entry: int, event: object) -> None:
        self.did.append(("enqueue", entry))

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.did.append((name, *arguments))


class Script:
    """A station that answers each input with the next outputs of a script."""

    def __init__(self, *turns: Sequence[Output]) -> None:
        self.turns = list(turns)
        self.heard: list[Input] = []
        self.due: int | None = None

    def handle(self, now: Stamp, item: Input) -> list[Output]:
        self.heard.append(item)
        self.due = None
        return list(self.turns.pop(0)) if self.turns else []

    def deadline(self) -> int | None:
        return self.due


def runtime_of(station: Script) -> tuple[Runtime, HeldJournal, World]:
    journal, world = HeldJournal(), World()
    loop = asyncio.get_running_loop()
    clock = Clock(loop.time, lambda: 0.0, 1)
    return Runtime(station, journal, clock, world, world, lambda immediate: None), journal, world  # type: ignore[arg-type]


def grant(limit_ma: int, plug: int = 1) -> Grant:
    return Grant(1, plug, limit_ma, 3)


async def test_a_grant_and_its_event_wait_for_the_commit() -> None:
    runtime, journal, world = runtime_of(Script([SAVE, Publish(7, STARTED), grant(16_000)]))
    runtime.post(ANY)
    assert world.did == []
    journal.land()
    assert world.did == [("enqueue", 7), ("grant", 16_000)]


async def test_a_grant_without_changes_of_its_own_still_waits_for_those_before_it() -> None:
    runtime, journal, world = runtime_of(Script([SAVE], [grant(16_000)]))
    runtime.post(ANY)
    runtime.post(ANY)
    assert world.did == []
    journal.land()
    journal.land()
    assert world.did == [("grant", 16_000)]


async def test_a_stop_does_not_wait_and_the_grant_before_it_never_comes() -> None:
    runtime, journal, world = runtime_of(Script([SAVE, grant(16_000)], [SAVE, Restrict(1, 1, 0, 3)]))
    runtime.post(ANY)
    runtime.post(ANY)
    assert world.did == [("restrict", 0)]
    journal.land()
    journal.land()
    assert world.did == [("restrict", 0)]


async def test_a_lower_limit_also_lowers_a_grant_that_still_waits() -> None:
    runtime, journal, world = runtime_of(Script([SAVE, grant(32_000)], [Restrict(1, 1, 10_000, 3)]))
    runtime.post(ANY)
    runtime.post(ANY)
    journal.land()
    assert world.did == [("restrict", 10_000), ("grant", 10_000)]


async def test_of_two_waiting_grants_only_the_later_is_given() -> None:
    runtime, journal, world = runtime_of(Script([SAVE, grant(10_000)], [SAVE, grant(20_000)]))
    runtime.post(ANY)
    runtime.post(ANY)
    journal.land()
    journal.land()
    assert world.did == [("grant", 20_000)]


async def test_a_lock_order_overtakes_an_unlock_that_waits() -> None:
    runtime, journal, world = runtime_of(Script([SAVE, UnlockConnector(1)], [LockConnector(1)]))
    runtime.post(ANY)
    runtime.post(ANY)
    journal.land()
    assert world.did == ["lock"]


@pytest.mark.parametrize(("outcome", "waits"), [(Decision.ACCEPTED, True), (Decision.REJECTED, False)])
async def test_an_acceptance_waits_for_the_disk_and_a_refusal_does_not(outcome: Decision, waits: bool) -> None:
    station = Script([SAVE, Reply(1, outcome)])
    runtime, journal, _ = runtime_of(station)
    asked = asyncio.ensure_future(runtime.request(lambda number: RemoteStart(number, 1, IdToken("TAG"))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asked.done() is not waits
    journal.land()
    assert (await asked)[0] is outcome


async def test_an_acknowledgement_is_given_only_after_the_commit() -> None:
    runtime, journal, _ = runtime_of(Script([SAVE], []))
    acknowledged: list[str] = []
    runtime.post(ANY, lambda: acknowledged.append("first"))
    runtime.post(ANY, lambda: acknowledged.append("second"))
    assert acknowledged == []
    journal.land()
    journal.land()
    assert acknowledged == ["first", "second"]


async def test_trouble_of_the_store_and_its_end_reach_the_station() -> None:
    station = Script()
    runtime, _, _ = runtime_of(station)
    runtime.store_trouble("disk full")
    runtime.store_trouble(None)
    assert station.heard == [StoreFailed("disk full"), StoreRecovered()]


async def test_the_deadline_is_served_when_it_comes_and_not_before() -> None:
    ticked: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    class Waiting(Script):
        def handle(self, now: Stamp, item: Input) -> list[Output]:
            self.due = now.mono_ms + 20 if item is ANY else None
            if item == Tick():
                ticked.set_result(now.mono_ms)
            return []

    station = Waiting()
    runtime, _, _ = runtime_of(station)
    runtime.post(ANY)
    due = station.due
    assert due is not None
    assert await asyncio.wait_for(ticked, 2) >= due


async def test_a_station_that_breaks_ends_the_program_and_permits_nothing_more() -> None:
    class Broken(Script):
        def handle(self, now: Stamp, item: Input) -> list[Output]:
            raise LookupError("a bug")

    runtime, _, world = runtime_of(Broken())
    running = asyncio.ensure_future(runtime.run())
    await asyncio.sleep(0)
    runtime.post(ANY)
    with pytest.raises(LookupError):
        await asyncio.wait_for(running, 1)
    assert world.did == []
    assert not runtime.alive()
