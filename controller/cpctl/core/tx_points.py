"""When a transaction starts and when it ends, as sets of points over what the station can see (OCPP 2.0.1, E01, E06, 2.6.6).

It starts with the first of its start points that is reached, and ends with the first of its stop points that is lost. What was never reached can't be
lost: a vehicle that is plugged in without a token has a transaction where the standard's way is configured so, and waits in it for its driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .model import TxPoint
from .variables import Variables

POINTS: Final = ("TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint")

# Nothing here looks at the parking bay; a vehicle that is plugged in stands in it.
_VEHICLE: Final = frozenset({TxPoint.EV_CONNECTED, TxPoint.PARKING_BAY_OCCUPANCY})

# As a stop point it is lost with either of the two that it is made of (2.6.6.2).
_BOTH: Final = TxPoint.POWER_PATH_CLOSED


@dataclass(frozen=True, slots=True)
class TxFacts:
    """What a transaction can start with. `secured`: the plug can't be drawn; `flowing`: the vehicle asks for energy, and nothing withholds it."""

    plugged: bool
    authorized: bool
    secured: bool = True
    flowing: bool = False


@dataclass(frozen=True, slots=True)
class TxPoints:
    """The points of start and stop. `whole`: nobody can be told of a transaction that has not both a token and a vehicle."""

    start: frozenset[TxPoint]
    stop: frozenset[TxPoint]
    whole: bool = False

    @classmethod
    def of(cls, variables: Variables, whole: bool) -> TxPoints:
        """Read the variables that name them."""
        start, stop = (_members(variables.text(name)) for name in POINTS)
        return cls(start, stop, whole)

    @property
    def offers_first(self) -> bool:
        """True if energy is offered before the start: most vehicles ask for none that is not offered."""
        return self.start == {TxPoint.ENERGY_TRANSFER}

    @property
    def starts_without_token(self) -> bool:
        """True if a vehicle alone begins a transaction (E01 S2)."""
        return not self.whole and bool(self.start & _VEHICLE)

    def starts(self, facts: TxFacts) -> bool:
        """Tell whether a transaction begins at these facts."""
        both = facts.plugged and facts.secured and facts.authorized
        if self.whole:
            return both and (facts.flowing or not self.offers_first)
        return (
            (facts.plugged and bool(self.start & _VEHICLE))
            or (facts.authorized and TxPoint.AUTHORIZED in self.start)
            or (both and _BOTH in self.start)
            or (facts.flowing and TxPoint.ENERGY_TRANSFER in self.start)
        )

    @property
    def end_with_authorization(self) -> bool:
        """True if a transaction ends when its authorization does. With that its energy ends too (E05.FR.10)."""
        return self.whole or bool(self.stop & {TxPoint.AUTHORIZED, _BOTH, TxPoint.ENERGY_TRANSFER})

    @property
    def end_with_energy(self) -> bool:
        """True if a transaction ends when its energy stops, if only for a while (E06 S6)."""
        return not self.whole and TxPoint.ENERGY_TRANSFER in self.stop

    def end_with_vehicle(self, deauthorizes: bool) -> bool:
        """Tell whether a transaction ends when its vehicle is unplugged; `deauthorizes`: that ends its authorization (StopTxOnEVSideDisconnect; E09, E10).

        Where only whole transactions are told of, that variable alone decides (OCPP 1.6, 9.1.24).
        """
        if self.whole:
            return deauthorizes
        return bool(self.stop & {*_VEHICLE, _BOTH, TxPoint.ENERGY_TRANSFER}) or (deauthorizes and self.end_with_authorization)


def _members(text: str) -> frozenset[TxPoint]:
    return frozenset(TxPoint(name) for name in text.split(",") if name)
