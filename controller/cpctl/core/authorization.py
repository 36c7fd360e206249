"""Who may charge: what the cache says, what the CSMS is asked, what holds while it can't be asked (OCPP 2.0.1 C01, C10-C12, C15)."""

from __future__ import annotations

from typing import Final

from .model import IdToken, TokenInfo, TokenStatus
from .outputs import AskToken
from .state import Ask
from .timers import Timer
from .turn import Turn

# An answer that has not come by then never comes: the adapter's own time-out for the message, and some more.
ASK_MARGIN_S: Final = 5


def remember(turn: Turn, id_token: IdToken, info: TokenInfo) -> None:
    """Keep what the CSMS said of a token."""
    if not turn.state.variables.flag("AuthCacheCtrlr.Enabled"):
        return
    (key, entry), driven_out = turn.state.cache.put(id_token, info, turn.now)
    turn.save(key, entry)
    for old in driven_out:
        turn.delete(old)


def forget_all(turn: Turn) -> None:
    """Empty the cache, and nothing else."""
    for key in turn.state.cache.clear():
        turn.delete(key)


def known(turn: Turn, id_token: IdToken) -> TokenInfo | None:
    """Return what the cache says, if it is in use."""
    if not turn.state.variables.flag("AuthCacheCtrlr.Enabled"):
        return None
    return turn.state.cache.get(id_token, turn.now)


def without_asking(turn: Turn, id_token: IdToken) -> TokenInfo | None:
    """Decide on a token at once, where that is allowed or nobody can be asked; None if the CSMS has to be asked."""
    if not turn.state.csms_online:
        return offline(turn, id_token)
    info = known(turn, id_token)
    if info is not None and info.accepted and turn.state.variables.flag("AuthCtrlr.LocalPreAuthorize"):
        return info
    return None


def offline(turn: Turn, id_token: IdToken) -> TokenInfo:
    """Decide on a token that nobody can be asked about."""
    info = known(turn, id_token)
    if info is not None and (not info.accepted or turn.state.variables.flag("AuthCtrlr.LocalAuthorizeOffline")):
        return info
    if info is None and turn.state.variables.flag("AuthCtrlr.OfflineTxForUnknownIdEnabled"):
        return TokenInfo(TokenStatus.ACCEPTED)
    return TokenInfo(TokenStatus.UNKNOWN)


def ask(turn: Turn, question: Ask) -> None:
    """Put a question to the CSMS."""
    state = turn.state
    state.asks[question.number] = question
    turn.set_timer_in(Timer.ASK, question.number, state.variables.integer("OCPPCommCtrlr.MessageTimeout") + ASK_MARGIN_S)
    turn.do(AskToken(question.number, question.evse, question.id_token))


def take_ask(turn: Turn, number: int) -> Ask | None:
    """Take out a question, as answered or given up; None if it is not open."""
    turn.state.timers.clear(Timer.ASK, number)
    return turn.state.asks.pop(number, None)
