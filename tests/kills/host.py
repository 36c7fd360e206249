"""`cpctl start --sim` as a process that can be killed with SIGKILL, and the world around it: coprocessor process, CSMS, people."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from tests.whole.words import VERSIONS

import cpctl
from cpctl.errors import ControllerError
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_ledger import Charge
from cpctl.sim.process import SimProcess, SimSettings

ID = "CP001"
_LAUNCH = "from cpctl.cli import main; main()"
_HEARD_WITHIN_S = 5.0
# A process that is started gets so long, of our time, until it has heard the coprocessor out.
_HEARING_S = 2.0
_COPROCESSOR_UP_S = 30.0
_LOG_TAIL = 60
# Between two kills, in the charge point's seconds: in the start of the host, and everywhere in a visit.
_UP_S = (0.1, 16.0)


class HostProcess:
    """The controller as a program, in a directory of its own."""

    def __init__(self, directory: Path, arguments: list[str], environment: Mapping[str, str] | None = None) -> None:
        self._directory = directory
        self._arguments = arguments
        self._environment = dict(environment or {})
        self._child: subprocess.Popen[bytes] | None = None
        self.log = directory / "host.log"

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._child.poll() if self._child else None

    def start(self) -> None:
        """Start it, as a user would in a shell."""
        self._directory.mkdir(parents=True, exist_ok=True)
        package = str(Path(cpctl.__file__).parents[1])
        path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH, *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                env={**os.environ, "PYTHONPATH": path, **self._environment},
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it between two instructions."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, as systemd does; return its exit code."""
        return self._end(signal.SIGTERM)

    def tail(self) -> str:
        """Return the last lines of its log, over all its lives."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-_LOG_TAIL:])

    def _end(self, number: signal.Signals) -> int:
        if self._child is None:
            return 0
        with suppress(ProcessLookupError):
            self._child.send_signal(number)
        return self._child.wait(60)


class LocalClient:
    """The local API over its unix socket; a dark station answers with None."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request and return its JSON, whatever the status; None if nobody answers."""
        try:
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(self._socket)), timeout=aiohttp.ClientTimeout(_HEARD_WITHIN_S)) as session,
                session.request(method, f"http://station{path}", json=body) as response,
            ):
                return await response.json()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None


class RealWorld:
    """A world for campaigns whose host is a process. Seconds are the charge point's own, `speed` times shorter than ours."""

    id = ID

    def __init__(
        self, directory: Path, *, evses: int = 1, speed: float = 8.0, seed: int = 1, ocpp: str = "1.6", variables: Mapping[str, object] | None = None
    ) -> None:
        self.evses = evses
        self.words = VERSIONS[ocpp]
        self.hearing_s = _HEARING_S * speed
        self._directory = directory
        self._speed = speed
        self._variables = dict(variables or {})
        self._born_s = time.monotonic()
        state = directory / "state"
        self.database = state / "cpctl.db"
        self.csms = EmbeddedCsms(lambda: datetime.now(UTC), Random(seed))
        self.client = LocalClient(state / "api.sock")
        self._simulator = SimProcess(SimSettings(state / "sim", evses, speed))
        self.plant = self._simulator.plant()
        self.host: HostProcess

    async def __aenter__(self) -> RealWorld:
        url = await self.csms.start()
        config = self._directory / "cpctl.toml"
        config.write_text(self._config(url), encoding="utf-8")
        state = str(self._directory / "state")
        arguments = ["start", "--sim", "--speed", f"{self._speed:g}", "--config", str(config), "--state", state, "--api", "127.0.0.1:0"]
        self.host = HostProcess(self._directory, arguments)
        await self.start()
        await self._plant_up()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.host.kill()
        await self.plant.close()
        await self._simulator.stop()
        await self.csms.stop()

    # ------------------------------------------------------------ Scene

    async def look(self, evse: int) -> Mapping[str, Any] | None:
        """Look at the display; None while it is dark."""
        seen = await self.client.ask("GET", f"/api/v1/evses/{evse}")
        return seen if isinstance(seen, dict) and "session" in seen else None

    async def tap(self, evse: int, tag: str) -> None:
        """Hold a token to the reader."""
        await self.client.ask("POST", f"/api/v1/evses/{evse}/token", {"id_token": tag, "type": "ISO14443"})

    async def call(self, action: str, payload: Mapping[str, Any]) -> None:
        """Send a CALL from the CSMS."""
        with suppress(ControllerError):
            await self.csms.call(ID, action, dict(payload), timeout_s=_HEARD_WITHIN_S)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds / self._speed)

    def now(self) -> float:
        """Return the time."""
        return (time.monotonic() - self._born_s) * self._speed

    def date(self, at: float) -> datetime | None:
        """Return nothing: the charge point's clock runs faster."""

    def charges(self) -> list[Charge]:
        """Return what the CSMS knows."""
        return self.csms.ledger.charges

    # ------------------------------------------------------------ World

    async def fell(self, random: Random, *, host: bool) -> None:
        """Wait for a random instant, and kill the host with SIGKILL then if it is to be."""
        await self.sleep(random.uniform(*_UP_S))
        if not host:
            return
        assert self.host.alive, f"the host ended by itself with {self.host.code}"
        await asyncio.to_thread(self.host.kill)

    async def start(self) -> None:
        """Start the host."""
        await asyncio.to_thread(self.host.start)

    async def network(self, up: bool) -> None:
        """Let the CSMS be reachable, or not."""
        await self.csms.set_up(up)

    async def idle(self) -> bool:
        """Tell whether the host lives, has nothing left to tell, and every EVSE is available."""
        status = await self.client.ask("GET", "/api/v1/status")
        if status is None or status["csms"]["queued"] or any(charge.stop is None for charge in self.charges()):
            return False
        return all(evse["status"] == "Available" for evse in status["evses"])

    # ------------------------------------------------------------ helpers

    async def _plant_up(self) -> None:
        """Wait until the first host has made the world, and the store."""
        async with asyncio.timeout(_COPROCESSOR_UP_S):
            while True:
                with suppress(ControllerError):
                    await self.plant.open()
                    await self.plant.ask(1)
                    if self.database.exists():
                        return
                await asyncio.sleep(0.05)

    def _config(self, url: str) -> str:
        evses = "".join(f"[[evse]]\nid = {number}\n" for number in range(1, self.evses + 1))
        initial = "".join(
            f"{json.dumps(name)} = {str(value).lower() if isinstance(value, bool) else value}\n" for name, value in self._variables.items()
        )
        return f"""
[station]
vendor = "Test"
model = "Real"
[csms]
url = "{url}"
id = "{ID}"
versions = ["{self.words.version}"]
[coprocessor]
port = "sim"
board = "sim"
{evses}
[ocpp.initial]
{initial}
"""
