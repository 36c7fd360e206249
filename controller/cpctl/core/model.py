"""Values that every part of the station speaks in: time, tokens, pilot, measurements, durable records.

Units are integers: mA, mV, mW, mWh, ms. Every record that is stored carries `schema`, the version of its own form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .variable_definition import Definition

# ---------------------------------------------------------------- time


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment: `mono_ms` since the start of boot number `boot` of the host, and UTC as ms since 1970 once known.

    A stamp taken before the clock was known has `utc_ms=None`; it is dated once that is known (`core.anchors`).
    """

    boot: int
    mono_ms: int
    utc_ms: int | None = None


# ---------------------------------------------------------------- tokens


class IdTokenType(StrEnum):
    """Kinds of id token (OCPP 2.0.1 IdTokenEnumType; 1.6 knows no kinds and gets the bare value)."""

    CENTRAL = "Central"
    E_MAID = "eMAID"
    ISO14443 = "ISO14443"
    ISO15693 = "ISO15693"
    KEY_CODE = "KeyCode"
    LOCAL = "Local"
    MAC_ADDRESS = "MacAddress"
    NO_AUTHORIZATION = "NoAuthorization"


@dataclass(frozen=True, slots=True)
class IdToken:
    """What identifies a driver. Values compare without regard to case (CiString)."""

    value: str
    type: IdTokenType = IdTokenType.ISO14443

    def matches(self, other: IdToken | None) -> bool:
        """Tell whether both are the same token, case aside."""
        return other is not None and self.value.casefold() == other.value.casefold()


class TokenStatus(StrEnum):
    """The CSMS's or the cache's word on a token."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What is known of a token: its status, its group, until when, and where."""

    status: TokenStatus
    group: IdToken | None = None
    expires_utc_ms: int | None = None
    evses: tuple[int, ...] = ()  # the only EVSEs that it is good for; empty: all

    @property
    def accepted(self) -> bool:
        """True if the token may charge."""
        return self.status is TokenStatus.ACCEPTED

    @property
    def valid(self) -> bool:
        """True if nothing is wrong with the token, though it may be in a transaction already (OCPP 1.6, 3.5.2)."""
        return self.status in (TokenStatus.ACCEPTED, TokenStatus.CONCURRENT_TX)


# ---------------------------------------------------------------- hardware as observed


class Pilot(StrEnum):
    """Control pilot state: the vehicle's letter, 1 steady, 2 PWM (IEC 61851-1)."""

    UNKNOWN = "unknown"
    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"
    D1 = "D1"
    D2 = "D2"
    E = "E"
    F = "F"
    INVALID = "invalid"

    @property
    def plugged(self) -> bool:
        """True if a vehicle's load is seen."""
        return self in _PLUGGED

    @property
    def ev_ready(self) -> bool:
        """True if the vehicle asks for energy (C or D)."""
        return self in _READY


_PLUGGED = frozenset({Pilot.B1, Pilot.B2, Pilot.C1, Pilot.C2, Pilot.D1, Pilot.D2})
_READY = frozenset({Pilot.C1, Pilot.C2, Pilot.D1, Pilot.D2})


class LockState(StrEnum):
    """Socket lock."""

    NOT_FITTED = "not_fitted"
    UNLOCKED = "unlocked"
    LOCKED = "locked"
    MOVING = "moving"
    JAMMED = "jammed"


# ---------------------------------------------------------------- measurements


class Measurand(StrEnum):
    """What is measured (names common to all OCPP versions)."""

    ENERGY_IMPORT_REGISTER = "Energy.Active.Import.Register"
    ENERGY_IMPORT_INTERVAL = "Energy.Active.Import.Interval"
    POWER_IMPORT = "Power.Active.Import"
    POWER_OFFERED = "Power.Offered"
    CURRENT_IMPORT = "Current.Import"
    CURRENT_OFFERED = "Current.Offered"
    VOLTAGE = "Voltage"
    TEMPERATURE = "Temperature"
    FREQUENCY = "Frequency"
    SOC = "SoC"


class ReadingContext(StrEnum):
    """Why a sample was taken (names common to all OCPP versions)."""

    INTERRUPTION_BEGIN = "Interruption.Begin"
    INTERRUPTION_END = "Interruption.End"
    OTHER = "Other"
    SAMPLE_CLOCK = "Sample.Clock"
    SAMPLE_PERIODIC = "Sample.Periodic"
    TRANSACTION_BEGIN = "Transaction.Begin"
    TRANSACTION_END = "Transaction.End"
    TRIGGER = "Trigger"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value in thousandths of `unit` (A, V, W, Wh, Celsius, Percent), on a phase (1..3) or in all (0)."""

    measurand: Measurand
    milli: int
    unit: str
    phase: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """Readings taken together."""

    at: Stamp
    context: ReadingContext
    readings: tuple[Reading, ...]


# ---------------------------------------------------------------- states that the outside sees


class ConnectorStatus(StrEnum):
    """State of a connector; the richest vocabulary, from which each OCPP version maps."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class ChargingState(StrEnum):
    """State of a transaction's charging (OCPP 2.0.1 ChargingStateEnumType)."""

    IDLE = "Idle"
    EV_CONNECTED = "EVConnected"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"


