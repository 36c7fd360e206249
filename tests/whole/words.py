"""What a CSMS says in each OCPP version, for scenarios that are the same in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import pytest

Said = tuple[str, dict[str, Any]]


class Words(Protocol):
    """CALLs of the CSMS, and the messages of a transaction, in one version's words."""

    version: str
    transaction_messages: tuple[str, ...]

    def remote_start(self, evse: int, tag: str) -> Said:
        """Start a transaction."""

    def remote_stop(self, transaction: int | str) -> Said:
        """Stop the transaction that the CSMS knows by this."""

    def reset(self, immediate: bool) -> Said:
        """Restart the station."""

    def availability(self, evse: int, operative: bool) -> Said:
        """Take an EVSE in or out of service."""

    def variable(self, name: str, value: str) -> Said:
        """Set `Component.Variable`."""

    def status(self, call: dict[str, Any]) -> tuple[int, str]:
        """Return whose status (an EVSE's connector; 0: the station's) a StatusNotification tells, and which."""

    def statuses(self, *connector: str) -> list[str]:
        """Return what is told of a connector that goes through these states with a cable in it."""

    def token(self, call: dict[str, Any]) -> str:
        """Return whose token an Authorize asks about."""

    def model(self, call: dict[str, Any]) -> str:
        """Return the model that a BootNotification names."""


@dataclass(frozen=True, slots=True)
class Words16:
    """OCPP 1.6; stations here have one connector an EVSE, of the same number."""

    version: str = "1.6"
    transaction_messages: tuple[str, ...] = ("StartTransaction", "MeterValues", "StopTransaction")

    def remote_start(self, evse: int, tag: str) -> Said:
        """RemoteStartTransaction."""
        return "RemoteStartTransaction", {"connectorId": evse, "idTag": tag}

    def remote_stop(self, transaction: int | str) -> Said:
        """RemoteStopTransaction."""
        return "RemoteStopTransaction", {"transactionId": transaction}

    def reset(self, immediate: bool) -> Said:
        """Reset."""
        return "Reset", {"type": "Hard" if immediate else "Soft"}

    def availability(self, evse: int, operative: bool) -> Said:
        """ChangeAvailability."""
        return "ChangeAvailability", {"connectorId": evse, "type": "Operative" if operative else "Inoperative"}

    def variable(self, name: str, value: str) -> Said:
        """ChangeConfiguration; the key is one of those that the tests need."""
        return "ChangeConfiguration", {"key": _KEYS[name], "value": value}

    def status(self, call: dict[str, Any]) -> tuple[int, str]:
        """StatusNotification."""
        return call["connectorId"], call["status"]

    def statuses(self, *connector: str) -> list[str]:
        """1.6 has a word for each."""
        return list(connector)

    def token(self, call: dict[str, Any]) -> str:
        """Authorize."""
        return str(call["idTag"])

    def model(self, call: dict[str, Any]) -> str:
        """BootNotification."""
        return str(call["chargePointModel"])


@dataclass(frozen=True, slots=True)
class Words201:
    """OCPP 2.0.1, and 2.1 where it says the same."""

    version: str = "2.0.1"
    transaction_messages: tuple[str, ...] = ("TransactionEvent",)

    def remote_start(self, evse: int, tag: str) -> Said:
        """RequestStartTransaction (F01, F02)."""
        return "RequestStartTransaction", {"evseId": evse, "remoteStartId": 7, "idToken": {"idToken": tag, "type": "ISO14443"}}

    def remote_stop(self, transaction: int | str) -> Said:
        """RequestStopTransaction (F03)."""
        return "RequestStopTransaction", {"transactionId": str(transaction)}

    def reset(self, immediate: bool) -> Said:
        """Reset (B11, B12)."""
        return "Reset", {"type": "Immediate" if immediate else "OnIdle"}

    def availability(self, evse: int, operative: bool) -> Said:
        """ChangeAvailability (G03)."""
        return "ChangeAvailability", {"evse": {"id": evse}, "operationalStatus": "Operative" if operative else "Inoperative"}

    def variable(self, name: str, value: str) -> Said:
        """SetVariables (B05)."""
        component, _, variable = name.partition(".")
        return "SetVariables", {"setVariableData": [{"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}]}

    def status(self, call: dict[str, Any]) -> tuple[int, str]:
        """StatusNotification; of the station there is none."""
        return call["evseId"], call["connectorStatus"]

    def statuses(self, *connector: str) -> list[str]:
        """What is in use is Occupied, once."""
        told = [_CONNECTOR_STATUS.get(state, state) for state in connector]
        return [now for before, now in pairwise([None, *told]) if now is not None and now != before]

    def token(self, call: dict[str, Any]) -> str:
        """Authorize (C01)."""
        return str(call["idToken"]["idToken"])

    def model(self, call: dict[str, Any]) -> str:
        """BootNotification (B01)."""
        return str(call["chargingStation"]["model"])


_CONNECTOR_STATUS = dict.fromkeys(("Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"), "Occupied")

_KEYS: Mapping[str, str] = {
    "ChargingStation.CurrentLimit": "CurrentLimit",
    "ChargingStation.SiteCurrentLimit": "SiteCurrentLimit",
    "SampledDataCtrlr.TxUpdatedInterval": "MeterValueSampleInterval",
}

VERSIONS: Mapping[str, Words] = {"1.6": Words16(), "2.0.1": Words201(), "2.1": Words201(version="2.1")}

in_every_version = pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])
"""A scenario that is one and the same whatever version is spoken: `Rig(..., ocpp=ocpp)`."""
