"""What a program around the station hears of the talk with the CSMS, and what it takes over from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from cpctl.core.variable_definition import Definition

from .dialect import Followed, Handler, HandlerRefusal
from .exchange import Direction
from .frames import ErrorCode, Payload
from .rpc import Wire

log = structlog.get_logger(__name__)

Usual: TypeAlias = Callable[[Payload], Awaitable[Payload]]
"""What the station itself would do with a CALL: payload to answer."""
Override: TypeAlias = Callable[[Payload, Usual], Awaitable[Payload]]
"""Serves a CALL in the station's place: its payload, and the usual way to serve it, to the answer; or raises HandlerRefusal."""
Sniffer: TypeAlias = Callable[[Direction, str], None]
"""Hears every frame as it goes over the wire. It sees secrets; it has to be quick."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """All of them. `overrides` by action; an action that the station does not serve may be among them. `variables` are shown with the station's own."""

    sniffers: tuple[Sniffer, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    variables: tuple[Definition, ...] = ()

    def over(self, handlers: Mapping[str, Handler]) -> Mapping[str, Handler]:
        """Lay the overrides over a version's handlers."""
        return {**handlers, **{action: _overridden(action, override, handlers.get(action)) for action, override in self.overrides.items()}}

    def beside(self, wire: Wire) -> Wire:
        """Let the sniffers hear what goes over a wire."""
        return _Overheard(wire, self.sniffers) if self.sniffers else wire


class _Overheard:
    """A wire with somebody who listens."""

    def __init__(self, wire: Wire, sniffers: tuple[Sniffer, ...]) -> None:
        self._wire = wire
        self._sniffers = sniffers

    async def send(self, text: str) -> None:
        self._tell("out", text)
        await self._wire.send(text)

    async def recv(self) -> str | bytes:
        text = await self._wire.recv()
        self._tell("in", text if isinstance(text, str) else repr(text))
        return text

    def _tell(self, direction: Direction, text: str) -> None:
        for sniffer in self._sniffers:
            try:
                sniffer(direction, text)
            except Exception:
                log.exception("csms.sniffer_failed", direction=direction)


def _overridden(action: str, override: Override, own: Handler | None) -> Handler:
    async def serve(call: Payload) -> Payload | Followed:
        follows: list[Callable[[], None]] = []

        async def usual(payload: Payload) -> Payload:
            if own is None:
                raise HandlerRefusal(ErrorCode.NOT_SUPPORTED, f"{action[:60]} is not served here")
            given = await own(payload)
            if isinstance(given, Followed):
                follows[:] = [given.then]
                return given.answer
            return given

        answer = await override(call, usual)
        return Followed(answer, follows[0]) if follows else answer

    return serve
