"""What the CSMS asks to be told at once, out of turn (OCPP 1.6, 5.17; 2.0.1 F06): present facts only, and never kept for later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from datetime import datetime

import structlog

from cpctl.core.inputs import TakeSample
from cpctl.core.model import Stamp
from cpctl.core.outputs import Measured
from cpctl.core.ports import Inbox
from cpctl.errors import CsmsError

from .adapter import Message
from .errors import ConnectionLost
from .session import Session
from .statuses import Statuses

log = structlog.get_logger(__name__)

# Messages under way out of turn; a CSMS that asks for more gets what it asked for first.
MAX_UNDER_WAY = 16


class Prompter:
    """Tells on request (`adapter.Triggers`). `session` returns the present connection, accepted or not."""

    def __init__(self, session: Callable[[], Session | None], statuses: Statuses, inbox: Inbox, date: Callable[[Stamp], datetime]) -> None:
        self._session = session
        self._statuses = statuses
        self._inbox = inbox
        self._date = date
        self._under_way: set[asyncio.Task[None]] = set()

    def boot(self) -> None:
        """Send the boot now, in place of at its time."""
        if session := self._session():
            session.boot_now()

    def heartbeat(self) -> None:
        """Send a heartbeat now."""
        if session := self._session():
            self._send(session, session.adapter.heartbeat())

    def statuses(self, evses: Collection[int]) -> None:
        """Tell the present status of these EVSEs' connectors; 0 is the station."""
        if session := self._session():
            for event in self._statuses.current(evses):
                self._send(session, session.adapter.status(event, self._date(event.at)))

    def measure(self, evses: Collection[int], *, in_transaction: bool = False) -> None:
        """Measure at these EVSEs and tell it, as events of their transactions if asked so."""
        for evse in sorted(evses):
            self._inbox.post(TakeSample(evse, in_transaction))

    def send(self, messages: Iterable[Message]) -> None:
        """Send these in this order, each once the one before is answered; the rest is dropped with the connection."""
        if session := self._session():
            self._start(_send_all(session, messages))

    def measured(self, event: Measured) -> None:
        """Tell what was measured outside of a transaction."""
        if session := self._session():
            self._send(session, session.adapter.measured(event))

    def cancel(self) -> None:
        """Tell nothing more."""
        for task in self._under_way:
            task.cancel()

    def _send(self, session: Session, message: Message | None) -> None:
        if message is not None:
            self._start(_send_all(session, (message,)))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if len(self._under_way) >= MAX_UNDER_WAY:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


async def _send_all(session: Session, messages: Iterable[Message]) -> None:
    for message in messages:
        try:
            await session.request(message)
        except CsmsError as error:
            log.warning("csms.prompted_failed", action=message.action, error=str(error))
            if isinstance(error, ConnectionLost):
                return
