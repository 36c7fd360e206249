"""What the embedded CSMS knows, whatever version a charge point speaks: tokens, the time, the charge points, their transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from cpctl.csms.connection import Socket
from cpctl.csms.frames import Payload
from cpctl.csms.rpc import Rpc
from cpctl.csms.words import date_time

from .csms_ledger import Ledger


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame as it went over the wire; `received` by the CSMS or sent by it."""

    point: str
    received: bool
    text: str


@dataclass(slots=True)
class Point:
    """A charge point as the CSMS knows it."""

    id: str
    boots: list[Payload] = field(default_factory=list)
    statuses: dict[int, Payload] = field(default_factory=dict)  # the latest of each connector (2.0.1: of each EVSE)
    status_history: list[Payload] = field(default_factory=list)
    meter_values: list[Payload] = field(default_factory=list)  # MeterValues, those of transactions in 1.6 too
    reports: list[Payload] = field(default_factory=list)  # NotifyReport
    heartbeats: int = 0
    connections: int = 0
    subprotocol: str = ""
    rpc: Rpc | None = None
    socket: Socket | None = None

    def status(self, connector: int) -> str | None:
        """Return the latest status of a connector (2.0.1: of an EVSE) in its version's word."""
        told = self.statuses.get(connector, {})
        return told.get("status", told.get("connectorStatus"))


Serve: TypeAlias = Callable[[Point, Payload], Payload]
"""Serves an action of a charge point."""


class Desk:
    """What the answers depend on, open to be changed at any time. `tokens` gives the status of a token, casefolded, `others` that of all not named."""

    def __init__(self, utc: Callable[[], datetime], tokens: Mapping[str, str], others: str, heartbeat_s: int, first_transaction: int) -> None:
        self.utc = utc
        self.tokens = {tag.casefold(): status for tag, status in tokens.items()}
        self.others = others
        self.parents: dict[str, str] = {}  # the group of a token, casefolded
        self.infos: dict[str, Payload] = {}  # what else 2.0.1 is told of a token, casefolded
        self.heartbeat_s = heartbeat_s
        self.ledger = Ledger(first_transaction)

    def token_status(self, token: str) -> str:
        """Return the status of a token."""
        return self.tokens.get(token.casefold(), self.others)

    def now(self) -> str:
        """Return the time that is told."""
        return date_time(self.utc())

    # ------------------------------------------------------------ the same in all versions

    def serve_boot(self, point: Point, call: Payload) -> Payload:
        """Serve BootNotification."""
        point.boots.append(call)
        return {"status": "Accepted", "currentTime": self.now(), "interval": self.heartbeat_s}

    def serve_heartbeat(self, point: Point, _call: Payload) -> Payload:
        """Serve Heartbeat."""
        point.heartbeats += 1
        return {"currentTime": self.now()}
