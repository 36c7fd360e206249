"""What a byte line to the coprocessor is, whatever carries it: a serial port, a simulated coprocessor in this process, a bad cable between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from cpctl.errors import LinkError


class Line(Protocol):
    """An open line."""

    @property
    def writable(self) -> bool:
        """False while the other side takes nothing; what is written then is kept, so write little."""

    def write(self, data: bytes) -> None:
        """Send bytes; never waits, never raises. After the line is lost they go nowhere."""

    async def close(self) -> None:
        """Flush what can be flushed soon, and close; `lost` is not called any more."""


class LineHandler(Protocol):
    """What a line tells its user; all from the event loop."""

    def received(self, data: bytes) -> None:
        """Take bytes that came."""

    def writable_again(self) -> None:
        """Hear that `writable` is true again."""

    def lost(self, error: LinkError) -> None:
        """Hear that the line is gone; nothing more comes."""


#: Opens a line; raises a LinkError that says what to do.
OpenLine = Callable[[LineHandler], Awaitable[Line]]
