"""Pushes a configuration set: begin, items, commit. The coprocessor reports by event whether it took it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .messages import Command, ConfigBegin, ConfigCommit, ConfigSet, Reply, Result
from .settings import BoardSettings

#: Sends a command and waits for its reply, which is None if the link was lost first.
Ask = Callable[[Command], Awaitable[Reply | None]]

_FINE = frozenset({Result.OK, Result.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Pushed:
    """How far a push came: `refused` names the command and what was wrong; empty if all was taken."""

    refused: str = ""
    link_lost: bool = False

    @property
    def ok(self) -> bool:
        """True if the coprocessor holds the set now and will validate it."""
        return not self.refused and not self.link_lost


async def push(ask: Ask, board: BoardSettings, which: ConfigSet) -> Pushed:
    """Push one set; stops at the first command that is not taken."""
    commands: list[Command] = [ConfigBegin(which), *board.items(which), ConfigCommit(which, board.crc(which))]
    for command in commands:
        reply = await ask(command)
        if reply is None:
            return Pushed(link_lost=True)
        if reply.result not in _FINE:
            result = reply.result.name.lower() if isinstance(reply.result, Result) else str(reply.result)
            return Pushed(f"{type(command).__name__}: {result} {reply.text}".strip())
    return Pushed()
