"""Variables read and set by the CSMS (B05, B06); among them the password (A01)."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.inputs import SetVariable
from cpctl.core.outputs import Outcome, SetOutcome
from cpctl.core.variable_definition import Definition, Mutability
from cpctl.core.variables import misfit
from cpctl.core.variables_csms import MAX_REPORTED_CHARS
from cpctl.csms.adapter import Context
from cpctl.csms.dialect import Handler
from cpctl.csms.frames import Payload
from cpctl.errors import ControllerError

from .device_model import ACTUAL, DeviceModel, Missing
from .limits import check_size
from .mapping import status_info

NOT_SUPPORTED_ATTRIBUTE = "NotSupportedAttributeType"

_SET: dict[Outcome, str] = {
    SetOutcome.ACCEPTED: "Accepted",
    SetOutcome.REBOOT_REQUIRED: "RebootRequired",
    SetOutcome.REJECTED: "Rejected",
    SetOutcome.UNKNOWN: Missing.VARIABLE,
}


def table(context: Context, model: DeviceModel) -> Mapping[str, Handler]:
    """Return these handlers by action."""
    variables = VariablesOf(context, model)
    return {"GetVariables": variables.get, "SetVariables": variables.set}


class VariablesOf:
    """Serves them, each entry for itself."""

    def __init__(self, context: Context, model: DeviceModel) -> None:
        self._inbox = context.inbox
        self._model = model

    async def get(self, call: Payload) -> Payload:
        """GetVariables (B06)."""
        asked = call["getVariableData"]
        check_size(call, len(asked))
        return {"getVariableResult": [_named(one) | self._read(one) for one in asked]}

    async def set(self, call: Payload) -> Payload:
        """SetVariables (B05), in the order in which they stand."""
        asked = call["setVariableData"]
        check_size(call, len(asked))
        return {"setVariableResult": [_named(one) | await self._write(one) for one in asked]}

    def _read(self, one: Payload) -> Payload:
        found = self._find(one)
        if isinstance(found, str):
            return {"attributeStatus": found}
        if found.mutability is Mutability.WRITE_ONLY:  # B06.FR.09
            return {"attributeStatus": "Rejected", "attributeStatusInfo": status_info("WriteOnly")}
        return {"attributeStatus": "Accepted", "attributeValue": self._model.value(found)[:MAX_REPORTED_CHARS]}

    async def _write(self, one: Payload) -> Payload:
        found = self._find(one)
        if isinstance(found, str):
            return {"attributeStatus": found}
        if found.mutability is Mutability.READ_ONLY:  # B05.FR.09
            return {"attributeStatus": "Rejected", "attributeStatusInfo": status_info("ReadOnly")}
        name, value = found.name, one["attributeValue"]
        try:
            outcome, text = await self._inbox.request(lambda request: SetVariable(request, name, value))
        except ControllerError as error:
            return {"attributeStatus": "Rejected", "attributeStatusInfo": status_info("InternalError", error.reason)}
        if outcome is SetOutcome.REJECTED:
            return {"attributeStatus": "Rejected", "attributeStatusInfo": status_info(_why(found, value), text)}
        return {"attributeStatus": _SET[outcome]}

    def _find(self, one: Payload) -> Definition | str:
        """Find what is addressed, or say what of it is not there (B05.FR.04 to FR.06, B06.FR.06 to FR.08)."""
        found = self._model.find(one["component"], one["variable"])
        if isinstance(found, Missing):
            return found.value
        return found if one.get("attributeType", ACTUAL) == ACTUAL else NOT_SUPPORTED_ATTRIBUTE


def _named(one: Payload) -> Payload:
    """Repeat what an entry addresses; one that names no attribute means the actual value (B05.FR.12, B06.FR.11)."""
    return {"attributeType": one.get("attributeType", ACTUAL), "component": one["component"], "variable": one["variable"]}


def _why(definition: Definition, value: str) -> str:
    """Give the reason code for a value that was refused: for its form, for its size, or for what it would do."""
    wrong = misfit(definition, value)
    return "InvalidValue" if wrong is None else wrong.value
