"""Maps the coprocessor's uptime to the host's monotonic clock, with a bound on the error.

Each sample is a round trip: the host sent at `sent`, the coprocessor read `remote` on its clock at a moment in between, the host heard of it at `heard`.
That moment lies `held` after the message's arrival there. The sample with the least bound wins; the bound of a kept one grows as the crystals drift apart.
All times are microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Two crystals of 50 ppm each, in the worst direction.
DRIFT_PPM = 100


@dataclass(frozen=True, slots=True)
class _Sample:
    offset_us: int  # host minus coprocessor
    error_us: int  # at the time of the sample
    taken_us: int  # host clock

    def error_at(self, now_us: int) -> int:
        return self.error_us + abs(now_us - self.taken_us) * DRIFT_PPM // 1_000_000


class ClockMap:
    """The best mapping heard so far in one life of the coprocessor."""

    def __init__(self) -> None:
        self._best: _Sample | None = None

    def reset(self) -> None:
        """Forget everything: the coprocessor began anew."""
        self._best = None

    def sample(self, sent_us: int, heard_us: int, remote_us: int, held_us: int = 0) -> None:
        """Take a round trip; one that contradicts itself (heard before it was sent) is ignored."""
        trip = heard_us - sent_us - held_us
        if trip < 0:
            return
        early = sent_us + held_us
        fresh = _Sample((early + heard_us) // 2 - remote_us, (trip + 1) // 2, heard_us)
        if self._best is None or fresh.error_us <= self._best.error_at(heard_us):
            self._best = fresh

    def to_host_us(self, remote_us: int) -> int | None:
        """Host time of a coprocessor time; None before the first sample."""
        return None if self._best is None else remote_us + self._best.offset_us

    def error_us(self, now_us: int) -> int | None:
        """How wrong `to_host_us` can be now; None before the first sample."""
        return None if self._best is None else self._best.error_at(now_us)
