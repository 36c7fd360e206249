"""The core's events as OCPP 1.6 messages. Payloads are built as they go over the wire, with no step between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never

from cpctl.core.model import IdToken, Measurand, Reading, ReadingContext, Sample, Stamp
from cpctl.core.outputs import ConnectorStatusChanged, DurableEvent, Measured, TransactionEnded, TransactionStarted, TransactionUpdated
from cpctl.core.ports import StationView
from cpctl.csms.adapter import Message
from cpctl.csms.frames import Payload
from cpctl.csms.words import date_time

from .mapping import MAX_ID_TAG, NO_ERROR, Connectors, error_code, reason, status

# What stands for the transaction's id when its start could never be delivered (1.6 errata, 3.18).
NO_TRANSACTION_ID = -1
# What stands for the driver where nobody had to identify himself: 1.6 demands an idTag, the name is 2.0.1's.
NO_TOKEN = "NoAuthorization"

# The errata (2.1 of OCPP-J's, 2025-04) tell charge points to keep to the misspelling. Hertz has no name in 1.6.
_UNITS = {"A": "A", "V": "V", "W": "W", "Wh": "Wh", "Celsius": "Celcius", "Percent": "Percent"}
_LINE_VOLTAGE = ("", "L1-N", "L2-N", "L3-N")
_LINE = ("", "L1", "L2", "L3")


class Encoder:
    """Writes events; `date` dates a stamp, `view` knows the CSMS's transaction ids."""

    def __init__(self, connectors: Connectors, view: StationView, vendor: str, date: Callable[[Stamp], datetime]) -> None:
        self._connectors = connectors
        self._view = view
        self._vendor = vendor
        self._date = date

    def encode(self, event: DurableEvent) -> Message | None:
        """Write the message that delivers an event; None for what 1.6 knows nothing of.

        That is an update without samples, and what befell a transaction before it had an EVSE, while another version was spoken: its start would name
        no connector, and no meter, so that the end would bill everything that the meter ever counted.
        """
        if event.evse == 0:
            return None
        match event:
            case TransactionStarted():
                return Message("StartTransaction", self._start(event))
            case TransactionUpdated():
                return Message("MeterValues", self._update(event)) if any(sample.readings for sample in event.samples) else None
            case TransactionEnded():
                return Message("StopTransaction", self._stop(event))
            case _:
                assert_never(event)

    def status(self, event: ConnectorStatusChanged, at: datetime) -> Message:
        """StatusNotification."""
        number = self._connectors.number(event.evse, event.connector)
        said = status(event.status, number)
        code, own_code = error_code(event.fault, said)
        payload: Payload = {"connectorId": number, "errorCode": code, "status": said, "timestamp": date_time(at)}
        if info := event.info or (event.fault or "").replace("_", " "):
            payload["info"] = info[:50]
        if code != NO_ERROR:
            payload["vendorId"] = self._vendor[:255]
            payload["vendorErrorCode"] = own_code
        return Message("StatusNotification", payload)

    def measured(self, event: Measured) -> Message:
        """MeterValues of the present; without a transaction's number as long as the CSMS has not given it."""
        payload: Payload = {"connectorId": self._connectors.number(event.evse, event.connector)}
        reference = self._view.csms_ref(event.transaction_id) if event.transaction_id is not None else None
        if reference is not None:
            payload["transactionId"] = int(reference)
        return Message("MeterValues", payload | {"meterValue": self._meter_values([event.sample])})

    def _start(self, event: TransactionStarted) -> Payload:
        return {
            "connectorId": self._connectors.number(event.evse, event.connector),
            "idTag": id_tag(event.id_token),
            "meterStart": event.register_mwh // 1000,
            "timestamp": self._time(event.at),
        }

    def _update(self, event: TransactionUpdated) -> Payload:
        return {
            "connectorId": self._connectors.number(event.evse, event.connector),
            "transactionId": self._transaction_id(event.transaction_id),
            "meterValue": self._meter_values(event.samples),
        }

    def _stop(self, event: TransactionEnded) -> Payload:
        payload: Payload = {
            "transactionId": self._transaction_id(event.transaction_id),
            "meterStop": event.register_mwh // 1000,
            "timestamp": self._time(event.at),
            "reason": reason(event.reason),
        }
        if event.id_token:
            payload["idTag"] = id_tag(event.id_token)
        if data := self._meter_values(event.samples):
            payload["transactionData"] = data
        return payload

    def _transaction_id(self, transaction_id: str) -> int:
        """Return the CSMS's number. Starts are delivered before all else of a transaction: none means that this one was given up."""
        reference = self._view.csms_ref(transaction_id)
        return NO_TRANSACTION_ID if reference is None else int(reference)

    def _meter_values(self, samples: Sequence[Sample]) -> list[Payload]:
        return [
            {
                "timestamp": self._time(sample.at),
                "sampledValue": [_sampled_value(reading, sample.context) for reading in sample.readings],
            }
            for sample in samples
            if sample.readings
        ]

    def _time(self, stamp: Stamp) -> str:
        return date_time(self._date(stamp))


def id_tag(token: IdToken | None) -> str:
    """Return the idTag of a token; one that is longer than 1.6 can say is cut, for a transaction must be reported all the same."""
    return NO_TOKEN if token is None else token.value[:MAX_ID_TAG]


def _sampled_value(reading: Reading, context: ReadingContext) -> Payload:
    # The register is told in whole Wh, as meterStart and meterStop are: with decimals it would seem to run backwards at the stop.
    whole = reading.measurand is Measurand.ENERGY_IMPORT_REGISTER
    value: Payload = {
        "value": str(reading.milli // 1000) if whole else decimal(reading.milli),
        "context": context.value,
        "measurand": reading.measurand.value,
    }
    if unit := _UNITS.get(reading.unit):
        value["unit"] = unit
    if reading.measurand is Measurand.TEMPERATURE:
        value["location"] = "Body"  # of the charge point; all else is measured at the outlet, which need not be said
    if reading.phase:
        value["phase"] = (_LINE_VOLTAGE if reading.measurand is Measurand.VOLTAGE else _LINE)[reading.phase]
    return value


def decimal(milli: int) -> str:
    """Write thousandths as a decimal number without needless digits."""
    whole, rest = divmod(abs(milli), 1000)
    sign = "-" if milli < 0 else ""
    return f"{sign}{whole}.{rest:03d}".rstrip("0") if rest else f"{sign}{whole}"
