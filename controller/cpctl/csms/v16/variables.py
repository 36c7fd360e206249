"""The configuration keys of OCPP 1.6 and what they are called inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cpctl.core.model import EvseSettings
from cpctl.core.ports import StationView
from cpctl.core.variable_table import MEASURED

MAX_KEYS = 128  # asked for in one GetConfiguration
MAX_VALUE = 500  # characters of a value on the wire
PROFILES = ("Core", "RemoteTrigger")

# Keys of the standard and the variable that each stands for.
VARIABLES: dict[str, str] = {
    "AllowOfflineTxForUnknownId": "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    "AuthorizationCacheEnabled": "AuthCacheCtrlr.Enabled",
    "AuthorizeRemoteTxRequests": "AuthCtrlr.AuthorizeRemoteStart",
    "ClockAlignedDataInterval": "AlignedDataCtrlr.Interval",
    "ConnectionTimeOut": "TxCtrlr.EVConnectionTimeOut",
    "HeartbeatInterval": "OCPPCommCtrlr.HeartbeatInterval",
    "LocalAuthorizeOffline": "AuthCtrlr.LocalAuthorizeOffline",
    "LocalPreAuthorize": "AuthCtrlr.LocalPreAuthorize",
    "MaxEnergyOnInvalidId": "TxCtrlr.MaxEnergyOnInvalidId",
    "MeterValueSampleInterval": "SampledDataCtrlr.TxUpdatedInterval",
    "MeterValuesAlignedData": "AlignedDataCtrlr.Measurands",
    "MeterValuesSampledData": "SampledDataCtrlr.TxUpdatedMeasurands",
    "MinimumStatusDuration": "ChargingStation.MinimumStatusDuration",
    "ResetRetries": "OCPPCommCtrlr.ResetRetries",
    "StopTransactionOnEVSideDisconnect": "TxCtrlr.StopTxOnEVSideDisconnect",
    "StopTransactionOnInvalidId": "TxCtrlr.StopTxOnInvalidId",
    "StopTxnAlignedData": "AlignedDataCtrlr.TxEndedMeasurands",
    "StopTxnSampledData": "SampledDataCtrlr.TxEndedMeasurands",
    "TransactionMessageAttempts": "OCPPCommCtrlr.MessageAttempts",
    "TransactionMessageRetryInterval": "OCPPCommCtrlr.MessageAttemptInterval",
    "UnlockConnectorOnEVSideDisconnect": "OCPPCommCtrlr.UnlockOnEVSideDisconnect",
    "WebSocketPingInterval": "OCPPCommCtrlr.WebSocketPingInterval",
    # Ours: 1.6 has no key for them.
    "CurrentLimit": "ChargingStation.CurrentLimit",
    "MessageTimeout": "OCPPCommCtrlr.MessageTimeout",
    "OutboxCapacity": "OCPPCommCtrlr.OutboxCapacity",
    "RetryBackOffRandomRange": "OCPPCommCtrlr.RetryBackOffRandomRange",
    "RetryBackOffRepeatTimes": "OCPPCommCtrlr.RetryBackOffRepeatTimes",
    "RetryBackOffWaitMinimum": "OCPPCommCtrlr.RetryBackOffWaitMinimum",
    "SilentOfflineTransactions": "TxCtrlr.SilentOfflineTransactions",
}

# Keys that hold a list of measurands; each may hold all that there are.
_LISTS = ("MeterValuesAlignedData", "MeterValuesSampledData", "StopTxnAlignedData", "StopTxnSampledData")


def variable_of(key: str) -> str | None:
    """Name of the variable behind a key, whatever its case; None if it has none."""
    return VARIABLES.get(_SPELLED.get(key.casefold(), ""))


_SPELLED = {key.casefold(): key for key in VARIABLES}


@dataclass(frozen=True, slots=True)
class Entry:
    """A configuration key as GetConfiguration shows it."""

    key: str
    value: str
    read_only: bool


class Keys:
    """All configuration keys of a station. Keys compare without regard to case (CiString)."""

    def __init__(self, view: StationView, evses: Sequence[EvseSettings]) -> None:
        self._view = view
        self._fixed = _fixed(evses)
        self._names = {key.casefold(): key for key in sorted((*VARIABLES, *self._fixed))}

    def __iter__(self) -> Iterator[Entry]:
        """Yield all keys there are, by name."""
        for key in self._names.values():
            yield self._read(key)

    def find(self, name: str) -> Entry | None:
        """Find a key; None if there is no such key here."""
        key = self._names.get(name.casefold())
        return self._read(key) if key else None

    def _read(self, key: str) -> Entry:
        if key in self._fixed:
            return Entry(key, self._fixed[key], True)
        return Entry(key, self._view.variable(VARIABLES[key])[:MAX_VALUE], False)


def _fixed(evses: Sequence[EvseSettings]) -> dict[str, str]:
    """Return what follows from how the station is built."""
    phases = [evse.phases for evse in evses for _ in evse.connectors]
    rotation = [f"{number}.{'RST' if count == 3 else 'NotApplicable'}" for number, count in enumerate(phases, start=1)]
    return {
        **{f"{key}MaxLength": str(len(MEASURED)) for key in _LISTS},
        "ConnectorPhaseRotation": ",".join(rotation),
        "ConnectorPhaseRotationMaxLength": str(len(phases) + 1),
        "GetConfigurationMaxKeys": str(MAX_KEYS),
        "NumberOfConnectors": str(len(phases)),
        "SupportedFeatureProfiles": ",".join(PROFILES),
        "SupportedFeatureProfilesMaxLength": str(len(PROFILES)),
    }
