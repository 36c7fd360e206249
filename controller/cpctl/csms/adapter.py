"""What an OCPP version has to supply, and the table of the versions there are. Only the one in use is ever imported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cpctl.core.model import EvseSettings, IdToken, Stamp, TokenInfo
from cpctl.core.outputs import ConnectorStatusChanged, DurableEvent, Measured
from cpctl.core.ports import Inbox, StationView

from .dialect import Dialect, Handler
from .frames import Payload
from .settings import CsmsSettings
from .vendors import DataAnswer, Vendors


class Registration(StrEnum):
    """Where we stand with the CSMS; UNKNOWN before the first answer to a boot."""

    UNKNOWN = "Unknown"
    PENDING = "Pending"
    REJECTED = "Rejected"
    ACCEPTED = "Accepted"


@dataclass(frozen=True, slots=True)
class Message:
    """A CALL to be sent."""

    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class BootAnswer:
    """The CSMS's word on our boot: `interval_s` until the next heartbeat (accepted) or boot (otherwise); 0: ours to choose."""

    registration: Registration
    interval_s: int
    utc: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the answer to a delivered event brought."""

    csms_ref: str | None = None
    info: TokenInfo | None = None


class Triggers(Protocol):
    """What the CSMS may ask to be told at once. No method waits; nothing is promised if the connection breaks."""

    def boot(self) -> None:
        """Send the boot now, in place of at its time."""

    def heartbeat(self) -> None:
        """Send a heartbeat now."""

    def statuses(self, evses: Collection[int]) -> None:
        """Tell the present status of these EVSEs' connectors; 0 is the station."""

    def measure(self, evses: Collection[int]) -> None:
        """Measure at these EVSEs and tell it."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an adapter may use of the rest. `date` gives the best date there is for a stamp, whatever it takes."""

    settings: CsmsSettings
    evses: Sequence[EvseSettings]
    inbox: Inbox
    view: StationView
    date: Callable[[Stamp], datetime]
    registration: Callable[[], Registration]
    triggers: Triggers
    vendors: Vendors


class Adapter(Protocol):
    """One OCPP version: the core's events and questions into its messages, its answers and CALLs into the core's."""

    version: str
    subprotocol: str
    dialect: Dialect
    whole_transactions: bool  # it can only tell of those with a token and a vehicle

    def handlers(self) -> Mapping[str, Handler]:
        """Return the CALLs that are served, by action."""

    def boot(self) -> Message:
        """Write the message that says we have started."""

    def read_boot(self, answer: Payload) -> BootAnswer:
        """Read its answer."""

    def heartbeat(self) -> Message:
        """Write the message that says we are alive."""

    def read_heartbeat(self, answer: Payload) -> datetime | None:
        """Read the CSMS's time from its answer."""

    def authorize(self, token: IdToken) -> Message | None:
        """Write the question about a token; None if this version cannot ask about it."""

    def read_authorize(self, answer: Payload) -> TokenInfo:
        """Read its answer."""

    def data_transfer(self, vendor: str, message: str | None, data: str | None) -> Message:
        """Write a vendor's own message."""

    def read_data_transfer(self, answer: Payload) -> DataAnswer:
        """Read its answer."""

    def status(self, event: ConnectorStatusChanged, at: datetime) -> Message | None:
        """Write the report of a status; None if this version has no word for it."""

    def measured(self, event: Measured) -> Message | None:
        """Write what is measured now; None if there is nothing."""

    def encode(self, event: DurableEvent) -> Message | None:
        """Write the message that delivers an event; None if this version has nothing to deliver."""

    def read_delivery(self, event: DurableEvent, answer: Payload) -> Delivery:
        """Read what its answer brought."""


def _v16(context: Context) -> Adapter:
    from .v16.adapter import Adapter16

    return Adapter16(context)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that can be offered."""

    name: str
    subprotocol: str
    make: Callable[[Context], Adapter]


VERSIONS: Mapping[str, Version] = {"1.6": Version("1.6", "ocpp1.6", _v16)}


def offered(names: Sequence[str]) -> dict[str, Version]:
    """Return the versions of these names by subprotocol, in this order; names that are not built yet are left out."""
    return {VERSIONS[name].subprotocol: VERSIONS[name] for name in names if name in VERSIONS}
