"""An extension that does a little of everything: a house whose roof has solar cells, a vehicle that tells its charge, a door that knows its residents.

A real one would talk to inverter, vehicle and door; this one is told by the CSMS what they say, by messages of its own vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cpctl.extensions import DataAnswer, DataStatus, Extension, Reader, declare

if TYPE_CHECKING:
    from cpctl.extensions.declared import Declared

_VOLTS = 230.0
_PHASES = 3


class Acme(Extension):
    """`[extensions.settings.acme] vendor` names its vendor, `grid_w` what the house always leaves to the vehicle."""

    tells_limits = True
    fallback_a = 6.0  # an inverter that is not heard any more is no reason to charge from the grid with all that there is
    measures = ("SoC",)

    def __init__(self, settings: Mapping[str, str | int | float | bool]) -> None:
        super().__init__(settings)
        self.vendors = (str(settings.get("vendor", "com.acme")),)
        self._grid_w = float(settings.get("grid_w", 0))
        self._solar_w: float | None = None
        self._soc: float | None = None
        self._share = 100
        self._reader: Reader | None = None

    def variables(self) -> Sequence[Declared]:
        """Let the operator choose how much of the sun the vehicle gets."""
        return [
            declare(
                "Acme.SolarShare",
                self._share,
                key="AcmeSolarShare",
                meaning="part of the solar power for the vehicle",
                unit="Percent",
                minimum=0,
                maximum=100,
                validator=lambda value: int(value) % 5 == 0,
                on_change=self._take_share,
            )
        ]

    def start(self, reader: Reader) -> None:
        """Keep the way for tokens."""
        self._reader = reader

    def data_transfer(self, vendor: str, message: str | None, data: object) -> DataAnswer:
        """Take what inverter, vehicle and door say."""
        match message:
            case "solar":
                self._solar_w = float(str(data))
            case "soc":
                self._soc = float(str(data))
            case "door":
                if self._reader is None or not self._reader.present(str(data)):
                    return DataAnswer(DataStatus.REJECTED)
            case "log":  # what a station's operator would want to see of its files
                return DataAnswer(DataStatus.ACCEPTED, f"{Path(__file__).name}: {self._solar_w} W of sun")
            case _:
                return DataAnswer(DataStatus.UNKNOWN_MESSAGE)
        return DataAnswer(DataStatus.ACCEPTED)

    def limit_a(self, evse: int) -> float | None:
        """Give the vehicle its share of the sun, and what the house leaves."""
        if self._solar_w is None:
            return None
        return (self._solar_w * self._share / 100 + self._grid_w) / (_VOLTS * _PHASES)

    def readings(self, evse: int) -> Mapping[str, float]:
        """Tell the vehicle's state of charge, which no hardware of the station sees."""
        return {} if self._soc is None else {"SoC": self._soc}

    def _take_share(self, value: str) -> None:
        self._share = int(value)
