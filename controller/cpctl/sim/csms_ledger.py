"""What the embedded CSMS has been told of transactions: repeats recognised, and everything that does not add up written down.

What 1.6 tells in three messages and 2.0.1 in one becomes the same record, so that both can be asked the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cpctl.csms.frames import Payload

_REGISTER = "Energy.Active.Import.Register"


@dataclass(slots=True)
class Charge:
    """One transaction as the CSMS knows it. Registers are in Wh; `connector` is 2.0.1's EVSE, 0 until it is told."""

    number: int | str  # the transaction's id, 1.6's or 2.0.1's
    point: str
    connector: int
    id_tag: str
    started: str
    meter_start: int
    stopped: str | None = None
    meter_stop: int | None = None
    reason: str | None = None
    meter_values: list[Payload] = field(default_factory=list)  # messages with a meterValue between start and stop
    stop: Payload | None = None
    repeats: int = 0  # messages of it that came more than once
    events: dict[int, Payload] = field(default_factory=dict, repr=False)  # 2.0.1: by seqNo

    @property
    def missing(self) -> list[int]:
        """2.0.1: the sequence numbers that never came, though later ones did."""
        return [number for number in range(min(self.events, default=0), max(self.events, default=0)) if number not in self.events]


class Ledger:
    """All transactions of all charge points, in the order of their starts."""

    def __init__(self, first_number: int = 1) -> None:
        self._next = first_number
        self._by_key: dict[tuple[object, ...], Charge] = {}
        self._by_number: dict[int | str, Charge] = {}
        self._without_number: list[tuple[str, Payload]] = []
        self.problems: list[str] = []
        self.thinned = False  # sequence numbers may be missing: the station says that it has thinned out its outbox

    @property
    def charges(self) -> list[Charge]:
        """Every transaction started."""
        return list(self._by_number.values())

    @property
    def orphans(self) -> list[tuple[str, Payload]]:
        """What came of transactions whose start never did (1.6: transactionId -1), each as (charge point, payload)."""
        return self._without_number

    # ------------------------------------------------------------ OCPP 1.6

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
        self._check_alone(charge)
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
        self._end(charge, payload, payload["meterStop"], payload.get("reason", "Local"))
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

    # ------------------------------------------------------------ OCPP 2.0.1

    def event(self, point: str, payload: Payload) -> None:
        """Take a TransactionEvent; transactionId and seqNo tell a repeat, which has to have the same content."""
        number, sequence, kind = payload["transactionInfo"]["transactionId"], payload["seqNo"], payload["eventType"]
        charge = self._by_number.get(number)
        if charge is None:
            if kind != "Started":
                self._without_number.append((point, payload))
                return
            charge = self._by_number[number] = Charge(number, point, 0, "", payload["timestamp"], 0)
            if sequence != 0:
                self._problem(charge, f"began with sequence number {sequence}")
        elif sequence in charge.events:
            charge.repeats += 1
            if charge.events[sequence] != payload:
                self._problem(charge, f"event {sequence} was repeated with another content")
            return
        else:
            self._check_order(charge, sequence, kind)
        charge.events[sequence] = payload
        self._learn(charge, payload)
        if kind == "Updated" and "meterValue" in payload:
            charge.meter_values.append(payload)
        elif kind == "Ended":
            stop = next(_registers(payload, "Transaction.End"), None)
            self._end(charge, payload, stop, payload["transactionInfo"].get("stoppedReason", "Local"))

    def _check_order(self, charge: Charge, sequence: int, kind: str) -> None:
        last = max(charge.events)
        if kind == "Started":
            self._problem(charge, "began twice")
        if charge.stop is not None:
            self._problem(charge, f"event {sequence} after its end")
        if sequence < last:
            self._problem(charge, f"event {sequence} came after {last}")
        elif sequence != last + 1 and not self.thinned:
            self._problem(charge, f"event {sequence} came after {last}: some are missing")

    def _learn(self, charge: Charge, payload: Payload) -> None:
        """Take what is told once: where, who, from which register on."""
        place = payload.get("evse", {}).get("id", 0)
        if place and not charge.connector:
            charge.connector = place
            self._check_alone(charge)
        elif place and place != charge.connector:
            self._problem(charge, f"moved from EVSE {charge.connector} to {place}")
        if payload["eventType"] != "Ended" and not charge.id_tag:
            charge.id_tag = payload.get("idToken", {}).get("idToken", "")
        if (begun := next(_registers(payload, "Transaction.Begin"), None)) is not None:
            charge.meter_start = begun

    # ------------------------------------------------------------ both

    def _check_alone(self, charge: Charge) -> None:
        for other in self._by_number.values():
            if other is not charge and (other.point, other.connector) == (charge.point, charge.connector) and other.stop is None:
                self._problem(charge, f"began on a connector where {other.number} has not ended")

    def _end(self, charge: Charge, payload: Payload, meter_stop: int | None, reason: str) -> None:
        if meter_stop is not None and meter_stop < charge.meter_start:
            self._problem(charge, "its register ran backwards")
        charge.stop = payload
        charge.stopped, charge.meter_stop, charge.reason = payload["timestamp"], meter_stop, reason

    def _problem(self, charge: Charge, text: str) -> None:
        self.problems.append(f"transaction {charge.number} of {charge.point}: {text}")


def _registers(payload: Payload, context: str) -> Iterator[int]:
    """Yield the registers that a TransactionEvent tells with this context, in Wh."""
    for value in payload.get("meterValue", ()):
        for sampled in value["sampledValue"]:
            if sampled.get("context") == context and sampled.get("measurand", _REGISTER) == _REGISTER and "phase" not in sampled:
                yield int(sampled["value"])
