"""What a presented token leads to: a stop, a question, a claim on an EVSE, or a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import authorization, lobby, taps
from .claims import LOBBY, any_free, drop_claim, place, show_refusal, waiting
from .evse import Evse
from .free_vend import is_vended
from .holds import release
from .inputs import TokenPresented
from .model import IdToken, StopReason, TokenInfo, Trigger
from .reasons import ready_for_start, station_ready
from .records import Claim, Ending, Transaction
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
    reader = item.evse
    if reader != LOBBY and reader not in state.evses:
        turn.note(0, "token.refused", f"A token was presented for EVSE {reader}, which there is not.")
        turn.decide(requests, False, "There is no such EVSE.")
        return
    if reader == LOBBY and len(state.evses) == 1:
        reader = next(iter(state.evses))
    shown = taps.repeated(turn, reader, item.id_token)
    for question in state.asks.values():
        if question.reader == reader and question.id_token.matches(item.id_token) and not question.remote:
            state.asks[question.number] = replace(question, requests=(*question.requests, *requests))
            return
    if shown is not None and shown.accepted is not None:
        turn.decide(requests, shown.accepted, "The token was shown a moment ago, and counts once.")
        return
    done = _at_once(turn, reader, item.id_token)
    if done is not None:
        _accept(turn, reader, item.id_token, requests, done)
        return
    place_of = (waiting(turn) if reader == LOBBY else None) or state.evses.get(reader)
    number = place_of.id if place_of is not None else LOBBY
    plug = place_of.plug if place_of is not None else None
    question = Ask(state.next_ask, number, reader, item.id_token, turn.now, plug, requests)
    state.next_ask += 1
    obstacle = obstacle_to(turn, number, item.id_token)
    if obstacle is not None:
        _refuse(turn, question, obstacle)
        return
    consider(turn, question, item.info or _ends_its_groups(turn, question) or authorization.without_asking(turn, item.id_token))


def consider(turn: Turn, question: Ask, info: TokenInfo | None) -> None:
    """Act on what is known of a token; ask the CSMS where that is nothing."""
    if info is None:
        authorization.ask(turn, question)
    else:
        decide(turn, question, info)


def _ends_its_groups(turn: Turn, question: Ask) -> TokenInfo | None:
    """Return what the cache says of a token that may end a running transaction by its group, which needs no asking (C01.FR.03, C09.FR.07, E07.FR.01)."""
    if turn.state.points.whole:
        return None
    info = authorization.known(turn, question.id_token)
    usable = info is not None and info.accepted and _stopped_by(turn, replace(question, group=info.group)) is not None
    return info if usable else None


def _at_once(turn: Turn, reader: int, id_token: IdToken) -> str | None:
    """Do what a token does that is in use already: end its transaction, free its cable, wait no longer. Return what was done."""
    evses = [evse for evse in turn.state.evses.values() if reader in (LOBBY, evse.id)]
    for evse in evses:
        if evse.transaction is not None and evse.transaction.authorized and id_token.matches(evse.transaction.id_token):
            _stop_by(turn, evse.transaction, id_token)
            return "The transaction is stopped."
    for evse in evses:
        if id_token.matches(evse.held_for):
            release(turn, evse)
            if not evse.plugged:
                return "The cable is released."
    for evse in evses:
        # A second presentation takes the first back (OCPP 1.6, 4.9 B1). Who was started remotely only confirms that he is there.
        if evse.claim is not None and id_token.matches(evse.claim.id_token):
            if evse.claim.remote:
                return "The token is accepted already."
            drop_claim(turn, evse)
            return "The token waits no longer."
    waiting_one = turn.state.lobby
    if reader == LOBBY and waiting_one is not None and id_token.matches(waiting_one.id_token):
        if waiting_one.remote:
            return "The token is accepted already; plug in."
        lobby.take_back(turn, id_token)
        return "The token waits no longer."
    return None


def obstacle_to(turn: Turn, number: int, id_token: IdToken) -> str | None:
    """Return what makes it useless to look at a token at all."""
    state = turn.state
    if len(state.asks) >= MAX_ASKS:
        return "Too many tokens are being checked."
    if number == LOBBY:
        if state.lobby is not None and not state.lobby.id_token.matches(id_token) and not _stoppable(turn, state.unplaced):
            return "Another token waits for its cable."
        reason = station_ready(state)
        return reason.text if reason else None
    evse = state.evses[number]
    if any(question.evse == number for question in state.asks.values()):
        return "Another token is being checked."
    if evse.transaction is not None and not evse.transaction.open_to(id_token):
        return None if _stoppable(turn, evse.transaction) else "A transaction is running on this EVSE."
    if evse.claim is not None and not evse.claim.id_token.matches(id_token):
        return "Another token waits on this EVSE."
    if evse.held_for is not None:
        return "Another driver's cable is locked in the socket."
    reason = ready_for_start(state, evse)
    return reason.text if reason else None


def _stoppable(turn: Turn, transaction: Transaction | None) -> bool:
    """Tell whether a token that did not begin a transaction might end it."""
    return transaction is not None and (transaction.group is not None or is_vended(transaction) or bool(_master_group(turn)))


def _running(turn: Turn) -> list[Transaction]:
    """Return every transaction that runs, with or without an EVSE."""
    candidates = (*(evse.transaction for evse in turn.state.evses.values()), turn.state.unplaced)
    return [transaction for transaction in candidates if transaction is not None]


# ---------------------------------------------------------------- decided


def decide(turn: Turn, question: Ask, info: TokenInfo, *, unheard: bool = False) -> None:
    """Act on the word about a token; `unheard`: it is our own, as the CSMS's is not to be had."""
    question = replace(question, group=info.group or question.group, evses=info.evses)
    if _is_master(turn, question.group):
        _decide_master(turn, question, info)
        return
    # A token that is in a transaction elsewhere may still end one (OCPP 1.6, 7.2: ConcurrentTx is a word on starts alone).
    may_stop = info.valid if turn.state.points.whole else info.accepted  # C09.FR.11 knows no such exception
    stopped = _stopped_by(turn, question) if may_stop else None
    if stopped is not None:
        _stop_by(turn, stopped, question.id_token)
        _accept(turn, question.reader, question.id_token, question.requests, "The transaction is stopped.")
        return
    if not info.accepted:
        why = " The CSMS could not be asked, and this station may not decide by itself." if unheard else ""
        _refuse(turn, question, f"The token is not accepted: {info.status}.{why}")
        return
    if question.evse == LOBBY:
        newcomer = waiting(turn, question.since)
        if newcomer is None or not _good_for(question, newcomer):
            _decide_lobby(turn, question)
            return
        question = replace(question, evse=newcomer.id, plug=newcomer.plug)
    evse = turn.state.evses[question.evse]
    obstacle = _obstacle_to_claim(turn, evse, question)
    if obstacle is not None:
        _refuse(turn, question, obstacle)
        return
    place(turn, evse, _claim(turn, question))
    _accept(turn, question.reader, question.id_token, question.requests, "The token is accepted.")


