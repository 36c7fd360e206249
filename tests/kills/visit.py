"""A driver who visits the charge point while its host dies and comes back: does what a person would, and keeps what the plant says was delivered.

The driver knows nothing of kills. Every visit has a token of its own, so that what the CSMS was told can be laid beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Protocol

from tests.kills.blow import Blow
from tests.whole.words import Words

from cpctl.link.messages import PlantState
from cpctl.sim.csms_ledger import Charge
from cpctl.sim.plant import PlantClient

#: A person waits so long for a reader to react before trying again.
PATIENCE_S = 9.0
#: Whoever has asked for the end looks at the display for so long before asking again.
LOOK_S = 0.5
#: Whoever waits so long for a remote stop goes and taps.
REMOTE_PATIENCE_S = 60.0
#: Nobody has to wait longer than this for energy, for an end, or for the lock, however often the host dies meanwhile.
STEP_S = 900.0

# How far what is told may be from what was delivered. Never too much: that would be billed to somebody.
#: Told in whole watt-hours, at the start and at the end.
ROUNDING_WH = 1.0
#: The simulated vehicle's charger.
MOST_W = 3 * 16 * 230
#: A transaction that is stopped ends with the meter's last message (one a second); then the vehicle lets its current down (16 A in a second).
STOPPING_S = 2.0
#: A host that dies while it stops a charge may leave it to the lease (10 s) and the winding down (6 s).
LAPSING_S = 16.0
#: The coprocessor's meter speaks once a second, and its register begins anew when it restarts.
METER_S = 1.5
#: A host that died may have been away for so long when the coprocessor's power failed too: nobody had heard its meter since.
UNHEARD_S = 45.0
#: What is not on disk when both lose their power (`cpctl.core.metering`): so much, or a tenth.
UNSAVED_WH, UNSAVED_PART = 20.0, 0.1
#: What the coprocessor kept for a host that was away is dated by the distance of two clocks.
UNSURE = timedelta(seconds=1)


class Way(StrEnum):
    """How a visit ends; the first also how it begins, for remote ones."""

    TAP = "tap"
    UNPLUG = "unplug"
    REMOTE = "remote"


class Scene(Protocol):
    """The charge point as a person, and the operator at the CSMS, can reach it. Seconds are the charge point's own."""

    plant: PlantClient
    words: Words

    async def look(self, evse: int) -> Mapping[str, Any] | None:
        """Look at the display; None while it is dark."""

    async def tap(self, evse: int, tag: str) -> None:
        """Hold a token to the reader; nothing tells whether a dark one took it."""

    async def call(self, action: str, payload: Mapping[str, Any]) -> None:
        """Send a CALL from the CSMS, if the charge point is connected."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def now(self) -> float:
        """Return the time."""

    def date(self, at: float) -> datetime | None:
        """Return a past moment of `now` as a date; None where the charge point's clock is not ours."""

    def charges(self) -> list[Charge]:
        """Return what the CSMS knows."""


