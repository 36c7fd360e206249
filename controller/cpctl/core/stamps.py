"""Arithmetic on stamps: moments before others, and which of two came later when boots differ."""

from __future__ import annotations

from dataclasses import replace

from .model import Stamp


def earlier_by(stamp: Stamp, ms: int) -> Stamp:
    """Return the moment `ms` before a stamp, in the same boot's count."""
    return Stamp(stamp.boot, stamp.mono_ms - ms, None if stamp.utc_ms is None else stamp.utc_ms - ms)


def ms_until(stamp: Stamp, now: Stamp) -> int | None:
    """Return the time from `now` to a moment, negative if it is past; None if it is of another boot and neither can be dated."""
    if stamp.boot == now.boot:
        return stamp.mono_ms - now.mono_ms
    if stamp.utc_ms is None or now.utc_ms is None:
        return None
    return stamp.utc_ms - now.utc_ms


def not_before(now: Stamp, told: Stamp) -> Stamp:
    """Return `now` with a date that is not before one that was told already: a clock that was set back is met at half its speed."""
    if now.utc_ms is None or told.utc_ms is None:
        return now
    since_ms = max(0, now.mono_ms - told.mono_ms) if now.boot == told.boot else 0
    return replace(now, utc_ms=max(now.utc_ms, told.utc_ms + since_ms // 2))


def latest(first: Stamp, *others: Stamp | None) -> Stamp:
    """Return the latest of some stamps: by count within a boot, else by UTC where both have it, else by boot."""
    best = first
    for stamp in others:
        if stamp is not None and _after(stamp, best):
            best = stamp
    return best


def _after(one: Stamp, other: Stamp) -> bool:
    if one.boot == other.boot:
        return one.mono_ms > other.mono_ms
    if one.utc_ms is not None and other.utc_ms is not None:
        return one.utc_ms > other.utc_ms
    return one.boot > other.boot
