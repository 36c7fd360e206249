"""What is on disk: every record carries `schema`, the version of its own form; a field that came later has a default."""

from __future__ import annotations

from dataclasses import dataclass, field

from .model import ChargingState, IdToken, Sample, Stamp, StopReason, TokenInfo, Trigger


@dataclass(frozen=True, slots=True)
class Register:
    """An EVSE's energy register, which never runs backwards: `total_mwh` when the meter of `meter_boot` showed `meter_mwh`."""

    evse: int
    total_mwh: int = 0
    meter_boot: int | None = None
    meter_mwh: int = 0
    at: Stamp | None = None  # up to when the total is known
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a transaction ends; `at` and `register_mwh` where that was not now."""

    reason: StopReason
    trigger: Trigger
    id_token: IdToken | None = None
    at: Stamp | None = None
    register_mwh: int | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction from its start until its end is delivered. `csms_ref` is the id that the CSMS gave, where it gives one.

    `reason` while it runs: why its authorization has ended, where that did not end it.
    """

    id: str
    evse: int
    connector: int
    id_token: IdToken | None
    started: Stamp
    meter_start_mwh: int
    plug: int | None = None  # the plug-in that it belongs to; None while it waits for a vehicle
    csms_ref: str | None = None
    group: IdToken | None = None
    seq_no: int = 0  # of the last event made
    remote_start_id: int | None = None
    deauthorized: bool = False  # the CSMS refused the token after the start
    stop_requested: bool = False  # its authorization was ended
    ended: Stamp | None = None
    reason: StopReason | None = None
    meter_stop_mwh: int | None = None
    stop_samples: tuple[Sample, ...] = ()  # what the end will report, bounded
    last: Stamp | None = None  # of the last event made
    told_mwh: int | None = None  # the register in the last event made, where that was after the start
    start_entry: int | None = None  # outbox entry of the start, until it is delivered or given up
    end_entry: int | None = None  # outbox entry of the end
    refused_mwh: int | None = None  # the register when the CSMS refused the token after the start
    silent: bool = False  # it found no place in the outbox and goes on without a record
    ending: Ending | None = None  # it is to end so, once the meter has said what it counted while the host was away
    until: Stamp | None = None  # when its time to wait for a vehicle is over
    parted: bool = False  # its vehicle has left, and may come back
    told_state: ChargingState | None = None  # in the last event made, where the CSMS is told of it
    charging_since: Stamp | None = None  # since when that is Charging
    charged_ms: int = 0  # how long it was before
    schema: int = 1

    @property
    def authorized(self) -> bool:
        """True if a driver has been authorized for it, and nobody has ended that."""
        return self.id_token is not None and not self.stop_requested

    def open_to(self, id_token: IdToken) -> bool:
        """Tell whether a token may authorize it: the first that is presented, and later only that one again (OCPP 2.0.1, C01.FR.23, E09.FR.01)."""
        if self.ending is not None:
            return False
        return self.id_token is None or (self.stop_requested and id_token.matches(self.id_token))


@dataclass(frozen=True, slots=True)
class Session:
    """A finished transaction as shown to people: what `GET /api/v1/sessions` lists."""

    id: str
    evse: int
    id_token: str | None
    started: Stamp
    stopped: Stamp
    reason: StopReason
    energy_mwh: int
    transaction_id: str | None
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Variable:
    """The stored value of a configuration variable, `Component.Variable`."""

    name: str
    value: str
    schema: int = 1


@dataclass(frozen=True, slots=True)
class ClockAnchor:
    """What is known of the time in one boot of the host: a moment of it, with its UTC once that is known; `began_ms` is when the boot began.

    `machine` names the machine's own boot, during which the monotonic count goes on over restarts of the host; empty if nobody can tell. `told`: the
    UTC stands, for the CSMS has told it, or nothing better can come. `estimated`: it is the latest that it can have been.
    """

    at: Stamp
    began_ms: int
    machine: str = ""
    told: bool = False
    estimated: bool = False
    schema: int = 1


@dataclass(frozen=True, slots=True)
class PreviousPassword:
    """The password at the CSMS before the present one, until the CSMS has accepted that."""

    value: str = field(repr=False)
    schema: int = 1


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """How to connect to a CSMS, by its slot. `owner` names the configuration under which it was set; its own profile has no URL here.

    `versions`: the OCPP versions to offer, of those configured; empty: all. `message_timeout_s` None: as configured.
    """

    slot: int
    url: str
    security_profile: int
    owner: str
    versions: tuple[str, ...] = ()
    message_timeout_s: int | None = None
    schema: int = 1


@dataclass(frozen=True, slots=True)
class NetworkStanding:
    """The slot of the network profile by which the CSMS last accepted us, and the security profile below which none is used any more."""

    slot: int
    security_profile: int
    owner: str
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Availability:
    """Operative or not, of a connector, an EVSE (connector 0) or the station (evse 0); survives a restart."""

    evse: int
    operative: bool = True
    scheduled: bool | None = None  # waits for the end of a transaction
    connector: int = 0
    schema: int = 1


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A token in the authorization cache."""

    id_token: IdToken
    info: TokenInfo
    used: Stamp
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """An accepted token that has no transaction yet: it waits for a cable, the socket's lock, or the vehicle's wish for energy.

    `evse` 0: at the station's own reader, where the next vehicle takes it. `plug` is the plug-in that it is for, once there is one; another vehicle
    can't use it then. `until` is when it is dropped; None where nobody has to hurry. `offered_mwh`: the register when energy was first offered on it.
    """

    id_token: IdToken
    since: Stamp
    group: IdToken | None = None
    remote: bool = False
    remote_start_id: int | None = None
    plug: int | None = None
    evse: int = 0
    until: Stamp | None = None
    offered_mwh: int | None = None
    evses: tuple[int, ...] = ()  # the only ones that the token is good for; empty: all
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Hold:
    """A cable stays locked in the socket of an EVSE until this token is presented."""

    evse: int
    id_token: IdToken
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Served:
    """This plug-in of an EVSE has had its transaction. A coprocessor that lost its memory counts on from elsewhere, so no later one looks like it."""

    evse: int
    plug: int
    schema: int = 1


@dataclass(frozen=True, slots=True)
class ResetDue:
    """An EVSE is to be reset once nothing is running on it. The station's own reset is not kept: whatever restarts it has done it."""

    evse: int
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Acceptance:
    """This CSMS's last answer to a boot was that the station is accepted."""

    csms: str
    schema: int = 1


@dataclass(frozen=True, slots=True)
class FirmwareMark:
    """The last coprocessor event whose consequences are stored: (boot nonce, id)."""

    boot_nonce: int
    event_id: int
    schema: int = 1


Record = (
    Register
    | Transaction
    | Session
    | Variable
    | Availability
    | CacheEntry
    | Claim
    | Hold
    | Served
    | ResetDue
    | Acceptance
    | FirmwareMark
    | PreviousPassword
    | ClockAnchor
    | NetworkProfile
    | NetworkStanding
)
