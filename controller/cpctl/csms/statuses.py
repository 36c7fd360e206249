"""Connector statuses on their way to the CSMS: of each connector only the latest counts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

import structlog

from cpctl.core.model import Stamp
from cpctl.core.outputs import ConnectorStatusChanged
from cpctl.errors import CallTimedOut, CsmsError

from .channel import Channel, Online
from .errors import ConnectionLost

log = structlog.get_logger(__name__)

Place = tuple[int, int]


class Statuses:
    """Sends what changed while online; what changed meanwhile overtakes what was still to be sent."""

    def __init__(self, now: Callable[[], Stamp], date: Callable[[Stamp], datetime]) -> None:
        self._now = now
        self._date = date
        self._latest: dict[Place, ConnectorStatusChanged] = {}
        self._due: dict[Place, None] = {}  # in the order of their change
        self._told: dict[Place, ConnectorStatusChanged] = {}
        self.online = Online()

    def report(self, event: ConnectorStatusChanged) -> None:
        """Take a connector's new status."""
        place = (event.evse, event.connector)
        self._latest[place] = event
        self._due[place] = None
        self.online.ring()

    def repeat_all(self) -> None:
        """Tell all statuses anew, as those of now: the CSMS has accepted our boot (1.6 errata, 3.22; 2.0.1 B01.FR.05), or was away for long (B04.FR.01)."""
        now = self._now()
        self._told.clear()
        self._latest = {place: replace(event, at=now) for place, event in self._latest.items()}
        self._due = dict.fromkeys(sorted(self._latest))
        self.online.ring()

    def current(self, evses: Collection[int]) -> list[ConnectorStatusChanged]:
        """Return the statuses of these EVSEs, as those of now."""
        now = self._now()
        return [replace(event, at=now) for event in (self._latest[place] for place in sorted(self._latest)) if event.evse in evses]

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            channel = self.online.channel
            if channel is None or not self._due:
                await self.online.wait()
                continue
            place = next(iter(self._due))
            del self._due[place]
            event, told = self._latest[place], self._told.get(place)
            if told is not None and not channel.adapter.is_news(event, told):
                continue
            try:
                await self._send(channel, event)
            except ConnectionLost:
                self._due[place] = None
                self.online.detach(channel)

    async def _send(self, channel: Channel, event: ConnectorStatusChanged) -> None:
        try:
            if message := channel.adapter.status(event, self._date(event.at)):
                await channel.request(message)
                self._told[event.evse, event.connector] = event
        except ConnectionLost:
            raise
        except LookupError:  # of an EVSE that this station no longer has
            log.exception("status.encoding_failed", evse=event.evse)
        except CallTimedOut as error:
            await channel.probe()
            log.warning("status.unanswered", evse=event.evse, error=str(error))
        except CsmsError as error:  # refused: the next change may fare better, this one is not worth a fight
            log.warning("status.refused", evse=event.evse, error=str(error))
