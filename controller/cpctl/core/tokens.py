"""What a presented token or a remote start leads to: a stop, a question, a claim on an EVSE, or a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import authorization
from .claims import LOBBY, enter_lobby, free, place, show_refusal, waiting
from .evse import Claim, Evse
from .inputs import RemoteStart, TokenPresented
from .model import Ending, IdToken, StopReason, TokenInfo, TokenStatus, Transaction, Trigger
from .outputs import Decision
from .reasons import outbox, ready_for_start
from .state import Ask
from .transactions import stop
from .turn import Turn

# Questions open at a time; more would be somebody playing with the reader.
MAX_ASKS: Final = 8

# ---------------------------------------------------------------- presented


def present(turn: Turn, item: TokenPresented) -> None:
    """Take a token from a reader or the local API; answer its request once it is decided."""
    state = turn.state
    requests = () if item.request is None else (item.request,)
    number = item.evse
    if number != LOBBY and number not in state.evses:
        turn.note(0, "token.refused", f"A token was presented for EVSE {number}, which there is not.")
        turn.decide(requests, False, "There is no such EVSE.")
        return
    stopped = _own_transaction(turn, number, item.id_token)
    if stopped is not None:
        _stop_by(turn, stopped, item.id_token)
        turn.decide(requests, True, "The transaction is stopped.")
        return
    if _release_cable(turn, number, item.id_token):
        turn.decide(requests, True, "The cable is released.")
        return
    if number == LOBBY and len(state.evses) == 1:
        number = next(iter(state.evses))
    for question in state.asks.values():
        if question.evse == number and question.id_token.matches(item.id_token) and not question.remote:
            state.asks[question.number] = replace(question, requests=(*question.requests, *requests))
            return
    obstacle = _obstacle(turn, number, item.id_token)
    if obstacle is not None:
        _refuse(turn, number, requests, obstacle)
        return
    question = Ask(state.next_ask, number, item.id_token, _plug_of(turn, number), requests)
    state.next_ask += 1
    info = authorization.without_asking(turn, item.id_token)
    if info is None:
        authorization.ask(turn, question)
    else:
        decide(turn, question, info)


def remote_start(turn: Turn, item: RemoteStart) -> None:
    """Take a remote start; it is answered at once, before its token is asked about (OCPP 1.6, 5.11; 2.0.1 F01, F02)."""
    state = turn.state
    number = LOBBY if item.evse is None else item.evse
    if item.evse is not None and item.evse not in state.evses:
        turn.reply(item.request, Decision.REJECTED, "There is no such EVSE.")
        return
    if number == LOBBY and len(state.evses) == 1:
        number = next(iter(state.evses))
    evse = state.evses.get(number)
    if evse is not None and evse.transaction is not None:
        obstacle: str | None = "A transaction is running on this EVSE."
    else:
        obstacle = _obstacle(turn, number, item.id_token)
    if obstacle is None and number == LOBBY and not any(free(turn, one) for one in state.evses.values()):
        obstacle = "No EVSE is free."
    if obstacle is not None:
        turn.reply(item.request, Decision.REJECTED, obstacle)
        return
    turn.reply(item.request, Decision.ACCEPTED)
    question = Ask(state.next_ask, number, item.id_token, _plug_of(turn, number), (), True, item.remote_start_id, item.group)
    state.next_ask += 1
    info: TokenInfo | None = TokenInfo(TokenStatus.ACCEPTED, item.group)
    if state.variables.flag("AuthCtrlr.AuthorizeRemoteStart"):
        info = authorization.without_asking(turn, item.id_token)
    if info is None:
        authorization.ask(turn, question)
    else:
        decide(turn, question, info)


def _own_transaction(turn: Turn, number: int, id_token: IdToken) -> Transaction | None:
    """Return the running transaction that this very token started, on the EVSE or (number 0) anywhere."""
    for evse in turn.state.evses.values():
        if number in (LOBBY, evse.id) and evse.transaction is not None and id_token.matches(evse.transaction.id_token):
            return evse.transaction
    return None


def _release_cable(turn: Turn, number: int, id_token: IdToken) -> bool:
    """Free a cable that was kept locked for this token (OCPP 1.6, UnlockConnectorOnEVSideDisconnect); True if that was all it was shown for."""
    for evse in turn.state.evses.values():
        if number in (LOBBY, evse.id) and id_token.matches(evse.held_for):
            evse.held_for = None
            return not evse.plugged
    return False


def _obstacle(turn: Turn, number: int, id_token: IdToken) -> str | None:
    """Return what makes it useless to look at a token at all."""
    state = turn.state
    if len(state.asks) >= MAX_ASKS:
        return "Too many tokens are being checked."
    if number == LOBBY:
        if state.lobby is not None and not state.lobby.id_token.matches(id_token):
            return "Another token waits for its cable."
        if state.restarting or state.store_failure is not None or outbox(state):
            return "The station takes no new transactions now."
        return None
    evse = state.evses[number]
    if any(question.evse == number for question in state.asks.values()):
        return "Another token is being checked."
    if evse.transaction is not None:
        return None if evse.transaction.group is not None else "A transaction is running on this EVSE."
    if evse.claim is not None and not evse.claim.id_token.matches(id_token):
        return "Another token waits on this EVSE."
    if evse.held_for is not None:
        return "Another driver's cable is locked in the socket."
    reason = ready_for_start(state, evse)
    return reason.text if reason else None


def _plug_of(turn: Turn, number: int) -> int | None:
    evse = turn.state.evses.get(number)
    return evse.plug if evse is not None else None


# ---------------------------------------------------------------- decided


def decide(turn: Turn, question: Ask, info: TokenInfo) -> None:
    """Act on the word about a token."""
    if not info.accepted:
        _refuse(turn, question.evse, question.requests, f"The token is not accepted: {info.status}.")
        return
    question = replace(question, group=info.group or question.group)
    stopped = _group_transaction(turn, question)
    if stopped is not None:
        _stop_by(turn, stopped, question.id_token)
        turn.decide(question.requests, True, "The transaction is stopped.")
        return
    number = question.evse
    if number == LOBBY:
        evse_waiting = waiting(turn)
        if evse_waiting is None:
            _decide_lobby(turn, question)
            return
        question = replace(question, plug=evse_waiting.plug)
        number = evse_waiting.id
    evse = turn.state.evses[number]
    obstacle = _obstacle_to_claim(turn, evse, question)
    if obstacle is not None:
        _refuse(turn, number, question.requests, obstacle)
        return
    place(turn, evse, _claim(turn, question))
    turn.decide(question.requests, True, "The token is accepted.")


def _decide_lobby(turn: Turn, question: Ask) -> None:
    lobby = turn.state.lobby
    if lobby is not None and not lobby.id_token.matches(question.id_token):
        _refuse(turn, LOBBY, question.requests, "Another token waits for its cable.")
        return
    enter_lobby(turn, _claim(turn, question))
    turn.decide(question.requests, True, "The token is accepted; plug in.")


def unanswered(turn: Turn, number: int) -> None:
    """Go on without the CSMS's word on a question."""
    question = authorization.take_ask(turn, number)
    if question is not None:
        decide(turn, question, authorization.offline(turn, question.id_token))


