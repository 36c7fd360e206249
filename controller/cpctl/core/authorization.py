"""Who may charge: what the cache says, what the CSMS is asked, what holds while it can't be asked (OCPP 2.0.1 C01, C10-C12, C15)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .model import IdToken, IdTokenType, TokenInfo, TokenStatus
from .outputs import AskToken
from .state import Ask
from .timers import Timer
from .turn import Turn


def remember(turn: Turn, id_token: IdToken, info: TokenInfo) -> None:
    """Keep what the CSMS said of a token; not of one that stands for nobody, or that the CSMS itself made up (C02.FR.03, C05.FR.02)."""
    if not turn.state.variables.flag("AuthCacheCtrlr.Enabled") or id_token.type in _OF_NOBODY:
        return
    (key, entry), driven_out = turn.state.cache.put(id_token, info, turn.now)
    turn.save(key, entry)
    for old in driven_out:
        turn.delete(old)


_OF_NOBODY: Final = frozenset({IdTokenType.NO_AUTHORIZATION, IdTokenType.CENTRAL})


def forget_all(turn: Turn) -> None:
    """Empty the cache, and nothing else."""
    for key in turn.state.cache.clear():
        turn.delete(key)


def known(turn: Turn, id_token: IdToken) -> TokenInfo | None:
    """Return what the cache says, if it is in use."""
    if not turn.state.variables.flag("AuthCacheCtrlr.Enabled"):
        return None
    return turn.state.cache.get(id_token, turn.now, turn.state.variables.integer("AuthCacheCtrlr.LifeTime"))


def without_asking(turn: Turn, id_token: IdToken) -> TokenInfo | None:
    """Decide on a token at once, where that is allowed or nobody can be asked; None if the CSMS has to be asked.

    A token that is refused here is asked about all the same: the CSMS may have changed its mind (C10.FR.03, C12.FR.05).
    """
    variables = turn.state.variables
    if not variables.flag("AuthCtrlr.Enabled"):
        return _ACCEPTED
    if id_token.type is IdTokenType.NO_AUTHORIZATION:
        pressed = variables.flag("AuthCtrlr.StartButtonActive") or variables.flag("AuthCtrlr.FreeVendActive")
        return _ACCEPTED if pressed else TokenInfo(TokenStatus.INVALID)
    if not turn.state.csms_online:
        return offline(turn, id_token)
    info = known(turn, id_token)
    if variables.flag("AuthCtrlr.DisableRemoteAuthorization"):
        return info or TokenInfo(TokenStatus.UNKNOWN)
    if info is None:
        return None
    if not info.accepted:
        return info if variables.flag("AuthCacheCtrlr.DisablePostAuthorize") else None
    return info if variables.flag("AuthCtrlr.LocalPreAuthorize") else None


_ACCEPTED: Final = TokenInfo(TokenStatus.ACCEPTED)


def offline(turn: Turn, id_token: IdToken) -> TokenInfo:
    """Decide on a token that nobody can be asked about."""
    variables = turn.state.variables
    info = known(turn, id_token)
    if info is None:
        allowed = variables.flag("AuthCtrlr.OfflineTxForUnknownIdEnabled")
        return TokenInfo(TokenStatus.ACCEPTED if allowed else TokenStatus.UNKNOWN)
    if info.status is TokenStatus.CONCURRENT_TX and not _in_use(turn, id_token):
        info = replace(info, status=TokenStatus.ACCEPTED)  # that was so then; what is told of it later is the CSMS's to judge
    if info.accepted and not variables.flag("AuthCtrlr.LocalAuthorizeOffline"):
        return TokenInfo(TokenStatus.UNKNOWN)
    return info


def _in_use(turn: Turn, id_token: IdToken) -> bool:
    return any(evse.transaction is not None and id_token.matches(evse.transaction.id_token) for evse in turn.state.evses.values())


def ask(turn: Turn, question: Ask) -> None:
    """Put a question to the CSMS. One that is connected and does not answer in time is taken as offline; one known to be offline is not waited for."""
    state = turn.state
    state.asks[question.number] = question
    turn.set_timer_in(Timer.ASK, question.number, state.variables.integer("AuthCtrlr.AuthorizationTimeout"))
    turn.do(AskToken(question.number, question.evse, question.id_token))


def take_ask(turn: Turn, number: int) -> Ask | None:
    """Take out a question, as answered or given up; None if it is not open."""
    turn.state.timers.clear(Timer.ASK, number)
    return turn.state.asks.pop(number, None)
