"""Variables as people and scripts name them: by a key of OCPP 1.6, or by Component.Variable, that of an earlier release among them."""

from __future__ import annotations

from cpctl.core.variable_table import present
from cpctl.csms.v16.variables import setting_of


def named(name: str, value: str) -> tuple[str, str]:
    """Return the variable that is meant, and the value that it gets; the name as it is where there is no such key."""
    return setting_of(name, value) or present(name, value)
