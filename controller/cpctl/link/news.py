"""Tells news from repetitions among what is sent without acknowledgement: snapshots, meters, log lines. No I/O."""

from __future__ import annotations

from .counters import LinkCounters
from .frame import Frame

#: Half of the numbers of a u8: what is further ahead is behind.
_HALF = 0x80


class News:
    """What was the newest of each so far; counts what was heard twice, late, or never."""

    def __init__(self, counters: LinkCounters) -> None:
        self._counters = counters
        self._newest: dict[tuple[int, int], tuple[int, int]] = {}  # (message, EVSE) -> uptime and seq
        self._log_seq: int | None = None

    def new_boot(self) -> None:
        """Forget everything: the coprocessor's clock began anew."""
        self._newest.clear()

    def new_session(self) -> None:
        """Numbering begins anew."""
        self._log_seq = None

    def telemetry(self, frame: Frame, evse: int, uptime_us: int) -> bool:
        """Tell what is newer than all before; within one instant of the coprocessor's clock its numbering decides."""
        newest_us, newest_seq = self._newest.get((frame.msg, evse), (-1, 0))
        ahead = (frame.seq - newest_seq) & 0xFF
        if uptime_us > newest_us or (uptime_us == newest_us and 0 < ahead < _HALF):
            self._newest[frame.msg, evse] = (uptime_us, frame.seq)
            return True
        if uptime_us == newest_us:
            self._counters.duplicates += 1
        else:
            self._counters.stale += 1
        return False

    def log_line(self, seq: int) -> bool:
        """Tell a line that was not heard before, and count those missing before it."""
        if self._log_seq is not None:
            ahead = (seq - self._log_seq) & 0xFF
            if ahead == 0 or ahead > _HALF:
                self._counters.duplicates += 1
                return False
            self._counters.logs_lost += ahead - 1
        self._log_seq = seq
        return True
