"""What is in service: the station, its EVSEs, their connectors, each by a word of its own (OCPP 1.6, 5.2; 2.0.1 G03, G04)."""

from __future__ import annotations

from dataclasses import replace

from .evse import Evse
from .inputs import ChangeAvailability
from .outputs import Decision
from .records import Availability
from .turn import Turn


def change_availability(turn: Turn, item: ChangeAvailability) -> None:
    """Take a connector, an EVSE or the station in or out of service; what runs is served to its end first (G03.FR.05, G04.FR.06).

    Every word is kept apart: a connector serves if all three say so. With `shared` they follow each other: what is said of the station becomes the word of
    every EVSE, and an EVSE that is put in service takes the station with it, while the others keep the word that they were given.
    """
    state = turn.state
    evse = state.evses.get(item.evse)
    if item.evse != 0 and evse is None:
        turn.reply(item.request, Decision.REJECTED, "There is no such EVSE.")
        return
    if item.connector != 0 and (evse is None or item.connector not in (one.id for one in evse.settings.connectors)):
        turn.reply(item.request, Decision.REJECTED, "There is no such connector.")
        return
    concerned: list[Evse] = list(state.evses.values()) if evse is None else [evse]
    if item.connector != 0 and evse is not None:
        before = evse.connectors.get(item.connector, Availability(evse.id, connector=item.connector))
        evse.connectors[item.connector] = _serve(turn, before, item.operative)
        concerned = [evse] if item.connector == evse.connector else []
    else:
        if evse is None or (item.shared and item.operative):
            state.availability = _serve(turn, state.availability, item.operative)
        if evse is not None or item.shared:
            for one in concerned:
                one.availability = _serve(turn, one.availability, item.operative)
    waits = not item.operative and any(one.transaction is not None for one in concerned)
    turn.reply(item.request, Decision.SCHEDULED if waits else Decision.ACCEPTED)


def _serve(turn: Turn, before: Availability, operative: bool) -> Availability:
    if before.operative == operative:
        return before
    now = replace(before, operative=operative)
    turn.save(f"availability/{now.evse}" + (f".{now.connector}" if now.connector else ""), now)
    turn.note(now.evse, "availability.changed", "Put in service." if operative else "Taken out of service.")
    return now
