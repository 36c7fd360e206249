"""The way to a CSMS that has accepted us, as those who send over it see it: there while online, taken away when not."""

from __future__ import annotations

import asyncio
from typing import Protocol

from .adapter import Adapter, Message
from .frames import Payload


class Channel(Protocol):
    """One online connection. Both methods raise ConnectionLost when it is over."""

    @property
    def adapter(self) -> Adapter:
        """The version spoken on it."""

    async def request(self, message: Message) -> Payload:
        """Send a CALL and return its answer; CallRefused, CallTimedOut, CallInvalid, AnswerInvalid if there is none to use."""

    async def probe(self) -> None:
        """Return if the peer is still there: silence is then its choice."""


class Online:
    """The present channel, if any, and a bell for the one sender that waits for it (or for work of its own)."""

    def __init__(self) -> None:
        self.channel: Channel | None = None
        self._bell = asyncio.Event()

    def attach(self, channel: Channel) -> None:
        """We are online."""
        self.channel = channel
        self._bell.set()

    def detach(self, channel: Channel | None = None) -> None:
        """We no longer are (over this channel)."""
        if channel is None or self.channel is channel:
            self.channel = None

    def ring(self) -> None:
        """Wake the sender."""
        self._bell.set()

    async def wait(self) -> None:
        """Wait for the next ring."""
        self._bell.clear()
        await self._bell.wait()
