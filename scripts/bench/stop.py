"""G7, G8: how soon a stop of the CSMS is at the far end of the serial line, idle, under load, and with everything in its way."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

from .figures import Effort, Figure, at_most, percentile
from .host import EVSES
from .machine import pin
from .station import BENCH_CORE, BenchStation, accepted, until

# The EVSE that is stopped, and those that only load the station. A board has four at most: three times two samples a second make six MeterValues,
# the host adds four; and each is reported as often as makes a hundred frames.
_STOPPED = 1
_LOADING = range(2, EVSES + 1)
_QUIET_HZ, _LOADED_HZ = 5, 32
_STAGGER_S = 0.3


@dataclass(slots=True)
class _Rounds:
    """Milliseconds of each stop, round by round."""

    rounds: list[list[float]] = field(default_factory=list)

    def best(self, share: float) -> float:
        """Return the least of the rounds' percentiles."""
        return min(percentile(taken, share) for taken in self.rounds)

    def pooled(self) -> str:
        """Say what all rounds together give, good and bad."""
        return f"all rounds {percentile(self.all, 0.5):.2f} / {percentile(self.all, 0.99):.2f} ms"

    @property
    def all(self) -> list[float]:
        """Every stop of every round."""
        return [taken for one in self.rounds for taken in one]


@dataclass(slots=True)
class _Traffic:
    """What the CSMS really heard while the station was loaded, so that the load is a figure and no intention."""

    meter_values: int = 0
    seconds: float = 0.0

    @asynccontextmanager
    async def counted(self, station: BenchStation) -> AsyncIterator[None]:
        """Count as long as the block lasts."""
        before, start_s = station.csms.heard["MeterValues"], perf_counter()
        yield
        self.meter_values += station.csms.heard["MeterValues"] - before
        self.seconds += perf_counter() - start_s

    @property
    def rate(self) -> float:
        """MeterValues a second."""
        return self.meter_values / self.seconds


async def measure(effort: Effort, state: Path) -> list[Figure]:
    """Stop again and again, in turns: a bare client, the idle station, the loaded one, the loaded one with everything stalled."""
    pin(BENCH_CORE)
    rng = Random(1)
    bare, idle, loaded, stalled = _Rounds(), _Rounds(), _Rounds(), _Rounds()
    traffic, traffic_stalled = _Traffic(), _Traffic()
    with tempfile.TemporaryDirectory(dir=state) as place:
        async with BenchStation("bench.bare", 1) as floor, BenchStation("bench.host", EVSES, Path(place)) as station:
            station.board.report(_STOPPED, _QUIET_HZ)
            for _ in range(effort.rounds):
                bare.rounds.append([await _stop(floor, rng) for _ in range(effort.of(100, 20))])
                idle.rounds.append([await _stop(station, rng) for _ in range(effort.of(100, 20))])
                async with _load(station):
                    async with traffic.counted(station):
                        loaded.rounds.append([await _stop(station, rng) for _ in range(effort.of(100, 20))])
                    async with traffic_stalled.counted(station):
                        stalled.rounds.append([await _stop_with_everything_stalled(station, rng) for _ in range(effort.of(6, 2))])
    return [*_stops(bare, idle, loaded, traffic), *_stalls(loaded, stalled, traffic_stalled)]


def _stops(bare: _Rounds, idle: _Rounds, loaded: _Rounds, traffic: _Traffic) -> list[Figure]:
    floor = f"a bare websockets client that writes to the port: {bare.best(0.5):.2f} / {bare.best(0.99):.2f} ms, {bare.pooled()}"
    growth = loaded.best(0.99) / idle.best(0.99)
    return [
        at_most("G7", "stop sent to stop frame read, idle, p50", idle.best(0.5), 1.0, "ms", floor),
        at_most("G7", "the same, p99", idle.best(0.99), 6.0, "ms", idle.pooled()),
        at_most("G7", "100 frames/s and 10 MeterValues/s, p50", loaded.best(0.5), 1.0, "ms", f"{traffic.rate:.1f} MeterValues/s heard"),
        at_most("G7", "the same, p99", loaded.best(0.99), 6.0, "ms", loaded.pooled()),
        Figure("G7", "loaded p99 against idle p99", f"{growth:.2f} x", "<= 1.3 x", growth <= 1.3),
    ]


def _stalls(loaded: _Rounds, stalled: _Rounds, traffic: _Traffic) -> list[Figure]:
    """Compare all stops with all stops; the few with stalls have no round that could be called the best."""
    heard = f"{len(stalled.all)} stops; an owed answer holds up MeterValues too: {traffic.rate:.1f}/s heard"
    return [
        _more("more when handler, CALL and disk stall, p50", percentile(stalled.all, 0.5), percentile(loaded.all, 0.5), heard),
        _more("the same, p99", percentile(stalled.all, 0.99), percentile(loaded.all, 0.99), f"the worst took {max(stalled.all):.1f} ms"),
    ]


def _more(what: str, stalled: float, loaded: float, remark: str) -> Figure:
    more = stalled - loaded
    return Figure("G8", what, f"{more:+.2f} ms  ({stalled:.2f} / {loaded:.2f} ms)", "<= 10 ms", more <= 10.0, remark)


# ---------------------------------------------------------------- one stop


async def _stop(station: BenchStation, rng: Random) -> float:
    await station.start(_STOPPED)
    await asyncio.sleep(rng.uniform(0.02, 0.06))  # at no moment that the station could be in step with
    taken, answer = await station.stop(_STOPPED)
    await accepted(answer)
    return taken


async def _stop_with_everything_stalled(station: BenchStation, rng: Random) -> float:
    """Stop while a handler of the station waits for the disk, the disk does not answer, and the CSMS owes an answer."""
    csms = station.csms
    await station.start(_STOPPED)
    csms.silent = True
    await until(lambda: csms.kept > 0)
    station.stall_disk()
    await asyncio.sleep(0.03)
    _, configured = await csms.send("ChangeConfiguration", {"key": "HeartbeatInterval", "value": str(rng.randrange(300, 50_000))})
    await asyncio.sleep(rng.uniform(0.1, 0.5))
    taken, answer = await station.stop(_STOPPED)
    if configured.done() or answer.done() or not csms.kept:
        raise RuntimeError("the disk, the handler or the CALL did not stall: the measurement is void")
    await csms.answer_kept()
    await accepted(configured)
    await accepted(answer)
    return taken


# ---------------------------------------------------------------- load


@asynccontextmanager
async def _load(station: BenchStation) -> AsyncIterator[None]:
    """Let the other vehicles charge, begun one after the other so that their samples spread over the second."""
    for evse in _LOADING:
        station.board.report(evse, _LOADED_HZ)
        await asyncio.gather(station.start(evse), asyncio.sleep(_STAGGER_S))
    station.talk()
    yield
    station.talk()
    for evse in _LOADING:
        station.board.report(evse, 0)
        _, answer = await station.stop(evse)
        await accepted(answer)
