"""Tells systemd how we are (sd_notify): a datagram to the socket that it names in the environment, nothing if it names none."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Self

# Systemd's manual asks for twice as often as the limit; a third leaves room for a loop that is late.
_WATCHDOG_SHARE = 3


class Notifier:
    """The service manager's ear. Every method is harmless without systemd; none raises or waits."""

    def __init__(self, address: str | None, watchdog_interval_s: float | None = None) -> None:
        self._address = address
        self._watchdog_interval_s = watchdog_interval_s

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, pid: int | None = None) -> Self:
        """Make one from NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID."""
        env = os.environ if environment is None else environment
        return cls(env.get("NOTIFY_SOCKET") or None, _watchdog_interval(env, os.getpid() if pid is None else pid))

    @property
    def watchdog_interval_s(self) -> float | None:
        """How often `watchdog()` wants to be called; None if there is no watchdog."""
        return self._watchdog_interval_s

    def ready(self, status: str = "") -> bool:
        """Say that the service is up."""
        return self._send("READY=1", status)

    def stopping(self, status: str = "") -> bool:
        """Say that the service ends."""
        return self._send("STOPPING=1", status)

    def status(self, text: str) -> bool:
        """Set the line that `systemctl status` shows."""
        return self._send("", text)

    def watchdog(self) -> bool:
        """Feed the watchdog."""
        return self._send("WATCHDOG=1")

    def _send(self, state: str, status: str = "") -> bool:
        if not self._address:
            return False
        lines = [line for line in (state, f"STATUS={status.splitlines()[0]}" if status else "") if line]
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.setblocking(False)
                sock.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False  # a manager that does not listen must not stop a charge
        return True


def _watchdog_interval(env: Mapping[str, str], pid: int) -> float | None:
    if env.get("WATCHDOG_PID") not in (None, "", str(pid)):
        return None
    try:
        usec = int(env.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return usec / 1e6 / _WATCHDOG_SHARE if usec > 0 else None
