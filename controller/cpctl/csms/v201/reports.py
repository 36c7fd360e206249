"""Reports of the device model (B07, B08), sent in parts behind the answer that promises them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from cpctl.core.variable_definition import LISTS, Definition, Kind, Mutability
from cpctl.core.variables_csms import MAX_REPORTED_CHARS, MAX_SET_CHARS
from cpctl.csms.adapter import Context, Message
from cpctl.csms.dialect import Followed, Handler
from cpctl.csms.frames import Payload

from .device_model import ACTUAL, DeviceModel, address
from .limits import check_size
from .mapping import overloaded

# Measurands that these versions have no word for; they are taken, and nothing is told of them.
_OF_1_6 = re.compile(r"Temperature|.+\.L[1-3]")

# What one part holds at most; a CSMS on a small machine takes that, and a station with four EVSEs is told in a dozen.
MAX_PART_ITEMS = 25
MAX_PART_BYTES = 16_384

# What a summary tells of every component, and of those that something is wrong with (B07.FR.09).
_CONDITION = "AvailabilityState"
_ABNORMAL = frozenset({"Problem", "Tripped"})

# A component without the variable counts as if it were true, but for Problem (B08.FR.07 to FR.10).
_ONLY_IF_SAID = "Problem"


def table(context: Context, model: DeviceModel) -> Mapping[str, Handler]:
    """Return these handlers by action."""
    reports = Reports(context, model)
    return {"GetBaseReport": reports.base, "GetReport": reports.custom}


class Reports:
    """Serves GetBaseReport and GetReport."""

    def __init__(self, context: Context, model: DeviceModel) -> None:
        self._model = model
        self._triggers = context.triggers
        self._live = context.live

    async def base(self, call: Payload) -> Payload | Followed:
        """GetBaseReport (B07)."""
        match call["reportBase"]:
            case "FullInventory":
                wanted: Iterable[Definition] = self._model
            case "ConfigurationInventory":  # B07.FR.07
                wanted = (one for one in self._model if one.mutability is not Mutability.READ_ONLY)
            case "SummaryInventory":
                wanted = (one for one in self._model if self._in_summary(one))
            case _:
                return {"status": "NotSupported"}
        return self._report(call["requestId"], wanted)

    async def custom(self, call: Payload) -> Payload | Followed:
        """GetReport (B08): what is named, of components that meet one of the criteria; without either it is everything."""
        named, criteria = call.get("componentVariable"), call.get("componentCriteria")
        check_size(call, len(named or ()))
        wanted: Iterable[Definition] = self._model
        if named is not None:
            wanted = {found.name: found for one in named for found in self._model.matching(one["component"], one.get("variable"))}.values()
        if criteria is not None:
            wanted = (one for one in wanted if any(self._meets(one, criterion) for criterion in criteria))
        return self._report(call["requestId"], wanted)

    def _report(self, request: int, wanted: Iterable[Definition]) -> Payload | Followed:
        """Promise what is there, as it is now, or say that there is nothing (B08.FR.15)."""
        if self._triggers.busy():
            return overloaded()
        parts = list(in_parts([self._entry(one) for one in wanted]))
        if not parts:
            return {"status": "EmptyResultSet"}
        made = self._live("ClockCtrlr.DateTime")
        messages = [
            Message("NotifyReport", {"requestId": request, "generatedAt": made, "seqNo": number, "tbc": number < len(parts) - 1, "reportData": part})
            for number, part in enumerate(parts)
        ]
        return Followed({"status": "Accepted"}, lambda: self._triggers.send(messages))

    def _in_summary(self, definition: Definition) -> bool:
        name = definition.path.name
        return name == _CONDITION or (name in _ABNORMAL and self._model.value(definition) == "true")

    def _meets(self, definition: Definition, criterion: str) -> bool:
        """Tell whether the variable's component has the variable that the criterion names, and it is true."""
        said = next((one for one in self._model.component_of(definition) if one.path.name == criterion and not one.path.instance), None)
        return criterion != _ONLY_IF_SAID if said is None else self._model.value(said) == "true"

    def _entry(self, definition: Definition) -> Payload:
        """Write a ReportDataType. There is no value of what can only be written (B07.FR.03); what is not set, or not known, is empty (2.50)."""
        attribute: Payload = {
            "type": ACTUAL,
            "mutability": definition.mutability.value,
            "persistent": definition.persistent,
            "constant": definition.constant,
        }
        if definition.mutability is not Mutability.WRITE_ONLY:
            attribute["value"] = self._model.value(definition)[:MAX_REPORTED_CHARS]
        return {**address(definition.path), "variableAttribute": [attribute], "variableCharacteristics": characteristics(definition)}


def characteristics(definition: Definition) -> Payload:
    """Write a VariableCharacteristicsType. Limits of a text or list are of its length; nothing is monitored."""
    shown: Payload = {"dataType": "string" if definition.kind is Kind.PASSWORD else definition.kind.value, "supportsMonitoring": False}
    if definition.unit:
        shown["unit"] = definition.unit
    if definition.max_length is not None:
        shown["maxLimit"] = definition.max_length
    elif definition.kind in (Kind.INTEGER, Kind.DECIMAL):
        limits = {"minLimit": definition.minimum, "maxLimit": definition.maximum}
        shown |= {name: limit for name, limit in limits.items() if limit is not None}
    if definition.kind in LISTS:
        shown["valuesList"] = ",".join(value for value in definition.values if not _OF_1_6.fullmatch(value))[:MAX_SET_CHARS]
    return shown


def in_parts(entries: Iterable[Payload]) -> Iterator[list[Payload]]:
    """Cut a report into parts, none longer than a message may be."""
    part: list[Payload] = []
    room = MAX_PART_BYTES
    for entry in entries:
        size = len(json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()) + 1
        if part and (len(part) == MAX_PART_ITEMS or size > room):
            yield part
            part, room = [], MAX_PART_BYTES
        part.append(entry)
        room -= size
    if part:
        yield part
