"""A thread for one extension: what it does there can make nobody wait, and hangs alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Thread(Executor):
    """An executor of one daemon thread. The standard one is waited for at the end of the program, for ever if it hangs."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._work, name=f"extension-{name}", daemon=True).start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001  # whatever it is, it is the caller's to judge
                future.set_exception(error)
            except BaseException as error:  # noqa: BLE001  # foreign code that wants to end the program ends its own call
                future.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

        self._jobs.put(job)
        return future

    def _work(self) -> None:
        while True:
            self._jobs.get()()


class Worker:
    """Runs an extension's calls one after another, each for so long at most. One that hangs keeps its place: all that follow fail by time-out until it ends."""

    def __init__(self, name: str, timeout_s: float) -> None:
        self._thread = _Thread(name)
        self._timeout_s = timeout_s
        self._running: asyncio.Future[Any] | None = None

    def at_once(self, work: Callable[[], T]) -> T:
        """Run something while nothing else runs yet, and wait for it in place; TimeoutError, or what it raises."""
        return self._thread.submit(work).result(self._timeout_s)

    async def call(self, work: Callable[[], T]) -> T:
        """Run something; TimeoutError, or what it raises. Nothing piles up behind a call that hangs."""
        async with asyncio.timeout(self._timeout_s):
            while self._running is not None and not self._running.done():
                await asyncio.wait({self._running})
            self._running = running = asyncio.get_running_loop().run_in_executor(self._thread, work)
            running.add_done_callback(_seen)
            return await asyncio.shield(running)


def _seen(done: asyncio.Future[Any]) -> None:
    """Take note of what a call raised that nobody waits for any more."""
    if not done.cancelled():
        done.exception()
