"""What may flow at an EVSE at this moment, whatever it is told from now on.

A permission that was lowered counts in full until the coprocessor is seen to hold the lower one, and then until the vehicle had its time to follow the
pilot. A link that is lost takes nothing back: what was permitted last counts until the coprocessor has said what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .inputs import EvseObserved
from .model import Pilot

# A vehicle follows a lower offer within 5 s (IEC 61851-1); where the offer ends, the contactor is open after 6 s.
FOLLOW_MS: Final = 6_000

# No lease lives longer, so an older one is no longer on its way.
LEASE_MS: Final = 30_000

# What meters and vehicles may be off by without being counted as more than what was offered.
TOLERANCE_MA: Final = 1_000


@dataclass(slots=True)
class Exposure:
    """Of one EVSE. `ceiling_ma` is the highest limit that the coprocessor may still hold; None before its first word, when anything may flow."""

    standing_ma: int = 0  # permitted, as last told
    lowered_ms: int | None = None  # when it was last told less
    ceiling_ma: int | None = None
    closed: bool = True
    drawn_ma: int = 0
    _seen: list[tuple[int, int]] = field(default_factory=list)  # higher offers that the vehicle may not have left yet: (mA, until)

    def told(self, limit_ma: int, now_ms: int) -> None:
        """Take what was told to the coprocessor."""
        if limit_ma < self.standing_ma:
            self.lowered_ms = now_ms
        self.standing_ma = limit_ma
        if self.ceiling_ma is not None:
            self.ceiling_ma = max(self.ceiling_ma, limit_ma)

    def observe(self, seen: EvseObserved, most_ma: int, now_ms: int) -> None:
        """Take a snapshot of the coprocessor; `most_ma` is what the EVSE is built for."""
        self.closed = seen.energised
        held_ma = max(seen.lease_ma if seen.lease_ms > 0 else 0, seen.offer_ma)
        if self.ceiling_ma is None:
            self.ceiling_ma = max(held_ma, self.standing_ma)
            if held_ma or seen.energised:
                self._seen.append((most_ma, now_ms + FOLLOW_MS))
        if not seen.energised and seen.pilot in (Pilot.A1, Pilot.A2):
            self._seen.clear()
        arrived = self.lowered_ms is None or seen.heard_ms >= self.lowered_ms or now_ms - self.lowered_ms >= LEASE_MS
        if arrived and held_ma <= self.standing_ma < self.ceiling_ma:
            self._seen.append((self.ceiling_ma, now_ms + FOLLOW_MS))
            self.ceiling_ma = self.standing_ma
        self._forget(now_ms)

    def flows_ma(self, most_ma: int, now_ms: int) -> int:
        """Return the highest current that may flow; `most_ma` while nothing is known."""
        if self.ceiling_ma is None:
            return most_ma
        drawn_ma = self.drawn_ma - TOLERANCE_MA
        if self.ceiling_ma == 0 and not self.closed:
            return max(0, drawn_ma)
        return max(self.ceiling_ma, self.resumes_ma(now_ms), drawn_ma)

    def resumes_ma(self, now_ms: int) -> int:
        """Return the highest offer that the vehicle may not have left yet."""
        return max((ma for ma, until in self._seen if until > now_ms), default=0)

    def next_ms(self, now_ms: int) -> int | None:
        """Return when less may flow without anything being told."""
        return min((until for _, until in self._seen if until > now_ms), default=None)

    @property
    def awaited(self) -> bool:
        """True while the coprocessor has not shown yet that it holds what it was told."""
        return self.ceiling_ma is None or self.ceiling_ma > self.standing_ma

    def _forget(self, now_ms: int) -> None:
        """Keep of the higher offers what still counts: neither over, nor below one that lasts as long."""
        kept: list[tuple[int, int]] = []
        for ma, until in reversed(self._seen):
            if until > now_ms and all(ma > other for other, _ in kept):
                kept.append((ma, until))
        self._seen = kept[::-1]
