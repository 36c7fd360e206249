"""Drives `server.mjs`, the independent strict CSMS. Needs a loop in real time: the server is another process."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TIMEOUT_S = 20.0

Payload = dict[str, Any]


def missing() -> str | None:
    """What is needed and not installed; None if all is there."""
    if shutil.which("node") is None:
        return "node is not installed: run scripts/test, which says how"
    if not (FOLDER / "node_modules").is_dir():
        return "ocpp-rpc is not installed: run scripts/test, or npm install --no-package-lock in tests/strict"
    return None


@dataclass(frozen=True, slots=True)
class StrictCall:
    """A CALL that the CSMS received and found valid."""

    identity: str
    action: str
    payload: Payload


class Refused(Exception):
    """The charge point answered a CALL of the CSMS with a CALLERROR, or not at all, or the CSMS's schema refused either side."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class StrictCsms:
    """A running server. `calls`: what it received. `errors`: every frame that either side refused, as told by the server."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Payload]] = {}
        self._next = 1
        self._changed = asyncio.Event()
        self._port = 0
        self._reader = asyncio.get_running_loop().create_task(self._read())
        self.calls: list[StrictCall] = []
        self.errors: list[Payload] = []
        self.connected: set[str] = set()

    @classmethod
    async def start(cls) -> StrictCsms:
        """Start the server and wait until it listens."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec("node", "server.mjs", cwd=FOLDER, stdin=pipe, stdout=pipe)
        csms = cls(process)
        await csms.until(lambda: csms._port != 0)
        return csms

    async def stop(self) -> None:
        """End the server."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(TIMEOUT_S):
            await self._process.wait()
        await self._reader

    @property
    def url(self) -> str:
        """The endpoint; a charge point appends its id."""
        return f"ws://127.0.0.1:{self._port}/ocpp"

    async def send(self, action: str, payload: Payload, identity: str = "CP001") -> Payload:
        """Send a CALL to the charge point and return its answer; `Refused` if that is none."""
        return await self._ask({"op": "send", "identity": identity, "action": action, "payload": payload})

    async def _ask(self, order: dict[str, Any]) -> Payload:
        number, self._next = self._next, self._next + 1
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._order({**order, "n": number})
        try:
            async with asyncio.timeout(TIMEOUT_S + 5):
                return await answer
        finally:
            del self._answers[number]

    def send_text(self, text: str, identity: str = "CP001") -> None:
        """Send anything at all as one message."""
        self._order({"op": "raw", "identity": identity, "text": text})

    async def reply(self, action: str, payload: Payload | None) -> None:
        """Answer CALLs of this action so from now on; None: as usual again."""
        await self._ask({"op": "reply", "action": action, "payload": payload})

    def close(self, identity: str = "CP001") -> None:
        """Close a charge point's connection."""
        self._order({"op": "close", "identity": identity})

    def received(self, action: str) -> list[Payload]:
        """Payloads of an action so far."""
        return [call.payload for call in self.calls if call.action == action]

    async def wait_for(
        self, action: str, *, count: int = 1, where: Callable[[Payload], bool] = lambda _payload: True, timeout_s: float = TIMEOUT_S
    ) -> Payload:
        """Return the payload of the `count`-th CALL of this action that fits, as soon as it has come."""

        def fitting() -> list[Payload]:
            return [payload for payload in self.received(action) if where(payload)]

        await self.until(lambda: len(fitting()) >= count, timeout_s)
        return fitting()[count - 1]

    async def until(self, true: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> None:
        """Wait until something holds of what the server has told."""
        async with asyncio.timeout(timeout_s):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    def _order(self, operation: Payload) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(operation).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self._take(json.loads(line))
            self._changed.set()

    def _take(self, told: Payload) -> None:
        match told:
            case {"event": "listening", "port": port}:
                self._port = port
            case {"event": "connected", "identity": identity}:
                self.connected.add(identity)
            case {"event": "disconnected", "identity": identity}:
                self.connected.discard(identity)
            case {"event": "call", "identity": identity, "action": action, "payload": payload}:
                self.calls.append(StrictCall(identity, action, payload))
            case {"event": "error"}:
                self.errors.append(told)
            case {"event": "answer", "n": number} if future := self._answers.get(number):
                if error := told.get("error"):
                    future.set_exception(Refused(error["code"], error["message"]))
                else:
                    future.set_result(told["payload"])
