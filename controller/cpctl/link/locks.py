"""The wanted state of each socket's lock, until the coprocessor shows it. No I/O.

An unlock is refused until the contactor is proved open; it is asked for again then, and not before.
"""

from __future__ import annotations

from .messages import Contactor, Lock, SetLock, Snapshot

#: What did not help is asked for again this often.
AGAIN_US = 1_000_000


class LockKeeper:
    """What was wanted of each lock, and when it was last asked for."""

    def __init__(self) -> None:
        self._wanted: dict[int, bool] = {}
        self._asked_us: dict[int, int] = {}

    def want(self, evse: int, locked: bool, now_us: int) -> SetLock:
        """Set what is wanted; return the command for it."""
        self._wanted[evse] = locked
        return self._ask(evse, now_us)

    def all(self, now_us: int) -> list[SetLock]:
        """Ask for everything that is wanted: after a reconnection."""
        return [self._ask(evse, now_us) for evse in self._wanted]

    def seen(self, snapshot: Snapshot, now_us: int) -> SetLock | None:
        """Compare with what is; return the command to repeat, if it could help by now."""
        wanted = self._wanted.get(snapshot.evse)
        if wanted is None or snapshot.lock != (Lock.UNLOCKED if wanted else Lock.LOCKED):
            return None
        may = wanted or snapshot.contactor == Contactor.OPEN
        if not may or now_us - self._asked_us[snapshot.evse] < AGAIN_US:
            return None
        return self._ask(snapshot.evse, now_us)

    def _ask(self, evse: int, now_us: int) -> SetLock:
        self._asked_us[evse] = now_us
        return SetLock(evse, int(self._wanted[evse]))
