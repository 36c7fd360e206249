"""G5: CPU of writing and reading ten values with validation, in both versions' words, against the `ocpp` package as it comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from ocpp import messages
from ocpp.charge_point import camel_to_snake_case, remove_nones, serialize_as_dict, snake_to_camel_case
from ocpp.messages import unpack, validate_payload
from ocpp.v16 import call as stock_16
from ocpp.v201 import call as stock_201

from cpctl.core.model import ChargingState, Measurand, Reading, ReadingContext, Sample, Stamp, Trigger
from cpctl.core.outputs import TransactionUpdated
from cpctl.core.ports import StationView
from cpctl.core.settings import ConnectorSettings, EvseSettings
from cpctl.csms.adapter import Message
from cpctl.csms.frames import Call, call, parse
from cpctl.csms.schemas import Schemas
from cpctl.csms.v16.adapter import dialect as dialect_of_1_6
from cpctl.csms.v16.encode import Encoder as Encoder16
from cpctl.csms.v16.mapping import Connectors
from cpctl.csms.v201.editions import EDITION_2_0_1, dialect
from cpctl.csms.v201.encode import Encoder as Encoder201

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

_AT = Stamp(1, 1, 1_900_000_000_000)
_EVSE = EvseSettings(1, 32_000, 3, (ConnectorSettings(1, "sType2", False),))
_READINGS = (
    Reading(Measurand.ENERGY_IMPORT_REGISTER, 12_345_678, "Wh"),
    Reading(Measurand.POWER_IMPORT, 11_040_000, "W"),
    *(Reading(Measurand.CURRENT_IMPORT, 16_000, "A", phase) for phase in (1, 2, 3)),
    *(Reading(Measurand.VOLTAGE, 230_100, "V", phase) for phase in (1, 2, 3)),
    Reading(Measurand.CURRENT_OFFERED, 16_000, "A"),
    Reading(Measurand.SOC, 41_500, "Percent"),
)
_EVENT = TransactionUpdated(
    "t", 1, 1, _AT, 1, Trigger.METER_VALUE_PERIODIC, ChargingState.CHARGING, False, (Sample(_AT, ReadingContext.SAMPLE_PERIODIC, _READINGS),)
)


@dataclass(frozen=True, slots=True)
class _Version:
    """What differs: our way to write the event, and stock's class for the same message."""

    name: str
    schemas: Schemas
    encode: Callable[[TransactionUpdated], Message | None]
    stock: Callable[..., object]
    limit: float


class _View:
    """A station that knows the CSMS's number of the transaction, and nothing else."""

    def csms_ref(self, transaction_id: str) -> str | None:
        return "7"


def _date(_: Stamp) -> datetime:
    return datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)


def measure(effort: Effort) -> list[Figure]:
    """Write and read the same message, ours and stock's way, in each version."""
    pin(0)
    messages.ASYNC_VALIDATION = False  # in the calling thread, where its CPU can be seen: the better of its two ways
    encoder = Encoder16(Connectors([_EVSE]), cast(StationView, _View()), "Bench", _date)
    versions = (
        _Version("1.6", dialect_of_1_6().schemas, encoder.encode, cast(Callable[..., object], stock_16.MeterValues), 0.4),
        _Version("2.0.1", dialect(EDITION_2_0_1).schemas, Encoder201(_date).encode, cast(Callable[..., object], stock_201.TransactionEvent), 0.2),
    )
    return [figure for version in versions for figure in _measure(effort, version)]


def _measure(effort: Effort, version: _Version) -> list[Figure]:
    def write() -> str:
        message = version.encode(_EVENT)
        if message is None or version.schemas.violation(message.action, message.payload):
            raise AssertionError("not a valid message")
        return call("0123456789abcdef-1", message.action, message.payload)

    text = write()
    frame = json.loads(text)
    payload = version.stock(**_to_snake(frame[3]))

    def read() -> None:
        found = parse(text)
        if not isinstance(found, Call) or version.schemas.violation(found.action, found.payload):
            raise AssertionError("not a valid message")

    def stock_write() -> str:
        message = _message(frame[1], frame[2], remove_nones(_to_camel(_as_dict(payload))))
        _finish(message, version.name)
        return _to_json(message)

    def stock_read() -> object:
        message = _unpack(text)
        _finish(message, version.name)
        return version.stock(**_to_snake(message.payload))

    repeats = effort.of(60, 20)
    found = best_of(*(lambda work=work: cpu_us(work, repeats) for work in (write, stock_write, read, stock_read)), rounds=effort.short_rounds)
    return [
        ratio("G5", f"{frame[2]} of 10 values ({version.name}), write, CPU against stock", found[0], found[1], version.limit),
        ratio("G5", "the same, read", found[2], found[3], version.limit),
    ]


def _finish(message: messages.Call, version: str) -> None:
    """Validate, which is a coroutine that never waits here."""
    try:
        validate_payload(message, version).send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")
