"""A simulated station as a process of its own: the same `cpctl start --sim` that everybody runs, so that power cuts and restarts are real."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cpctl.errors import ServiceUnreachable, SimError

from .client import SOCKET_NAME, Client
from .stage import Stage

# Loading Python, the firmware and the API on a small computer.
_START_S = 60.0
_STOP_S = 30.0
_LAST_LINES = 5
# A station that runs with this state already answers well within this.
_ALREADY_S = 0.05


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to start."""

    config: Path | None
    csms: str | None
    id: str | None
    versions: tuple[str, ...]
    speed: float
    api: str | None

    def arguments(self, state: Path) -> list[str]:
        """Write it as arguments of `cpctl start`."""
        given = {
            "--config": self.config,
            "--csms": self.csms,
            "--id": self.id,
            "--api": self.api or "127.0.0.1:0",
            "--speed": self.speed,
            "--state": state,
        }
        plain = [part for name, value in given.items() if value is not None for part in (name, str(value))]
        return ["start", "--sim", *plain, *(part for version in self.versions for part in ("--ocpp", version))]


class SimulatedStation:
    """Starts the process, waits until it serves, ends it in order. A state directory that was not given lasts as long as the process."""

    def __init__(self, wanted: Wanted, state: Path | None) -> None:
        self._wanted = wanted
        self._temporary = None if state else tempfile.TemporaryDirectory(prefix="cpctl-sim-", ignore_cleanup_errors=True)
        self.state = state.absolute() if state else Path(self._temporary.name if self._temporary else ".")
        self.client = Client(self.state / SOCKET_NAME)
        self.stage = Stage(self.client, wanted.speed)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where the station writes its log."""
        return self.state / "station.log"

    @property
    def ended(self) -> bool:
        """True if the process is not there any more."""
        return self._process is None or self._process.poll() is not None

    def __enter__(self) -> Self:
        if self.client.wait_until_served(_ALREADY_S):
            raise SimError(
                f"A station runs already with the state in {self.state}.",
                f"Look at it with cpctl status --state {self.state}; stop it, or give another --state.",
            )
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "cpctl", *self._wanted.arguments(self.state)]
            # A session of its own: Ctrl-C at the prompt is for the prompt.
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait_until_served()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._temporary is not None:
            # The coprocessor outlives its host, as hardware would; one that nobody can find again need not.
            from cpctl.sim.process import SimProcess, SimSettings

            asyncio.run(SimProcess(SimSettings(self.state / "sim")).stop())
            self._temporary.cleanup()

    def _wait_until_served(self) -> None:
        rest_s = _START_S
        while not self.client.wait_until_served(1.0):
            rest_s -= 1.0
            if self.ended:
                raise SimError(f"The simulated station did not start:\n{self._last_words()}")
            if rest_s <= 0:
                raise ServiceUnreachable(str(self.client.path))

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:])
