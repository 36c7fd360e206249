"""The peer's CALLs: checked, carried out once each beside all others, and answered whatever happens."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from cpctl.errors import ControllerError

from .dialect import Admission, Dialect, Followed, Handler, HandlerRefusal
from .errors import AnswerInvalid
from .frames import Call, ErrorCode, Payload, call_error, call_result

log = structlog.get_logger(__name__)

# A CSMS may have one CALL outstanding (OCPP-J 1.6, 4.1.1); this leaves room for those that do not keep to it.
MAX_RUNNING = 16
# A handler that takes longer has failed; the station's own answers are bounded by less.
HANDLER_TIMEOUT_S = 60.0
# Answers are kept this long and this many, for a peer that repeats a CALL because our answer got lost.
REPEAT_WINDOW_S = 60.0
# Refusals and repeats that wait for a peer which does not read; beyond this it gets none.
MAX_REPLIES = 32
CALLS_REMEMBERED = 16 + 2 * MAX_RUNNING

Answer = Callable[[str], Coroutine[Any, Any, None]]
Spawn = Callable[[Coroutine[Any, Any, None]], None]
Tell = Callable[[Call, Payload, float], None]


@dataclass(slots=True)
class _Seen:
    """An incoming CALL by its id: its text's hash, when it came, and its answer once there is one."""

    text: int
    at: float
    answer: str | None = None


class Serving:
    """Serves one connection's CALLs: `spawn` runs work beside the reader, `answer` sends, `tell` is told of each one carried out."""

    def __init__(
        self,
        dialect: Dialect,
        handlers: Mapping[str, Handler],
        admit: Callable[[str], Admission],
        spawn: Spawn,
        answer: Answer,
        tell: Tell,
    ) -> None:
        self._dialect = dialect
        self._handlers = handlers
        self._admit = admit
        self._spawn = spawn
        self._answer = answer
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._running = 0
        self._replies = 0
        self._unanswered = 0
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def take(self, frame: Call, text: int) -> None:
        """Take in a CALL whose text has this hash; returns at once."""
        match self._admit(frame.action):
            case Admission.IGNORE:
                log.info("csms.call_ignored", action=frame.action[:60])
                return
            case Admission.REFUSE:
                log.info("csms.call_refused", action=frame.action[:60])
                self.reply(self.error(frame.id, ErrorCode.SECURITY_ERROR, "not accepted by this CSMS"))
                return
        now = self._loop.time()
        seen = self._seen.get(frame.id)
        if seen and now - seen.at < REPEAT_WINDOW_S and (seen.answer is None or seen.text == text):
            self._repeated(frame, seen, text)
            return
        seen = self._seen[frame.id] = _Seen(text, now, self._refusal(frame))
        self._seen.move_to_end(frame.id)
        if len(self._seen) > CALLS_REMEMBERED:
            self._seen.popitem(last=False)
        if seen.answer is not None:
            self.reply(seen.answer)
            return
        self._running += 1
        self._unanswered += 1
        self._all_answered.clear()
        if frame.action in self._dialect.urgent:
            self._start(frame, seen)
        else:  # one turn of the loop later, so that an urgent one in the same burst starts before
            self._loop.call_soon(self._start, frame, seen)

    async def answered(self, within_s: float) -> None:
        """Wait until every CALL that was taken in is answered, or until time is up."""
        if not self._unanswered:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._all_answered.wait()

    def error(self, id: str, code: ErrorCode, description: str) -> str:
        """Write a CALLERROR in this version's spelling."""
        return call_error(id, self._dialect.spell(code), description)

    def reply(self, text: str) -> None:
        """Send an answer that is ready, unless too many wait already for a peer that does not read."""
        if self._replies < MAX_REPLIES:
            self._replies += 1
            self._spawn(self._send_reply(text))

    async def _send_reply(self, text: str) -> None:
        try:
            await self._answer(text)
        finally:
            self._replies -= 1

    def _start(self, frame: Call, seen: _Seen) -> None:
        self._spawn(self._handle(frame, seen))

    def _repeated(self, frame: Call, seen: _Seen, text: int) -> None:
        """Answer a repeat of a CALL without carrying it out again; a running one answers both."""
        log.warning("csms.call_repeated", action=frame.action[:60], id=frame.id)
        if seen.answer is not None:
            self.reply(seen.answer)
        elif seen.text != text:
            self.reply(self.error(frame.id, ErrorCode.GENERIC_ERROR, "another CALL with this id is being handled"))

    def _refusal(self, frame: Call) -> str | None:
        """Write the CALLERROR for a CALL that no handler is to see."""
        action = frame.action
        if action not in self._handlers:
            known = action in self._dialect.schemas.actions
            return self.error(frame.id, ErrorCode.NOT_SUPPORTED if known else ErrorCode.NOT_IMPLEMENTED, f"{action[:60]} is not served here")
        broken = self._dialect.schemas.violation(action, frame.payload)
        if broken:
            log.warning("csms.call_invalid", action=action, violation=str(broken))
            return self.error(frame.id, broken.code, str(broken))
        limit = MAX_RUNNING * 2 if action in self._dialect.urgent else MAX_RUNNING
        return self.error(frame.id, ErrorCode.GENERIC_ERROR, "too many calls at once") if self._running >= limit else None

    async def _handle(self, frame: Call, seen: _Seen) -> None:
        try:
            await self._serve(frame, seen)
        finally:
            self._count_answered()

    def _count_answered(self) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            self._all_answered.set()

    async def _serve(self, frame: Call, seen: _Seen) -> None:
        started = self._loop.time()
        shown: Payload
        then: Callable[[], None] | None = None
        try:
            shown, then = await self._carry_out(frame)
            seen.answer = call_result(frame.id, shown)
        except HandlerRefusal as refusal:
            seen.answer = self.error(frame.id, refusal.code, refusal.description)
            shown = {"error": self._dialect.spell(refusal.code), "description": refusal.description}
        finally:
            self._running -= 1
        await self._answer(seen.answer)
        self._tell(frame, shown, started)
        if then is not None:
            then()

    async def _carry_out(self, frame: Call) -> tuple[Payload, Callable[[], None] | None]:
        """Return the handler's answer and what follows it; whatever else it does is a refusal."""
        action = frame.action
        try:
            async with asyncio.timeout(HANDLER_TIMEOUT_S):
                given = await self._handlers[action](frame.payload)
            answer, then = (given.answer, given.then) if isinstance(given, Followed) else (given, None)
            if broken := self._dialect.schemas.violation(action, answer, answer=True):
                raise AnswerInvalid(action, str(broken))
        except HandlerRefusal:
            raise
        except TimeoutError:
            log.error("csms.call_too_slow", action=action, timeout_s=HANDLER_TIMEOUT_S)
            raise HandlerRefusal(ErrorCode.INTERNAL_ERROR, "no outcome in time") from None
        except ControllerError as error:
            log.error("csms.call_failed", action=action, error=str(error))
            raise HandlerRefusal(ErrorCode.INTERNAL_ERROR, error.reason) from error
        except Exception as error:
            log.exception("csms.handler_broken", action=action)
            raise HandlerRefusal(ErrorCode.INTERNAL_ERROR, type(error).__name__) from error
        return answer, then
