"""The conversation with a CSMS that speaks OCPP 2.0.1:

    CP StatusNotification 1.1 Occupied
    CP TransactionEvent Started CablePluggedIn EVConnected
    CP TransactionEvent Updated Authorized EVConnected TAG1: Accepted
    CS Reset Immediate: Accepted

Of a transaction's event a line tells its type, trigger, charging state, reason of the end and token. Left out, as their tests look at them by themselves:
heartbeats, meter values outside of transactions, and events of a transaction that only bring meter values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from tests.conformance.conversation import Conversation, Payload, fields
from tests.whole.rig import ID
from tests.whole.rig import Rig as WholeRig

_METERING = ("MeterValueClock", "MeterValuePeriodic")


class Rig(WholeRig):
    """A charging station whose CSMS speaks 2.0.1."""

    def __init__(self, directory: Path, **options: Any) -> None:
        super().__init__(directory, ocpp="2.0.1", **options)

    async def occupied(self, occupied: bool = True, evse: int = 1) -> None:
        """Wait until the CSMS knows that a connector is occupied, or is not."""
        await self.told("Occupied" if occupied else "Available", evse)

    async def told(self, status: str, evse: int = 1, within_s: float = 60.0) -> None:
        """Wait until the last that the CSMS heard of a connector is this status."""
        await self.until(lambda: self._last_status(evse) == status, within_s)

    def _last_status(self, evse: int) -> object:
        told = [call["connectorStatus"] for call in self.csms.point(ID).status_history if call["evseId"] == evse]
        return told[-1] if told else None


class Talk(Conversation):
    """What is said from now on."""

    untold = ("Heartbeat", "MeterValues")
    details: ClassVar = {
        "Authorize": fields("idToken.idToken"),
        "ChangeAvailability": fields("evse.id", "evse.connectorId", "operationalStatus"),
        "GetTransactionStatus": fields("transactionId"),
        "RequestStartTransaction": fields("evseId", "idToken.idToken"),
        "Reset": fields("type", "evseId"),
        "SetNetworkProfile": fields("configurationSlot"),
        "StatusNotification": lambda call: f"{call['evseId']}.{call['connectorId']} {call['connectorStatus']}",
        "TransactionEvent": fields("eventType", "triggerReason", "transactionInfo.chargingState", "transactionInfo.stoppedReason", "idToken.idToken"),
        "TriggerMessage": fields("requestedMessage", "evse.id", "evse.connectorId"),
        "UnlockConnector": fields("evseId", "connectorId"),
    }

    def events(self) -> list[Payload]:
        """Return the events of transactions, those that bring meter values too."""
        return self.payloads("TransactionEvent")

    def leaves_out(self, action: str, call: Payload) -> bool:
        """Tell whether a message is looked at elsewhere."""
        return super().leaves_out(action, call) or call.get("triggerReason") in _METERING

    def word(self, answer: Payload) -> str:
        """Return the status that an answer carries, if any."""
        return str(answer.get("status") or answer.get("idTokenInfo", {}).get("status", ""))
