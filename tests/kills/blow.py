"""What befalls a charge point: its host dies, its coprocessor restarts or loses its power, or both lose it together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Blow:
    """One of them. `power` is the coprocessor's (`PlantPowerMode` in small letters); None where it was left alone.

    What had happened until `stored_until` some host had heard and stored by then; of what came later it may have heard nothing.
    """

    at: float
    host: bool = True
    power: str | None = None
    stored_until: float = math.inf

    @property
    def forgets(self) -> bool:
        """True if the coprocessor lost its memory, and with it what it was about to tell."""
        return self.power == "cut"

    def __str__(self) -> str:
        return f"{self.at:.2f}{' host' if self.host else ''}{f' {self.power}' if self.power else ''}"


# Mostly the host alone dies; now and then the power fails for both, or the coprocessor restarts in one of its ways while the host goes on.
_KINDS: Final[tuple[tuple[bool, str | None], ...]] = (
    *[(True, None)] * 12,
    (True, "cut"),
    (True, "cut"),
    (False, "cut"),
    (False, "brown_out"),
    (False, "panic"),
    (False, "watchdog"),
)


def any_kind(random: Random) -> tuple[bool, str | None]:
    """Choose whether the host dies, and what becomes of the coprocessor."""
    return random.choice(_KINDS)
