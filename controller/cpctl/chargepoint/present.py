"""What runs at present: the parts of a charge point that every side of it uses."""

from __future__ import annotations

from cpctl.app.controller import Controller
from cpctl.core.model import IdToken
from cpctl.errors import NoSuchEvse, Refused

from .hardware import Hardware


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
    """Make an id token of a card's number."""
    return id_token if isinstance(id_token, IdToken) else IdToken(id_token)
