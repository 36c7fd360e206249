"""When a transaction starts and when it stops, as predicates over what the station can see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TxFacts:
    """What can start or stop a transaction. `flowing`: the vehicle asks for energy, and nothing withholds it."""

    plugged: bool
    authorized: bool
    flowing: bool = False


class TxPoints(Protocol):
    """Policy of start and stop points."""

    @property
    def offers_first(self) -> bool:
        """True if energy is offered before the start: most vehicles ask for none that is not offered."""

    def starts(self, facts: TxFacts) -> bool:
        """Tell whether a transaction begins at these facts."""

    def stops(self, facts: TxFacts) -> bool:
        """Tell whether a running transaction ends at these facts."""


class PluggedAndAuthorized:
    """A transaction lasts as long as a vehicle is plugged in and authorized (the way of 1.6; OCPP 2.0.1 calls this start point PowerPathClosed)."""

    offers_first = False

    def starts(self, facts: TxFacts) -> bool:
        """Begin once both hold."""
        return facts.plugged and facts.authorized

    def stops(self, facts: TxFacts) -> bool:
        """End as soon as one does not."""
        return not (facts.plugged and facts.authorized)


class EnergyWanted(PluggedAndAuthorized):
    """It begins later: when the vehicle asks for the energy that it is offered, just before the contactor closes (TxStartOnPowerPathClosed)."""

    offers_first = True

    def starts(self, facts: TxFacts) -> bool:
        """Begin once nothing is missing any more."""
        return facts.plugged and facts.authorized and facts.flowing


def chosen(on_power_path_closed: bool) -> TxPoints:
    """Return the policy that the variable TxCtrlr.TxStartOnPowerPathClosed stands for."""
    return EnergyWanted() if on_power_path_closed else PluggedAndAuthorized()
