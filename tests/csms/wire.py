"""A message connection in memory, and a dispatcher on it to talk to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from cpctl.csms.dialect import Admission, Dialect, Handler
from cpctl.csms.errors import ConnectionLost
from cpctl.csms.exchange import Exchange
from cpctl.csms.rpc import Rpc
from cpctl.csms.v16.adapter import dialect as dialect_of_1_6


class MemoryWire:
    """What the test puts into `incoming` is received; what is sent is found in `sent`."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.sent: list[Any] = []
        self.blocked: asyncio.Event | None = None

    async def send(self, text: str) -> None:
        if self.blocked:
            await self.blocked.wait()
        self.sent.append(json.loads(text))

    async def recv(self) -> str | bytes:
        text = await self.incoming.get()
        if text is None:
            raise ConnectionLost("the test closed it")
        return text


class Peer:
    """An `Rpc` under test and the hand of its peer."""

    def __init__(
        self,
        handlers: Mapping[str, Handler] | None = None,
        *,
        dialect: Dialect | None = None,
        admit: Callable[[str], Admission] = lambda _action: Admission.HANDLE,
    ) -> None:
        self.wire = MemoryWire()
        self.exchanges: list[Exchange] = []
        self.rpc = Rpc(self.wire, dialect or dialect_of_1_6(), handlers or {}, Random(3), admit=admit, on_exchange=self.exchanges.append)
        self.task = asyncio.get_running_loop().create_task(self.rpc.run())

    def put(self, *frames: object) -> None:
        """Let these frames arrive in one burst; strings as they are, all else as JSON."""
        for frame in frames:
            self.wire.incoming.put_nowait(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        await asyncio.sleep(0.001)

    async def ask(self, *frames: object) -> list[Any]:
        """Let frames arrive and return what was sent since."""
        before = len(self.wire.sent)
        self.put(*frames)
        await self.settle()
        return self.wire.sent[before:]

    async def close(self) -> None:
        """End the connection."""
        self.wire.incoming.put_nowait(None)
        await asyncio.gather(self.task, return_exceptions=True)
