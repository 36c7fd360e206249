"""Pushes configuration sets: begin, items, commit; for the commissioned one also waits for the coprocessor's word on it, which comes by event."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .messages import Command, ConfigBegin, ConfigCommit, ConfigSet, Event, EventCode, Reply, Result
from .observe import name_of
from .settings import BoardSettings

#: Sends a command and waits for its reply, which is None if the link was lost first.
Ask = Callable[[Command], Awaitable[Reply | None]]

#: Time for a pushed configuration to be validated, stored and reported.
OUTCOME_S = 10.0

_FINE = frozenset({Result.OK, Result.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Pushed:
    """How far a push came: `refused` names the command and what was wrong; empty if all was taken."""

    refused: str = ""
    link_lost: bool = False

    @property
    def ok(self) -> bool:
        """True if the coprocessor took it."""
        return not self.refused and not self.link_lost


async def push(ask: Ask, board: BoardSettings, which: ConfigSet) -> Pushed:
    """Push one set; stops at the first command that is not taken."""
    commands: list[Command] = [ConfigBegin(which), *board.items(which), ConfigCommit(which, board.crc(which))]
    for command in commands:
        reply = await ask(command)
        if reply is None:
            return Pushed(link_lost=True)
        if reply.result not in _FINE:
            return Pushed(f"{type(command).__name__}: {name_of(Result, reply.result)} {reply.text}".strip())
    return Pushed()


class Commissioning:
    """One commissioning of one board. Feed it every event until `run` ends."""

    def __init__(self, ask: Ask, board: BoardSettings) -> None:
        self._ask = ask
        self._board = board
        self._outcome: asyncio.Future[Event] = asyncio.get_running_loop().create_future()

    def heard(self, event: Event) -> None:
        """Look for the coprocessor's word on the set."""
        applied = event.code == EventCode.CONFIG_APPLIED and event.value == self._board.crc()
        refused = event.code == EventCode.CONFIG_REFUSED and event.value == ConfigSet.COMMISSIONED
        if (applied or refused) and not self._outcome.done():
            self._outcome.set_result(event)

    async def run(self) -> Pushed:
        """Push the commissioned set and wait until it is applied or refused."""
        pushed = await push(self._ask, self._board, ConfigSet.COMMISSIONED)
        if not pushed.ok:
            return pushed
        try:
            async with asyncio.timeout(OUTCOME_S):
                event = await self._outcome
        except TimeoutError:
            return Pushed("it waits until no vehicle charges")
        return Pushed() if event.code == EventCode.CONFIG_APPLIED else Pushed(event.text or "refused")
