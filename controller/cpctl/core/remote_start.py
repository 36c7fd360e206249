"""Remote starts: answered at once, before their token is asked about (OCPP 1.6, 5.11; 2.0.1 F01, F02)."""

from __future__ import annotations

from . import authorization
from .claims import LOBBY, any_free, waiting
from .inputs import RemoteStart
from .model import IdTokenType, TokenInfo, TokenStatus
from .outputs import Decision
from .state import Ask
from .tokens import consider, obstacle_to
from .turn import Turn


def remote_start(turn: Turn, item: RemoteStart) -> None:
    """Take a remote start."""
    state = turn.state
    if item.evse is not None and item.evse not in state.evses:
        turn.reply(item.request, Decision.REJECTED, "There is no such EVSE.")
        return
    number = LOBBY if item.evse is None else item.evse
    if number == LOBBY and (evse := next(iter(state.evses.values())) if len(state.evses) == 1 else waiting(turn)) is not None:
        number = evse.id
    obstacle = _obstacle(turn, number, item)
    if obstacle is not None:
        turn.reply(item.request, Decision.REJECTED, obstacle)
        return
    place_of = state.evses.get(number)
    there = place_of.transaction if place_of is not None else None
    turn.reply(item.request, Decision.ACCEPTED, there.id if there is not None else "")
    plug = place_of.plug if place_of is not None else None
    question = Ask(state.next_ask, number, number, item.id_token, turn.now, plug, (), True, item.remote_start_id, item.group)
    state.next_ask += 1
    # The CSMS knows its own tokens, and those that stand for nobody (C05.FR.01; C02).
    ask = state.variables.flag("AuthCtrlr.AuthorizeRemoteStart") and item.id_token.type not in (IdTokenType.CENTRAL, IdTokenType.NO_AUTHORIZATION)
    consider(turn, question, authorization.without_asking(turn, item.id_token) if ask else TokenInfo(TokenStatus.ACCEPTED, item.group))


def _obstacle(turn: Turn, number: int, item: RemoteStart) -> str | None:
    evse = turn.state.evses.get(number)
    if evse is not None and evse.transaction is not None and not evse.transaction.open_to(item.id_token):
        return "A transaction is running on this EVSE."
    obstacle = obstacle_to(turn, number, item.id_token)
    if obstacle is None and number == LOBBY and not any_free(turn):
        return "No EVSE is free."
    return obstacle
