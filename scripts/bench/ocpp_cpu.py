"""G5: CPU of writing and reading a MeterValues of ten values with validation, against the `ocpp` package as it comes. 1.6 only so far."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import cast

from ocpp import messages
from ocpp.charge_point import camel_to_snake_case, remove_nones, serialize_as_dict, snake_to_camel_case
from ocpp.messages import unpack, validate_payload
from ocpp.v16 import call as stock

from cpctl.core.model import ChargingState, ConnectorSettings, EvseSettings, Measurand, Reading, ReadingContext, Sample, Stamp, Trigger
from cpctl.core.outputs import TransactionUpdated
from cpctl.csms.frames import Call, call, parse
from cpctl.csms.v16.adapter import dialect
from cpctl.csms.v16.encode import Encoder
from cpctl.csms.v16.mapping import Connectors

from .figures import Effort, Figure, best_of, cpu_us, ratio
from .machine import pin

Json = dict[str, object]
# The package comes without types.
_message = cast(Callable[[str, str, object], messages.Call], messages.Call)
_unpack = cast(Callable[[str], messages.Call], unpack)
_to_json = cast(Callable[[messages.Call], str], messages.Call.to_json)
_as_dict = cast(Callable[[object], Json], serialize_as_dict)
_to_camel = cast(Callable[[Json], Json], snake_to_camel_case)
_to_snake = cast(Callable[[Json], Json], camel_to_snake_case)
_make = cast(Callable[..., object], stock.MeterValues)

_AT = Stamp(1, 1, 1_900_000_000_000)
_EVSE = EvseSettings(1, 32_000, 3, (ConnectorSettings(1, "sType2", False),))
_READINGS = (
    Reading(Measurand.ENERGY_IMPORT_REGISTER, 12_345_678, "Wh"),
    Reading(Measurand.POWER_IMPORT, 11_040_000, "W"),
    *(Reading(Measurand.CURRENT_IMPORT, 16_000, "A", phase) for phase in (1, 2, 3)),
    *(Reading(Measurand.VOLTAGE, 230_100, "V", phase) for phase in (1, 2, 3)),
    Reading(Measurand.CURRENT_OFFERED, 16_000, "A"),
    Reading(Measurand.TEMPERATURE, 41_500, "Celsius"),
)
_EVENT = TransactionUpdated(
    "t", 1, 1, _AT, 1, Trigger.METER_VALUE_PERIODIC, ChargingState.CHARGING, False, (Sample(_AT, ReadingContext.SAMPLE_PERIODIC, _READINGS),)
)


class _View:
    """A station that knows the CSMS's number of the transaction, and nothing else."""

    def variable(self, name: str) -> str:
        raise KeyError(name)

    def status(self) -> Mapping[str, object]:
        return {}

    def csms_ref(self, transaction_id: str) -> str | None:
        return "7"


def measure(effort: Effort) -> list[Figure]:
    """Write and read the same message, ours and stock's way."""
    pin(0)
    messages.ASYNC_VALIDATION = False  # in the calling thread, where its CPU can be seen: the better of its two ways
    schemas = dialect().schemas
    encoder = Encoder(Connectors([_EVSE]), _View(), "Bench", lambda _: datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC))

    def write() -> str:
        message = encoder.encode(_EVENT)
        if message is None or schemas.violation(message.action, message.payload):
            raise AssertionError("not a valid message")
        return call("0123456789abcdef-1", message.action, message.payload)

    text = write()
    frame = json.loads(text)
    payload = _make(**_to_snake(frame[3]))

    def read() -> None:
        found = parse(text)
        if not isinstance(found, Call) or schemas.violation(found.action, found.payload):
            raise AssertionError("not a valid message")

    def stock_write() -> str:
        message = _message(frame[1], "MeterValues", remove_nones(_to_camel(_as_dict(payload))))
        _finish(message)
        return _to_json(message)

    def stock_read() -> object:
        message = _unpack(text)
        _finish(message)
        return _make(**_to_snake(message.payload))

    repeats = effort.of(60, 20)
    found = best_of(*(lambda work=work: cpu_us(work, repeats) for work in (write, stock_write, read, stock_read)), rounds=effort.short_rounds)
    return [
        ratio("G5", "MeterValues of 10 values, write, CPU against stock", found[0], found[1], 0.4),
        ratio("G5", "the same, read", found[2], found[3], 0.4),
    ]


def _finish(message: messages.Call) -> None:
    """Validate, which is a coroutine that never waits here."""
    try:
        validate_payload(message, "1.6").send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")
