"""Ordered, at-least-once delivery of a transaction's events. The store keeps them; this keeps their order and counts their failures.

One is under way at a time. Being offline is no failure, however long; a CALLERROR and a silence of a CSMS that is there are. Their count is stored.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from cpctl.core.inputs import EventDelivered, EventFailed, EventGivenUp
from cpctl.core.outputs import DurableEvent, TransactionUpdated
from cpctl.core.ports import Inbox
from cpctl.errors import CallTimedOut, CsmsError

from .adapter import Adapter, Delivery, Message
from .channel import Channel, Online
from .errors import CallInvalid, ConnectionLost
from .tunables import Tunables

log = structlog.get_logger(__name__)

# A start or stop is on disk as delivered before the next message goes out. A disk that takes longer than this does not hold up the rest.
COMMIT_WAIT_S = 10.0
_DRAIN_POLL_S = 0.05


@dataclass(slots=True)
class _Entry:
    number: int
    event: DurableEvent
    failures: int = 0
    not_before: float = 0.0
    message: Message | None = None  # as first sent: repeats have the same content
    version: str = ""


class Outbox:
    """Delivers what is enqueued, in this order."""

    def __init__(self, inbox: Inbox, tunables: Tunables) -> None:
        self._inbox = inbox
        self._tunables = tunables
        self._queue: deque[_Entry] = deque()
        self.online = Online()

    def __len__(self) -> int:
        return len(self._queue)

    def enqueue(self, number: int, event: DurableEvent, failures: int = 0) -> None:
        """Take an event that is on disk, after all earlier ones; so many attempts at it have failed in earlier runs."""
        self._queue.append(_Entry(number, event, failures))
        self.online.ring()

    def withdraw(self, numbers: Collection[int]) -> None:
        """Deliver these no more. The first is never among them: it may be under way."""
        first, *rest = self._queue or (None,)
        self._queue = deque(entry for entry in rest if entry.number not in numbers)
        if first is not None:
            self._queue.appendleft(first)

    async def drained(self) -> None:
        """Wait until nothing is left that can be delivered now."""
        while self._queue and self.online.channel is not None:  # noqa: ASYNC110 - once at the end of a run, for seconds: not worth a bell
            await asyncio.sleep(_DRAIN_POLL_S)

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            channel = self.online.channel
            if channel is None or not self._queue:
                await self.online.wait()
            elif not await self._pause(self._queue[0]):
                try:
                    await self._attempt(channel, self._queue[0])
                except ConnectionLost:
                    self.online.detach(channel)

    async def _pause(self, entry: _Entry) -> bool:
        """Wait until the entry may be tried (again); False if it may at once."""
        wait = entry.not_before - asyncio.get_running_loop().time()
        if wait <= 0:
            return False
        await asyncio.sleep(wait)
        return True

    async def _attempt(self, channel: Channel, entry: _Entry) -> None:
        try:
            message = _message(channel.adapter, entry)
            answer = await channel.request(message) if message else None
            delivery = channel.adapter.read_delivery(entry.event, answer) if answer is not None else Delivery()
        except ConnectionLost:
            raise
        except CallTimedOut as error:
            await channel.probe()
            self._failed(entry, error)
        except CallInvalid as error:
            self._give_up(entry, str(error))
        except CsmsError as error:
            self._failed(entry, error)
        except Exception as error:  # an event that cannot be written must not block those behind it
            log.exception("outbox.encoding_failed", entry=entry.number)
            self._give_up(entry, f"{type(error).__name__}: {error}")
        else:
            await self._delivered(entry, delivery)

    async def _delivered(self, entry: _Entry, delivery: Delivery) -> None:
        self._queue.popleft()
        item = EventDelivered(entry.number, delivery.csms_ref, delivery.info)
        if isinstance(entry.event, TransactionUpdated):
            self._inbox.post(item)
            return
        committed = asyncio.Event()
        self._inbox.post(item, committed.set)
        try:
            async with asyncio.timeout(COMMIT_WAIT_S):
                await committed.wait()
        except TimeoutError:
            log.warning("outbox.commit_slow", entry=entry.number)

    def _failed(self, entry: _Entry, error: CsmsError) -> None:
        """Count a failure: wait as many intervals as there have been, or give up (1.6, 3.7.1)."""
        entry.failures += 1
        if entry.failures >= self._tunables.message_attempts():
            self._give_up(entry, str(error))
            return
        self._inbox.post(EventFailed(entry.number, entry.failures))
        wait_s = entry.failures * self._tunables.message_attempt_interval_s()
        entry.not_before = asyncio.get_running_loop().time() + wait_s
        log.warning("outbox.attempt_failed", entry=entry.number, attempt=entry.failures, wait_s=wait_s, error=str(error))

    def _give_up(self, entry: _Entry, error: str) -> None:
        log.error("outbox.given_up", entry=entry.number, kind=type(entry.event).__name__, error=error)
        self._queue.popleft()
        self._inbox.post(EventGivenUp(entry.number, error))


def _message(adapter: Adapter, entry: _Entry) -> Message | None:
    """Return the entry's message in this version, the same at every attempt."""
    if entry.message is None or entry.version != adapter.version:
        entry.message = adapter.encode(entry.event)
        entry.version = adapter.version
    return entry.message
