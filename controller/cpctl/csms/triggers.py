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

# Messages and reports under way out of turn. A CSMS that asks for more is refused: what is accepted has to be sent (2.0.1, F06.FR.10).
MAX_UNDER_WAY = 16

# Measurements were promised before they were made, or come by the clock: they find room beyond that, and are only dropped for a CSMS that answers nothing.
MAX_WITH_MEASURED = 2 * MAX_UNDER_WAY


class Prompter:
    """Tells on request (`adapter.Triggers`). `session` returns the present connection, accepted or not."""

    def __init__(self, session: Callable[[], Session | None], statuses: Statuses, inbox: Inbox, date: Callable[[Stamp], datetime]) -> None:
        self._session = session
        self._statuses = statuses
        self._inbox = inbox
        self._date = date
        self._under_way: set[asyncio.Task[None]] = set()

    def busy(self) -> bool:
        """Tell whether so much is under way that nothing more may be promised."""
        return len(self._under_way) >= MAX_UNDER_WAY

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
        session = self._session()
        if session is not None and len(self._under_way) < MAX_WITH_MEASURED:
            self._send(session, session.adapter.measured(event))

    def cancel(self) -> None:
        """Tell nothing more."""
        for task in self._under_way:
            task.cancel()

    def _send(self, session: Session, message: Message | None) -> None:
        if message is not None:
            self._start(_send_all(session, (message,)))

    def _start(self, work: Coroutine[None, None, None]) -> None:
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
