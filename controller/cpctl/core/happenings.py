"""Events of the coprocessor: each counts once, and says when something was that a snapshot can only find done."""

from __future__ import annotations

from typing import Final

from . import metering
from .departure import cut_off, left, power_was_lost
from .evse import Evse
from .inputs import CoprocessorEvent
from .model import Stamp, StopReason, Trigger
from .records import Ending, FirmwareMark
from .stamps import earlier_by
from .turn import Turn


def happened(turn: Turn, event: CoprocessorEvent) -> None:
    """Take an event that has not been taken yet. The mark is stored with its consequences; an event without any may come again unharmed."""
    state = turn.state
    mark = state.mark
    if mark is not None and mark.boot_nonce == event.boot_nonce and event.event_id <= mark.event_id:
        return
    state.mark = FirmwareMark(event.boot_nonce, event.event_id)
    before = len(turn.outputs)
    at = earlier_by(turn.now, max(0, event.age_ms))
    note = _NOTES.get(event.code)
    if note is not None:
        turn.note(event.evse, f"coprocessor.{event.code}", f"{note} {event.text}".strip(), at)
    evse = state.evses.get(event.evse)
    if evse is not None:
        _plug_event(turn, evse, event, at)
    if len(turn.outputs) > before:
        turn.save("firmware/mark", state.mark)


def _plug_event(turn: Turn, evse: Evse, event: CoprocessorEvent, at: Stamp) -> None:
    """End a transaction whose vehicle left, at the moment when it did. What is plugged in now is told by snapshots alone."""
    transaction = evse.transaction
    if transaction is None or transaction.plug is None:
        return
    unplugged = event.code == "unplugged" and event.plug == transaction.plug
    replaced = event.code == "plugged" and event.plug > transaction.plug
    if replaced and power_was_lost(transaction, event.plug):
        cut_off(turn, evse)
    elif unplugged or replaced:
        register_mwh = metering.total_at(evse.register, event.meter_boot, event.energy_mwh)
        metering.reach(evse, event.meter_boot, event.energy_mwh)
        if evse.plug == transaction.plug:
            evse.plugged, evse.plugged_at = False, None  # the next snapshot shows it too
        left(turn, evse, Ending(StopReason.EV_DISCONNECTED, Trigger.EV_COMMUNICATION_LOST, at=at, register_mwh=register_mwh))


_NOTES: Final = {
    "boot": "The coprocessor has started.",
    "lease_expired": "The permission ran out before it was renewed.",
    "lease_refused": "The coprocessor refused a permission.",
    "opened_under_load": "The contactor had to open under load.",
    "config_applied": "The coprocessor's configuration is in force.",
    "config_refused": "The coprocessor refused its configuration:",
    "events_lost": "The coprocessor had more to tell than it could keep.",
    "button": "The board's button was pressed.",
    "self_test": "The coprocessor has tested itself.",
}
