"""Keeps a line open: opens it again, with growing pauses, whenever it is missing, busy or lost; lends its port to another program when asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Protocol

from cpctl.errors import LinkError, PortLent

from .line import Line, LineHandler, OpenLine

FIRST_PAUSE_S = 0.1
LAST_PAUSE_S = 5.0
#: A line that lasted this long was good: the next pause is the first again.
GOOD_AFTER_S = 10.0
#: Closing a line waits for bytes that are on their way, and no longer.
LET_GO_S = 5.0


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
        self._gone: asyncio.Event | None = None  # of the present line
        self._lent_until_s = 0.0
        self._asked_for = asyncio.Event()  # somebody wants to borrow the port
        self._let_go = asyncio.Event()
        self._returned = asyncio.Event()

    async def lend(self, seconds: float) -> None:
        """Let go of the port until `take_back`, or for so long; return once it is closed. LinkError if it does not close."""
        self._lent_until_s = asyncio.get_running_loop().time() + seconds
        self._returned.clear()
        self._let_go.clear()
        self._asked_for.set()
        if self._gone is not None:
            self._tenant.lost(PortLent())
            self._gone.set()
        try:
            async with asyncio.timeout(LET_GO_S):
                await self._let_go.wait()
        except TimeoutError:
            raise LinkError("The serial port does not close.", "Stop the service, flash, and start it again.") from None

    def take_back(self) -> None:
        """Open the port again: it is given back."""
        self._lent_until_s = 0.0
        self._returned.set()

    async def run(self) -> None:
        """Keep the tenant in a line."""
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            await self._while_lent()
            opened_at = loop.time()
            await self._one_line()
            if loop.time() - opened_at > GOOD_AFTER_S:
                pause_s = FIRST_PAUSE_S
            try:
                async with asyncio.timeout(pause_s * (0.75 + self._random.random() / 2)):
                    await self._asked_for.wait()
            except TimeoutError:
                pause_s = min(pause_s * 2, LAST_PAUSE_S)

    async def _one_line(self) -> None:
        self._gone = asyncio.Event()
        try:
            line = await self._open_line(_Handler(self._tenant, self._gone.set))
        except LinkError as error:
            self._tenant.failed(error)
        else:
            if not self._gone.is_set():
                self._tenant.opened(line)
            try:
                await self._gone.wait()
            finally:
                await line.close()
        finally:
            self._gone = None

    async def _while_lent(self) -> None:
        if self._lent_until_s <= asyncio.get_running_loop().time():
            return
        self._tenant.failed(PortLent())
        self._asked_for.clear()
        self._let_go.set()
        try:
            async with asyncio.timeout_at(self._lent_until_s):
                await self._returned.wait()
        except TimeoutError:
            pass  # whoever borrowed it never came back


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
