"""A campaign of kills: drivers come and go, network and power fail at times, and the host is killed again and again, and started again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Protocol

from tests.kills.blow import Blow, any_kind
from tests.kills.visit import LAPSING_S, Driver, Scene, Visit, Way

from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_ledger import Charge
from cpctl.sim.csms_script import Cut, Delay, Refuse, Silence, Step

# Mostly the host is back within the lease of 10 s, at times long after.
BACK_SOON_S, BACK_LATE_S, SOON = (0.0, 3.0), (12.0, 20.0), 0.75
# Three resets with a closed contactor within ten minutes are a lock-out.
RESETS_APART_S = 330.0
NETWORK_UP_S, NETWORK_DOWN_S = (30.0, 120.0), (5.0, 40.0)
# So often the CSMS fails at a transaction message: cuts the line before or after taking it in, is slow, refuses it, or never answers.
MISCHIEF_S = (10.0, 90.0)
MISCHIEF: tuple[Step, ...] = (Cut(processed=True), Cut(processed=True), Cut(), Delay(4.0), Refuse("InternalError"), Silence())
# What is told late, by then is.
DELIVERY_S = 900.0
WATCH_S = 0.5
# Connections are tried again soon, and refused messages too, so that a short campaign sees all of it. Attempts are counted over restarts: with the
# default number a CSMS that refuses and falls silent as often as this one has messages put aside, as it is configured, and that is no loss.
SETTINGS: dict[str, Any] = {
    "MeterValueSampleInterval": 20,
    "AllowOfflineTxForUnknownId": True,
    "TransactionMessageRetryInterval": 5,
    "TransactionMessageAttempts": 100,
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": 2,
    "OCPPCommCtrlr.RetryBackOffRandomRange": 2,
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": 2,
}


class World(Scene, Protocol):
    """A charge point with its surroundings, to be tormented."""

    csms: EmbeddedCsms
    database: Path
    evses: int
    id: str
    hearing_s: float  # a host has stored what happened so long ago, or before it was started so long ago

    async def fell(self, random: Random, *, host: bool) -> None:
        """Wait for a moment that is worth it, and let the host vanish between two instructions then if it is to."""

    async def start(self) -> None:
        """Start the host; it need not be ready yet."""

    async def network(self, up: bool) -> None:
        """Let the CSMS be reachable, or not."""

    async def idle(self) -> bool:
        """Tell whether the host lives, has nothing left to tell, and every EVSE is available."""


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    visits: list[Visit] = field(default_factory=list)
    blows: list[Blow] = field(default_factory=list)
    offline: list[tuple[float, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    transactions: int = 0
    repeats: int = 0
    together: int = 0  # how often both were seen to charge at once

    @property
    def kills(self) -> int:
        """How often the host died."""
        return sum(blow.host for blow in self.blows)

    @property
    def delivered_wh(self) -> float:
        """What flowed in truth."""
        return sum(visit.delivered_wh for visit in self.visits)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {sum(blow.power is not None for blow in self.blows)} restarts of the coprocessor "
            f"({sum(blow.forgets for blow in self.blows)} without power), {len(self.visits)} visits, {self.transactions} transactions, {self.repeats} repeated messages, "
            f"{len(self.offline)} offline spells, {self.delivered_wh:.0f} Wh delivered, {len(self.problems)} problems"
        )

    def account(self) -> str:
        """Everything that somebody needs who looks for the cause."""
        return "\n".join(
            (
                *self.problems,
                f"struck at {', '.join(map(str, self.blows))}",
                f"offline {', '.join(f'{since:.2f}..{until:.2f}' for since, until in self.offline)}",
                *(f"{visit}: {'; '.join(visit.story)}; gone {visit.left_at:.2f}" for visit in self.visits),
            )
        )


class Campaign:
    """Runs one, by a seed."""

    def __init__(self, world: World, kills: int, random: Random) -> None:
        self._world = world
        self._kills = kills
        self._random = random
        self._over = False
        self._offline_since: float | None = None
        self._up_since = self._stored_until = world.now()
        self._drivers = [Driver(world, evse, random) for evse in range(1, world.evses + 1)]
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        """Torment the host, let everything come to rest, and judge."""
        outcome = self.outcome
        network, mischief = asyncio.ensure_future(self._network()), asyncio.ensure_future(self._mischief())
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._watch())
                visits = [tasks.create_task(self._visits(driver)) for driver in self._drivers]
                await self._reap()
                self._over = True
                await asyncio.wait(visits)
                mischief.cancel()
                await self._stop_network(network)
                await self._come_to_rest()
                watch.cancel()
        finally:
            network.cancel()
            mischief.cancel()
            outcome.visits = [visit for driver in self._drivers for visit in driver.visits]
        self._judge()
        return outcome

    # ------------------------------------------------------------ those who act

    async def _reap(self) -> None:
        world, random = self._world, self._random
        while self.outcome.kills < self._kills:
            host, power = any_kind(random)
            await world.fell(random, host=host)
            power = self._borne(power)
            if world.now() - world.hearing_s >= self._up_since:
                self._stored_until = world.now() - world.hearing_s
            if power is not None:
                await world.plant.power(power)
            self.outcome.blows.append(Blow(world.now(), host, power, self._stored_until))
            if host:
                await world.sleep(random.uniform(*(BACK_SOON_S if random.random() < SOON else BACK_LATE_S)))
                await world.start()
                self._up_since = world.now()

    def _borne(self, power: str | None) -> str | None:
        """Spare the board the resets with a closed contactor that would lock it out; losing its power it forgets to count them."""
        if power is None or power == "cut":
            return power
        resets = [blow.at for blow in self.outcome.blows if blow.power is not None and not blow.forgets]
        return power if not resets or self._world.now() - resets[-1] > RESETS_APART_S else "cut"

    async def _visits(self, driver: Driver) -> None:
        while not self._over:
            await driver.visit(self._random.choice(list(Way)))

    async def _network(self) -> None:
        world, random = self._world, self._random
        while True:
            await world.sleep(random.uniform(*NETWORK_UP_S))
            self._offline_since = world.now()
            await world.network(False)
            await world.sleep(random.uniform(*NETWORK_DOWN_S))
            await self._restore()

    async def _mischief(self) -> None:
        while True:
            await self._world.sleep(self._random.uniform(*MISCHIEF_S))
            self._world.csms.script(self._random.choice(self._world.words.transaction_messages), self._random.choice(MISCHIEF))

    async def _stop_network(self, network: asyncio.Task[None]) -> None:
        network.cancel()
        await asyncio.gather(network, return_exceptions=True)
        await self._restore()

    async def _restore(self) -> None:
        await self._world.network(True)
        if self._offline_since is not None:
            self.outcome.offline.append((self._offline_since, self._world.now()))
            self._offline_since = None

    async def _come_to_rest(self) -> None:
        deadline = self._world.now() + DELIVERY_S
        while not await self._world.idle() or self._left_behind():
            if self._world.now() > deadline:
                self.outcome.problems.append(f"not everything was told within {DELIVERY_S:.0f} s")
                return
            await self._world.sleep(0.5)

    def _left_behind(self) -> list[str]:
        """Return which connectors the CSMS believes to be in use still."""
        told = dict(self._world.words.status(call) for call in self._world.csms.point(self._world.id).status_history)
        return [f"connector {connector} was left as {last}" for connector, last in told.items() if last != "Available"]

    # ------------------------------------------------------------ those who look

    async def _watch(self) -> None:
        """See to it that no contactor is closed without a transaction on disk."""
        watched = [_Watched(self._world, driver, self.outcome.problems) for driver in self._drivers]
        while True:
            closed = [await one.look() for one in watched]
            self.outcome.together += len(closed) > 1 and all(closed)
            await self._world.sleep(WATCH_S)

    def _judge(self) -> None:
        outcome, ledger = self.outcome, self._world.csms.ledger
        outcome.problems += ledger.problems
        outcome.transactions = len(ledger.charges)
        outcome.repeats = sum(charge.repeats for charge in ledger.charges)
        for visit in outcome.visits:
            outcome.problems += visit.judge(ledger.charges, outcome.blows)
        known = {visit.tag for visit in outcome.visits}
        outcome.problems += [
            f"transaction {charge.number} of {charge.id_tag}, who was never here" for charge in ledger.charges if charge.id_tag not in known
        ]
        if ledger.orphans:
            outcome.problems.append(f"told without a transaction: {ledger.orphans}")
        for driver in self._drivers:
            outcome.problems += _backwards([charge for charge in ledger.charges if charge.connector == driver.evse])
        outcome.problems += self._left_behind()


def _backwards(charges: list[Charge]) -> list[str]:
    """Return where a connector's register fell, in the order of its transactions."""
    return [
        f"transaction {after.number} starts at {after.meter_start} Wh, {before.number} had ended at {before.meter_stop} Wh"
        for before, after in pairwise(charges)
        if before.meter_stop is not None and after.meter_start < before.meter_stop
    ]


