"""The configuration keys of OCPP 1.6 and what they are called inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cpctl.core.model import TxPoint
from cpctl.core.ports import StationView
from cpctl.core.settings import EvseSettings
from cpctl.core.variable_definition import Definition, Mutability
from cpctl.core.variable_table import definitions

MAX_KEYS = 128  # asked for in one GetConfiguration
MAX_VALUE = 500  # characters of a value on the wire
PROFILES = ("Core", "RemoteTrigger")

# Keys of the standard and the variable that each stands for.
VARIABLES: dict[str, str] = {
    "AllowOfflineTxForUnknownId": "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    "AuthorizationCacheEnabled": "AuthCacheCtrlr.Enabled",
    "AuthorizationKey": "SecurityCtrlr.BasicAuthPassword",
    "AuthorizeRemoteTxRequests": "AuthCtrlr.AuthorizeRemoteStart",
    "ClockAlignedDataInterval": "AlignedDataCtrlr.Interval",
    "ConnectionTimeOut": "TxCtrlr.EVConnectionTimeOut",
    "ConnectorPhaseRotation": "CustomizationCtrlr.ConnectorPhaseRotation",
    "HeartbeatInterval": "OCPPCommCtrlr.HeartbeatInterval",
    "LocalAuthorizeOffline": "AuthCtrlr.LocalAuthorizeOffline",
    "LocalPreAuthorize": "AuthCtrlr.LocalPreAuthorize",
    "MaxEnergyOnInvalidId": "TxCtrlr.MaxEnergyOnInvalidId",
    "MessageTimeout": "CustomizationCtrlr.MessageTimeout",  # errata, 3.83
    "MeterValueSampleInterval": "SampledDataCtrlr.TxUpdatedInterval",
    "MeterValuesAlignedData": "AlignedDataCtrlr.Measurands",
    "MeterValuesSampledData": "SampledDataCtrlr.TxUpdatedMeasurands",
    "MinimumStatusDuration": "ChargingStation.MinimumStatusDuration",
    "NumberOfConnectors": "ChargingStation.ConnectorCount",
    "ResetRetries": "OCPPCommCtrlr.ResetRetries",
    "StopTransactionMaxMeterValues": "SampledDataCtrlr.TxEndedMaxSamples",  # errata, 3.91
    "StopTransactionOnEVSideDisconnect": "TxCtrlr.StopTxOnEVSideDisconnect",
    "StopTransactionOnInvalidId": "TxCtrlr.StopTxOnInvalidId",
    "StopTxnAlignedData": "AlignedDataCtrlr.TxEndedMeasurands",
    "StopTxnSampledData": "SampledDataCtrlr.TxEndedMeasurands",
    "TransactionMessageAttempts": "OCPPCommCtrlr.MessageAttempts[TransactionEvent]",
    "TransactionMessageRetryInterval": "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",
    "UnlockConnectorOnEVSideDisconnect": "OCPPCommCtrlr.UnlockOnEVSideDisconnect",
    "WebSocketPingInterval": "OCPPCommCtrlr.WebSocketPingInterval",
    # Ours: 1.6 has no key for them.
    "AuthorizationTimeout": "AuthCtrlr.AuthorizationTimeout",
    "CurrentLimit": "ChargingStation.CurrentLimit",
    "FreeVendActive": "AuthCtrlr.FreeVendActive",
    "FreeVendIdTag": "AuthCtrlr.FreeVendIdTag",
    "OutboxCapacity": "OCPPCommCtrlr.OutboxCapacity",
    "PreBootTransactions": "TxCtrlr.TxBeforeAcceptedEnabled",
    "RetryBackOffRandomRange": "OCPPCommCtrlr.RetryBackOffRandomRange",
    "RetryBackOffRepeatTimes": "OCPPCommCtrlr.RetryBackOffRepeatTimes",
    "RetryBackOffWaitMinimum": "OCPPCommCtrlr.RetryBackOffWaitMinimum",
    "SiteCurrentLimit": "ChargingStation.SiteCurrentLimit",
    "SilentOfflineTransactions": "TxCtrlr.SilentOfflineTransactions",
    "TxStartOnPowerPathClosed": "TxCtrlr.TxStartPoint",
}

# Keys that show their variable in words of their own: by its values what the key says, and by what is said of the key the value.
_SHOWN: dict[str, dict[str, str]] = {"TxStartOnPowerPathClosed": {TxPoint.ENERGY_TRANSFER: "true"}}
_SAID: dict[str, dict[str, str]] = {"TxStartOnPowerPathClosed": {"true": TxPoint.ENERGY_TRANSFER, "false": TxPoint.POWER_PATH_CLOSED}}
_ELSE_SHOWN = "false"

# Keys that tell how many members the list of another may have.
_LISTS = ("ConnectorPhaseRotation", "MeterValuesAlignedData", "MeterValuesSampledData", "StopTxnAlignedData", "StopTxnSampledData")


def setting_of(key: str, value: str) -> tuple[str, str] | None:
    """Name the variable behind a key, and the value that it gets by this value of the key: one that it refuses where the key can't hold it. None if there is none."""
    spelled = _SPELLED.get(key.casefold(), "")
    if spelled not in VARIABLES:
        return None
    return VARIABLES[spelled], _SAID[spelled].get(value.strip().casefold(), "") if spelled in _SAID else value


