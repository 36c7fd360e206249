"""The cases of OCPP 2.0.1's Core certification profile that this station has to show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.conformance.plan import Case, Plan, case

__all__ = ["ABSENT", "BLOCKS", "PLAN", "block", "case"]

HERE = Path(__file__).parent

# Functional blocks of the standard that the station serves, by the letter that begins their use cases.
BLOCKS: Mapping[str, str] = {
    "A": "Security",
    "B": "Provisioning",
    "C": "Authorization",
    "E": "Transactions",
    "F": "Remote control",
    "G": "Availability",
    "J": "Meter values",
    "K": "Smart charging",
    "P": "Data transfer",
}

# Blocks of the Core profile that are not built: their operations are refused as the standard has it for a station without them.
ABSENT: Mapping[str, str] = {
    "L": "Firmware management",
    "M": "Certificate management",
    "N": "Diagnostics",
}


def block(case: Case) -> str:
    """Return the letter of the block that a case is of."""
    return case.id.split("_")[1]


PLAN = Plan(
    folder=HERE,
    page=HERE.parents[1] / "docs/conformance-2.0.1.md",
    serves=lambda case: block(case) in BLOCKS,
    not_shown={},
)
