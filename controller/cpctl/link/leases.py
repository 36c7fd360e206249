"""Turns standing permissions into leases: renews them, repeats a stop until the coprocessor shows it. No I/O.

A permission belongs to one plug-in and dies with it. While `suspended` (the link is in doubt, or the station's loop has stalled) nothing but stops
leaves here, so that every permission lapses by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .messages import Lease, Snapshot

#: A third and more of the shortest time to live, so that two lost renewals harm nothing.
RENEW_US = 500_000
#: A stop is repeated this often until a snapshot shows it.
STOP_REPEAT_US = 50_000
#: No lease lives longer than this in the coprocessor, so no stop needs to be repeated for longer.
MAX_TTL_MS = 30_000
#: Below 6 A there is no offer (IEC 61851-1): such a limit means none.
MIN_LIMIT_DA = 60


@dataclass(frozen=True, slots=True)
class _Standing:
    plug: int
    limit_da: int
    phases: int
    due_us: int
    stopped_us: int | None = None  # when it was first stopped; None while it permits

    @property
    def stops(self) -> bool:
        return self.limit_da == 0


class LeaseKeeper:
    """The standing permission of each EVSE, and when its next lease is due."""

    def __init__(self, ttl_ms: int) -> None:
        self._ttl_ms = min(ttl_ms, MAX_TTL_MS)
        self._standing: dict[int, _Standing] = {}
        self.suspended = True

    def grant(self, evse: int, plug: int, limit_ma: int, phases: int, now_us: int) -> None:
        """Let leases of this limit run for this plug-in, from now on."""
        limit_da = limit_ma // 100
        if limit_da < MIN_LIMIT_DA:
            self._stop(evse, plug, phases, now_us)
        else:
            self._standing[evse] = _Standing(plug, limit_da, phases, now_us)

    def restrict(self, evse: int, plug: int, limit_ma: int, phases: int, now_us: int) -> None:
        """Lower the permission at once; what was never granted to this plug-in can't be raised by it."""
        standing = self._standing.get(evse)
        limit_da = limit_ma // 100
        if standing is None or standing.plug != plug or standing.stops or limit_da < MIN_LIMIT_DA:
            self._stop(evse, plug, phases, now_us)
        else:
            self._standing[evse] = _Standing(plug, min(limit_da, standing.limit_da), phases, now_us)

    def seen(self, snapshot: Snapshot, now_us: int) -> None:
        """Learn from a snapshot: a stop that has arrived, a plug-in that is over."""
        standing = self._standing.get(snapshot.evse)
        if standing is None:
            return
        if snapshot.plug != standing.plug:
            del self._standing[snapshot.evse]
        elif standing.stopped_us is not None:
            arrived = snapshot.host_clock_us >= standing.stopped_us and not (snapshot.lease_ms and snapshot.lease_da)
            if arrived or now_us - standing.stopped_us > MAX_TTL_MS * 1000:
                del self._standing[snapshot.evse]

    def resume(self, now_us: int) -> None:
        """Renew every standing permission at once: the link is good (again)."""
        self.suspended = False
        self._standing = {evse: replace(item, due_us=now_us) for evse, item in self._standing.items()}

    def due(self, now_us: int) -> list[Lease]:
        """Leases to send now."""
        leases = []
        for evse, item in self._standing.items():
            if item.due_us > now_us or (self.suspended and not item.stops):
                continue
            leases.append(Lease(evse, item.plug, item.limit_da, item.phases, self._ttl_ms, now_us))
            self._standing[evse] = replace(item, due_us=now_us + (STOP_REPEAT_US if item.stops else RENEW_US))
        return leases

    def hand_over(self, now_us: int) -> list[Lease]:
        """One long lease for each permission: the charge outlives a restart of the host. Nothing is renewed afterwards."""
        leases = [
            Lease(evse, item.plug, item.limit_da, item.phases, 0 if item.stops else MAX_TTL_MS, now_us)
            for evse, item in self._standing.items()
            if item.stops or not self.suspended
        ]
        self.suspended = True
        return leases

    def deadline(self) -> int | None:
        """When `due` has something to say next."""
        return min((i.due_us for i in self._standing.values() if i.stops or not self.suspended), default=None)

    def _stop(self, evse: int, plug: int, phases: int, now_us: int) -> None:
        standing = self._standing.get(evse)
        if standing is not None and standing.stops and standing.plug == plug:
            return
        self._standing[evse] = _Standing(plug, 0, phases, now_us, stopped_us=now_us)
