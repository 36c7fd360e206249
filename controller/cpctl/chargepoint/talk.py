"""The talk with the CSMS as a program joins in: its own messages, vendors' data, operations taken over, frames overheard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from cpctl.core.model import IdToken, TokenInfo
from cpctl.csms.exchange import Direction
from cpctl.csms.frames import Payload
from cpctl.csms.hooks import Hooks, Override, Sniffer
from cpctl.csms.vendors import DataAnswer, Json, VendorHandler

from .present import Present, token_of

O = TypeVar("O", bound=Override)  # noqa: E741  # the decorator gives back what it was given
V = TypeVar("V", bound=VendorHandler)
S = TypeVar("S", bound=Callable[[str], None])


class Talk(Present):
    """Decorators are for before the run; what sends is for while it runs, and raises CsmsError where the CSMS can't be asked or does not answer."""

    def __init__(self) -> None:
        self._overrides: dict[str, Override] = {}
        self._vendors: dict[str, VendorHandler] = {}
        self._sniffers: list[Sniffer] = []

    # ------------------------------------------------------------ what comes in

    def on_request(self, action: str) -> Callable[[O], O]:
        """Serve the CSMS's CALLs of an action: decorates `async def f(payload, usual) -> answer`, where `await usual(payload)` does what the station would do.

        It replaces the station's own handling, adds to it, or only looks on; HandlerRefusal answers with a CALLERROR. Payload and answer are checked
        against the standard's schemas as ever.
        """

        def register(override: O) -> O:
            self._overrides[action] = override
            return override

        return register

    def on_data_transfer(self, vendor: str) -> Callable[[V], V]:
        """Serve a vendor's DataTransfer: decorates `async def f(message_id, data) -> DataAnswer`."""

        def register(handler: V) -> V:
            self._vendors[vendor] = handler
            return handler

        return register

    def on_send(self, listener: S) -> S:
        """Hear every frame that goes out, as it goes over the wire. Frames hold secrets."""
        self._sniffers.append(_of("out", listener))
        return listener

    def on_receive(self, listener: S) -> S:
        """Hear every frame that comes in. Frames hold secrets."""
        self._sniffers.append(_of("in", listener))
        return listener

    # ------------------------------------------------------------ what goes out

    async def send_request(self, action: str, payload: Mapping[str, object]) -> Payload:
        """Send a CALL as given, past the station's own logic and unchecked; return its answer."""
        return await self._running().csms.call(action, payload)

    async def data_transfer(self, vendor: str, message: str | None = None, data: Json = None) -> DataAnswer:
        """Send a vendor's own message; return its answer."""
        return await self._running().csms.data_transfer(vendor, message, data)

    async def authorize(self, id_token: str | IdToken) -> TokenInfo:
        """Ask the CSMS about a token, with no further consequence."""
        return await self._running().csms.authorize(token_of(id_token))

    # ------------------------------------------------------------ helpers

    def _hooks(self) -> Hooks:
        return Hooks(tuple(self._sniffers), self._overrides)


def _of(wanted: Direction, listener: Callable[[str], Awaitable[None] | None]) -> Sniffer:
    def hear(direction: Direction, text: str) -> None:
        if direction == wanted:
            listener(text)

    return hear
