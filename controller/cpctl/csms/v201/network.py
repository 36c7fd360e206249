"""Network profiles, as the CSMS sets them (B09); their order is a variable (B10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cpctl.config import websocket_trouble
from cpctl.core.inputs import SetNetworkProfile
from cpctl.core.outputs import Outcome, ProfileOutcome
from cpctl.csms.adapter import Context
from cpctl.csms.dialect import Handler
from cpctl.csms.frames import Payload
from cpctl.errors import ControllerError

from .mapping import refused

LONGEST_TIMEOUT_S: Final = 600
PROFILES: Final = range(4)

# What of the standard's names for versions we speak.
_VERSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "OCPP16": ("1.6",),
    "OCPP20": ("2.0.1", "2.1"),
    "OCPP201": ("2.0.1",),
    "OCPP21": ("2.1",),
}

# The host's own network carries everything: there is no modem, no VPN and no second identity here that could be told of these.
_UNSUPPORTED: Final = ("apn", "vpn", "identity", "basicAuthPassword")

# Reason codes of the errata (2025-09, 2.11).
_INVALID: Final = "InvalidNetworkConf"
_REASONS: Final[Mapping[Outcome, str]] = {
    ProfileOutcome.UNKNOWN_SLOT: "InvalidConfSlot",
    ProfileOutcome.IN_USE: "InvalidConfSlot",
    ProfileOutcome.DOWNGRADE: "NoSecurityDowngrade",
}


def table(context: Context) -> Mapping[str, Handler]:
    """Return this handler by its action."""
    return {"SetNetworkProfile": Profiles(context).set}


class Profiles:
    """Serves SetNetworkProfile."""

    def __init__(self, context: Context) -> None:
        self._inbox = context.inbox

    async def set(self, call: Payload) -> Payload:
        """SetNetworkProfile (B09): which interface leads to the CSMS is the host's to know, so any is taken."""
        data = call["connectionData"]
        for name in _UNSUPPORTED:
            if name in data:
                return refused("UnsupportedParam", f"{name} cannot be set here.")
        if trouble := _trouble(data):
            return refused(_INVALID, trouble)
        versions = _VERSIONS[data["ocppVersion"]] if "ocppVersion" in data else ()
        slot, url, profile, timeout_s = call["configurationSlot"], data["ocppCsmsUrl"], data["securityProfile"], data["messageTimeout"]
        try:
            outcome, text = await self._inbox.request(lambda request: SetNetworkProfile(request, slot, url, profile, versions, timeout_s))
        except ControllerError as error:
            return refused("InternalError", error.reason, status="Failed")  # B09.FR.03
        return {"status": "Accepted"} if outcome is ProfileOutcome.ACCEPTED else refused(_REASONS[outcome], text)


def _trouble(data: Payload) -> str:
    """Say what is wrong with a profile in itself; nothing if it may be (B09.FR.02)."""
    url, profile = data["ocppCsmsUrl"], data["securityProfile"]
    if data["ocppTransport"] != "JSON":
        return "Only JSON is spoken."
    if data.get("ocppVersion", "OCPP20") not in _VERSIONS:
        return f"{data['ocppVersion']} is not spoken."
    if profile not in PROFILES:
        return "There are the security profiles 1 to 3."
    if not 1 <= data["messageTimeout"] <= LONGEST_TIMEOUT_S:
        return f"A message may take 1 to {LONGEST_TIMEOUT_S} s."
    if trouble := websocket_trouble(url):
        return f"The URL {trouble}."
    if profile >= 2 and not url.startswith("wss://"):
        return f"Security profile {profile} needs wss://."
    return "Security profile 1 is for ws://." if profile == 1 and url.startswith("wss://") else ""
