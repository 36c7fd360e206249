"""What follows from it that the host's clock became known, or was set."""

from __future__ import annotations

from typing import Final

from .inputs import ClockSet
from .model import Stamp
from .records import ClockAnchor
from .sampling import arm_aligned
from .state import State
from .turn import Turn

_ESTIMATED: Final = "The host had run until here without ever knowing the time; what happened then is dated as late as it can have been."


def clock_set(turn: Turn, item: ClockSet) -> None:
    """Take that the clock is known now, or was set; round times are counted anew, all other timers know nothing of it."""
    state, anchor = turn.state, item.anchor
    known = state.anchors.of(anchor.at.boot)
    if known is None:  # this boot's first word: now it can be seen how long those before it lasted
        for ended in state.anchors.ended(_last_moments(state)):
            _keep(turn, ended)
    if known is None or (not known.told and anchor.at.utc_ms is not None):
        _keep(turn, anchor)
        for one in state.anchors.worked_out(anchor) if anchor.told else []:
            _keep(turn, one)
            if one.estimated:
                turn.note(0, "clock.estimated", _ESTIMATED, one.at)
    if anchor.at.utc_ms is not None:
        turn.note(0, "clock.set", f"The clock was set by {'the CSMS' if anchor.told else 'the system'}.")
    for evse in state.evses.values():
        arm_aligned(turn, evse)


def _keep(turn: Turn, anchor: ClockAnchor) -> None:
    forgotten = turn.state.anchors.put(anchor)
    turn.save(f"clock/{anchor.at.boot}", anchor)
    if forgotten is not None:
        turn.delete(f"clock/{forgotten}")


def _last_moments(state: State) -> dict[int, int]:
    """Return the last moment of each boot that a transaction or a register speaks of."""
    stamps: list[Stamp | None] = [evse.register.at for evse in state.evses.values()]
    for transaction in state.transactions.values():
        stamps += (transaction.started, transaction.last, transaction.ended)
    found: dict[int, int] = {}
    for stamp in stamps:
        if stamp is not None:
            found[stamp.boot] = max(stamp.mono_ms, found.get(stamp.boot, 0))
    return found
