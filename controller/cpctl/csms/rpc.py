"""OCPP-J dispatch over a message connection, in either role: our CALLs one at a time, the peer's each as a task of its own.

The reader never waits for a handler. Whatever the peer sends gets its answer or CALLERROR and never ends the connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from random import Random
from typing import Any, Literal, Protocol, TypeAlias

import structlog

from cpctl.errors import CallRefused, CallTimedOut, ControllerError, CsmsError
from cpctl.redact import redact, redact_text

from .errors import AnswerInvalid, CallInvalid, ConnectionLost
from .frames import UNREADABLE_ID, Call, CallError, CallResult, ErrorCode, Malformed, Payload, call, call_error, call_result, parse
from .schemas import Schemas

log = structlog.get_logger(__name__)
_frames = logging.getLogger("cpctl.csms.frames")

# A CSMS may have one CALL outstanding (OCPP-J 1.6, 4.1.1); this leaves room for those that do not keep to it.
MAX_RUNNING = 16
# Answers that wait for a peer which does not read are dropped beyond this.
MAX_TASKS = 64
# A handler that takes longer has failed; the station's own answers are bounded by less.
HANDLER_TIMEOUT_S = 60.0
# Answers are kept this long and this many, for a peer that repeats a CALL because our answer got lost.
REPEAT_WINDOW_S = 60.0
REPEATS_KEPT = 16

Handler: TypeAlias = Callable[[Payload], Awaitable[Payload]]


class Wire(Protocol):
    """A connection that carries whole messages."""

    async def send(self, text: str) -> None:
        """Send a message; ConnectionLost if that is no longer possible."""

    async def recv(self) -> str | bytes:
        """Wait for the next message; ConnectionLost at the end."""


class HandlerRefusal(Exception):
    """Raised by a handler whose CALL is to be answered with a CALLERROR."""

    def __init__(self, code: ErrorCode, description: str = "") -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Admission(Enum):
    """What becomes of an incoming CALL before its handler is asked."""

    HANDLE = "handle"
    IGNORE = "ignore"


def _admit_all(_action: str) -> Admission:
    return Admission.HANDLE


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between OCPP versions at this level."""

    schemas: Schemas
    urgent: frozenset[str] = frozenset()  # actions that lower risk: never refused for load, started before others
    spelling: Mapping[ErrorCode, str] = field(default_factory=dict)
    answers_unknown_types: bool = True  # 1.6 ignores messages of an unknown type

    def spell(self, code: ErrorCode) -> str:
        """Spell an error code as this version does."""
        return self.spelling.get(code, code.value)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A CALL and what became of it. `answer` is the payload of the answer, or {"error", "description"}; None if there was none."""

    time: datetime | None
    direction: Literal["in", "out"]
    action: str
    payload: Payload
    answer: Payload | None
    latency_s: float

    def as_json(self) -> dict[str, object]:
        """Show it without its secrets, as the local API lists it."""
        return {
            "time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z") if self.time else None,
            "direction": self.direction,
            "action": self.action,
            "payload": redact(self.payload),
            "answer": redact(self.answer),
            "latency_ms": round(self.latency_s * 1000, 1),
        }


@dataclass(slots=True)
class _Pending:
    id: str
    action: str
    future: asyncio.Future[Payload]


@dataclass(slots=True)
class _Seen:
    """An incoming CALL by its id: its text's hash, when it came, and its answer once there is one."""

    text: int
    at: float
    answer: str | None = None


