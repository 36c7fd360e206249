"""What the CSMS side contributes to the device model: who we are, how we are and could be connected, what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from cpctl.core.network import NetworkPlan
from cpctl.core.variable_name import VariableName, parse

from .profiles import settings_of
from .settings import CsmsSettings
from .words import date_time

_PROFILE: Final = "NetworkConfiguration"
_VERSIONS: Final = {"1.6": "OCPP16", "2.0.1": "OCPP20", "2.1": "OCPP21"}


class OwnValues:
    """Present values by the variable's name. `settings` are those of the connection in use, or of the next; `configured` the configuration file's."""

    def __init__(
        self,
        configured: CsmsSettings,
        settings: Callable[[], CsmsSettings],
        network: Callable[[], NetworkPlan],
        message_timeout_s: Callable[[CsmsSettings], int],
        date: Callable[[], datetime],
    ) -> None:
        self._configured = configured
        self._network = network
        self._message_timeout_s = message_timeout_s
        self._values: Mapping[str, Callable[[], str]] = {
            "ChargingStation.FirmwareVersion": lambda: settings().firmware_version or "",
            "ChargingStation.Model": lambda: settings().model,
            "ChargingStation.SerialNumber": lambda: settings().serial or "",
            "ChargingStation.VendorName": lambda: settings().vendor,
            "ClockCtrlr.DateTime": lambda: date_time(date()),
            "OCPPCommCtrlr.ActiveNetworkProfile": lambda: str(settings().slot),
            "OCPPCommCtrlr.MessageTimeout[Default]": lambda: str(message_timeout_s(settings())),
            "SecurityCtrlr.CertificateEntries": lambda: str(sum(file is not None for file in (settings().ca_file, settings().cert_file))),
            "SecurityCtrlr.Identity": lambda: settings().id,
            "SecurityCtrlr.SecurityProfile": lambda: str(settings().security_profile),
        }

    def value(self, name: str) -> str | None:
        """Return a present value; None if it is not ours to know."""
        if name.startswith(_PROFILE):
            return self._of_profile(parse(name))
        read = self._values.get(name)
        return None if read is None else read()

    def _of_profile(self, path: VariableName) -> str | None:
        """Return a value of a network profile; None if there is nothing in its slot."""
        found = next((settings_of(self._configured, one) for one in self._network().known if str(one.slot) == path.component.instance), None)
        if found is None:
            return None
        match path.name:
            case "OcppCsmsUrl":
                return found.url
            case "SecurityProfile":
                return str(found.security_profile)
            case "MessageTimeout":
                return str(self._message_timeout_s(found))
            case "OcppVersion":
                return _VERSIONS.get(found.versions[0])
            case _:
                return None
