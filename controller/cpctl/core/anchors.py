"""How moments are dated that were stamped before the clock was known, or by a clock that turned out wrong, in whichever boot of the host.

There is one anchor a boot: a moment of it and its UTC. What the CSMS tells first counts for all that came before it in that boot, and is never
changed again, so that a message has the same content however often it is sent. A boot that never knew the time is dated by the one after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from .model import Stamp
from .records import ClockAnchor, Record, Register, Session, Transaction

# More boots than that are not told apart: what is older has long been delivered.
MAX_ANCHORS: Final = 500


class Anchors:
    """The anchors of all boots that are remembered."""

    def __init__(self, stored: Iterable[ClockAnchor] = ()) -> None:
        self._by_boot = {anchor.at.boot: anchor for anchor in sorted(stored, key=lambda anchor: anchor.at.boot)}

    def of(self, boot: int) -> ClockAnchor | None:
        """Return the anchor of a boot."""
        return self._by_boot.get(boot)

    def put(self, anchor: ClockAnchor) -> int | None:
        """Keep an anchor in place of its boot's earlier one; return the boot that has to be forgotten for it, if any."""
        self._by_boot[anchor.at.boot] = anchor
        if len(self._by_boot) <= MAX_ANCHORS:
            return None
        oldest = min(self._by_boot)
        del self._by_boot[oldest]
        return oldest

    def dated(self, stamp: Stamp) -> Stamp:
        """Return a stamp with the best UTC there is for it; without any while it can't be dated."""
        anchor = self._by_boot.get(stamp.boot)
        if anchor is None or anchor.at.utc_ms is None:
            return stamp
        if stamp.utc_ms is not None and stamp.mono_ms > anchor.at.mono_ms:
            return stamp
        return replace(stamp, utc_ms=anchor.at.utc_ms - (anchor.at.mono_ms - stamp.mono_ms))

    def ended(self, last_ms: Mapping[int, int]) -> list[ClockAnchor]:
        """Return the anchors of boots that never knew the time and are found to have lasted longer, until `last_ms`."""
        return [
            replace(anchor, at=Stamp(boot, last_ms[boot]))
            for boot, anchor in self._by_boot.items()
            if anchor.at.utc_ms is None and last_ms.get(boot, 0) > anchor.at.mono_ms
        ]

    def worked_out(self, told: ClockAnchor) -> list[ClockAnchor]:
        """Date the boots right before one whose time the CSMS has told.

        While the machine itself ran on, the count did too, and the dates are exact. Else a boot that never knew the time is taken to have ended when
        the next one began: what happened in it is dated as late as it can have been, in its order and with its true intervals.
        """
        found: list[ClockAnchor] = []
        later, later_ms = told, told.at.utc_ms
        for boot in sorted((boot for boot in self._by_boot if boot < told.at.boot), reverse=True):
            anchor = self._by_boot[boot]
            if anchor.told or later_ms is None:
                break
            exact = bool(anchor.machine) and anchor.machine == later.machine
            if exact or anchor.at.utc_ms is None:
                end_ms = anchor.at.mono_ms
                offset_ms = later_ms - later.at.mono_ms + (0 if exact else later.began_ms - end_ms)
                anchor = replace(anchor, at=Stamp(boot, end_ms, offset_ms + end_ms), told=True, estimated=not exact or later.estimated)
                found.append(anchor)
            later, later_ms = anchor, anchor.at.utc_ms
        return found


def latest_known_ms(records: Iterable[Record]) -> int | None:
    """Return the latest UTC that any record speaks of: it is later than that now."""
    known = [stamp.utc_ms for record in records for stamp in _stamps(record) if stamp is not None and stamp.utc_ms is not None]
    return max(known, default=None)


def _stamps(record: Record) -> tuple[Stamp | None, ...]:
    match record:
        case ClockAnchor() | Register():
            return (record.at,)
        case Transaction():
            return (record.started, record.last, record.ended)
        case Session():
            return (record.stopped,)
        case _:
            return ()
