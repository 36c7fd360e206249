"""The station's deadlines: which thing is due when, on the monotonic clock."""

from __future__ import annotations

from enum import Enum, auto


class Timer(Enum):
    """What can fall due; each is kept once for every number (an EVSE, or an ask)."""

    ASK = auto()
    CLAIM = auto()
    TOKEN = auto()
    SAMPLE = auto()
    KEPT_SAMPLE = auto()
    ALIGNED = auto()
    KEPT_ALIGNED = auto()
    REGISTER = auto()
    LINK_DEAD = auto()
    FIRST_WORD = auto()
    SETTLING = auto()
    NO_DRAW = auto()
    REFUSAL = auto()
    LOCK = auto()
    UNLOCK = auto()
    DEPARTURE = auto()
    STATUS = auto()
    COUNT = auto()
    SHARE = auto()
    VEHICLE = auto()
    RESET = auto()


Key = tuple[Timer, int]


class Timers:
    """Deadlines in monotonic milliseconds by key; setting one again moves it."""

    def __init__(self) -> None:
        self._due: dict[Key, int] = {}

    def set(self, timer: Timer, number: int, at_ms: int) -> None:
        """Let a timer fall due at `at_ms`."""
        self._due[timer, number] = at_ms

    def clear(self, timer: Timer, number: int) -> None:
        """Forget a timer, running or not."""
        self._due.pop((timer, number), None)

    def running(self, timer: Timer, number: int) -> bool:
        """Tell whether a timer is set."""
        return (timer, number) in self._due

    def next(self) -> int | None:
        """Return the earliest deadline."""
        return min(self._due.values()) if self._due else None

    def take_due(self, now_ms: int) -> Key | None:
        """Take out the earliest timer that is due; None if none is. Ties go by the order in which they were set."""
        best: Key | None = None
        best_ms = now_ms
        for key, at_ms in self._due.items():
            if at_ms < best_ms or (at_ms == best_ms and best is None):
                best, best_ms = key, at_ms
        if best is not None:
            del self._due[best]
        return best