def answered(turn: Turn, number: int, info: TokenInfo | None) -> None:
    """Take the CSMS's word on a question; None where it could not be asked."""
    if info is None:
        unanswered(turn, number)
        return
    question = authorization.take_ask(turn, number)
    if question is not None:
        authorization.remember(turn, question.id_token, info)
        decide(turn, question, info)


def _group_transaction(turn: Turn, question: Ask) -> Transaction | None:
    """Return the transaction that a token of the same group stops; at the station's own reader only if it is the only one (C09)."""
    if question.group is None or question.remote:
        return None
    if question.evse == LOBBY and waiting(turn) is not None:
        return None
    found = [
        evse.transaction
        for evse in turn.state.evses.values()
        if evse.transaction is not None and question.evse in (LOBBY, evse.id) and question.group.matches(evse.transaction.group)
    ]
    return found[0] if len(found) == 1 else None


def _obstacle_to_claim(turn: Turn, evse: Evse, question: Ask) -> str | None:
    """Return what has come between the presentation and the word on the token."""
    if evse.transaction is not None:
        return "A transaction is running on this EVSE."
    if question.plug is not None and question.plug != evse.plug:
        return "The vehicle was unplugged meanwhile."
    if evse.claim is not None and not evse.claim.id_token.matches(question.id_token):
        return "Another token waits on this EVSE."
    reason = ready_for_start(turn.state, evse)
    return reason.text if reason else None


def _claim(turn: Turn, question: Ask) -> Claim:
    return Claim(question.id_token, turn.now, question.group, question.remote, question.remote_start_id)


# ---------------------------------------------------------------- stop and refuse


def _stop_by(turn: Turn, transaction: Transaction, id_token: IdToken) -> None:
    stop(turn, transaction, Ending(StopReason.LOCAL, Trigger.STOP_AUTHORIZED, id_token))


def _refuse(turn: Turn, number: int, requests: tuple[int, ...], text: str) -> None:
    turn.note(number, "token.refused", text)
    evse = turn.state.evses.get(number)
    if evse is not None and evse.transaction is None:
        show_refusal(turn, evse, text)
    turn.decide(requests, False, text)
