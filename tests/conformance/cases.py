"""The cases of OCPP 1.6 that this station has to show."""

from __future__ import annotations

from pathlib import Path

from .plan import Plan, case

__all__ = ["PLAN", "SERVED", "case"]

# The profiles that the charge point says it serves: each of their cases has a test or a reason.
SERVED = ("Core", "RemoteTrigger")

HERE = Path(__file__).parent

PLAN = Plan(
    folder=HERE,
    page=HERE.parents[1] / "docs/conformance-1.6.md",
    serves=lambda case: case.group in SERVED,
    not_shown={
        "TC_032_1_CS": "needs a supply that outlasts the mains for the last messages; the hardware has none, so TC_032_2 holds",
    },
)
