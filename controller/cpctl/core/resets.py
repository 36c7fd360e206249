"""Resets of the station, or of one EVSE: at once, in order, or once nothing is running (OCPP 1.6, 5.14; 2.0.1 B11, B12)."""

from __future__ import annotations

from typing import Final

from . import lobby
from .claims import drop_claim
from .evse import Evse
from .holds import release
from .inputs import Reset
from .model import StopReason, Trigger
from .outputs import Decision, Restart
from .records import Ending, ResetDue
from .timers import Timer
from .transactions import end_now
from .turn import Turn

# An EVSE that is reset is out of service for so long: long enough for every vehicle to see that its pilot is gone (IEC 61851-1).
RESET_S: Final = 5

# The number under which the station as a whole goes.
STATION: Final = 0


def reset(turn: Turn, item: Reset) -> None:
    """Take the wish for a reset: do it, or note that it is due (B12.FR.01)."""
    state = turn.state
    if item.evse != STATION and item.evse not in state.evses:
        turn.reply(item.request, Decision.REJECTED, "There is no such EVSE.")
    elif not item.immediate and item.waits and _busy(turn, item.evse):
        state.resets_due.add(item.evse)
        if item.evse != STATION:
            turn.save(_key(item.evse), ResetDue(item.evse))
        turn.note(item.evse, "station.reset_due", "The CSMS has asked for a reset; it comes once no transaction is running.")
        turn.reply(item.request, Decision.SCHEDULED)
    else:
        turn.reply(item.request, Decision.ACCEPTED)
        _perform(turn, item.evse, item.immediate)


def perform_due(turn: Turn) -> list[Evse]:
    """Do what was waited with, where nothing is running any more; return the EVSEs that it concerns."""
    ready = [number for number in sorted(turn.state.resets_due) if not _busy(turn, number)]
    for number in ready:
        _perform(turn, number, immediate=False, scheduled=True)
    return [evse for number in ready for evse in _reset_by(turn, number)]


def _reset_by(turn: Turn, number: int) -> list[Evse]:
    evses = turn.state.evses
    return list(evses.values()) if number == STATION else [evses[number]]


def _busy(turn: Turn, number: int) -> bool:
    unplaced = number == STATION and turn.state.unplaced is not None
    return unplaced or any(evse.transaction is not None for evse in _reset_by(turn, number))


def _perform(turn: Turn, number: int, immediate: bool, scheduled: bool = False) -> None:
    """End what runs (B12.FR.04, B12.FR.08), then restart the host, or take the EVSE out of service for a moment (B11.FR.03, B11.FR.08)."""
    state = turn.state
    reason = StopReason.HARD_RESET if immediate else StopReason.SOFT_RESET
    if number in state.resets_due:
        state.resets_due.discard(number)
        turn.delete(_key(number))
    for evse in _reset_by(turn, number):
        drop_claim(turn, evse)
        if evse.transaction is not None:
            end_now(turn, evse.transaction, Ending(reason, Trigger.RESET_COMMAND))
    if number == STATION:
        lobby.close(turn, Ending(reason, Trigger.RESET_COMMAND))
        state.restarting = True
        turn.note(0, "station.reset", "The CSMS has asked for a restart.")
        turn.do(Restart(immediate, scheduled))
        return
    release(turn, state.evses[number])
    state.evses[number].resetting = True
    turn.set_timer_in(Timer.RESET, number, RESET_S)
    turn.note(number, "evse.reset", "The EVSE is reset.")


def _key(evse: int) -> str:
    return f"reset/{evse}"
