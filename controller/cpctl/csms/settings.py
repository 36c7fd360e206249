"""What the CSMS side is told by the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from cpctl.core.variables_csms import CONFIGURED_SLOT

from .errors import UrlUnusable


@dataclass(frozen=True, slots=True)
class CsmsSettings:
    """Where the CSMS is, who we are to it, and how we talk; fixed for a run.

    `versions` in order of preference. `security_profile` (OCPP 1.6 security whitepaper; 0 is 1.6's own): 0 no password, with or without TLS;
    1 a password; 2 a password over TLS; 3 TLS with a certificate of our own.
    """

    url: str
    id: str
    versions: tuple[str, ...] = ("1.6",)
    security_profile: int = 0
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    vendor: str = "Example"
    model: str = "Charge point"
    serial: str | None = None
    firmware_version: str | None = None
    boot_reason: str = "PowerUp"  # why this run has begun, as 2.0.1 calls it (BootReasonEnumType)
    box_serial: str = ""
    meter_type: str = ""
    meter_serial: str = ""
    iccid: str = ""
    imsi: str = ""
    slot: int = CONFIGURED_SLOT  # of the network profile that this is
    message_timeout_s: int | None = None  # where the profile has one of its own
    open_timeout_s: float = 20.0  # for the opening handshake, TLS included
    pong_timeout_s: float = 20.0

    @property
    def endpoint(self) -> str:
        """The connection URL: the configured one with the percent-encoded id appended (OCPP-J 1.6, 3.1.1)."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise UrlUnusable(self.url)
        path = f"{parts.path.rstrip('/')}/{quote(self.id, safe='')}"
        return parts._replace(path=path, fragment="").geturl()

    @property
    def secure(self) -> bool:
        """True if the URL asks for TLS."""
        return urlsplit(self.url).scheme == "wss"

    @property
    def with_password(self) -> bool:
        """True if the security profile proves who we are by a password."""
        return self.security_profile in (1, 2)
