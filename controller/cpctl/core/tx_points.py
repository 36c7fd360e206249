"""When a transaction starts and when it stops, as predicates over what the station can see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TxFacts:
    """What can start or stop a transaction."""

    plugged: bool
    authorized: bool


class TxPoints(Protocol):
    """Policy of start and stop points."""

    def starts(self, facts: TxFacts) -> bool:
        """Tell whether a transaction begins at these facts."""

    def stops(self, facts: TxFacts) -> bool:
        """Tell whether a running transaction ends at these facts."""


class PowerPath:
    """A transaction lasts as long as a vehicle is plugged in and authorized (OCPP 2.0.1 start point PowerPathClosed; the way of 1.6)."""

    def starts(self, facts: TxFacts) -> bool:
        """Begin once both hold."""
        return facts.plugged and facts.authorized

    def stops(self, facts: TxFacts) -> bool:
        """End as soon as one does not."""
        return not (facts.plugged and facts.authorized)
