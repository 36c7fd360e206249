"""An EV charge point controller. `from cpctl import ChargePoint` embeds its station in a program of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpctl.chargepoint import ChargePoint as ChargePoint

__all__ = ["ChargePoint"]


def __getattr__(name: str) -> object:
    """Load what the library is made of when it is first asked for: the command line needs none of it."""
    if name == "ChargePoint":
        from cpctl.chargepoint import ChargePoint

        return ChargePoint
    raise AttributeError(f"module 'cpctl' has no attribute {name!r}")
