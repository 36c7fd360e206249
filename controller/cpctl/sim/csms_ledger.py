"""What the embedded CSMS has been told of transactions: repeats recognised, and everything that does not add up written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from cpctl.csms.frames import Payload


@dataclass(slots=True)
class Charge:
    """One transaction as the CSMS knows it."""

    number: int
    point: str
    connector: int
    id_tag: str
    started: str
    meter_start: int
    stopped: str | None = None
    meter_stop: int | None = None
    reason: str | None = None
    meter_values: list[Payload] = field(default_factory=list)
    stop: Payload | None = None
    repeats: int = 0  # messages of it that came more than once


class Ledger:
    """All transactions of all charge points, in the order of their starts."""

    def __init__(self, first_number: int = 1) -> None:
        self._next = first_number
        self._by_key: dict[tuple[object, ...], Charge] = {}
        self._by_number: dict[int, Charge] = {}
        self._without_number: list[tuple[str, Payload]] = []
        self.problems: list[str] = []

    @property
    def charges(self) -> list[Charge]:
        """Every transaction started."""
        return list(self._by_number.values())

    @property
    def orphans(self) -> list[tuple[str, Payload]]:
        """Stops and meter values with transactionId -1, each as (charge point, payload)."""
        return self._without_number

    def start(self, point: str, payload: Payload) -> Charge:
        """Take a StartTransaction; 1.6 has no key for it, so connector, time, token and register tell a repeat."""
        key = (point, payload["connectorId"], payload["timestamp"], payload["idTag"], payload["meterStart"])
        if known := self._by_key.get(key):
            known.repeats += 1
            if known.meter_values or known.stop:
                self._problem(known, "its start was repeated after what followed it")
            return known
        charge = Charge(self._next, point, payload["connectorId"], payload["idTag"], payload["timestamp"], payload["meterStart"])
        self._next += 1
        for other in self._by_number.values():
            if other.point == point and other.connector == charge.connector and other.stop is None:
                self._problem(charge, f"began on a connector where {other.number} has not ended")
        self._by_key[key] = self._by_number[charge.number] = charge
        return charge

    def meter(self, point: str, payload: Payload) -> None:
        """Take MeterValues of a transaction."""
        number = payload.get("transactionId")
        if number is None:
            return
        charge = self._find(point, number, payload)
        if charge is None:
            return
        if payload in charge.meter_values:
            charge.repeats += 1
            return
        if charge.stop is not None:
            self._problem(charge, "meter values after its end")
        charge.meter_values.append(payload)

    def stop(self, point: str, payload: Payload) -> Charge | None:
        """Take a StopTransaction; a repeat has to have the same content."""
        charge = self._find(point, payload["transactionId"], payload)
        if charge is None:
            return None
        if charge.stop is not None:
            charge.repeats += 1
            if charge.stop != payload:
                self._problem(charge, "its stop was repeated with another content")
            return charge
        if payload["meterStop"] < charge.meter_start:
            self._problem(charge, "its register ran backwards")
        charge.stop = payload
        charge.stopped, charge.meter_stop = payload["timestamp"], payload["meterStop"]
        charge.reason = payload.get("reason", "Local")
        return charge

    def _find(self, point: str, number: int, payload: Payload) -> Charge | None:
        if number == -1:
            self._without_number.append((point, payload))
            return None
        charge = self._by_number.get(number)
        if charge is None or charge.point != point:
            self.problems.append(f"{point} speaks of transaction {number}, which it never began")
            return None
        return charge

    def _problem(self, charge: Charge, text: str) -> None:
        self.problems.append(f"transaction {charge.number} of {charge.point}: {text}")
