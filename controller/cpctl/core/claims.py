"""Accepted tokens that have no transaction yet: on an EVSE, or in the lobby, the station's own reader, where the next vehicle takes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .evse import Claim, Evse
from .reasons import ready_for_start
from .timers import Timer
from .turn import Turn

# The number under which the station's own reader goes.
LOBBY: Final = 0

# How long a refusal is shown among the reasons.
REFUSAL_SHOWN_S: Final = 60

# ---------------------------------------------------------------- on an EVSE


def place(turn: Turn, evse: Evse, claim: Claim) -> None:
    """Let an accepted token wait on an EVSE for what its transaction still needs."""
    evse.claim = replace(claim, plug=evse.plug)
    forget_refusal(turn, evse)
    turn.set_timer_in(Timer.CLAIM, evse.id, turn.state.variables.integer("TxCtrlr.EVConnectionTimeOut"))


def drop_claim(turn: Turn, evse: Evse) -> None:
    """Take the accepted token off an EVSE."""
    evse.claim = None
    turn.state.timers.clear(Timer.CLAIM, evse.id)


def expire_claim(turn: Turn, number: int) -> None:
    """Free an EVSE, or the station's reader, whose accepted token got no cable in time."""
    if number == LOBBY:
        turn.state.lobby = None
    else:
        turn.state.evses[number].claim = None
    turn.note(number, "token.expired", "An accepted token was not followed by a cable in time.")


def show_refusal(turn: Turn, evse: Evse, text: str) -> None:
    """Show for a while why a token was refused."""
    evse.refusal = text
    turn.set_timer_in(Timer.REFUSAL, evse.id, REFUSAL_SHOWN_S)


def forget_refusal(turn: Turn, evse: Evse) -> None:
    """Show no refusal any more."""
    evse.refusal = None
    turn.state.timers.clear(Timer.REFUSAL, evse.id)


# ---------------------------------------------------------------- in the lobby


def waiting(turn: Turn) -> Evse | None:
    """Return the EVSE that waits for a token: plugged in the longest without one; those that had their transaction come last."""
    candidates = [evse for evse in turn.state.evses.values() if evse.plugged and free(turn, evse)]
    return min(candidates, key=_waiting_since, default=None)


def _waiting_since(evse: Evse) -> tuple[bool, int, int]:
    since = evse.plugged_at
    return (evse.finished_plug == evse.plug, since.mono_ms if since else 0, evse.id)


def free(turn: Turn, evse: Evse) -> bool:
    """Tell whether a token could be placed on an EVSE."""
    asked = any(question.evse == evse.id for question in turn.state.asks.values())
    taken = evse.transaction is not None or evse.claim is not None or evse.held_for is not None
    return not taken and not asked and ready_for_start(turn.state, evse) is None


def enter_lobby(turn: Turn, claim: Claim) -> None:
    """Let an accepted token wait at the station's reader for whichever EVSE is plugged in next."""
    turn.state.lobby = claim
    turn.set_timer_in(Timer.CLAIM, LOBBY, turn.state.variables.integer("TxCtrlr.EVConnectionTimeOut"))


def leave_lobby(turn: Turn, evse: Evse) -> None:
    """Give the token that waits at the station's reader to an EVSE that is plugged in and free."""
    claim = turn.state.lobby
    if claim is None or not evse.plugged or evse.finished_plug == evse.plug or not free(turn, evse):
        return
    turn.state.lobby = None
    turn.state.timers.clear(Timer.CLAIM, LOBBY)
    place(turn, evse, claim)