class StopReason(StrEnum):
    """Why a transaction ended; each OCPP version maps it to its own words."""

    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    EV_DISCONNECTED = "EVDisconnected"
    HARD_RESET = "HardReset"
    GROUND_FAULT = "GroundFault"
    LOCAL = "Local"
    MASTER_PASS = "MasterPass"
    OTHER = "Other"
    OVERCURRENT_FAULT = "OvercurrentFault"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOFT_RESET = "SoftReset"
    STOPPED_BY_EV = "StoppedByEV"
    TIMEOUT = "Timeout"
    UNLOCK_COMMAND = "UnlockCommand"
    ENERGY_LIMIT = "EnergyLimitReached"
    TIME_LIMIT = "TimeLimitReached"
    FAULT = "Fault"


class TxPoint(StrEnum):
    """What a transaction may start with, and end with the loss of (OCPP 2.0.1 TxCtrlr.TxStartPoint and TxStopPoint, the part that our hardware can see)."""

    PARKING_BAY_OCCUPANCY = "ParkingBayOccupancy"
    EV_CONNECTED = "EVConnected"
    AUTHORIZED = "Authorized"
    POWER_PATH_CLOSED = "PowerPathClosed"
    ENERGY_TRANSFER = "EnergyTransfer"


class Trigger(StrEnum):
    """What made a transaction event (OCPP 2.0.1 TriggerReasonEnumType, the part that our hardware can see)."""

    AUTHORIZED = "Authorized"
    CABLE_PLUGGED_IN = "CablePluggedIn"
    CHARGING_STATE_CHANGED = "ChargingStateChanged"
    DEAUTHORIZED = "Deauthorized"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_COMMUNICATION_LOST = "EVCommunicationLost"
    EV_CONNECT_TIMEOUT = "EVConnectTimeout"
    EV_DEPARTED = "EVDeparted"
    EV_DETECTED = "EVDetected"
    METER_VALUE_CLOCK = "MeterValueClock"
    METER_VALUE_PERIODIC = "MeterValuePeriodic"
    REMOTE_START = "RemoteStart"
    REMOTE_STOP = "RemoteStop"
    RESET_COMMAND = "ResetCommand"
    STOP_AUTHORIZED = "StopAuthorized"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TRIGGER = "Trigger"
    UNLOCK_COMMAND = "UnlockCommand"
    ABNORMAL_CONDITION = "AbnormalCondition"


# ---------------------------------------------------------------- settings (from the configuration file, fixed for a run)


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """A connector as built."""

    id: int
    type: str = "sType2"
    fixed_cable: bool = False


@dataclass(frozen=True, slots=True)
class EvseSettings:
    """An EVSE as built."""

    id: int
    max_current_ma: int
    phases: int = 3
    connectors: tuple[ConnectorSettings, ...] = (ConnectorSettings(1),)
    residual_current: bool = False  # a monitor of residual current is fitted
    temperature: bool = False  # a temperature sensor is fitted
    lock: bool = False  # the socket has a lock


class LapsePolicy(StrEnum):
    """What becomes of a transaction whose lease lapsed while the host was away, with the vehicle still plugged in."""

    RESUME = "resume"
    END = "end"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the configuration gives to prove who is who at the CSMS, and the security profile that it asks for."""

    security_profile: int = 0
    password: bool = False
    authority: bool = False  # a certificate of the CSMS's authority
    certificate: bool = False  # one of our own


@dataclass(frozen=True, slots=True)
class StationSettings:
    """The station as built and configured."""

    evses: tuple[EvseSettings, ...]
    on_lapse: LapsePolicy = LapsePolicy.RESUME
    site_max_ma: int | None = None  # per phase, of all EVSEs together
    link_dead_s: int = 120  # a link dead for longer ends the transaction and makes the EVSE faulted
    initial_variables: tuple[tuple[str, str], ...] = ()  # ("Component.Variable", value) at first start
    csms: str = ""  # which CSMS this is to, and under which id; compared, never read
    credentials: Credentials = Credentials()
    own_variables: tuple[Definition, ...] = ()  # of the program or the extensions around the station
    whole_transactions: bool = False  # as of `CsmsOnline`, until the CSMS is first connected


# ---------------------------------------------------------------- durable records


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
        if self.ending is not None or self.silent:
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
    | Acceptance
    | FirmwareMark
    | PreviousPassword
    | ClockAnchor
    | NetworkProfile
    | NetworkStanding
)
