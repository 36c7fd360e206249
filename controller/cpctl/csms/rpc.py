"""OCPP-J dispatch over a message connection, in either role: our CALLs one at a time, the peer's each as a task of its own.

The reader never waits for a handler. Whatever the peer sends gets its answer or CALLERROR and never ends the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

import structlog

from cpctl.errors import CallRefused, CallTimedOut, CsmsError

from .dialect import Admission, Dialect, Handler
from .errors import AnswerInvalid, CallInvalid, ConnectionLost
from .exchange import Direction, Exchange, log_frame
from .frames import UNREADABLE_ID, Call, CallError, CallResult, ErrorCode, Malformed, Payload, call, parse
from .serving import Serving

log = structlog.get_logger(__name__)

# Turns of the loop after which every handler of a CALL that was read has begun.
_TURNS_TO_START = 3


class Wire(Protocol):
    """A connection that carries whole messages."""

    async def send(self, text: str) -> None:
        """Send a message; ConnectionLost if that is no longer possible."""

    async def recv(self) -> str | bytes:
        """Wait for the next message; ConnectionLost at the end."""


def _admit_all(_action: str) -> Admission:
    return Admission.HANDLE


@dataclass(slots=True)
class _Pending:
    id: str
    action: str
    future: asyncio.Future[Payload]


class Rpc:
    """One connection's dispatcher; used once. `run` reads until the connection ends, `request` may be called while it does.

    A CALL of ours waits for `answers_first_s` at most, so that answers that we owe go out before it.
    """

    def __init__(
        self,
        wire: Wire,
        dialect: Dialect,
        handlers: Mapping[str, Handler],
        rng: Random,
        *,
        admit: Callable[[str], Admission] = _admit_all,
        utc: Callable[[], datetime | None] = lambda: None,
        on_exchange: Callable[[Exchange], None] | None = None,
        answers_first_s: float = 0.0,
    ) -> None:
        self._wire = wire
        self._dialect = dialect
        self._utc = utc
        self._on_exchange = on_exchange
        self._answers_first_s = answers_first_s
        self._loop = asyncio.get_running_loop()
        # Ids must differ over all connections of this charge point (OCPP-J 1.6 errata, 3.1).
        self._prefix = f"{rng.getrandbits(64):016x}"
        self._count = 0
        self._turn = asyncio.Lock()
        self._pending: _Pending | None = None
        self._lost: ConnectionLost | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._beside: set[asyncio.Task[None]] = set()
        self._serving = Serving(dialect, handlers, admit, self._spawn, self._answer, self._tell_in)
        self.last_sent = self._loop.time()  # when we last sent a CALL that was answered: what a heartbeat would show too

    # ------------------------------------------------------------ life

    async def run(self) -> None:
        """Read and dispatch until the connection ends; raise ConnectionLost with the cause."""
        lost = ConnectionLost("given up")
        try:
            async with asyncio.TaskGroup() as self._tasks:
                try:
                    while True:
                        self._read(await self._wire.recv())
                except ConnectionLost as error:
                    lost = error
                    self._fail_pending(lost)
                    # What came in before the loss still reaches the station: a stop stays a stop.
                    for _ in range(_TURNS_TO_START):
                        await asyncio.sleep(0)
                finally:
                    for task in self._beside:
                        task.cancel()
        finally:
            self._tasks = None
            self._fail_pending(lost)
        raise lost

    def _fail_pending(self, lost: ConnectionLost) -> None:
        self._lost = lost
        if self._pending and not self._pending.future.done():
            self._pending.future.set_exception(lost)

    # ------------------------------------------------------------ our CALLs

    async def request(self, action: str, payload: Payload, *, timeout_s: float, validate: bool = True) -> Payload:
        """Send a CALL when those before it are done, and return its answer.

        Raises CallRefused (CALLERROR), CallTimedOut, CallInvalid, AnswerInvalid, ConnectionLost. `timeout_s` counts from the sending.
        """
        if validate and (broken := self._dialect.schemas.violation(action, payload)):
            raise CallInvalid(action, str(broken))
        async with self._turn:
            await self._serving.answered(self._answers_first_s)
            if self._lost:
                raise self._lost
            return await self._exchange(action, payload, timeout_s)

    async def quiet(self) -> None:
        """Return when no CALL of ours is under way or waits for its turn."""
        async with self._turn:
            pass

    async def _exchange(self, action: str, payload: Payload, timeout_s: float) -> Payload:
        self._count += 1
        pending = _Pending(f"{self._prefix}-{self._count}", action, self._loop.create_future())
        self._pending = pending
        started = self._loop.time()
        shown: Payload | None = None
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(call(pending.id, action, payload))
                answer = await pending.future
            self.last_sent = self._loop.time()
            shown = answer
            self._check_answer(action, answer)
            return answer
        except TimeoutError:
            raise CallTimedOut(action, timeout_s) from None
        except CallRefused as error:
            self.last_sent = self._loop.time()
            shown = {"error": error.code, "description": error.description}
            raise
        finally:
            self._pending = None
            if pending.future.done() and not pending.future.cancelled():
                pending.future.exception()  # seen: nobody may be left to await it
            self._tell("out", action, payload, shown, started)

    def _check_answer(self, action: str, answer: Payload) -> None:
        broken = self._dialect.schemas.violation(action, answer, answer=True)
        if broken is None:
            return
        if not broken.harmless_in_answer:
            raise AnswerInvalid(action, str(broken))
        log.warning("csms.answer_odd", action=action, violation=str(broken))

    # ------------------------------------------------------------ what comes in

    def _read(self, text: str | bytes) -> None:
        """Dispatch one message. A fault of our own costs that message, not the connection."""
        try:
            self._received(text)
        except Exception:
            log.exception("csms.dispatch_broken")

    def _received(self, text: str | bytes) -> None:
        log_frame("in", text)
        try:
            frame = parse(text)
        except Malformed as error:
            self._malformed(error)
            return
        match frame:
            case Call():
                self._serving.take(frame, hash(text))
            case CallResult(id, payload):
                if pending := self._match(id):
                    pending.future.set_result(payload)
            case CallError(id, code, description):
                if pending := self._match(id):
                    pending.future.set_exception(CallRefused(pending.action, code, description))

    def _match(self, id: str) -> _Pending | None:
        pending = self._pending
        if pending and pending.id == id and not pending.future.done():
            return pending
        log.warning("csms.answer_unexpected", late=id.startswith(self._prefix), id=id[:40])
        return None

    def _malformed(self, error: Malformed) -> None:
        log.warning("csms.frame_malformed", reason=error.reason, id=(error.id or "")[:40])
        if not error.answerable:
            if error.id is not None and (pending := self._match(error.id)):
                pending.future.set_exception(AnswerInvalid(pending.action, error.reason))
            return
        if error.code is ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED and not self._dialect.answers(error.type):
            return
        id = error.id if error.id is not None else UNREADABLE_ID
        self._serving.reply(self._serving.error(id, error.code, error.reason))

    # ------------------------------------------------------------ beside the reader

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._tasks is None:
            work.close()
            return
        task = self._tasks.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _answer(self, text: str) -> None:
        """Send an answer; one that can no longer be sent is nobody's loss but the peer's, who will ask again."""
        try:
            await self._send(text)
        except CsmsError:
            pass

    async def _send(self, text: str) -> None:
        log_frame("out", text)
        await self._wire.send(text)

    def _tell_in(self, frame: Call, answer: Payload, started: float) -> None:
        self._tell("in", frame.action, frame.payload, answer, started)

    def _tell(self, direction: Direction, action: str, payload: Payload, answer: Payload | None, started: float) -> None:
        if self._on_exchange is None:
            return
        latency = self._loop.time() - started
        now = self._utc()
        began = now - timedelta(seconds=latency) if now else None
        self._on_exchange(Exchange(began, direction, action, payload, answer, latency))
