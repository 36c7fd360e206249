"""A station that shares a site's limit, with a coprocessor that can be deaf and vehicles that are as slow as they may be.

The world, not the station, says what may physically flow: the highest offer that a vehicle has seen within the last five seconds, while its contactor is
closed. It is reckoned at every step of `STEP_MS`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from cpctl.core.inputs import CoprocessorLost, CoprocessorReady, EvseObserved, LocalStop, MeterRead
from cpctl.core.model import IdToken, Pilot
from cpctl.core.outputs import Grant, Output, Restrict
from cpctl.core.settings import ConnectorSettings, EvseSettings, StationSettings

from .drive import Drive

STEP_MS = 200
FOLLOW_MS = 5_000
LEASE_MS = 10_000
WIND_DOWN_MS = 6_000
RECLOSE_MS = 5_000
RAISE_MS = 5_000


@dataclass
class Bay:
    """An EVSE as its coprocessor and its vehicle have it."""

    plug: int = 0
    plugged: bool = False
    asks: bool = False  # the vehicle's switch
    appetite_ma: int = 32_000
    faulty: bool = False
    lease_ma: int = 0
    lease_plug: int = 0
    lease_until: int = 0
    heard_ms: int = 0
    offer_ma: int = 0
    raised_ms: int = -RAISE_MS
    closed: bool = False
    stopped_ms: int | None = None  # since when a closed contactor has no offer
    opened_ms: int = -RECLOSE_MS
    offers: deque[tuple[int, int]] = field(default_factory=deque)  # (when it ended or now, mA)
    charged_ms: int = 0  # time in which energy flowed
    energy: int = 0

    def may_draw(self, now_ms: int) -> int:
        """Return the highest current that may physically flow."""
        if not self.closed:
            return 0
        return max(self.offer_ma, *(ma for until, ma in self.offers if until > now_ms - FOLLOW_MS), 0)

    def draws(self, now_ms: int) -> int:
        """Return what flows: the vehicle leaves an old offer as late as it may."""
        return min(self.may_draw(now_ms), self.appetite_ma) if self.asks else 0


class SiteDrive(Drive):
    """Steps a whole station of several EVSEs through time. `standing` is what the host's link renews."""

    def __init__(self, evses: int, limit_ma: int) -> None:
        self.bays = {number: Bay() for number in range(1, evses + 1)}
        self.standing: dict[int, tuple[int, int]] = {}  # (plug, mA) that the link renews
        self.link_up = True
        self.limits: deque[tuple[int, int]] = deque([(0, limit_ma)])  # (since, mA)
        connectors = (ConnectorSettings(1, fixed_cable=True),)
        super().__init__(evses, start=False)
        self.settings = StationSettings(tuple(EvseSettings(number, 32_000, 3, connectors) for number in self.bays), site_max_ma=limit_ma)
        self.station = self._station()
        self.begin()

    # ------------------------------------------------------------ host and link

    def feed(self, item: object) -> list[Output]:
        outputs = super().feed(item)  # type: ignore[arg-type]
        for output in outputs:
            match output:
                case Grant(evse, plug, limit_ma) | Restrict(evse, plug, limit_ma):
                    self.standing[evse] = (plug, limit_ma)
                    self._lease(evse)
                case _:
                    pass
        self.hold()
        return outputs

    def _lease(self, evse: int) -> None:
        plug, limit_ma = self.standing[evse]
        bay = self.bays[evse]
        if not self.link_up or (plug != bay.plug and limit_ma > 0):
            return
        bay.heard_ms = self.ms
        bay.lease_ma, bay.lease_plug, bay.lease_until = limit_ma, plug, self.ms + LEASE_MS

    def lose_link(self) -> None:
        if self.link_up:
            self.link_up = False
            self.feed(CoprocessorLost("link.lost", "gone"))

    def find_link(self) -> None:
        if not self.link_up:
            self.link_up = True
            for evse in self.standing:
                self._lease(evse)
            self.feed(CoprocessorReady(self.nonce, False, len(self.bays)))

    def crash(self, away_s: float = 0.2, **_: object) -> None:  # type: ignore[override]
        """Kill the host and start it again; meanwhile the coprocessor goes on with what it holds."""
        self.link_up = True
        self.standing = {}
        for _ in range(int(away_s * 1000) // STEP_MS):
            self._step_world(STEP_MS)
        super().crash(0)

    # ------------------------------------------------------------ what happens

    def plug_in(self, evse: int, appetite_ma: int = 32_000) -> None:
        bay = self.bays[evse]
        if not bay.plugged:
            self.bays[evse] = replace(bay, plug=bay.plug + 1, plugged=True, asks=True, appetite_ma=appetite_ma, offers=deque())
            self.observe(evse)
            self.tap(IdToken(f"TAG{evse}"), evse)
            while self.asks:
                self.answer()

    def unplug_at(self, evse: int) -> None:
        bay = self.bays[evse]
        bay.plugged = bay.asks = False
        self._open(bay)
        bay.lease_ma = bay.offer_ma = 0
        self.observe(evse)

    def stop_at(self, evse: int) -> None:
        self.feed(LocalStop(evse))

    def limit_to(self, text: str) -> None:
        self.set("ChargingStation.SiteCurrentLimit", text)
        self.limits.append((self.ms, min(int(float(text) * 1000), self.settings.site_max_ma or 0) if text else self.settings.site_max_ma or 0))

    # ------------------------------------------------------------ time

    def pass_time(self, seconds: float, step_ms: int = STEP_MS) -> None:
        for step in range(int(seconds * 1000) // step_ms):
            self.run(step_ms / 1000)
            self._step_world(0, step_ms)
            if self.link_up:
                if step % 3 == 0:
                    for evse in self.standing:
                        self._lease(evse)
                self.observe()

    def pass_hours(self, seconds: float) -> None:
        """Let much time pass, in longer steps."""
        self.pass_time(seconds, 2_000)

    def _step_world(self, passed_ms: int, step_ms: int = STEP_MS) -> None:
        self.ms += passed_ms
        for bay in self.bays.values():
            self._step(bay, step_ms)
        self.hold()

    def _step(self, bay: Bay, step_ms: int) -> None:
        leased = bay.lease_until > self.ms and bay.lease_plug == bay.plug and bay.plugged and not bay.faulty
        target = bay.lease_ma if leased else 0
        if target < bay.offer_ma or (target > bay.offer_ma and self.ms - bay.raised_ms >= RAISE_MS):
            if target > bay.offer_ma:
                bay.raised_ms = self.ms
            else:
                bay.offers.append((self.ms, bay.offer_ma))
            bay.offer_ma = target
        while bay.offers and bay.offers[0][0] <= self.ms - FOLLOW_MS:
            bay.offers.popleft()
        if bay.closed and (bay.faulty or not bay.asks):
            self._open(bay)
        elif bay.closed and bay.offer_ma == 0:
            bay.stopped_ms = self.ms if bay.stopped_ms is None else bay.stopped_ms
            if self.ms - bay.stopped_ms >= WIND_DOWN_MS - step_ms:
                self._open(bay)
        elif not bay.closed and bay.asks and bay.offer_ma > 0 and self.ms - bay.opened_ms >= RECLOSE_MS:
            bay.closed = True
        if bay.offer_ma:
            bay.stopped_ms = None
        drawn = bay.draws(self.ms)
        bay.charged_ms += step_ms if drawn else 0
        bay.energy += drawn * step_ms

    def _open(self, bay: Bay) -> None:
        if bay.closed:
            bay.closed, bay.opened_ms = False, self.ms

    # ------------------------------------------------------------ what is seen, and what must hold

    def snapshot(self, evse: int = 1) -> EvseObserved:
        bay = self.bays[evse]
        leased = bay.lease_until > self.ms and bay.lease_plug == bay.plug and bay.plugged
        pwm = "2" if bay.offer_ma else "1"
        return EvseObserved(
            evse=evse,
            pilot=Pilot(("C" if bay.asks else "B" if bay.plugged else "A") + pwm),
            plug=bay.plug,
            energised=bay.closed,
            offer_ma=bay.offer_ma,
            lease_ms=bay.lease_until - self.ms if leased else 0,
            faults=frozenset({"rcm"}) if bay.faulty else frozenset(),
            blocked=frozenset(),
            lease_ma=bay.lease_ma if leased else 0,
            heard_ms=bay.heard_ms,
        )

    def reading(self, evse: int = 1) -> MeterRead:
        flow = self.bays[evse].draws(self.ms)
        return MeterRead(evse, 7, self.bays[evse].energy // 1_000_000, (flow, flow, flow), (230_000,) * 3, flow * 690)

    def allowed_ma(self) -> int:
        """Return the site's limit; a lowered one counts once the vehicles had their time, and as much again for the word to arrive."""
        while len(self.limits) > 1 and self.limits[1][0] <= self.ms - FOLLOW_MS - LEASE_MS - WIND_DOWN_MS:
            self.limits.popleft()
        recent = [limit for since, limit in self.limits if since > self.ms - FOLLOW_MS - 2 * STEP_MS]
        before = [limit for since, limit in self.limits if since <= self.ms - FOLLOW_MS - 2 * STEP_MS]
        if self.link_up and before:
            return max([before[-1], *recent])
        return max(limit for _, limit in self.limits)

    def hold(self) -> None:
        """Hold what must be true at every instant: the sum of what may flow is no more than the site's limit."""
        flows = {number: bay.may_draw(self.ms) for number, bay in self.bays.items()}
        assert sum(flows.values()) <= self.allowed_ma(), f"{flows} at {self.ms} ms"
