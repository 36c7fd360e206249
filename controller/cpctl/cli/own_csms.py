"""The embedded CSMS in a thread of its own, for `cpctl sim` without a CSMS to test."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from random import Random
from types import TracebackType

from cpctl.clock import system_wall
from cpctl.errors import SimError

_START_S = 10.0


class OwnCsms:
    """A context that is the CSMS's URL while it is entered."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        try:
            return asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(_START_S)
        except TimeoutError:
            raise SimError("The embedded CSMS did not start.") from None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._csms.stop(), self._loop).result(_START_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_S)

    async def _start(self) -> str:
        from cpctl.sim.csms import EmbeddedCsms

        self._csms = EmbeddedCsms(lambda: datetime.fromtimestamp(system_wall(), UTC), Random())
        return await self._csms.start()
