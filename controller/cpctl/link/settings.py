"""What the link has to know of the configuration: who the coprocessor must be, how it is configured, how long a lease lives."""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack
from zlib import crc32

from .messages import ConfigBoard, ConfigEvse, ConfigOperational, ConfigPin, ConfigSet

ConfigItem = ConfigBoard | ConfigEvse | ConfigPin | ConfigOperational


@dataclass(frozen=True, slots=True)
class BoardSettings:
    """The two configuration sets as they are pushed."""

    board: ConfigBoard
    evses: tuple[ConfigEvse, ...]
    operational: tuple[ConfigOperational, ...] = ()
    pins: tuple[ConfigPin, ...] = ()

    def items(self, which: ConfigSet) -> tuple[ConfigItem, ...]:
        """List the messages of a set, in order."""
        return self.operational if which is ConfigSet.OPERATIONAL else (self.board, *self.evses, *self.pins)

    def crc(self, which: ConfigSet = ConfigSet.COMMISSIONED) -> int:
        """CRC-32 of a set as pushed: of each item its message id (two bytes, little-endian) and its payload."""
        crc = 0
        for item in self.items(which):
            crc = crc32(pack("<H", item.ID) + item.to_bytes(), crc)
        return crc


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Settings of the link.

    `mac` is the board that belongs to this station, None to take any. `commission`: push the board's configuration where there is none yet, or
    another one. `allow_simulated`: take firmware without real protections, for simulations only, whose
    clock runs `speed` times as fast as life.
    """

    board: BoardSettings
    mac: bytes | None = None
    commission: bool = False
    allow_simulated: bool = False
    lease_ms: int = 10_000
    speed: float = 1.0
    version: tuple[int, int, int] = (0, 0, 0)
    revision: str = ""
