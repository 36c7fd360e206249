"""The far end of a serial line: a pty in raw mode, whose slave the host opens as its port."""

from __future__ import annotations

import os
import tty

_READ = 4096


class Pty:
    """A pty that stays open whoever comes and goes at its slave."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)

    @property
    def path(self) -> str:
        """The port for the host."""
        return os.ttyname(self._slave)

    def read(self) -> bytes:
        """Take what is there."""
        try:
            return os.read(self.master, _READ)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        """Send; what nobody takes is lost, as on a wire."""
        try:
            os.write(self.master, data)
        except BlockingIOError:
            pass
