"""Cables that stay locked in the socket until their driver shows his token (OCPP 1.6, 4.8, 4.10: after a refusal, UnlockConnectorOnEVSideDisconnect)."""

from __future__ import annotations

from .evse import Evse
from .model import IdToken, IdTokenType
from .records import Hold
from .turn import Turn


def hold(turn: Turn, evse: Evse, id_token: IdToken | None) -> None:
    """Keep the cable in an EVSE's socket for this token; where nobody had to show one, nobody could get it out, so it is not kept."""
    if id_token is None or id_token.type is IdTokenType.NO_AUTHORIZATION or not evse.lockable or id_token.matches(evse.held_for):
        return
    evse.held_for = id_token
    turn.save(_key(evse), Hold(evse.id, id_token))


def release(turn: Turn, evse: Evse) -> None:
    """Keep the cable no longer."""
    if evse.held_for is not None:
        evse.held_for = None
        turn.delete(_key(evse))


def _key(evse: Evse) -> str:
    return f"hold/{evse.id}"
