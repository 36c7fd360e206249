"""A lean CSMS for measurements: bare websockets and JSON, so that little of what is measured is its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ID = "BENCH"
VERSIONS = ("1.6", "2.0.1")
_CALL, _RESULT = 2, 3
_SPOKEN = [Subprotocol(f"ocpp{version}") for version in VERSIONS]

Payload = dict[str, Any]


class LeanCsms:
    """Takes one charge point, accepts everything. While `silent`, its CALLs are kept and answered when `answer_kept` is called."""

    def __init__(self) -> None:
        self.silent = False
        self.heard: Counter[str] = Counter()
        self.booted_ns: asyncio.Future[int] | None = None  # takes the time of the next accepted boot
        self.on_start: Callable[[int, int], None] = lambda connector, transaction: None
        self._kept: list[str] = []
        self._connection: ServerConnection | None = None
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._number = 0
        self._server: Server | None = None

    async def start(self) -> str:
        """Listen; return the URL."""
        self._server = await serve(self._serve, "127.0.0.1", 0, subprotocols=_SPOKEN, compression=None, ping_interval=None)
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ocpp"

    async def stop(self) -> None:
        """Close."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def kept(self) -> int:
        """How many CALLs wait for their answer."""
        return len(self._kept)

    async def answer_kept(self) -> None:
        """End the silence."""
        self.silent = False
        kept, self._kept = self._kept, []
        for text in kept:
            await self._answer(text)

    async def send(self, action: str, payload: Payload) -> tuple[int, asyncio.Future[Payload]]:
        """Send a CALL; return when, and what will be its answer."""
        assert self._connection is not None, "no charge point is connected"  # noqa: S101
        self._number += 1
        id = f"c{self._number}"
        self._waiting[id] = asyncio.get_running_loop().create_future()
        text = json.dumps((_CALL, id, action, payload))
        sent_ns = time.monotonic_ns()
        await self._connection.send(text)
        return sent_ns, self._waiting[id]

    async def _serve(self, connection: ServerConnection) -> None:
        self._connection = connection
        try:
            async for text in connection:
                await self._take(str(text))
        except ConnectionClosed:
            pass

    async def _take(self, text: str) -> None:
        frame = json.loads(text)
        if frame[0] != _CALL:
            answer = self._waiting.pop(frame[1], None)
            if answer is not None:
                answer.set_result(frame[2] if frame[0] == _RESULT else {"error": frame[2:]})
            return
        self.heard[frame[2]] += 1
        if self.silent:
            self._kept.append(text)
        else:
            await self._answer(text)

    async def _answer(self, text: str) -> None:
        _, id, action, payload = json.loads(text)
        answer: Payload = {}
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        match action:
            case "BootNotification":
                answer = {"status": "Accepted", "currentTime": now, "interval": 300}
            case "Heartbeat":
                answer = {"currentTime": now}
            case "StartTransaction":
                self._number += 1
                answer = {"transactionId": self._number, "idTagInfo": {"status": "Accepted"}}
            case "Authorize":
                answer = {"idTagInfo" if "idTag" in payload else "idTokenInfo": {"status": "Accepted"}}
        assert self._connection is not None  # noqa: S101  # it has just spoken
        await self._connection.send(json.dumps((_RESULT, id, answer)))
        if action == "BootNotification" and self.booted_ns is not None and not self.booted_ns.done():
            self.booted_ns.set_result(time.monotonic_ns())
        elif action == "StartTransaction":
            self.on_start(payload["connectorId"], answer["transactionId"])