def _master_group(turn: Turn) -> str:
    return turn.state.variables.text("AuthCtrlr.MasterPassGroupId")


def _is_master(turn: Turn, group: IdToken | None) -> bool:
    return group is not None and group.matches(IdToken(_master_group(turn)))


def _decide_master(turn: Turn, question: Ask, info: TokenInfo) -> None:
    """End every running transaction; a master pass starts none (C16.FR.02, C16.FR.03)."""
    running = _running(turn)
    if question.remote or not info.valid or not running:
        _refuse(turn, question, "A master pass starts no transaction.")
        return
    for transaction in running:
        stop(turn, transaction, Ending(StopReason.MASTER_PASS, Trigger.STOP_AUTHORIZED, question.id_token))
    _accept(turn, question.reader, question.id_token, question.requests, "Every transaction is stopped.")


def _good_for(question: Ask, evse: Evse) -> bool:
    """Tell whether a token may charge at an EVSE (C01.FR.21)."""
    return not question.evses or evse.id in question.evses


def _decide_lobby(turn: Turn, question: Ask) -> None:
    waiting_one = turn.state.lobby
    if waiting_one is not None and not waiting_one.id_token.matches(question.id_token):
        _refuse(turn, question, "Another token waits for its cable.")
        return
    if not any_free(turn):
        _refuse(turn, question, "No EVSE is free.")
        return
    lobby.enter(turn, _claim(turn, question))
    _accept(turn, question.reader, question.id_token, question.requests, "The token is accepted; plug in.")


