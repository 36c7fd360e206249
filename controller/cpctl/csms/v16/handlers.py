"""What the CSMS may ask of a 1.6 charge point: each handler translates, awaits the station's outcome, and translates back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cpctl.core.inputs import ChangeAvailability, ClearCache, Command, RemoteStart, RemoteStop, Reset, SetVariable, Unlock
from cpctl.core.model import IdToken
from cpctl.core.outputs import Decision, Outcome, SetOutcome, UnlockOutcome
from cpctl.csms.adapter import Context, Registration
from cpctl.csms.dialect import Followed, Handler, HandlerRefusal
from cpctl.csms.frames import ErrorCode, Payload
from cpctl.csms.vendors import text_of

from .mapping import Connectors
from .variables import MAX_KEYS, Entry, Keys

_REJECTED: Payload = {"status": "Rejected"}
_ACCEPTED: Payload = {"status": "Accepted"}

_DECISIONS: dict[Outcome, str] = {
    Decision.ACCEPTED: "Accepted",
    Decision.REJECTED: "Rejected",
    Decision.SCHEDULED: "Scheduled",
}
_UNLOCKED: dict[Outcome, str] = {
    UnlockOutcome.UNLOCKED: "Unlocked",
    UnlockOutcome.FAILED: "UnlockFailed",
    UnlockOutcome.NOT_SUPPORTED: "NotSupported",
    UnlockOutcome.UNKNOWN_CONNECTOR: "NotSupported",
    UnlockOutcome.ONGOING_TRANSACTION: "UnlockFailed",
}
_SET: dict[Outcome, str] = {
    SetOutcome.ACCEPTED: "Accepted",
    SetOutcome.REBOOT_REQUIRED: "RebootRequired",
    SetOutcome.REJECTED: "Rejected",
    SetOutcome.UNKNOWN: "NotSupported",
}


class Handlers:
    """Serves the CSMS's CALLs by the station's commands."""

    def __init__(self, context: Context, connectors: Connectors, keys: Keys) -> None:
        self._inbox = context.inbox
        self._connectors = connectors
        self._keys = keys
        self._registration = context.registration
        self._triggers = context.triggers
        self._vendors = context.vendors

    def table(self) -> Mapping[str, Handler]:
        """All of them by action."""
        return {
            "ChangeAvailability": self.change_availability,
            "ChangeConfiguration": self.change_configuration,
            "ClearCache": self.clear_cache,
            "DataTransfer": self.data_transfer,
            "GetConfiguration": self.get_configuration,
            "RemoteStartTransaction": self.remote_start,
            "RemoteStopTransaction": self.remote_stop,
            "Reset": self.reset,
            "TriggerMessage": self.trigger,
            "UnlockConnector": self.unlock,
        }

    async def remote_start(self, call: Payload) -> Payload:
        """RemoteStartTransaction (5.11). A charging profile is passed over until there is smart charging, as the standard says."""
        if not self._admitted():
            return _REJECTED
        evse: int | None = None
        if "connectorId" in call:
            place = self._connectors.place(call["connectorId"])
            if place is None:  # 0 as well: a transaction takes a connector
                return _REJECTED
            evse = place[0]
        token = IdToken(call["idTag"])
        return await self._decide(lambda request: RemoteStart(request, evse, token))

    async def remote_stop(self, call: Payload) -> Payload:
        """RemoteStopTransaction (5.12)."""
        if not self._admitted():
            return _REJECTED
        reference = str(call["transactionId"])
        return await self._decide(lambda request: RemoteStop(request, reference))

    async def reset(self, call: Payload) -> Payload:
        """Reset (5.14); its answer knows no word for "later"."""
        immediate = call["type"] == "Hard"
        outcome, _ = await self._inbox.request(lambda request: Reset(request, immediate, waits=False))
        return _REJECTED if outcome is Decision.REJECTED else {"status": "Accepted"}

    async def unlock(self, call: Payload) -> Payload:
        """UnlockConnector (5.18)."""
        place = self._connectors.place(call["connectorId"])
        if place is None:
            return {"status": "NotSupported"}
        evse, connector = place
        outcome, _ = await self._inbox.request(lambda request: Unlock(request, evse, connector))
        return {"status": _UNLOCKED[outcome]}

    async def change_availability(self, call: Payload) -> Payload:
        """ChangeAvailability (5.2); connector 0 is the station."""
        number, operative = call["connectorId"], call["type"] == "Operative"
        place = (0, 0) if number == 0 else self._connectors.place(number)
        if place is None:
            return _REJECTED
        evse = place[0]
        return await self._decide(lambda request: ChangeAvailability(request, evse, operative, shared=True))

    async def clear_cache(self, call: Payload) -> Payload:
        """ClearCache (5.4)."""
        return await self._decide(ClearCache)

    async def data_transfer(self, call: Payload) -> Payload:
        """DataTransfer (5.6)."""
        answer = await self._vendors.serve(call["vendorId"], call.get("messageId"), call.get("data"))
        return {"status": answer.status.value} | ({} if answer.data is None else {"data": text_of(answer.data)})

    async def get_configuration(self, call: Payload) -> Payload:
        """GetConfiguration (5.8)."""
        asked = call.get("key")
        if not asked:
            return {"configurationKey": [_shown(entry) for entry in self._keys]}
        if len(asked) > MAX_KEYS:
            raise HandlerRefusal(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, f"at most {MAX_KEYS} keys at once")
        found = {name: self._keys.find(name) for name in asked}
        answer: Payload = {"configurationKey": [_shown(entry) for entry in found.values() if entry]}
        if unknown := [name for name, entry in found.items() if entry is None]:
            answer["unknownKey"] = unknown
        return answer

    async def change_configuration(self, call: Payload) -> Payload:
        """ChangeConfiguration (5.3)."""
        entry = self._keys.find(call["key"])
        if entry is None:
            return {"status": "NotSupported"}
        setting = self._keys.setting(entry.key, call["value"])
        if entry.read_only or setting is None:
            return _REJECTED
        variable, value = setting
        outcome, _ = await self._inbox.request(lambda request: SetVariable(request, variable, value))
        return {"status": _SET[outcome]}

    async def trigger(self, call: Payload) -> Payload | Followed:
        """TriggerMessage (5.17): what is asked for goes out behind the answer. An accepted charge point boots no more (errata, 3.35)."""
        number = call.get("connectorId")
        evses = self._triggered_evses(number)
        if self._triggers.busy():
            return _REJECTED
        match call["requestedMessage"]:
            case "BootNotification":
                accepted = self._registration() is Registration.ACCEPTED
                return _REJECTED if accepted else Followed(_ACCEPTED, self._triggers.boot)
            case "Heartbeat":
                return Followed(_ACCEPTED, self._triggers.heartbeat)
            case "StatusNotification":
                return Followed(_ACCEPTED, lambda: self._triggers.statuses(evses)) if evses else _REJECTED
            case "MeterValues":  # connector 0 would be the main meter, which there is not
                measured = evses - {0}
                return Followed(_ACCEPTED, lambda: self._triggers.measure(measured)) if measured and self._samples_something() else _REJECTED
            case _:
                return {"status": "NotImplemented"}

    def _triggered_evses(self, number: int | None) -> frozenset[int]:
        """Return the EVSEs that a trigger speaks of: of one connector (0: the station), or all."""
        if number is None:
            return frozenset({0, *self._connectors.evses()})
        place = (0, 0) if number == 0 else self._connectors.place(number)
        return frozenset() if place is None else frozenset({place[0]})

    def _samples_something(self) -> bool:
        """Tell whether there is a measurand to be told: a triggered message holds what a sampled one does (errata, 3.46)."""
        entry = self._keys.find("MeterValuesSampledData")
        return entry is not None and bool(entry.value)

    def _admitted(self) -> bool:
        """Remote starts and stops are not for a charge point that is not accepted (4.2)."""
        return self._registration() is Registration.ACCEPTED

    async def _decide(self, make: Callable[[int], Command]) -> Payload:
        outcome, _ = await self._inbox.request(make)
        return {"status": _DECISIONS[outcome]}


def _shown(entry: Entry) -> Payload:
    return {"key": entry.key, "readonly": entry.read_only} | ({} if entry.value is None else {"value": entry.value})
