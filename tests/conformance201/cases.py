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
    not_shown={
        "TC_A_05_CS": "its end is a security event (A04), which is not built; such servers are left before they hear the password: `tests/csms/test_security.py`",
        "TC_A_06_CS": "its end is a security event (A04), which is not built; such servers are left before they hear the password: `tests/csms/test_security.py`",
        "TC_B_15_CS": "does not apply: the summary inventory is served",
        "TC_B_28_CS": "does not apply: an EVSE can be reset by itself",
        "TC_B_29_CS": "does not apply: an EVSE can be reset by itself",
        "TC_B_47_CS": "needs certificate management (block M)",
        "TC_B_50_CS": "needs certificate management (block M)",
        "TC_C_05_CS": "does not apply: no lock keeps a cable out before the token",
        "TC_C_47_CS": "does not apply: the station has no user interface to choose on",
        "TC_C_48_CS": "does not apply: the station has no user interface to choose on",
        "TC_E_11_CS": "does not apply: no meter here signs its values, so the start point DataSigned is not offered",
        "TC_E_12_CS": "does not apply: the hardware has no sensor of the parking bay",
        "TC_E_19_CS": "does not apply: the hardware has no sensor of the parking bay",
        "TC_F_15_CS": "needs diagnostics (block N)",
        "TC_F_16_CS": "needs diagnostics (block N)",
        "TC_F_17_CS": "needs firmware management (block L)",
        "TC_F_18_CS": "needs firmware management (block L)",
        "TC_F_19_CS": "needs firmware management (block L)",
        "TC_J_04_CS": "does not apply: no meter here signs its values",
        "TC_J_11_CS": "does not apply: no meter here signs its values",
    },
)
