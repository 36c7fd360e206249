"""Free vend: a configured token charges whoever plugs in, with no card and no question."""

from __future__ import annotations

from .claims import place
from .evse import Evse
from .model import IdToken, IdTokenType
from .reasons import ready_for_start
from .records import Claim, Transaction
from .turn import Turn


def vend(turn: Turn, evse: Evse) -> None:
    """Place the configured token on an EVSE that is plugged in and free, once for each plug-in. A driver's own token goes before.

    So it is too where no authorization is done at all (AuthCtrlr.Enabled).
    """
    variables = turn.state.variables
    active = variables.flag("AuthCtrlr.FreeVendActive") or not variables.flag("AuthCtrlr.Enabled")
    if not active or not evse.plugged or evse.plug in (evse.finished_plug, evse.vended_plug):
        return
    taken = (evse.transaction is not None and evse.transaction.id_token is not None) or evse.claim is not None or evse.held_for is not None
    asked = any(question.evse == evse.id for question in turn.state.asks.values())
    if taken or asked or ready_for_start(turn.state, evse) is not None:
        return
    evse.vended_plug = evse.plug
    id_token = IdToken(variables.text("AuthCtrlr.FreeVendIdTag"), IdTokenType.NO_AUTHORIZATION)
    place(turn, evse, Claim(id_token, turn.now))


def is_vended(transaction: Transaction) -> bool:
    """Tell whether nobody had to identify himself for a transaction; whoever does then may stop it."""
    return transaction.id_token is not None and transaction.id_token.type is IdTokenType.NO_AUTHORIZATION
