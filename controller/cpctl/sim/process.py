"""The simulated coprocessor as a process of its own, on a pty like a real one.

It is detached: a host that is killed finds it as it was, with its contactor, its vehicle and its clock, as it would find a real board. Everything
about it is in one directory: `link` (the pty), `plant` (the plant protocol's socket), `world-<EVSEs>` (what survives its power), `pid`, `arguments`, `log`.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cpctl.errors import SimError

from .firmware_files import EXECUTABLE, firmware_file
from .plant import PlantClient
from .unix_line import unix_socket

#: It ends by itself when nobody has been connected for so long (real time): nothing is left behind by a host that never comes back.
IDLE_EXIT_S = 120
START_S = 5.0
STOP_S = 2.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class SimSettings:
    """What to simulate. `speed`: seconds of its life in a second of ours."""

    directory: Path
    evse_count: int = 1
    speed: float = 1.0
    seed: int = 1
    idle_exit_s: int = IDLE_EXIT_S


class SimProcess:
    """Starts, finds again, and stops the process."""

    def __init__(self, settings: SimSettings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> Path:
        """The pty, to be opened like any serial port."""
        return self._settings.directory / "link"

    @property
    def pid(self) -> int | None:
        """Its process id, None if none is known."""
        try:
            return int(self._file("pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def plant(self) -> PlantClient:
        """Make a client of its plant protocol, not yet open."""
        return PlantClient(unix_socket(self._file("plant")), speed=self._settings.speed)

    async def start(self) -> bool:
        """Have it running; True if one was alive already and goes on as it was. SimError if it does not come up."""
        arguments = self._arguments()
        if await self._answers():
            if self._file("arguments").read_text(encoding="utf-8") == "\n".join(arguments):
                return True
            await self.stop()
        executable = firmware_file(EXECUTABLE)
        try:
            child = self._spawn(executable, arguments)
        except OSError as error:
            directory = self._settings.directory
            step = f"Free some space: df -h {directory}." if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Give another directory with --state."
            raise SimError(f"The simulated coprocessor cannot keep its files in {directory}: {error.strerror}.", step) from error
        await self._until_up(child)
        return False

    def _spawn(self, executable: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start the process and write down which it is; OSError, and no process, where that cannot be written."""
        directory = self._settings.directory
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("link", "plant"):
            self._file(name).unlink(missing_ok=True)
        self._file("arguments").write_text("\n".join(arguments), encoding="utf-8")
        with self._file("log").open("ab") as log:
            # A fork of a few milliseconds, before anything runs that it could hold up; the child must outlive this process.
            child = self._child = subprocess.Popen(
                [str(executable), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=directory,
                start_new_session=True,
            )
        try:
            self._file("pid").write_text(str(child.pid), encoding="ascii")
        except OSError:
            child.kill()
            raise
        return child

    async def stop(self) -> None:
        """End it; the world file keeps what survives its power."""
        pid = self.pid
        if pid is None or not _is_ours(pid):
            return
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                break
            if await self._until_gone(pid):
                break
        self._file("pid").unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._settings.directory / name

    def _arguments(self) -> Sequence[str]:
        s = self._settings
        return (
            *("--link", str(self._file("link"))),
            *("--plant", str(self._file("plant"))),
            *("--world", str(self._file(f"world-{s.evse_count}"))),
            *("--evses", str(s.evse_count)),
            *("--speed", f"{s.speed:g}"),
            *("--seed", str(s.seed)),
            *("--idle-exit", str(s.idle_exit_s)),
        )

    async def _answers(self) -> bool:
        if not (self._file("plant").is_socket() and self.port.exists()):
            return False
        try:
            async with self.plant() as plant:
                await plant.ask(1)
        except SimError:
            return False
        return True

    async def _until_up(self, child: subprocess.Popen[bytes]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_S * self._settings.speed
        while loop.time() < deadline:
            if (code := child.poll()) is not None:
                raise SimError(f"The simulated coprocessor ended at once with code {code}.", f"See {self._file('log')}.")
            if await self._answers():
                return
            await asyncio.sleep(_POLL_S * self._settings.speed)
        raise SimError("The simulated coprocessor does not answer.", f"See {self._file('log')}.")

    async def _until_gone(self, pid: int) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_S * self._settings.speed
        while loop.time() < deadline:
            if self._child is not None and self._child.pid == pid:
                self._child.poll()  # reaps it
            if not _is_ours(pid):
                return True
            await asyncio.sleep(_POLL_S * self._settings.speed)
        return False


def _is_ours(pid: int) -> bool:
    """Tell whether this process lives and is a simulated coprocessor: a pid may have been given to another since."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return EXECUTABLE.encode() in command