class _Watched:
    """An EVSE that is watched."""

    def __init__(self, world: World, driver: Driver, problems: list[str]) -> None:
        self._world = world
        self._driver = driver
        self._problems = problems
        self._alone_since_us: int | None = None

    async def look(self) -> bool:
        """Compare the contactor with what is on disk; tell whether it is closed."""
        truth = await self._world.plant.ask(self._driver.evse)
        if truth.contactor == 0 or not self._driver.visits:
            self._alone_since_us = None
            return False
        tag = self._driver.visits[-1].tag
        known, running = transactions_on_disk(self._world.database, tag)
        if not known:
            self._report(f"contactor {truth.evse} is closed, and the disk knows no transaction of {tag}")
        if running:
            self._alone_since_us = None
        elif self._alone_since_us is None:
            self._alone_since_us = truth.uptime_us
        elif truth.uptime_us - self._alone_since_us > LAPSING_S * 1e6:
            self._report(f"contactor {truth.evse} has been closed for {LAPSING_S:.0f} s after the end of {tag}")
        return True

    def _report(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems.append(problem)


def transactions_on_disk(database: Path, tag: str) -> tuple[bool, bool]:
    """Tell whether the store knows a transaction of this token, and whether one runs."""
    rows: Sequence[tuple[str]]
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10) as store:
        rows = store.execute("SELECT body FROM record WHERE kind IN ('Transaction', 'Session')").fetchall()
    mine = [body for (body,) in rows if f'"{tag}"' in body]
    return bool(mine), any('"ended":null' in body for body in mine)
