"""Transactions at the CSMS's word: start, stop, how they stand, and unlocking (F01-F05, E14)."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.inputs import RemoteStart, RemoteStop, Unlock
from cpctl.core.outputs import Decision, Outcome, UnlockOutcome
from cpctl.csms.adapter import Context, Registration
from cpctl.csms.dialect import Handler
from cpctl.csms.frames import Payload

from .mapping import Places, read_group, read_id_token, refused

_UNLOCKED: dict[Outcome, Payload] = {
    UnlockOutcome.UNLOCKED: {"status": "Unlocked"},
    UnlockOutcome.FAILED: {"status": "UnlockFailed"},
    UnlockOutcome.NOT_SUPPORTED: refused("FixedCable", status="UnlockFailed"),
    UnlockOutcome.UNKNOWN_CONNECTOR: {"status": "UnknownConnector"},
    UnlockOutcome.ONGOING_TRANSACTION: {"status": "OngoingAuthorizedTransaction"},
}
_NOT_ACCEPTED = refused("CSNotAccepted")


def table(context: Context, places: Places) -> Mapping[str, Handler]:
    """Return these handlers by action."""
    remote = Remote(context, places)
    return {
        "GetTransactionStatus": remote.transaction_status,
        "RequestStartTransaction": remote.start,
        "RequestStopTransaction": remote.stop,
        "UnlockConnector": remote.unlock,
    }


class Remote:
    """Serves them by the station's commands."""

    def __init__(self, context: Context, places: Places) -> None:
        self._inbox = context.inbox
        self._view = context.view
        self._registration = context.registration
        self._places = places

    async def start(self, call: Payload) -> Payload:
        """RequestStartTransaction (F01, F02). A charging profile is passed over until there is smart charging (F01.FR.12)."""
        if not self._admitted():
            return _NOT_ACCEPTED
        evse = call.get("evseId")
        if evse is not None and not self._places.known(evse):
            return refused("UnknownEvse")
        token = read_id_token(call["idToken"])
        if token is None:
            return refused("InvalidIdToken", f"tokens of type {call['idToken']['type']} are not known here")
        group = read_group(call)
        outcome, text = await self._inbox.request(lambda request: RemoteStart(request, evse, token, call["remoteStartId"], group))
        if outcome is not Decision.ACCEPTED:
            return refused("Unspecified", text) if text else {"status": "Rejected"}
        return {"status": "Accepted", "transactionId": text} if text else {"status": "Accepted"}

    async def stop(self, call: Payload) -> Payload:
        """RequestStopTransaction (F03, F04)."""
        if not self._admitted():
            return _NOT_ACCEPTED
        reference = call["transactionId"]
        outcome, _ = await self._inbox.request(lambda request: RemoteStop(request, reference))
        return {"status": "Accepted"} if outcome is Decision.ACCEPTED else refused("TxNotFound")

    async def transaction_status(self, call: Payload) -> Payload:
        """GetTransactionStatus (E14)."""
        transaction_id = call.get("transactionId")
        status = self._view.transaction_status(transaction_id)
        answer: Payload = {"messagesInQueue": status.queued}
        if transaction_id is not None:  # one that there never was does not go on either (E14.FR.01)
            answer["ongoingIndicator"] = bool(status.ongoing)
        return answer

    async def unlock(self, call: Payload) -> Payload:
        """UnlockConnector (F05): an authorized transaction forbids it."""
        evse, connector = call["evseId"], call["connectorId"]
        if not self._places.known(evse, connector):
            return {"status": "UnknownConnector"}
        outcome, _ = await self._inbox.request(lambda request: Unlock(request, evse, connector, ends_transaction=False))
        return _UNLOCKED[outcome]

    def _admitted(self) -> bool:
        """Remote starts and stops are not for a station that is not accepted (B02.FR.05)."""
        return self._registration() is Registration.ACCEPTED
