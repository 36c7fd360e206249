"""The conversation with a CSMS that speaks OCPP 1.6:

    CP StartTransaction 1 TAG1: Accepted
    CS Reset Hard: Accepted

Heartbeats and meter values are left out: their tests look at them by themselves.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tests.whole.rig import ID
from tests.whole.rig import Rig as WholeRig

from .conversation import Conversation, fields


class Rig(WholeRig):
    """A charge point whose CSMS, where it is there, has heard of a status before the test goes on: a socket takes no time, and yet some turns of the loop."""

    async def status(self, wanted: str, evse: int = 1, within_s: float = 60.0) -> None:
        """Wait until an EVSE has a status, and the CSMS has been told."""
        await super().status(wanted, evse, within_s)
        if self.controller is not None and self.controller.csms.status()["connected"]:
            await self.until(lambda: self._told(evse) == wanted, within_s)

    def _told(self, connector: int) -> object:
        told = [call["status"] for call in self.csms.point(ID).status_history if call["connectorId"] == connector]
        return told[-1] if told else None


def _status(call: dict[str, Any]) -> str:
    words = [str(call["connectorId"]), call["status"]]
    if call["errorCode"] != "NoError":
        words.append(call["errorCode"])
    elif call.get("info"):
        words.append(f"({call['info']})")
    return " ".join(words)


class Talk(Conversation):
    """What is said from now on."""

    untold = ("Heartbeat", "MeterValues")
    details: ClassVar = {
        "Authorize": fields("idTag"),
        "ChangeAvailability": fields("connectorId", "type"),
        "ChangeConfiguration": fields("key", "value"),
        "RemoteStartTransaction": fields("connectorId", "idTag"),
        "RemoteStopTransaction": fields("transactionId"),
        "Reset": fields("type"),
        "StartTransaction": fields("connectorId", "idTag"),
        "StatusNotification": _status,
        "StopTransaction": fields("transactionId", "reason", "idTag"),
        "TriggerMessage": fields("requestedMessage", "connectorId"),
        "UnlockConnector": fields("connectorId"),
    }

    def word(self, answer: dict[str, Any]) -> str:
        """Return the status that an answer carries, if any."""
        return str(answer.get("status") or answer.get("idTagInfo", {}).get("status", ""))
