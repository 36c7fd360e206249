"""The host's clock: a monotonic count that is always right, and UTC laid over it once somebody trustworthy has told it.

UTC is an anchor plus the monotonic count, so that a step of the system's wall clock can neither shorten nor lengthen anything here. What was
stamped before the clock was known is dated afterwards, by what the core remembers of each boot (`core.anchors`). This is the only module that may
look at a wall clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cpctl.core.model import Stamp
from cpctl.core.records import ClockAnchor

# No release of this software can run before this moment: a wall clock that says so was never set (a Raspberry Pi has no battery for one).
EARLIEST_PLAUSIBLE = datetime(2025, 1, 1, tzinfo=UTC)

# A system clock that moved further than this was stepped (first NTP answer after a boot), not slewed.
STEP_MS = 1000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockSource(StrEnum):
    """Who told the time, least trusted first."""

    NONE = "none"
    SAVED = "saved"
    SYSTEM = "system"
    OCPP = "ocpp"
    SIMULATED = "simulated"  # a simulation whose time is its own


_RANK = {source: rank for rank, source in enumerate(ClockSource)}


class Clock:
    """Stamps moments of one boot and knows UTC as well as it can be known.

    `loop_time` is the event loop's clock in seconds, `wall` the system's wall clock in seconds since 1970, `boot` the number of this boot, `machine`
    the name of the machine's own, as far as `loop_time` goes on in it over our restarts.
    """

    def __init__(self, loop_time: Callable[[], float], wall: Callable[[], float], boot: int, machine: str = "") -> None:
        self._loop_time = loop_time
        self._wall = wall
        self._boot = boot
        self._machine = machine
        self._began_ms = self._mono_ms()
        self.dated: Callable[[Stamp], Stamp] = lambda stamp: stamp  # what is remembered of this and other boots
        self.changes = 0  # how often UTC became known, was told by somebody better, or was stepped
        self._offset_ms: int | None = None  # UTC ms since 1970 minus the monotonic count
        self._source = ClockSource.NONE
        self.resync()

    @property
    def boot(self) -> int:
        """Number of the present boot."""
        return self._boot

    @property
    def source(self) -> ClockSource:
        """Who the present idea of UTC comes from."""
        return self._source

    def now(self) -> Stamp:
        """Stamp this moment."""
        mono_ms = self._mono_ms()
        return Stamp(self._boot, mono_ms, self._offset_ms + mono_ms if self._offset_ms is not None and self._known else None)

    def anchor(self) -> ClockAnchor:
        """Say what is known of the time in this boot."""
        return ClockAnchor(self.now(), self._began_ms, self._machine, told=self._source is ClockSource.OCPP)

    def utc(self, stamp: Stamp) -> datetime | None:
        """Date a stamp; None while that is impossible: there was no clock then, and none since that could tell."""
        dated = self.dated(stamp)
        if dated.utc_ms is not None:
            return utc_from_ms(dated.utc_ms)
        if stamp.boot != self._boot or self._offset_ms is None or not self._known:
            return None
        return utc_from_ms(self._offset_ms + stamp.mono_ms)

    def guess(self, stamp: Stamp) -> datetime:
        """Date a stamp that cannot be dated: by the time that was saved, which is too early, but later than all that was known before."""
        mono_ms = stamp.mono_ms if stamp.boot == self._boot else self._mono_ms()
        return EARLIEST_PLAUSIBLE if self._offset_ms is None else utc_from_ms(self._offset_ms + mono_ms)

    def set_utc(self, moment: datetime, source: ClockSource) -> bool:
        """Lay UTC anew so that it is `moment` now; False if that is implausible or the present source is trusted more."""
        if moment < EARLIEST_PLAUSIBLE or _RANK[source] < _RANK[self._source]:
            return False
        self._lay(ms_from_utc(moment) - self._mono_ms(), source)
        return True

    def resync(self) -> int:
        """Look at the system's clock: take it if nothing better is known, follow its steps; return by how many ms UTC moved.

        Call it now and then (once a minute): without a battery the first right time comes from the network, long after the start.
        """
        wall = self._wall()
        if wall < EARLIEST_PLAUSIBLE.timestamp() or _RANK[self._source] > _RANK[ClockSource.SYSTEM]:
            return 0
        before = self._offset_ms
        offset_ms = int(wall * 1000) - self._mono_ms()
        if before is not None and self._source is ClockSource.SYSTEM and abs(offset_ms - before) <= STEP_MS:
            return 0
        self._lay(offset_ms, ClockSource.SYSTEM)
        return 0 if before is None else offset_ms - before

    @property
    def _known(self) -> bool:
        """True if UTC is more than what was saved: a stamp with it would never be dated better."""
        return _RANK[self._source] > _RANK[ClockSource.SAVED]

    def _lay(self, offset_ms: int, source: ClockSource) -> None:
        before = self._offset_ms
        if source is not self._source or before is None or abs(offset_ms - before) > STEP_MS:
            self.changes += 1
        self._offset_ms, self._source = offset_ms, source

    def _mono_ms(self) -> int:
        return int(self._loop_time() * 1000)


def utc_from_ms(utc_ms: int) -> datetime:
    """Make a UTC-aware datetime of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=utc_ms)


def ms_from_utc(moment: datetime) -> int:
    """Make milliseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def machine_boot() -> str:
    """Name the present boot of this machine; empty where it has no name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def system_wall() -> float:
    """Read the system's wall clock in seconds since 1970: what `Clock` takes for `wall` outside of simulations."""
    return time.time()
