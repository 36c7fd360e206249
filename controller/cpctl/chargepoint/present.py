"""What runs at present: the parts of a charge point that every side of it uses."""

from __future__ import annotations

from typing import Final

from cpctl.app.controller import Controller
from cpctl.core.model import IdToken, IdTokenType
from cpctl.errors import NoSuchEvse, Refused

from .hardware import Hardware

# The longest that OCPP 2.0.1 has room for.
MAX_TOKEN_CHARS: Final = 36


class Present:
    """The run, while there is one."""

    _controller: Controller | None = None
    _hardware: Hardware | None = None

    def _running(self) -> Controller:
        if self._controller is None:
            raise Refused("The charge point does not run.", "Enter it as a context manager, or await run().")
        return self._controller

    def _checked(self, evse: int) -> int:
        count = len(self._running().settings.evses)
        if not 1 <= evse <= count:
            raise NoSuchEvse(evse, count)
        return evse


def token_of(id_token: str | IdToken) -> IdToken:
    """Make an id token of a card's number; TypeError or ValueError for what no CSMS could be asked about."""
    token = id_token if isinstance(id_token, IdToken) else IdToken(id_token)
    if not isinstance(token.value, str):
        raise TypeError(f"an id token is a text, and not {token.value!r}")
    shortest = 0 if token.type is IdTokenType.NO_AUTHORIZATION else 1
    if not shortest <= len(token.value) <= MAX_TOKEN_CHARS or not token.value.isprintable():
        raise ValueError(f"an id token has {shortest} to {MAX_TOKEN_CHARS} printable characters: {token.value[:50]!r}")
    return token
