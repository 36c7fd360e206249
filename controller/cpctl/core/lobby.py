"""Accepted tokens at the station's own reader, with no EVSE yet: the next vehicle takes them (OCPP 2.0.1, E03, where the EVSE is not known at the start).

Where a transaction begins with the driver alone, it begins here, and gets its EVSE from the vehicle that comes.
"""

from __future__ import annotations

from .claims import LOBBY, arm, drop_lobby, expires, free, keep_in_lobby, place, plugged_after
from .evse import Evse
from .model import IdToken, StopReason, Trigger
from .records import Claim, Ending
from .starts import begin_unplaced, take_place
from .transactions import end_now
from .turn import Turn
from .tx_points import TxFacts


def enter(turn: Turn, claim: Claim) -> None:
    """Let an accepted token wait at the station's reader for whichever EVSE is plugged in next."""
    keep_in_lobby(turn, claim)
    if turn.state.points.starts(TxFacts(plugged=False, authorized=True)):
        begin_unplaced(turn, claim)


def leave(turn: Turn, evse: Evse) -> None:
    """Give the token that waits at the station's reader, and its transaction, to an EVSE that was plugged in after it."""
    claim, transaction = turn.state.lobby, turn.state.unplaced
    if claim is None or (claim.evses and evse.id not in claim.evses):
        return
    if not evse.plugged or evse.spent or not plugged_after(evse, claim.since) or not free(turn, evse):
        return
    if transaction is None:
        drop_lobby(turn)
        place(turn, evse, claim)
    elif evse.transaction is None and not evse.uncounted:
        drop_lobby(turn)
        take_place(turn, evse, transaction)


def take_back(turn: Turn, id_token: IdToken) -> None:
    """Let a token that is shown again wait no longer."""
    close(turn, Ending(StopReason.LOCAL, Trigger.STOP_AUTHORIZED, id_token))


def expire(turn: Turn) -> None:
    """Free the station's reader, whose accepted token got no vehicle in time (E03.FR.05)."""
    close(turn, Ending(StopReason.TIMEOUT, Trigger.EV_CONNECT_TIMEOUT))
    expires(turn, LOBBY)


def close(turn: Turn, ending: Ending) -> None:
    """Take the accepted token off the station's reader, and end what has begun with it."""
    if turn.state.unplaced is not None:
        end_now(turn, turn.state.unplaced, ending)
    drop_lobby(turn)


def take_up(turn: Turn) -> None:
    """Let a token that waited before the restart wait for the rest of its time; where that is over or can't be told, it is gone."""
    if turn.state.lobby is not None and not arm(turn, LOBBY, turn.state.lobby):
        expire(turn)
