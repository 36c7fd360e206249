"""Everything that `Station.handle` can ask for: records to save, events to deliver, effects on the world, replies.

The runtime commits the saves, deletes, publications and notes of one call as one transaction of the store. An effect whose `raises_risk` is true
waits for that commit; every other is run at once, before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from .model import ChargingState, ConnectorStatus, IdToken, Sample, Stamp, StopReason, Trigger
from .records import Record

# ---------------------------------------------------------------- outcomes of commands


class Decision(StrEnum):
    """Outcome of a command."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"


class UnlockOutcome(StrEnum):
    """Outcome of `Unlock`."""

    UNLOCKED = "unlocked"
    FAILED = "failed"
    NOT_SUPPORTED = "not_supported"
    UNKNOWN_CONNECTOR = "unknown_connector"
    ONGOING_TRANSACTION = "ongoing_transaction"


class SetOutcome(StrEnum):
    """Outcome of `SetVariable`."""

    ACCEPTED = "accepted"
    REBOOT_REQUIRED = "reboot_required"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class ProfileOutcome(StrEnum):
    """Outcome of `SetNetworkProfile`."""

    ACCEPTED = "accepted"
    UNKNOWN_SLOT = "unknown_slot"
    IN_USE = "in_use"
    DOWNGRADE = "downgrade"


Outcome = Decision | UnlockOutcome | SetOutcome | ProfileOutcome

# ---------------------------------------------------------------- store


@dataclass(frozen=True, slots=True)
class Save:
    """Store a record under its key (`transaction/<id>`, `register/<evse>`, `variable/<name>` ...)."""

    key: str
    record: Record


@dataclass(frozen=True, slots=True)
class Delete:
    """Forget the record of a key."""

    key: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Take an entry out of the outbox: delivered, given up, or thinned out."""

    entry: int


@dataclass(frozen=True, slots=True)
class Attempted:
    """Remember how often the delivery of an entry of the outbox has failed."""

    entry: int
    failures: int


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the station's event log. `code` is a constant name, `text` for people."""

    at: Stamp
    evse: int
    code: str
    text: str


# ---------------------------------------------------------------- events for the CSMS


@dataclass(frozen=True, slots=True)
class TransactionStarted:
    """A transaction began (durable, ordered). `evse` is 0 while none is known; `id_token` is there if it began with one."""

    transaction_id: str
    evse: int
    connector: int
    at: Stamp
    seq_no: int
    trigger: Trigger
    charging_state: ChargingState
    id_token: IdToken | None
    register_mwh: int
    offline: bool
    remote_start_id: int | None = None
    samples: tuple[Sample, ...] = ()
    cable_ma: int | None = None
    phases: int | None = None
    plugged: bool = True
    schema: int = 1


@dataclass(frozen=True, slots=True)
class TransactionUpdated:
    """Something about a running transaction (durable, ordered). With samples: meter values. `id_token`: presented just now.

    A CSMS that wants whole transactions is told only of those with samples.
    """

    transaction_id: str
    evse: int
    connector: int
    at: Stamp
    seq_no: int
    trigger: Trigger
    charging_state: ChargingState
    offline: bool
    samples: tuple[Sample, ...] = ()
    id_token: IdToken | None = None
    remote_start_id: int | None = None
    cable_ma: int | None = None
    phases: int | None = None
    plugged: bool = True
    schema: int = 1


@dataclass(frozen=True, slots=True)
class TransactionEnded:
    """A transaction ended (durable, ordered). `id_token` is the one that stopped it, where one did."""

    transaction_id: str
    evse: int
    connector: int
    at: Stamp
    seq_no: int
    trigger: Trigger
    reason: StopReason
    id_token: IdToken | None
    register_mwh: int
    offline: bool
    samples: tuple[Sample, ...] = ()
    charging_state: ChargingState = ChargingState.IDLE
    time_charging_s: int | None = None
    cable_ma: int | None = None
    phases: int | None = None
    plugged: bool = False
    schema: int = 1


@dataclass(frozen=True, slots=True)
class ConnectorStatusChanged:
    """A connector's status as it now is (not durable: the latest wins). evse 0: the station as a whole. `plugged`: a vehicle is there, or its cable."""

    evse: int
    connector: int
    status: ConnectorStatus
    at: Stamp
    fault: str | None = None  # name in the fault catalogue
    info: str = ""
    plugged: bool = False