class Rpc:
    """One connection's dispatcher; used once. `run` reads until the connection ends, `request` may be called while it does."""

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
    ) -> None:
        self._wire = wire
        self._dialect = dialect
        self._handlers = handlers
        self._admit = admit
        self._utc = utc
        self._on_exchange = on_exchange
        self._loop = asyncio.get_running_loop()
        # Ids must differ over all connections of this charge point (OCPP-J 1.6 errata, 3.1).
        self._prefix = f"{rng.getrandbits(64):016x}"
        self._count = 0
        self._turn = asyncio.Lock()
        self._pending: _Pending | None = None
        self._lost: ConnectionLost | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._calls = 0  # incoming ones that are being handled
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
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
                finally:
                    self._end(lost)
        finally:
            self._end(lost)
        raise lost

    def _end(self, lost: ConnectionLost) -> None:
        self._lost = lost
        if self._pending and not self._pending.future.done():
            self._pending.future.set_exception(lost)
        for task in self._running:
            task.cancel()

    # ------------------------------------------------------------ our CALLs

    async def request(self, action: str, payload: Payload, *, timeout_s: float, validate: bool = True) -> Payload:
        """Send a CALL when those before it are done, and return its answer.

        Raises CallRefused (CALLERROR), CallTimedOut, CallInvalid, AnswerInvalid, ConnectionLost. `timeout_s` counts from the sending.
        """
        if validate and (broken := self._dialect.schemas.violation(action, payload)):
            raise CallInvalid(action, str(broken))
        async with self._turn:
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
        utc = self._utc()
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
            self._tell("out", action, payload, shown, utc, started)

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
        if _frames.isEnabledFor(logging.DEBUG):
            _show("in", text)
        try:
            frame = parse(text)
        except Malformed as error:
            self._malformed(error)
            return
        match frame:
            case Call():
                self._called(frame, hash(text))
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
        if error.code is ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED and not self._dialect.answers_unknown_types:
            return
        id = error.id if error.id is not None else UNREADABLE_ID
        self._spawn(self._send_quietly(self._error(id, error.code, error.reason)))

    def _called(self, frame: Call, text: int) -> None:
        if self._admit(frame.action) is Admission.IGNORE:
            log.info("csms.call_ignored", action=frame.action[:60])
            return
        now = self._loop.time()
        seen = self._seen.get(frame.id)
        if seen and now - seen.at < REPEAT_WINDOW_S and (seen.answer is None or seen.text == text):
            self._repeated(frame, seen, text)
            return
        seen = self._seen[frame.id] = _Seen(text, now, self._refusal(frame))
        self._seen.move_to_end(frame.id)
        if len(self._seen) > REPEATS_KEPT + 2 * MAX_RUNNING:
            self._seen.popitem(last=False)
        if seen.answer is not None:
            self._spawn(self._send_quietly(seen.answer))
            return
        self._calls += 1
        if frame.action in self._dialect.urgent:
            self._start(frame, seen)
        else:  # one turn of the loop later, so that an urgent one in the same burst starts before
            self._loop.call_soon(self._start, frame, seen)

    def _start(self, frame: Call, seen: _Seen) -> None:
        self._spawn(self._handle(frame, seen))

    def _repeated(self, frame: Call, seen: _Seen, text: int) -> None:
        """Answer a repeat of a CALL without carrying it out again; a running one answers both."""
        log.warning("csms.call_repeated", action=frame.action[:60], id=frame.id)
        if seen.answer is not None:
            self._spawn(self._send_quietly(seen.answer))
        elif seen.text != text:
            self._spawn(self._send_quietly(self._error(frame.id, ErrorCode.GENERIC_ERROR, "another CALL with this id is being handled")))

    def _refusal(self, frame: Call) -> str | None:
        """Write the CALLERROR for a CALL that no handler is to see."""
        action = frame.action
        if action not in self._handlers:
            known = action in self._dialect.schemas.actions
            return self._error(frame.id, ErrorCode.NOT_SUPPORTED if known else ErrorCode.NOT_IMPLEMENTED, f"{action[:60]} is not served here")
        broken = self._dialect.schemas.violation(action, frame.payload)
        if broken:
            log.warning("csms.call_invalid", action=action, violation=str(broken))
            return self._error(frame.id, broken.code, str(broken))
        limit = MAX_RUNNING * 2 if action in self._dialect.urgent else MAX_RUNNING
        if self._calls >= limit:
            return self._error(frame.id, ErrorCode.GENERIC_ERROR, "too many calls at once")
        return None

    async def _handle(self, frame: Call, seen: _Seen) -> None:
        started = self._loop.time()
        utc = self._utc()
        shown: Payload
        try:
            async with asyncio.timeout(HANDLER_TIMEOUT_S):
                shown = await self._handlers[frame.action](frame.payload)
            broken = self._dialect.schemas.violation(frame.action, shown, answer=True)
            if broken:
                raise AnswerInvalid(frame.action, str(broken))
            text = call_result(frame.id, shown)
        except HandlerRefusal as refusal:
            text, shown = self._refused(frame, refusal.code, refusal.description)
        except ControllerError as error:
            log.error("csms.call_failed", action=frame.action, error=str(error))
            text, shown = self._refused(frame, ErrorCode.INTERNAL_ERROR, error.reason)
        except TimeoutError:
            log.error("csms.call_too_slow", action=frame.action, timeout_s=HANDLER_TIMEOUT_S)
            text, shown = self._refused(frame, ErrorCode.INTERNAL_ERROR, "no outcome in time")
        except Exception as error:
            log.exception("csms.handler_broken", action=frame.action)
            text, shown = self._refused(frame, ErrorCode.INTERNAL_ERROR, type(error).__name__)
        finally:
            self._calls -= 1
        seen.answer = text
        await self._send_quietly(text)
        self._tell("in", frame.action, frame.payload, shown, utc, started)

    def _refused(self, frame: Call, code: ErrorCode, description: str) -> tuple[str, Payload]:
        return self._error(frame.id, code, description), {"error": self._dialect.spell(code), "description": description}

    # ------------------------------------------------------------ helpers

    def _error(self, id: str, code: ErrorCode, description: str) -> str:
        return call_error(id, self._dialect.spell(code), description)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the reader, if the connection still stands and the peer takes its answers."""
        if self._lost or self._tasks is None or len(self._running) >= MAX_TASKS:
            work.close()
            return
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _send(self, text: str) -> None:
        if _frames.isEnabledFor(logging.DEBUG):
            _show("out", text)
        await self._wire.send(text)

    async def _send_quietly(self, text: str) -> None:
        """Send an answer; one that can no longer be sent is nobody's loss but the peer's, who will ask again."""
        try:
            await self._send(text)
        except CsmsError:
            pass

    def _tell(
        self, direction: Literal["in", "out"], action: str, payload: Payload, answer: Payload | None, utc: datetime | None, started: float
    ) -> None:
        if self._on_exchange:
            self._on_exchange(Exchange(utc, direction, action, payload, answer, self._loop.time() - started))


def _show(direction: str, text: str | bytes) -> None:
    """Log a frame with its secrets hidden."""
    try:
        frame = parse(text)
    except Malformed as error:
        log.debug("csms.frame", direction=direction, unreadable=error.reason, text=redact_text(str(text)[:500]))
        return
    match frame:
        case Call(id, action, payload):
            log.debug("csms.frame", direction=direction, kind="CALL", id=id, action=action, payload=redact(payload))
        case CallResult(id, payload):
            log.debug("csms.frame", direction=direction, kind="CALLRESULT", id=id, payload=redact(payload))
        case CallError(id, code, description):
            log.debug("csms.frame", direction=direction, kind="CALLERROR", id=id, code=code, description=description)
