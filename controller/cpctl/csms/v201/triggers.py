"""What the CSMS may ask to be told at once (F06)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cpctl.csms.adapter import Context, Registration
from cpctl.csms.dialect import Followed, Handler
from cpctl.csms.frames import Payload

from .mapping import Places, overloaded, refused

_ACCEPTED: Payload = {"status": "Accepted"}


def table(context: Context, places: Places) -> Mapping[str, Handler]:
    """Return this handler by its action."""
    return {"TriggerMessage": Triggered(context, places).trigger}


class Triggered:
    """Serves TriggerMessage: what is asked for goes out behind the answer (F06.FR.04)."""

    def __init__(self, context: Context, places: Places) -> None:
        self._triggers = context.triggers
        self._view = context.view
        self._registration = context.registration
        self._places = places

    async def trigger(self, call: Payload) -> Payload | Followed:
        """TriggerMessage. An EVSE counts where the message has one; without it all are meant (F06.FR.03, F06.FR.11)."""
        if self._triggers.busy():
            return overloaded()
        match call["requestedMessage"]:
            case "BootNotification" if self._registration() is Registration.ACCEPTED:  # F06.FR.17
                return {"status": "Rejected"}
            case "BootNotification":
                return Followed(_ACCEPTED, self._triggers.boot)
            case "Heartbeat":
                return Followed(_ACCEPTED, self._triggers.heartbeat)
            case "StatusNotification":
                return self._at(call, self._places.evses(), self._triggers.statuses)
            case "MeterValues" if not self._view.variable("AlignedDataCtrlr.Measurands"):  # what is accepted has to be sent (F06.FR.10)
                return refused("NotEnabled", "AlignedDataCtrlr.Measurands is empty")
            case "MeterValues":
                return self._at(call, self._places.evses(), self._triggers.measure)
            case "TransactionEvent":
                running = frozenset(evse for evse in self._places.evses() if self._view.transaction(evse) is not None)
                return self._at(call, running, lambda evses: self._triggers.measure(evses, in_transaction=True))
            case _:
                return {"status": "NotImplemented"}

    def _at(self, call: Payload, able: frozenset[int], tell: Callable[[frozenset[int]], None]) -> Payload | Followed:
        """Tell of the EVSE that is named, or of all that are able to be told of."""
        place = call.get("evse")
        if place is not None and not self._places.known(place["id"], place.get("connectorId")):
            return refused("UnknownEvse")
        evses = able if place is None else able & {place["id"]}
        return Followed(_ACCEPTED, lambda: tell(evses)) if evses else {"status": "Rejected"}