def unanswered(turn: Turn, number: int) -> None:
    """Go on without the CSMS's word on a question; should it still come, it is learnt."""
    question = authorization.take_ask(turn, number)
    if question is not None:
        unheard = turn.state.unheard
        unheard[number] = question.id_token
        if len(unheard) > MAX_ASKS:
            del unheard[next(iter(unheard))]
        decide(turn, question, authorization.offline(turn, question.id_token), unheard=True)


def answered(turn: Turn, number: int, info: TokenInfo | None) -> None:
    """Take the CSMS's word on a question; None where it could not be asked, or did not answer."""
    if number in turn.state.asks and info is None:
        unanswered(turn, number)
    late = turn.state.unheard.pop(number, None)
    if info is None:
        return
    question = authorization.take_ask(turn, number)
    id_token = question.id_token if question is not None else late
    if id_token is not None:
        authorization.remember(turn, id_token, info)
    if question is not None:
        decide(turn, question, info)


def _stopped_by(turn: Turn, question: Ask) -> Transaction | None:
    """Return the transaction that a token ends which did not start it: one of its group (C09), or one that nobody identified himself for.

    At the station's own reader only if no vehicle waits for a token, and there is no other such transaction.
    """
    if question.remote:
        return None
    running = [transaction for transaction in _running(turn) if question.evse in (LOBBY, transaction.evse)]
    found = [one for one in running if is_vended(one) or (question.group is not None and question.group.matches(one.group))]
    return found[0] if len(found) == 1 else None


def _obstacle_to_claim(turn: Turn, evse: Evse, question: Ask) -> str | None:
    """Return what has come between the presentation and the word on the token."""
    if evse.transaction is not None and not evse.transaction.open_to(question.id_token):
        return "A transaction is running on this EVSE."
    if not _good_for(question, evse):
        return "The token is not accepted for this EVSE."
    if question.plug is not None and question.plug != evse.plug:
        return "The vehicle was unplugged meanwhile."
    if evse.claim is not None and not evse.claim.id_token.matches(question.id_token):
        return "Another token waits on this EVSE."
    reason = ready_for_start(turn.state, evse)
    return reason.text if reason else None


def _claim(turn: Turn, question: Ask) -> Claim:
    return Claim(question.id_token, turn.now, question.group, question.remote, question.remote_start_id, evses=question.evses)


# ---------------------------------------------------------------- outcomes


def _stop_by(turn: Turn, transaction: Transaction, id_token: IdToken) -> None:
    stop(turn, transaction, Ending(StopReason.LOCAL, Trigger.STOP_AUTHORIZED, id_token))


def _accept(turn: Turn, reader: int, id_token: IdToken, requests: tuple[int, ...], text: str) -> None:
    taps.decided(turn, reader, id_token, True)
    turn.decide(requests, True, text)


def _refuse(turn: Turn, question: Ask, text: str) -> None:
    turn.note(question.evse, "token.refused", text)
    evse = turn.state.evses.get(question.evse)
    if evse is not None and (evse.transaction is None or evse.transaction.id_token is None):
        show_refusal(turn, evse, text)
    taps.decided(turn, question.reader, question.id_token, False)
    turn.decide(question.requests, False, text)
