"""The words of OCPP 2.0.1 and 2.1 for the core's, and back."""

from __future__ import annotations

from collections.abc import Sequence

from cpctl.clock import ms_from_utc
from cpctl.core.model import ConnectorStatus, IdToken, IdTokenType, StopReason, TokenInfo, TokenStatus
from cpctl.core.outputs import ConnectorStatusChanged
from cpctl.core.settings import EvseSettings
from cpctl.csms.frames import Payload
from cpctl.csms.words import moment

MAX_REASON_CODE = 20
MAX_ADDITIONAL_INFO = 512

# The standard has no words of its own for what stands here; all else is called as it calls it.
_REASONS: dict[StopReason, str] = {
    StopReason.HARD_RESET: "ImmediateReset",
    StopReason.SOFT_RESET: "ImmediateReset",
    StopReason.UNLOCK_COMMAND: "Remote",
    StopReason.FAULT: "Other",
}

_PLACELESS = frozenset({ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE, ConnectorStatus.RESERVED})


def reason(value: StopReason) -> str:
    """Name why a transaction ended (ReasonEnumType)."""
    return _REASONS.get(value, value.value)


def connector_status(event: ConnectorStatusChanged) -> str:
    """Name a status (ConnectorStatusEnumType; G01): a connector that is neither broken nor out of service is taken by a vehicle or free."""
    if event.status in _PLACELESS:
        return event.status.value
    return "Occupied" if event.plugged else "Available"


def id_token(token: IdToken) -> Payload:
    """Write an IdTokenType."""
    return {"idToken": token.value, "type": token.type.value}


def read_id_token(fields: Payload) -> IdToken | None:
    """Read an IdTokenType; None for one of a type that this station does not know, as 2.1 allows any."""
    kind = _TYPES.get(fields["type"].casefold())
    return None if kind is None else IdToken(fields["idToken"], kind)


_TYPES = {kind.value.casefold(): kind for kind in IdTokenType}


def token_info(fields: Payload) -> TokenInfo:
    """Read an IdTokenInfoType. What is to be shown or said to the driver is passed over: there is no display."""
    expires = moment(fields.get("cacheExpiryDateTime"))
    return TokenInfo(
        status=_STATUSES.get(fields["status"], TokenStatus.INVALID),
        group=read_group(fields),
        expires_utc_ms=ms_from_utc(expires) if expires else None,
        evses=tuple(int(evse) for evse in fields.get("evseId", ())),
    )


def read_group(fields: Payload) -> IdToken | None:
    """Read a groupIdToken, of whatever type; one of no characters is none, or all who have it could end each other's transactions."""
    group = fields.get("groupIdToken")
    if group is None or not group["idToken"]:
        return None
    return read_id_token(group) or IdToken(group["idToken"], IdTokenType.CENTRAL)


_STATUSES = {status.value: status for status in TokenStatus}


def refused(reason_code: str, text: str = "", status: str = "Rejected") -> Payload:
    """Write an answer that refuses, with the reason code of the standard's appendix."""
    return {"status": status, "statusInfo": status_info(reason_code, text)}


def status_info(reason_code: str, text: str = "") -> Payload:
    """Write a StatusInfoType."""
    info: Payload = {"reasonCode": reason_code[:MAX_REASON_CODE]}
    if text:
        info["additionalInfo"] = text[:MAX_ADDITIONAL_INFO]
    return info


def overloaded() -> Payload:
    """Write an answer that refuses because too much that was asked for is still to be sent."""
    return refused("Unspecified", "too much that was asked for is still on its way")


class Places:
    """The EVSEs and connectors that there are."""

    def __init__(self, evses: Sequence[EvseSettings]) -> None:
        self._connectors = {evse.id: frozenset(connector.id for connector in evse.connectors) for evse in evses}

    def evses(self) -> frozenset[int]:
        """Return all EVSEs."""
        return frozenset(self._connectors)

    def known(self, evse: int, connector: int | None = None) -> bool:
        """Tell whether there is such an EVSE, and such a connector on it where one is named."""
        return evse in self._connectors and (connector is None or connector in self._connectors[evse])
