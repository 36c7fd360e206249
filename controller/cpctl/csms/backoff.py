"""How long to wait before the next attempt to connect, by OCPP's own variables (2.0.1 part 4, 5.3; used for 1.6 alike)."""

from __future__ import annotations

from random import Random

# Doubling stops here whatever the variables say: an hour's silence is more than any storm needs.
LONGEST_S = 3600.0


class BackOff:
    """Doubles from one attempt to the next, with a random part added to each, so that a fleet does not come back as one."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._failures = 0

    def next(self, minimum_s: float, random_range_s: float, repeat_times: int) -> float:
        """Return the wait in seconds; it doubles `repeat_times` times and then stays."""
        doublings = min(self._failures, max(repeat_times, 0), 32)
        self._failures += 1
        wait = max(minimum_s, 0.0) * float(2**doublings) + self._rng.uniform(0, max(random_range_s, 0.0))
        # Never a busy loop, whatever the variables are set to.
        return min(max(wait, 0.1), LONGEST_S)

    def reset(self) -> None:
        """Begin anew: the last connection was a stable one."""
        self._failures = 0