@dataclass(slots=True)
class Visit:
    """One plug-in: what was physically so, and when somebody asked for its end."""

    evse: int
    tag: str
    way: Way
    arrived_at: float = 0.0
    energy_before_mwh: int = 0
    energy_after_mwh: int = 0
    stop_asked_at: float | None = None
    tapped: bool = False
    unplugged: datetime | None = None
    left_at: float = 0.0
    story: list[str] = field(default_factory=list)

    @property
    def delivered_wh(self) -> float:
        """What flowed in truth."""
        return (self.energy_after_mwh - self.energy_before_mwh) / 1000

    def judge(self, charges: list[Charge], blows: list[Blow]) -> list[str]:
        """Compare with what the CSMS was told of this token; return what is wrong."""
        mine = [charge for charge in charges if charge.id_tag == self.tag]
        during = [blow for blow in blows if self.arrived_at <= blow.at <= self.left_at or self._left_unheard(blow)]
        cuts = sum(blow.forgets for blow in during)
        if not 1 <= len(mine) <= 1 + cuts:
            return [f"{self}: {len(mine)} transactions after {cuts} power cuts"]
        if any(charge.connector != self.evse for charge in mine):
            return [f"{self}: on another connector"]
        if any(charge.meter_stop is None for charge in mine):
            return [f"{self}: it never ended"]
        problems = [*self._of_energy(mine, during, blows), *self._of_reason(mine, cuts), *self._of_moment(mine[-1], during)]
        return [f"{self}: {problem}" for problem in problems]

    def _left_unheard(self, blow: Blow) -> bool:
        """Tell whether the coprocessor lost its memory before any host could store that this vehicle had left: nobody else knew."""
        return blow.forgets and blow.stored_until < self.left_at < blow.at

    def _of_energy(self, mine: list[Charge], during: list[Blow], blows: list[Blow]) -> Iterator[str]:
        told_wh = sum((charge.meter_stop or 0) - charge.meter_start for charge in mine)
        rounding_wh = ROUNDING_WH * len(mine)
        most_wh = rounding_wh + MOST_W * self._unmetered_s(during) / 3600
        for blow in during:
            if blow.power is not None:
                most_wh += self._lost_with_power(blow, blows)
        if not -rounding_wh <= self.delivered_wh - told_wh <= most_wh:
            yield f"{told_wh} Wh told, {self.delivered_wh:.1f} Wh delivered, up to {most_wh:.1f} Wh may be lost"

    def _lost_with_power(self, blow: Blow, blows: list[Blow]) -> float:
        """What a restart of the coprocessor may take along: its last second; without a host everything since that died, and what it had not saved."""
        unheard = any(one.host and blow.at - UNHEARD_S <= one.at <= blow.at for one in blows)
        unsaved_wh = max(UNSAVED_WH, UNSAVED_PART * self.delivered_wh) if unheard else 0.0
        return unsaved_wh + MOST_W * (METER_S + (LAPSING_S if unheard else 0.0)) / 3600

    def _of_reason(self, mine: list[Charge], cuts: int) -> Iterator[str]:
        """Every end has its reason, though nobody was there to see it: the driver's, or a power cut."""
        own = {Way.TAP: {"Local"}, Way.UNPLUG: {"EVDisconnected"}, Way.REMOTE: {"Remote", "Local"} if self.tapped else {"Remote"}}[self.way]
        for charge in mine[:-1]:
            if charge.reason != "PowerLoss":
                yield f"ended for {charge.reason}, and began again"
        if mine[-1].reason not in (own | {"PowerLoss"} if cuts else own):
            yield f"ended for {mine[-1].reason}"

    def _of_moment(self, charge: Charge, during: list[Blow]) -> Iterator[str]:
        """An unplugging has its moment, unless the coprocessor had to begin anew before it could tell."""
        if charge.reason != "EVDisconnected" or self.unplugged is None or charge.stopped is None or any(blow.power for blow in during):
            return
        off = datetime.fromisoformat(charge.stopped) - self.unplugged
        if not -UNSURE <= off <= UNSURE:
            yield f"unplugged at {self.unplugged}, told {charge.stopped}"

    def _unmetered_s(self, during: list[Blow]) -> float:
        """How long energy may have flowed after the end that was told. An unplugging is told with the register of its very moment."""
        if self.stop_asked_at is None:
            return 0.0
        died = any(blow.at >= self.stop_asked_at for blow in during)
        return STOPPING_S + (LAPSING_S if died else 0.0)

    def __str__(self) -> str:
        return f"visit {self.tag} at EVSE {self.evse} ({self.way})"


class Impatient(AssertionError):
    """A step of a visit took longer than anybody would wait."""


