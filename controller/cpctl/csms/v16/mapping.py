"""The words of OCPP 1.6 for the core's, and its numbering of connectors."""

from __future__ import annotations

from collections.abc import Sequence

from cpctl.clock import ms_from_utc
from cpctl.core.faults import FAULTS
from cpctl.core.model import ConnectorStatus, IdToken, IdTokenType, StopReason, TokenInfo, TokenStatus
from cpctl.core.settings import EvseSettings
from cpctl.csms.frames import Payload
from cpctl.csms.words import moment

MAX_ID_TAG = 20
NO_ERROR = "NoError"

_REASONS: dict[StopReason, str] = {
    StopReason.DE_AUTHORIZED: "DeAuthorized",
    StopReason.EMERGENCY_STOP: "EmergencyStop",
    StopReason.EV_DISCONNECTED: "EVDisconnected",
    StopReason.HARD_RESET: "HardReset",
    StopReason.LOCAL: "Local",
    StopReason.OTHER: "Other",
    StopReason.POWER_LOSS: "PowerLoss",
    StopReason.REBOOT: "Reboot",
    StopReason.REMOTE: "Remote",
    StopReason.SOFT_RESET: "SoftReset",
    StopReason.UNLOCK_COMMAND: "UnlockCommand",
    # 1.6 has no words of its own for these.
    StopReason.GROUND_FAULT: "Other",
    StopReason.MASTER_PASS: "Local",
    StopReason.OVERCURRENT_FAULT: "Other",
    StopReason.STOPPED_BY_EV: "EVDisconnected",
    StopReason.TIMEOUT: "Other",
    StopReason.ENERGY_LIMIT: "Other",
    StopReason.TIME_LIMIT: "Other",
    StopReason.FAULT: "Other",
}

_TOKEN_STATUS: dict[str, TokenStatus] = {
    "Accepted": TokenStatus.ACCEPTED,
    "Blocked": TokenStatus.BLOCKED,
    "Expired": TokenStatus.EXPIRED,
    "Invalid": TokenStatus.INVALID,
    "ConcurrentTx": TokenStatus.CONCURRENT_TX,
}

# The main controller has no vehicle: of a connector's states only these are left to it (1.6, 4.9).
_STATION_STATUS = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED})

# ChargePointErrorCode without NoError (7.6).
_ERROR_CODES = frozenset(
    {
        "ConnectorLockFailure",
        "EVCommunicationError",
        "GroundFailure",
        "HighTemperature",
        "InternalError",
        "LocalListConflict",
        "OtherError",
        "OverCurrentFailure",
        "OverVoltage",
        "PowerMeterFailure",
        "PowerSwitchFailure",
        "ReaderFailure",
        "ResetFailure",
        "UnderVoltage",
        "WeakSignal",
    }
)

_FAULTS = {fault.name: fault for fault in FAULTS}

# This error code is a warning, and is only for these (1.6, 4.9).
_OF_THE_VEHICLE = "EVCommunicationError"
_VEHICLE_STATUS = frozenset({"Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing"})


def reason(value: StopReason) -> str:
    """Name why a transaction ended."""
    return _REASONS[value]


def status(value: ConnectorStatus, connector_id: int) -> str:
    """Name a status; for connector 0 only the three that it can have."""
    if connector_id == 0 and value not in _STATION_STATUS:
        return ConnectorStatus.AVAILABLE.value
    return value.value


def error_code(fault: str | None, status: str) -> tuple[str, str]:
    """Name a fault of the catalogue, told with a status: ChargePointErrorCode and our own code for it."""
    if fault is None:  # what is not of the catalogue is that nobody can say anything of the hardware
        return ("InternalError", "link_dead") if status == "Faulted" else (NO_ERROR, "")
    known = _FAULTS.get(fault)
    if known is None:  # a name of the program's that the station is embedded in
        return fault if fault in _ERROR_CODES else "OtherError", fault[:50]
    code = "OtherError" if known.error_code == _OF_THE_VEHICLE and status not in _VEHICLE_STATUS else known.error_code
    return code, known.code


def token_info(fields: Payload) -> TokenInfo:
    """Read an idTagInfo."""
    expires = moment(fields.get("expiryDate"))
    parent = fields.get("parentIdTag")
    return TokenInfo(
        status=_TOKEN_STATUS.get(fields.get("status", ""), TokenStatus.INVALID),
        group=IdToken(parent, IdTokenType.CENTRAL) if parent else None,
        expires_utc_ms=ms_from_utc(expires) if expires else None,
    )


class Connectors:
    """1.6 numbers connectors 1..n through all EVSEs; 0 is the station (1.6, 3.8)."""

    def __init__(self, evses: Sequence[EvseSettings]) -> None:
        places = [(evse.id, connector.id) for evse in evses for connector in evse.connectors]
        self._place = dict(enumerate(places, start=1))
        self._number = {place: number for number, place in self._place.items()}

    def __len__(self) -> int:
        return len(self._place)

    def evses(self) -> frozenset[int]:
        """Return the EVSEs that have connectors."""
        return frozenset(evse for evse, _ in self._number)

    def number(self, evse: int, connector: int) -> int:
        """Return the number of a connector; 0 for evse 0. An EVSE that the configuration no longer has is told by its own number."""
        return 0 if evse == 0 else self._number.get((evse, connector), evse)

    def place(self, number: int) -> tuple[int, int] | None:
        """(evse, connector) of a number; None if there is none."""
        return self._place.get(number)
