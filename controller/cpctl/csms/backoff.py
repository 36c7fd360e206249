"""How long to wait before the next attempt to connect, by OCPP's own variables (2.0.1 part 4, 5.3; used for 1.6 alike)."""

from __future__ import annotations

from random import Random

# Doubling stops here whatever the variables say: an hour's silence is more than any storm needs.
LONGEST_S = 3600.0
# Never a busy loop, whatever the variables are set to.
SHORTEST_S = 0.1


class BackOff:
    """Doubles from one attempt to the next and adds a new random part each time, so that a fleet that was cut off at once spreads ever further."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._failures = 0
        self._wait_s = 0.0

    def next(self, minimum_s: float, random_range_s: float, repeat_times: int, at_least_s: float = 0.0) -> float:
        """Return the wait in seconds; it doubles `repeat_times` times and then stays. `at_least_s` is the CSMS's own wish for this once."""
        random_s = self._rng.uniform(0, max(random_range_s, 0.0))
        if self._failures == 0:
            wait_s = max(minimum_s, 0.0) + random_s
        elif self._failures <= repeat_times:
            wait_s = 2 * self._wait_s + random_s
        else:
            wait_s = max(self._wait_s, minimum_s)
        self._failures += 1
        self._wait_s = min(max(wait_s, SHORTEST_S), LONGEST_S)
        # What it wishes it wishes of everybody at the same time.
        return max(self._wait_s, min(at_least_s, LONGEST_S) + random_s) if at_least_s > 0 else self._wait_s

    def reset(self) -> None:
        """Begin anew: the last connection was a stable one."""
        self._failures = 0
