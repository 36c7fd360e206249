"""The station's password at the CSMS: how a change of it is made without being locked out (security whitepaper, A01)."""

from __future__ import annotations

from typing import Final

from .records import PreviousPassword, Variable
from .turn import Turn

PASSWORD: Final = "SecurityCtrlr.BasicAuthPassword"

_PREVIOUS_KEY: Final = "password/previous"


def keep_previous(turn: Turn) -> None:
    """Keep the password that a new one is about to replace, unless an earlier one is kept: of those in between none was ever accepted."""
    state = turn.state
    present = state.variables.text(PASSWORD)
    if present and not state.previous_password:
        state.previous_password = present
        turn.save(_PREVIOUS_KEY, PreviousPassword(present))
    turn.note(0, "password.changed", "The password at the CSMS was changed; it counts from the next connection on.")


def accepted(turn: Turn, password: str) -> None:
    """Take the password with which the CSMS let us in as the right one."""
    state = turn.state
    if state.variables.text(PASSWORD) != password:
        state.variables.set(PASSWORD, password)
        turn.save(f"variable/{PASSWORD}", Variable(PASSWORD, password))
        turn.note(0, "password.restored", "The CSMS does not accept the password that it set last; an earlier one is used again.")
    if state.previous_password:
        state.previous_password = ""
        turn.delete(_PREVIOUS_KEY)
