"""Who is served and who waits, where a site's limit is too low to charge every vehicle at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

# So long an EVSE is served while another waits; long enough for a vehicle to wake and make use of it.
TURN_MS: Final = 12 * 60_000

# Until the one that leaves has let go, and the contactor of the next has closed.
HAND_OVER_MS: Final = 30_000


class Turns:
    """Those who are served and those who wait, each in the order in which they began to.

    A vehicle that makes no use of its turn leaves it to the first who waits and has not done the same.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self.serving: list[int] = []
        self.waiting: list[int] = []
        self.ends_ms: int | None = None  # the present turn, while somebody waits
        self._idled: set[int] = set()

    def pass_on(self, asking: Sequence[int], room: int, idle: Collection[int], now_ms: int) -> None:
        """Take those who ask now, of whom `room` can be served, and those served who make no use of it; let turns pass that are over."""
        self.serving = [evse for evse in self.serving if evse in asking]
        self.waiting = [evse for evse in self.waiting if evse in asking]
        self.waiting += [evse for evse in asking if evse not in self.serving and evse not in self.waiting]
        self._idled &= set(self.waiting)
        while len(self.serving) > room:
            self.waiting.append(self.serving.pop(0))
        while len(self.serving) < room and self.waiting:
            self._serve(self.waiting[0])
        if not self.waiting or not self.serving:
            self.ends_ms = None
            return
        if self.ends_ms is None:
            self.ends_ms = now_ms + TURN_MS
        elif now_ms >= self.ends_ms:
            self.ends_ms = now_ms + TURN_MS
            for evse in self.serving[: len(self.waiting)]:
                self._replace(evse, self.waiting[0])
        for evse in [one for one in self.serving if one in idle]:
            eager = next((other for other in self.waiting if other not in self._idled), None)
            if eager is not None:
                self._replace(evse, eager)
                self._idled.add(evse)

    def wait_ms(self, evse: int, now_ms: int) -> int | None:
        """Return how long an EVSE has to wait at most; None if it does not wait, or no turn will come."""
        if evse not in self.waiting or self.ends_ms is None:
            return None
        rounds = self.waiting.index(evse) // len(self.serving)
        return max(0, self.ends_ms - now_ms) + rounds * TURN_MS + HAND_OVER_MS

    def _serve(self, evse: int) -> None:
        self.waiting.remove(evse)
        self._idled.discard(evse)
        self.serving.append(evse)

    def _replace(self, evse: int, by: int) -> None:
        self.serving.remove(evse)
        self._serve(by)
        self.waiting.append(evse)
