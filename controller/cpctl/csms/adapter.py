"""What an OCPP version has to supply, and the table of the versions there are. Only the one in use is ever imported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cpctl.core.model import IdToken, Stamp, TokenInfo
from cpctl.core.outputs import ConnectorStatusChanged, DurableEvent, Measured
from cpctl.core.ports import Inbox, StationView
from cpctl.core.settings import EvseSettings
from cpctl.core.variable_definition import Definition

from .dialect import Dialect, Handler
from .frames import Payload
from .settings import CsmsSettings
from .vendors import DataAnswer, Json, Vendors


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

    def busy(self) -> bool:
        """Tell whether so much is under way that nothing more may be promised."""

    def boot(self) -> None:
        """Send the boot now, in place of at its time."""

    def heartbeat(self) -> None:
        """Send a heartbeat now."""

    def statuses(self, evses: Collection[int]) -> None:
        """Tell the present status of these EVSEs' connectors; 0 is the station."""

    def measure(self, evses: Collection[int], *, in_transaction: bool = False) -> None:
        """Measure at these EVSEs and tell it, as events of their transactions if asked so."""

    def send(self, messages: Iterable[Message]) -> None:
        """Send these in this order, each once the one before is answered."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an adapter may use of the rest. `date` gives the best date there is for a stamp, whatever it takes; `live` the present value of a variable that changes by itself."""

    settings: CsmsSettings
    evses: Sequence[EvseSettings]
    inbox: Inbox
    view: StationView
    date: Callable[[Stamp], datetime]
    registration: Callable[[], Registration]
    triggers: Triggers
    vendors: Vendors
    live: Callable[[str], str | None]
    own_variables: tuple[Definition, ...] = ()  # beside those that every station has


class Adapter(Protocol):
    """One OCPP version: the core's events and questions into its messages, its answers and CALLs into the core's."""

    version: str
    subprotocol: str
    dialect: Dialect
    whole_transactions: bool  # it can only tell of those with a token and a vehicle
    repeats_statuses: bool  # after a long outage every status is told anew, whatever the CSMS knows

    def handlers(self) -> Mapping[str, Handler]:
        """Return the CALLs that are served, by action."""

    def boot(self, *, triggered: bool = False) -> Message:
        """Write the message that says we have started, sent at its time or because the CSMS has asked for it."""

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

    def data_transfer(self, vendor: str, message: str | None, data: Json) -> Message:
        """Write a vendor's own message."""

    def read_data_transfer(self, answer: Payload) -> DataAnswer:
        """Read its answer."""

    def status(self, event: ConnectorStatusChanged, at: datetime) -> Message | None:
        """Write the report of a status; None if this version has no word for it."""

    def is_news(self, event: ConnectorStatusChanged, told: ConnectorStatusChanged) -> bool:
        """Tell whether a CSMS that was told the one learns anything from the other in this version's words."""

    def measured(self, event: Measured) -> Message | None:
        """Write what is measured now; None if there is nothing."""

    def encode(self, event: DurableEvent) -> Message | None:
        """Write the message that delivers an event; None if this version has nothing to deliver."""

    def read_delivery(self, event: DurableEvent, answer: Payload) -> Delivery:
        """Read what its answer brought."""


def _v16(context: Context) -> Adapter:
    from .v16.adapter import Adapter16

    return Adapter16(context)


def _v201(context: Context) -> Adapter:
    from .v201.adapter import Adapter201
    from .v201.editions import EDITION_2_0_1

    return Adapter201(context, EDITION_2_0_1)


def _v21(context: Context) -> Adapter:
    from .v201.adapter import Adapter201
    from .v201.editions import EDITION_2_1

    return Adapter201(context, EDITION_2_1)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that can be offered."""

    name: str
    subprotocol: str
    make: Callable[[Context], Adapter]


VERSIONS: Mapping[str, Version] = {
    version.name: version for version in (Version("1.6", "ocpp1.6", _v16), Version("2.0.1", "ocpp2.0.1", _v201), Version("2.1", "ocpp2.1", _v21))
}


def offered(names: Sequence[str]) -> dict[str, Version]:
    """Return the versions of these names by subprotocol, in this order."""
    return {VERSIONS[name].subprotocol: VERSIONS[name] for name in names}
