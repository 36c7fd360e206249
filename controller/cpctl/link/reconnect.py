"""Keeps a line open: opens it again, with growing pauses, whenever it is missing, busy or lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Protocol

from cpctl.errors import LinkError

from .line import Line, LineHandler, OpenLine

FIRST_PAUSE_S = 0.1
LAST_PAUSE_S = 5.0
#: A line that lasted this long was good: the next pause is the first again.
GOOD_AFTER_S = 10.0


class Tenant(LineHandler, Protocol):
    """Who uses the line while there is one."""

    def opened(self, line: Line) -> None:
        """Move in: a line is open."""

    def failed(self, error: LinkError) -> None:
        """Hear that no line could be opened; it is tried again."""


class Reconnect:
    """One line after the other for a tenant; `run` ends only by being cancelled, and closes the line then."""

    def __init__(self, open_line: OpenLine, tenant: Tenant, random: Random) -> None:
        self._open_line = open_line
        self._tenant = tenant
        self._random = random

    async def run(self) -> None:
        """Keep the tenant in a line."""
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            gone = asyncio.Event()
            try:
                line = await self._open_line(_Handler(self._tenant, gone.set))
            except LinkError as error:
                self._tenant.failed(error)
            else:
                opened_at = loop.time()
                self._tenant.opened(line)
                try:
                    await gone.wait()
                finally:
                    await line.close()
                if loop.time() - opened_at > GOOD_AFTER_S:
                    pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s * (0.75 + self._random.random() / 2))
            pause_s = min(pause_s * 2, LAST_PAUSE_S)


class _Handler:
    """Passes everything on, and notes the end."""

    def __init__(self, tenant: Tenant, gone: Callable[[], None]) -> None:
        self._tenant = tenant
        self._gone = gone
        self.received = tenant.received
        self.writable_again = tenant.writable_again

    def lost(self, error: LinkError) -> None:
        self._tenant.lost(error)
        self._gone()