DurableEvent = TransactionStarted | TransactionUpdated | TransactionEnded


@dataclass(frozen=True, slots=True)
class Publish:
    """Put a durable event at the end of the outbox. `entry` numbers grow by one and are given by the core."""

    entry: int
    event: DurableEvent


# ---------------------------------------------------------------- effects


@dataclass(frozen=True, slots=True)
class Grant:
    """Permit energy to an EVSE for one plug-in: a standing permission which the link renews as leases. Raises risk."""

    raises_risk: ClassVar[bool] = True
    evse: int
    plug: int
    limit_ma: int
    phases: int


@dataclass(frozen=True, slots=True)
class Restrict:
    """Lower the permission of an EVSE, at once; `limit_ma=0` stops."""

    raises_risk: ClassVar[bool] = False
    evse: int
    plug: int
    limit_ma: int
    phases: int


@dataclass(frozen=True, slots=True)
class LockConnector:
    """Lock the socket, at once."""

    raises_risk: ClassVar[bool] = False
    evse: int


@dataclass(frozen=True, slots=True)
class UnlockConnector:
    """Unlock the socket, after the commit; the firmware refuses until its contactor is proved open."""

    raises_risk: ClassVar[bool] = True
    evse: int


@dataclass(frozen=True, slots=True)
class SetPilotAvailable:
    """Show the vehicle an available (PWM or steady +12 V) or unavailable (state F) EVSE."""

    raises_risk: ClassVar[bool] = False
    evse: int
    available: bool


@dataclass(frozen=True, slots=True)
class ClearFaultAt:
    """Ask the coprocessor to clear a latched fault, or all (None). Raises risk."""

    raises_risk: ClassVar[bool] = True
    evse: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class AskToken:
    """Ask the CSMS about a token; answered by `TokenAnswered` with the same `ask`."""

    raises_risk: ClassVar[bool] = False
    ask: int
    evse: int
    id_token: IdToken


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the CSMS a connector's status (kept latest, sent when connected)."""

    raises_risk: ClassVar[bool] = False
    event: ConnectorStatusChanged


@dataclass(frozen=True, slots=True)
class Measured:
    """Tell the CSMS what is measured at an EVSE now (not durable), `transaction_id` where one runs. A register that was told is on disk before."""

    raises_risk: ClassVar[bool] = True
    evse: int
    connector: int
    sample: Sample
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Do not deliver these entries of the outbox: they were thinned out, and are forgotten in the same call."""

    raises_risk: ClassVar[bool] = False
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Restart:
    """Restart the host's software once everything that had to be stored is; `immediate` without waiting for the outbox.

    `scheduled`: what was asked for had to wait.
    """

    raises_risk: ClassVar[bool] = True
    immediate: bool
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class VariableChanged:
    """A variable has a new value: whoever acts on it (heartbeat, ping interval ...) reads it now."""

    raises_risk: ClassVar[bool] = True
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Outcome of a command or local request. An acceptance waits for the commit, a refusal does not."""

    request: int
    outcome: Outcome
    text: str = ""

    @property
    def raises_risk(self) -> bool:
        """True for what promises something that must be on disk."""
        return self.outcome not in (
            Decision.REJECTED,
            UnlockOutcome.FAILED,
            UnlockOutcome.NOT_SUPPORTED,
            UnlockOutcome.UNKNOWN_CONNECTOR,
            UnlockOutcome.ONGOING_TRANSACTION,
            SetOutcome.REJECTED,
            SetOutcome.UNKNOWN,
            ProfileOutcome.UNKNOWN_SLOT,
            ProfileOutcome.IN_USE,
            ProfileOutcome.DOWNGRADE,
        )


Durable = Save | Delete | Forget | Attempted | Publish | Note
Effect = (
    Grant
    | Restrict
    | LockConnector
    | UnlockConnector
    | SetPilotAvailable
    | ClearFaultAt
    | AskToken
    | Report
    | Measured
    | Withdraw
    | Restart
    | VariableChanged
    | Reply
)
Output = Durable | Effect
