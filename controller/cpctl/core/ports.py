"""What the station needs from the world, as Protocols. Adapters implement them; the composition root joins them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .inputs import Input
from .model import IdToken
from .network import NetworkPlan
from .outputs import ConnectorStatusChanged, DurableEvent, Measured, Outcome


class Inbox(Protocol):
    """The one way into the station."""

    def post(self, item: Input, committed: Callable[[], None] | None = None) -> None:
        """Feed an input; `committed` is called once everything that it caused is on disk."""

    async def request(self, make: Callable[[int], Input]) -> tuple[Outcome, str]:
        """Feed the command that `make(request)` builds; return its outcome and text, after the commit where it must be."""


class Coprocessor(Protocol):
    """Permission and requests to the electrical side. No method waits; all may be called when the link is down (absolute values are repeated)."""

    def grant(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        """Keep leases of this limit running for this plug-in until told otherwise."""

    def restrict(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        """Lower the standing permission at once; 0 stops."""

    def lock(self, evse: int, locked: bool) -> None:
        """Lock or unlock the socket."""

    def set_available(self, evse: int, available: bool) -> None:
        """Show state F (not available) or not."""

    def clear_fault(self, evse: int, fault: str | None) -> None:
        """Clear a latched fault, or all."""


class Csms(Protocol):
    """What the station wants from whoever speaks to the CSMS. No method waits."""

    def ask_token(self, ask: int, evse: int, id_token: IdToken) -> None:
        """Ask about a token; the answer is posted as `TokenAnswered`."""

    def report(self, event: ConnectorStatusChanged) -> None:
        """Tell a status; the latest of each connector wins."""

    def measured(self, event: Measured) -> None:
        """Tell what was measured outside of a transaction, if connected."""

    def enqueue(self, entry: int, event: DurableEvent, failures: int = 0) -> None:
        """Deliver a durable event, which is on disk, in its order; so many attempts at it have failed."""

    def withdraw(self, entries: Sequence[int]) -> None:
        """Do not deliver these entries any more."""

    def variable_changed(self, name: str, value: str) -> None:
        """Act on the new value of a configuration variable."""


@dataclass(frozen=True, slots=True)
class TransactionStatus:
    """What a CSMS may ask of a transaction (OCPP 2.0.1 E14): whether it still runs (None: there is none such, or none was named), and whether messages wait."""

    ongoing: bool | None
    queued: bool


class StationView(Protocol):
    """Read access to the station's present state, for adapters and the local API (implemented by `core.station.Station`)."""

    def variable(self, name: str) -> str:
        """Return the value of `Component.Variable`; KeyError if there is none."""

    def previous_password(self) -> str:
        """Return the password at the CSMS before the present one, while that is not proved; empty if there is none."""

    def network(self) -> NetworkPlan:
        """Return by which network profiles to connect."""

    def live(self, name: str) -> str | None:
        """Return a value that changes by itself (`EVSE@1.AvailabilityState`); None if there is none, or nothing is known of it."""

    def csms_ref(self, transaction_id: str) -> str | None:
        """Return the CSMS's id of a transaction, if it gave one."""

    def transaction(self, evse: int) -> str | None:
        """Return the own id of the transaction that runs on an EVSE; 0: of the one that has none yet."""

    def transaction_status(self, transaction_id: str | None) -> TransactionStatus:
        """Tell of a transaction by its own id, or (None) whether any message of a transaction waits (E14)."""

    def status(self) -> Mapping[str, object]:
        """Return the JSON-able state of all EVSEs as the local API shows it."""
