"""Values that every part of the station speaks in: time, tokens, pilot, measurements, states.

Units are integers: mA, mV, mW, mWh, ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