_SPELLED = {key.casefold(): key for key in VARIABLES}


@dataclass(frozen=True, slots=True)
class Entry:
    """A configuration key as GetConfiguration shows it; one that can only be written has no value."""

    key: str
    value: str | None
    read_only: bool


class Keys:
    """All configuration keys of a station. Keys compare without regard to case (CiString)."""

    def __init__(self, view: StationView, evses: Sequence[EvseSettings], security_profile: int, own: Iterable[Definition] = ()) -> None:
        own = tuple(own)
        self._view = view
        self._table = {definition.name: definition for definition in definitions(evses, own)}
        self._own = {definition.key: definition.name for definition in own if definition.key}
        self._fixed = {**self._wire_limits(), "SecurityProfile": str(security_profile)}
        self._names = {key.casefold(): key for key in sorted((*VARIABLES, *self._fixed, *self._own))}

    def __iter__(self) -> Iterator[Entry]:
        """Yield all keys there are, by name."""
        for key in self._names.values():
            yield self._read(key)

    def find(self, name: str) -> Entry | None:
        """Find a key; None if there is no such key here."""
        key = self._names.get(name.casefold())
        return self._read(key) if key else None

    def setting(self, key: str, value: str) -> tuple[str, str] | None:
        """Name the variable behind a key, and the value that it gets by this value of the key; None if there is none."""
        return (self._own[key], value) if key in self._own else setting_of(key, value)

    def _read(self, key: str) -> Entry:
        if key in self._fixed:
            return Entry(key, self._fixed[key], True)
        definition = self._table[self._own.get(key) or VARIABLES[key]]
        if definition.mutability is Mutability.WRITE_ONLY:
            return Entry(key, None, False)
        value = self._view.variable(definition.name)
        shown = _SHOWN[key].get(value, _ELSE_SHOWN) if key in _SHOWN else value
        return Entry(key, shown[:MAX_VALUE], definition.mutability is Mutability.READ_ONLY)

    def _wire_limits(self) -> dict[str, str]:
        """Return what 1.6 alone asks for: what this adapter can take and serves, and how long lists may be."""
        return {
            **{f"{key}MaxLength": str(self._table[VARIABLES[key]].max_members) for key in _LISTS},
            "GetConfigurationMaxKeys": str(MAX_KEYS),
            "SupportedFeatureProfiles": ",".join(PROFILES),
            "SupportedFeatureProfilesMaxLength": str(len(PROFILES)),
        }
