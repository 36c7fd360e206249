"""The station's variables that steer the talk with the CSMS, read when they are needed so that a change counts at once."""

from __future__ import annotations

from collections.abc import Callable

from cpctl.core.ports import StationView

from .settings import CsmsSettings

HEARTBEAT_INTERVAL = "OCPPCommCtrlr.HeartbeatInterval"
PING_INTERVAL = "OCPPCommCtrlr.WebSocketPingInterval"
PASSWORD = "SecurityCtrlr.BasicAuthPassword"


class Tunables:
    """Typed access to them; seconds and counts."""

    def __init__(self, view: StationView, profile: Callable[[], CsmsSettings | None] = lambda: None) -> None:
        """Read from the station; the network profile in use may have a time-out of its own."""
        self._view = view
        self._profile = profile

    def heartbeat_s(self) -> int:
        """Silence after which a heartbeat is sent."""
        return self._number(HEARTBEAT_INTERVAL)

    def ping_s(self) -> int:
        """Time between pings; 0: none."""
        return self._number(PING_INTERVAL)

    def password(self) -> str:
        """Return the password that the CSMS has set last; empty if it never did."""
        return self._view.variable(PASSWORD)

    def previous_password(self) -> str:
        """Return the one before it, while the CSMS has not accepted the last one; empty if there is none."""
        return self._view.previous_password()

    def offline_threshold_s(self) -> int:
        """How long an outage may be after which the CSMS is told only what changed (2.0.1, B04)."""
        return self._number("OCPPCommCtrlr.OfflineThreshold")

    def message_timeout_s(self, profile: CsmsSettings | None = None) -> int:
        """How long an answer may take, with the network profile in use, or this one."""
        used = profile or self._profile()
        own_s = used.message_timeout_s if used else None
        return own_s or self._number("CustomizationCtrlr.MessageTimeout")

    def message_attempts(self) -> int:
        """How often a transaction's message may fail before it is given up."""
        return self._number("OCPPCommCtrlr.MessageAttempts[TransactionEvent]")

    def message_attempt_interval_s(self) -> int:
        """Wait so long after its first failure, and n times as long after the n-th."""
        return self._number("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]")

    def profile_attempts(self) -> int:
        """How often a network profile is tried before the next."""
        return self._number("OCPPCommCtrlr.NetworkProfileConnectionAttempts")

    def back_off(self) -> tuple[int, int, int]:
        """Minimum wait, random range, number of doublings."""
        return (
            self._number("OCPPCommCtrlr.RetryBackOffWaitMinimum"),
            self._number("OCPPCommCtrlr.RetryBackOffRandomRange"),
            self._number("OCPPCommCtrlr.RetryBackOffRepeatTimes"),
        )

    def _number(self, name: str) -> int:
        return int(self._view.variable(name))
