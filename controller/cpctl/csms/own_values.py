"""What the CSMS side contributes to the device model: who we are, how we are connected, what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from .settings import CsmsSettings
from .words import date_time


class OwnValues:
    """Present values by the variable's name; `settings` are those of the connection in use, or of the next."""

    def __init__(self, settings: Callable[[], CsmsSettings], message_timeout_s: Callable[[], int], date: Callable[[], datetime]) -> None:
        self._values: Mapping[str, Callable[[], str]] = {
            "ChargingStation.FirmwareVersion": lambda: settings().firmware_version or "",
            "ChargingStation.Model": lambda: settings().model,
            "ChargingStation.SerialNumber": lambda: settings().serial or "",
            "ChargingStation.VendorName": lambda: settings().vendor,
            "ClockCtrlr.DateTime": lambda: date_time(date()),
            "OCPPCommCtrlr.ActiveNetworkProfile": lambda: str(settings().slot),
            "OCPPCommCtrlr.MessageTimeout[Default]": lambda: str(message_timeout_s()),
            "SecurityCtrlr.CertificateEntries": lambda: str(sum(file is not None for file in (settings().ca_file, settings().cert_file))),
            "SecurityCtrlr.Identity": lambda: settings().id,
            "SecurityCtrlr.SecurityProfile": lambda: str(settings().security_profile),
        }

    def value(self, name: str) -> str | None:
        """Return a present value; None if it is not ours to know."""
        read = self._values.get(name)
        return None if read is None else read()
