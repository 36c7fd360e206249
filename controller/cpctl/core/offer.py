"""What can be offered to a vehicle at all, per phase."""

from __future__ import annotations

from typing import Final

# IEC 61851-1 knows no offer between 0 and 6 A.
FLOOR_MA: Final = 6_000

# The link carries tenths of an ampere, rounded down.
STEP_MA: Final = 100
