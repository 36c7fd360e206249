"""Accepted tokens that have no transaction yet: on an EVSE, or in the lobby, the station's own reader, where the next vehicle takes them.

They are durable: a host that restarts between a driver's card and his cable, or between a remote start and the cable, does not forget them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .evse import Evse
from .model import Stamp
from .reasons import barred, ready_for_start
from .records import Claim
from .stamps import earlier_by, latest, ms_until
from .timers import Timer
from .turn import Turn

# The number under which the station's own reader goes.
LOBBY: Final = 0

# How long a refusal is shown among the reasons.
REFUSAL_SHOWN_S: Final = 60

# ---------------------------------------------------------------- on an EVSE


def place(turn: Turn, evse: Evse, claim: Claim) -> None:
    """Let an accepted token wait on an EVSE for what its transaction still needs."""
    kept = _keep(turn, evse, replace(claim, evse=evse.id, plug=evse.plug, until=_time_out(turn)))
    forget_refusal(turn, evse)
    arm(turn, evse.id, kept)


def drop_claim(turn: Turn, evse: Evse) -> None:
    """Take the accepted token off an EVSE."""
    if evse.claim is not None:
        evse.claim = None
        turn.delete(_key(evse.id))
        turn.state.timers.clear(Timer.CLAIM, evse.id)


def arrived(turn: Turn, evse: Evse) -> None:
    """Let the token that waits be for the vehicle that has come; one that was for another leaves."""
    claim = evse.claim
    if claim is None or claim.plug == evse.plug:
        return
    if claim.plug is not None:
        drop_claim(turn, evse)
    else:
        _keep(turn, evse, replace(claim, plug=evse.plug))


def offer(turn: Turn, evse: Evse, claim: Claim) -> Claim:
    """Let energy be offered on a token before its transaction starts, if it may; what flows from here on is that transaction's, and nobody has to hurry."""
    if claim.offered_mwh is not None or barred(turn.state, evse):
        return claim
    turn.state.timers.clear(Timer.CLAIM, evse.id)
    return _keep(turn, evse, replace(claim, until=None, offered_mwh=evse.register.total_mwh))


def _keep(turn: Turn, evse: Evse, claim: Claim) -> Claim:
    evse.claim = claim
    turn.save(_key(evse.id), claim)
    return claim


# ---------------------------------------------------------------- how long


def take_up(turn: Turn) -> None:
    """Let what waited before the restart wait for the rest of its time; where that is over or can't be told, drop it."""
    for evse in turn.state.evses.values():
        if evse.claim is not None and evse.claim.offered_mwh is not None:
            evse.uncounted = True  # energy may have flowed since
        if evse.claim is not None and not arm(turn, evse.id, evse.claim):
            expire_claim(turn, evse)


def arm(turn: Turn, number: int, claim: Claim) -> bool:
    """Let the end of a token's time fall due; False if that is past or can't be told."""
    if claim.until is None:
        return True
    left_ms = ms_until(claim.until, turn.now)
    if left_ms is None or left_ms <= 0:
        return False
    # No longer than the whole of it: a clock that was set back in between makes the rest seem long.
    longest_ms = turn.state.variables.integer("TxCtrlr.EVConnectionTimeOut") * 1000
    turn.state.timers.set(Timer.CLAIM, number, turn.now.mono_ms + min(left_ms, longest_ms))
    return True


def expire_claim(turn: Turn, evse: Evse) -> None:
    """Free an EVSE whose accepted token got no cable in time."""
    drop_claim(turn, evse)
    expires(turn, evse.id)


def expires(turn: Turn, number: int) -> None:
    """Note that the time of an accepted token is up."""
    turn.note(number, "token.expired", "An accepted token was not followed by a cable in time.")


def _time_out(turn: Turn) -> Stamp:
    return earlier_by(turn.now, -1000 * turn.state.variables.integer("TxCtrlr.EVConnectionTimeOut"))


def _key(number: int) -> str:
    return f"claim/{number}"


# ---------------------------------------------------------------- vehicles without a token


def await_token(turn: Turn, evse: Evse) -> None:
    """Give the driver of a vehicle that has come his time to show a token, where one reader serves several EVSEs."""
    if len(turn.state.evses) > 1:
        turn.set_timer_in(Timer.TOKEN, evse.id, turn.state.variables.integer("TxCtrlr.EVConnectionTimeOut"))


def nobody_came(turn: Turn, evse: Evse) -> None:
    """Let a vehicle without a token be no longer the one that the next driver is taken to mean (OCPP 1.6 errata, 3.20)."""
    if not _driven(evse) and evse.claim is None:
        evse.missed_plug = evse.plug


# ---------------------------------------------------------------- refusals


def show_refusal(turn: Turn, evse: Evse, text: str) -> None:
    """Show for a while why a token was refused."""
    evse.refusal = text
    turn.set_timer_in(Timer.REFUSAL, evse.id, REFUSAL_SHOWN_S)


def forget_refusal(turn: Turn, evse: Evse) -> None:
    """Show no refusal any more."""
    evse.refusal = None
    turn.state.timers.clear(Timer.REFUSAL, evse.id)


# ---------------------------------------------------------------- in the lobby


def waiting(turn: Turn, since: Stamp | None = None) -> Evse | None:
    """Return the EVSE that waits for a token: plugged in the longest without one, and not before `since`.

    A vehicle that has had its transaction, or got no token in time, is taken for waiting only where no other EVSE could be meant: else who taps before he
    plugs in would pay for a stranger's (OCPP 1.6 errata, 3.20).
    """
    open_ones = [evse for evse in turn.state.evses.values() if free(turn, evse)]
    new = [evse for evse in open_ones if evse.plugged and not evse.spent and plugged_after(evse, since)]
    if new:
        return min(new, key=_waiting_since)
    if since is not None or any(not evse.plugged for evse in open_ones):
        return None
    return min((evse for evse in open_ones if evse.plugged), key=_waiting_since, default=None)


def _waiting_since(evse: Evse) -> tuple[int, int]:
    return (evse.plugged_at.mono_ms if evse.plugged_at else 0, evse.id)


def plugged_after(evse: Evse, since: Stamp | None) -> bool:
    """Tell whether an EVSE was plugged in not before a moment."""
    return since is None or (evse.plugged_at is not None and latest(evse.plugged_at, since) is evse.plugged_at)


def free(turn: Turn, evse: Evse) -> bool:
    """Tell whether a token could be placed on an EVSE."""
    asked = any(question.evse == evse.id for question in turn.state.asks.values())
    taken = _driven(evse) or evse.claim is not None or evse.held_for is not None
    return not taken and not asked and ready_for_start(turn.state, evse) is None


def _driven(evse: Evse) -> bool:
    """Tell whether a transaction runs that is somebody's already."""
    return evse.transaction is not None and evse.transaction.id_token is not None


def any_free(turn: Turn) -> bool:
    """Tell whether there is an EVSE for which a token could wait at the station's reader."""
    return any(free(turn, evse) for evse in turn.state.evses.values())


def keep_in_lobby(turn: Turn, claim: Claim) -> None:
    """Let an accepted token wait at the station's reader."""
    kept = replace(claim, until=_time_out(turn))
    turn.state.lobby = kept
    turn.save(_key(LOBBY), kept)
    arm(turn, LOBBY, kept)


def drop_lobby(turn: Turn) -> None:
    """Take the accepted token off the station's reader."""
    if turn.state.lobby is not None:
        turn.state.lobby = None
        turn.delete(_key(LOBBY))
        turn.state.timers.clear(Timer.CLAIM, LOBBY)
