"""The host's link counters, as shown by `cpctl status` and the metrics."""

from __future__ import annotations

from dataclasses import dataclass, field

from .frame import Drop


@dataclass(slots=True)
class LinkCounters:
    """Counts since the service began; sizes in bytes on the wire."""

    rx_frames: int = 0
    rx_bytes: int = 0
    tx_frames: int = 0
    tx_bytes: int = 0
    resent: int = 0  # commands sent again
    sessions: int = 0  # HELLOs completed
    suspects: int = 0  # sessions given up because the other side did not answer
    duplicates: int = 0  # events and snapshots that had been heard before
    stale: int = 0  # snapshots older than one already heard
    events_skipped: int = 0  # events that the coprocessor lost before we heard them
    logs_lost: int = 0  # log lines missing by their sequence
    dropped: dict[Drop, int] = field(default_factory=lambda: dict.fromkeys(Drop, 0))

    def drop(self, reason: Drop) -> None:
        """Count a dropped frame."""
        self.dropped[reason] += 1

    def as_dict(self) -> dict[str, int]:
        """All counts by name."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "dropped"}
        return plain | {reason.value: count for reason, count in self.dropped.items()}
