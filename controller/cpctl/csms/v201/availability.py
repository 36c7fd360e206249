"""In service or not, and reset, of the station, an EVSE, a connector (G03, G04, B11, B12)."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.inputs import ChangeAvailability, Reset
from cpctl.core.outputs import Decision, Outcome
from cpctl.csms.adapter import Context
from cpctl.csms.dialect import Handler
from cpctl.csms.frames import Payload

from .mapping import Places, refused

_DECISIONS: dict[Outcome, str] = {
    Decision.ACCEPTED: "Accepted",
    Decision.REJECTED: "Rejected",
    Decision.SCHEDULED: "Scheduled",
}


def table(context: Context, places: Places) -> Mapping[str, Handler]:
    """Return these handlers by action."""
    service = Service(context, places)
    return {"ChangeAvailability": service.change_availability, "Reset": service.reset}


class Service:
    """Serves them by the station's commands."""

    def __init__(self, context: Context, places: Places) -> None:
        self._inbox = context.inbox
        self._places = places

    async def change_availability(self, call: Payload) -> Payload:
        """ChangeAvailability; without an EVSE it is the station's (G04.FR.01)."""
        place = call.get("evse", {})
        evse, connector = place.get("id", 0), place.get("connectorId")
        if place and not self._places.known(evse):
            return refused("UnknownEvse")
        if connector is not None and not self._places.known(evse, connector):
            return refused("UnknownConnectorId")
        operative = call["operationalStatus"] == "Operative"
        outcome, _ = await self._inbox.request(lambda request: ChangeAvailability(request, evse, operative, connector=connector or 0))
        return {"status": _DECISIONS[outcome]}

    async def reset(self, call: Payload) -> Payload:
        """Reset. Nothing of a transaction is kept for its resumption, so 2.1's ImmediateAndResume is refused (B13.FR.01)."""
        if call["type"] not in ("Immediate", "OnIdle"):
            return refused("UnsupportedParam")
        evse = call.get("evseId")
        if evse is not None and not self._places.known(evse):
            return refused("UnknownEvse")
        immediate = call["type"] == "Immediate"
        outcome, _ = await self._inbox.request(lambda request: Reset(request, immediate, evse=evse or 0))
        return {"status": _DECISIONS[outcome]}
