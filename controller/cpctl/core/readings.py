"""The units of what can be measured beside what the EVSE's own meter tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .model import Measurand

UNITS: Final[Mapping[Measurand, str]] = {
    Measurand.ENERGY_IMPORT_REGISTER: "Wh",
    Measurand.POWER_IMPORT: "W",
    Measurand.CURRENT_IMPORT: "A",
    Measurand.VOLTAGE: "V",
    Measurand.TEMPERATURE: "Celsius",
    Measurand.SOC: "Percent",
}
