"""What the vehicle of an EVSE is seen to draw of what it is offered, so that others can have the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .offer import FLOOR_MA

# The highest current of the last one to two windows counts: a vehicle that pauses for a moment loses nothing.
WINDOW_MS: Final = 10_000

# A vehicle gets so long to use a higher offer: to wake, close its switch and ramp up.
GRACE_MS: Final = 30_000

# A vehicle that draws nothing of its offer for so long makes no use of it.
IDLE_MS: Final = 60_000

# Closer to its offer than this, a vehicle would take more.
HUNGRY_MA: Final = 1_000

# It is left so much more than it draws, and in whole amperes, so that the others' offers need not follow every move. More than `HUNGRY_MA`, so that it can rise.
MARGIN_MA: Final = 2_000
GRAIN_MA: Final = 1_000

# Less is none: the standby of a charger.
NOTHING_MA: Final = 500


@dataclass(slots=True)
class Drawn:
    """Of one EVSE: its offer, and the highest current of late, per phase."""

    offer_ma: int = 0
    raised_ms: int = 0  # when the offer was last raised
    offered_ms: int = 0  # when it began
    used_ms: int = 0  # when current was last seen
    known: bool = False  # there is a meter
    now_ma: int = 0
    _peak_ma: int = 0
    _before_ma: int = 0
    _window_ms: int = 0

    def offered(self, offer_ma: int, now_ms: int) -> None:
        """Take what the pilot offers."""
        if offer_ma > self.offer_ma:
            self.raised_ms = now_ms
            if self.offer_ma == 0:
                self.offered_ms = now_ms
        self.offer_ma = offer_ma

    def take(self, drawn_ma: int, now_ms: int) -> None:
        """Take what the meter shows."""
        self._roll(now_ms)
        self.known = True
        self.now_ma = drawn_ma
        self._peak_ma = max(self._peak_ma, drawn_ma)
        if drawn_ma >= NOTHING_MA:
            self.used_ms = now_ms

    def needs_ma(self, most_ma: int, now_ms: int) -> int:
        """Return what the vehicle needs: all that it can get, unless it is seen to use less of what it has."""
        self._roll(now_ms)
        peak_ma = max(self._peak_ma, self._before_ma)
        if not self.known or self.offer_ma == 0 or now_ms - self.raised_ms < GRACE_MS or peak_ma >= self.offer_ma - HUNGRY_MA:
            return most_ma
        wanted_ma = -(-(peak_ma + MARGIN_MA) // GRAIN_MA) * GRAIN_MA
        return min(most_ma, max(FLOOR_MA, wanted_ma))

    def idle(self, now_ms: int) -> bool:
        """Tell whether the vehicle makes no use of what it is offered."""
        return self.known and self.offer_ma > 0 and self.now_ma < NOTHING_MA and now_ms - max(self.offered_ms, self.used_ms) >= IDLE_MS

    def _roll(self, now_ms: int) -> None:
        passed = (now_ms - self._window_ms) // WINDOW_MS
        if passed > 0:
            self._before_ma = self._peak_ma if passed == 1 else self.now_ma
            self._peak_ma = self.now_ma
            self._window_ms = now_ms
