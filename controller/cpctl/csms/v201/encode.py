"""The core's events as OCPP 2.0.1 messages. Payloads are built as they go over the wire, with no step between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import assert_never

from cpctl.core.model import Measurand, Reading, ReadingContext, Sample, Stamp
from cpctl.core.outputs import ConnectorStatusChanged, DurableEvent, Measured, TransactionEnded, TransactionStarted, TransactionUpdated
from cpctl.csms.adapter import Message
from cpctl.csms.frames import Payload
from cpctl.csms.words import date_time

from .mapping import connector_status, id_token, reason

_LINE_VOLTAGE = ("", "L1-N", "L2-N", "L3-N")
_LINE = ("", "L1", "L2", "L3")
# A value of the device model in 2.0.1, and no measurand any more.
_NO_MEASURANDS = frozenset({Measurand.TEMPERATURE})


class Encoder:
    """Writes events; `date` dates a stamp."""

    def __init__(self, date: Callable[[Stamp], datetime]) -> None:
        self._date = date

    def encode(self, event: DurableEvent) -> Message:
        """TransactionEvent (E01-E13)."""
        match event:
            case TransactionStarted():
                payload = self._event("Started", event)
                payload["transactionInfo"]["chargingState"] = event.charging_state.value
                self._add_samples(payload, self._with_register(event, ReadingContext.TRANSACTION_BEGIN))
            case TransactionUpdated():
                payload = self._event("Updated", event)
                payload["transactionInfo"]["chargingState"] = event.charging_state.value
                self._add_samples(payload, event.samples)
            case TransactionEnded():
                payload = self._event("Ended", event)
                info = payload["transactionInfo"]
                info["chargingState"] = event.charging_state.value
                info["stoppedReason"] = reason(event.reason)
                if event.time_charging_s is not None:
                    info["timeSpentCharging"] = event.time_charging_s
                self._add_samples(payload, self._with_register(event, ReadingContext.TRANSACTION_END))
            case _:
                assert_never(event)
        return Message("TransactionEvent", payload)

    def status(self, event: ConnectorStatusChanged, at: datetime) -> Message | None:
        """StatusNotification (G01); None for the station, which has none in 2.0.1."""
        if event.evse == 0:
            return None
        return Message(
            "StatusNotification",
            {"timestamp": date_time(at), "connectorStatus": connector_status(event), "evseId": event.evse, "connectorId": event.connector},
        )

    def measured(self, event: Measured) -> Message | None:
        """MeterValues of the present (J01); None where nothing was measured."""
        values = self._meter_values([event.sample])
        return Message("MeterValues", {"evseId": event.evse, "meterValue": values}) if values else None

    def _event(self, kind: str, event: DurableEvent) -> Payload:
        """Write what all three kinds have. A place and a token are told once known (E01.FR.16, E03.FR.01)."""
        info: Payload = {"transactionId": event.transaction_id}
        payload: Payload = {
            "eventType": kind,
            "timestamp": self._time(event.at),
            "triggerReason": event.trigger.value,
            "seqNo": event.seq_no,
            "transactionInfo": info,
        }
        if event.offline:
            payload["offline"] = True
        if not isinstance(event, TransactionEnded) and event.remote_start_id is not None:
            info["remoteStartId"] = event.remote_start_id
        if event.evse:
            payload["evse"] = {"id": event.evse, "connectorId": event.connector} if event.connector else {"id": event.evse}
        if event.id_token is not None:
            payload["idToken"] = id_token(event.id_token)
        if event.phases is not None:
            payload["numberOfPhasesUsed"] = event.phases
        if event.cable_ma is not None:
            payload["cableMaxCurrent"] = event.cable_ma // 1000
        return payload

    def _with_register(self, event: TransactionStarted | TransactionEnded, context: ReadingContext) -> Sequence[Sample]:
        """Return the event's samples, and the register if it is not among them: nobody could bill a transaction without it."""
        if event.evse == 0 or any(
            sample.context is context and any(reading.measurand is Measurand.ENERGY_IMPORT_REGISTER for reading in sample.readings)
            for sample in event.samples
        ):
            return event.samples
        return (*event.samples, Sample(event.at, context, (Reading(Measurand.ENERGY_IMPORT_REGISTER, event.register_mwh, "Wh"),)))

    def _add_samples(self, payload: Payload, samples: Sequence[Sample]) -> None:
        if values := self._meter_values(samples):
            payload["meterValue"] = values

    def _meter_values(self, samples: Sequence[Sample]) -> list[Payload]:
        return [
            {"timestamp": self._time(sample.at), "sampledValue": values}
            for sample in samples
            if (values := [_sampled_value(reading, sample.context) for reading in sample.readings if reading.measurand not in _NO_MEASURANDS])
        ]

    def _time(self, stamp: Stamp) -> str:
        return date_time(self._date(stamp))


def _sampled_value(reading: Reading, context: ReadingContext) -> Payload:
    whole, rest = divmod(reading.milli, 1000)
    return {"value": reading.milli / 1000 if rest else whole, **_kind(reading.measurand, reading.unit, reading.phase, context)}


@cache
def _kind(measurand: Measurand, unit: str, phase: int, context: ReadingContext) -> Payload:
    """Return what is the same in all values of a kind. All is measured at the outlet, which need not be said."""
    kind: Payload = {"context": context.value, "measurand": measurand.value}
    if phase:
        kind["phase"] = (_LINE_VOLTAGE if measurand is Measurand.VOLTAGE else _LINE)[phase]
    if unit:
        kind["unitOfMeasure"] = {"unit": unit}
    return kind
