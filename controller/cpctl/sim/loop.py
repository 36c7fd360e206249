"""Event loops whose time is not the wall's: one that jumps (tests), one that runs faster than life (`--speed`) and can be pushed on.

Both keep real sockets, ptys and threads. Everything in the host measures time by `loop.time()`, so nothing else needs to know.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

Ready = list[tuple[selectors.SelectorKey, int]]

# With nothing to do, no timer and no thread at work, a virtual loop can only wait for the outside: give up after this much real time.
_STARVED_S = 30.0
# While a thread works, look at it this often; its completion wakes the selector anyway.
_THREAD_POLL_S = 1.0


class _SelectorProxy(selectors.DefaultSelector):
    """A selector whose waiting is decided by its loop."""

    decide: Callable[[float | None, Callable[[float | None], Ready]], Ready] | None = None

    def select(self, timeout: float | None = None) -> Ready:
        """Wait for I/O as the loop's `decide` says."""
        return self.decide(timeout, super().select) if self.decide else super().select(timeout)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time stands still while anything is ready, and jumps to the next timer when nothing is.

    Loopback sockets deliver within the sending call, so "nothing ready" means quiescent. Work handed to an executor holds time still.
    Hours pass in milliseconds, and the same seeds give the same run.
    """

    def __init__(self, start_s: float = 1000.0) -> None:
        selector = _SelectorProxy()
        self._virtual_s = start_s
        self._threads = 0
        super().__init__(selector)
        selector.decide = self._wait

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._virtual_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run `func` in a thread; virtual time waits for it."""
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: asyncio.Future[Any]) -> None:
        self._threads -= 1

    def _wait(self, timeout: float | None, select: Callable[[float | None], Ready]) -> Ready:
        ready = select(0)
        if ready or timeout == 0:
            return ready
        if self._threads:
            return select(_THREAD_POLL_S)
        if timeout is None:
            ready = select(_STARVED_S)
            if not ready:
                raise RuntimeError("virtual loop starved: no timer is set and nothing happens outside")
            return ready
        self._virtual_s += timeout
        return []


class ScaledLoop(asyncio.SelectorEventLoop):
    """Time runs `speed` (above 0) times as fast as life, and `push` adds to it."""

    def __init__(self, speed: float = 1.0) -> None:
        selector = _SelectorProxy()
        self._speed = speed
        self._origin_s = time.monotonic()
        self._pushed_s = 0.0
        super().__init__(selector)
        selector.decide = self._wait

    def time(self) -> float:
        """Return the scaled time in seconds."""
        return self._origin_s + (time.monotonic() - self._origin_s) * self._speed + self._pushed_s

    @property
    def left_real_time(self) -> bool:
        """True once a second of this loop has not been a second of life."""
        return self._speed != 1.0 or self._pushed_s > 0

    def push(self, seconds: float) -> None:
        """Let `seconds` pass at once; timers that become due fire on the next turn."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._pushed_s += seconds

    def _wait(self, timeout: float | None, select: Callable[[float | None], Ready]) -> Ready:
        return select(timeout if timeout is None else timeout / self._speed)
