"""How long to wait for a reply: follows the round trips seen, as TCP does (RFC 6298), within fixed bounds."""

from __future__ import annotations

#: Before the first round trip: generous against a 252-byte frame each way at 115200 baud (44 ms).
START_US = 50_000
#: Below this the host's own scheduling, not the link, would decide.
MIN_US = 25_000
#: Waiting longer than this tells nothing new: the other side answers within a millisecond or not at all.
MAX_US = 1_000_000
#: Tries of one command, the first included.
TRIES = 4


class RoundTrip:
    """Smoothed round trip, its deviation, and the time-out that follows from them; microseconds.

    `speed`: how much faster than life the clock runs, in a simulation; the machine does not run faster with it.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._least_us = round(MIN_US * speed)
        self._most_us = round(MAX_US * speed)
        self.smoothed_us: int | None = None
        self._deviation_us = 0
        self._timeout_us = round(START_US * speed)

    def sample(self, trip_us: int) -> None:
        """Take the round trip of a command that was sent once only (of a repeated one nobody knows which was answered)."""
        if self.smoothed_us is None:
            self.smoothed_us, self._deviation_us = trip_us, trip_us // 2
        else:
            self._deviation_us += (abs(trip_us - self.smoothed_us) - self._deviation_us) // 4
            self.smoothed_us += (trip_us - self.smoothed_us) // 8
        self._timeout_us = min(max(self.smoothed_us + 4 * self._deviation_us, self._least_us), self._most_us)

    def timeout_us(self, tries: int) -> int:
        """Time to wait after the `tries`-th try: each doubles the last."""
        return min(self._timeout_us << (tries - 1), self._most_us)