class Driver:
    """Plays visits at one EVSE."""

    def __init__(self, scene: Scene, evse: int, random: Random) -> None:
        self._scene = scene
        self.evse = evse
        self._random = random
        self.visits: list[Visit] = []

    async def visit(self, way: Way, *, charge_s: tuple[float, float] = (5.0, 40.0)) -> Visit:
        """Come, charge for a while, and leave."""
        visit = Visit(self.evse, f"V{self.evse}-{len(self.visits) + 1}", way)
        self.visits.append(visit)
        visit.arrived_at = self._scene.now()
        before = await self._truth()
        visit.energy_before_mwh = before.energy_mwh
        await self._move(visit, "B")
        await self._some(0.2, 4.0)
        await self._move(visit, "C")
        await self._begin(visit)
        await self._some(*charge_s)
        await self._end(visit)
        await self._some(0.5, 6.0)
        visit.unplugged = self._scene.date(self._scene.now())
        await self._move(visit, "A")
        await self._until(visit, "the contactor opens", lambda truth: truth.contactor == 0)
        await self._scene.sleep(0.3)
        after = await self._truth()
        visit.energy_after_mwh = after.energy_mwh
        visit.left_at = self._scene.now()
        await self._some(1.0, 5.0)
        return visit

    # ------------------------------------------------------------ steps

    async def _begin(self, visit: Visit) -> None:
        """Ask for energy until it flows; a person taps again only if the display shows no session for a while."""
        deadline = self._scene.now() + STEP_S
        asked_at = -PATIENCE_S
        while (await self._truth()).contactor == 0:
            seen = await self._scene.look(self.evse)
            idle = seen is not None and seen["session"] is None and seen["status"] in ("Preparing", "Finishing")
            if idle and self._scene.now() - asked_at >= PATIENCE_S:
                asked_at = self._scene.now()
                self._tell(visit, f"asks, seeing {seen['status'] if seen else ''}")
                if visit.way is Way.REMOTE:
                    await self._scene.call(*self._scene.words.remote_start(self.evse, visit.tag))
                else:
                    await self._scene.tap(self.evse, visit.tag)
            self._check(visit, deadline, "energy flows", seen)
            await self._scene.sleep(0.25)

    async def _end(self, visit: Visit) -> None:
        """Ask for the end until the display shows no session any more. Whoever just unplugs is done."""
        if visit.way is Way.UNPLUG:
            return
        deadline = self._scene.now() + STEP_S
        visit.stop_asked_at = self._scene.now()
        asked_at = -LOOK_S
        while True:
            seen = await self._scene.look(self.evse)
            if seen is not None and seen["session"] is None and seen["status"] != "Unavailable":
                return
            if seen is not None and seen["session"] is not None and self._scene.now() - asked_at >= LOOK_S:
                asked_at = self._scene.now()
                self._tell(visit, f"ends, seeing {seen['status']}")
                await self._ask_for_end(visit)
            self._check(visit, deadline, "the session ends", seen)
            await self._scene.sleep(0.5)

    async def _ask_for_end(self, visit: Visit) -> None:
        waited_s = self._scene.now() - (visit.stop_asked_at or 0.0)
        if visit.way is Way.TAP or waited_s > REMOTE_PATIENCE_S:
            visit.tapped = True
            await self._scene.tap(self.evse, visit.tag)
            return
        number = next((charge.number for charge in self._scene.charges() if charge.id_tag == visit.tag), None)
        if number is not None:
            await self._scene.call(*self._scene.words.remote_stop(number))

    # ------------------------------------------------------------ helpers

    def _tell(self, visit: Visit, text: str) -> None:
        """Keep what was done; once, however often it was repeated."""
        if not visit.story or not visit.story[-1].endswith(text):
            visit.story.append(f"{self._scene.now():.2f} {text}")

    async def _move(self, visit: Visit, state: str) -> None:
        self._tell(visit, f"vehicle {state}")
        await self._scene.plant.vehicle(self.evse, state=state)

    async def _until(self, visit: Visit, what: str, holds: Callable[[PlantState], bool]) -> None:
        deadline = self._scene.now() + STEP_S
        while not holds(await self._truth()):
            self._check(visit, deadline, what, None)
            await self._scene.sleep(0.05)

    async def _truth(self) -> PlantState:
        return await self._scene.plant.ask(self.evse)

    async def _some(self, least_s: float, most_s: float) -> None:
        await self._scene.sleep(self._random.uniform(least_s, most_s))

    def _check(self, visit: Visit, deadline: float, what: str, seen: Mapping[str, Any] | None) -> None:
        if self._scene.now() > deadline:
            raise Impatient(f"{visit}: waited {STEP_S:.0f} s until {what}; the display shows {seen}; so far: {visit.story}")
