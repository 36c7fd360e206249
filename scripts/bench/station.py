"""A station under measurement: a host process on one core, its board and its CSMS on the other."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from cpctl.app.board import board_settings

from .csms import LeanCsms
from .host import config
from .machine import start

HOST_CORE, BENCH_CORE = 0, 1
_PATIENCE_S = 20.0
_STOP_S = 10.0


class BenchBoard:
    """The board's process, and what it tells of leases."""

    def __init__(self, evses: int) -> None:
        crc = board_settings(config(evses), simulated=True).crc()
        self._process = start("-m", "bench.board", str(evses), str(crc), core=BENCH_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._limits: dict[int, tuple[int, int]] = {}  # EVSE -> limit and when it was heard
        self._bell = asyncio.Event()
        self._rest = b""
        assert self._process.stdout is not None  # noqa: S101  # asked for above
        self.port = self._process.stdout.readline().decode().strip()
        os.set_blocking(self._process.stdout.fileno(), False)
        asyncio.get_running_loop().add_reader(self._process.stdout.fileno(), self._told)

    def report(self, evse: int, per_second: int) -> None:
        """Let an EVSE be reported this often."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(f"{evse} {per_second}\n".encode())
        self._process.stdin.flush()

    async def leased(self, evse: int, permits: bool) -> int:
        """Wait until the last lease heard permits, or does not; return when that one was read (monotonic ns)."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                limit, at_ns = self._limits.get(evse, (0, 0))
                if (limit > 0) == permits:
                    return at_ns
                self._bell.clear()
                await self._bell.wait()

    def close(self) -> None:
        """End it."""
        if self._process.stdout is not None:
            asyncio.get_running_loop().remove_reader(self._process.stdout.fileno())
        self._process.communicate()

    def _told(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        *lines, self._rest = (self._rest + os.read(self._process.stdout.fileno(), 65536)).split(b"\n")
        for line in lines:
            evse, limit, at_ns = (int(word) for word in line.split())
            self._limits[evse] = (limit, at_ns)
        self._bell.set()


class BenchStation:
    """A host with all that it needs; `module` is `bench.host` or `bench.bare`. Use it as an async context manager."""

    def __init__(self, module: str, evses: int, state: Path | None = None) -> None:
        self._module = module
        self._evses = evses
        self._state = state
        self.csms = LeanCsms()
        self._host: subprocess.Popen[bytes] | None = None
        self._transactions: dict[int, int] = {}  # by connector, once the CSMS has numbered them
        self._bell = asyncio.Event()

    async def __aenter__(self) -> BenchStation:
        self.board = BenchBoard(self._evses)
        url = await self.csms.start()
        self.csms.on_start = self._started
        self.csms.booted_ns = asyncio.get_running_loop().create_future()
        more = (str(self._state),) if self._state else ()
        self._host = start("-m", self._module, self.board.port, url, *more, core=HOST_CORE)
        async with asyncio.timeout(_PATIENCE_S):
            await self.csms.booted_ns
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._host is not None:
            self._host.terminate()
            await asyncio.to_thread(self._host.wait, _STOP_S)
        self.board.close()
        await self.csms.stop()

    async def start(self, evse: int) -> None:
        """Start a transaction by the CSMS; return once it permits and has its number."""
        self._transactions.pop(evse, None)
        _, answer = await self.csms.send("RemoteStartTransaction", {"connectorId": evse, "idTag": f"TAG{evse}"})
        await accepted(answer)
        await self.board.leased(evse, True)
        async with asyncio.timeout(_PATIENCE_S):
            while evse not in self._transactions:
                self._bell.clear()
                await self._bell.wait()

    async def stop(self, evse: int) -> tuple[float, asyncio.Future[dict[str, object]]]:
        """Stop it by the CSMS; return the milliseconds until the far end of the serial line had read so, and the answer to come."""
        sent_ns, answer = await self.csms.send("RemoteStopTransaction", {"transactionId": self._transactions[evse]})
        read_ns = await self.board.leased(evse, False)
        return (read_ns - sent_ns) / 1e6, answer

    def talk(self) -> None:
        """Let the host begin or end its extra MeterValues."""
        assert self._host is not None  # noqa: S101
        self._host.send_signal(signal.SIGUSR2)

    def stall_disk(self) -> None:
        """Let the host's next write stall."""
        assert self._host is not None  # noqa: S101
        self._host.send_signal(signal.SIGUSR1)

    def _started(self, connector: int, transaction: int) -> None:
        self._transactions[connector] = transaction
        self._bell.set()


async def accepted(answer: Awaitable[Mapping[str, object]]) -> None:
    """Await a CALL's answer and insist on Accepted."""
    async with asyncio.timeout(_PATIENCE_S):
        said = await answer
    if said.get("status") != "Accepted":
        raise RuntimeError(f"the station answered {said}")


async def until(true: Callable[[], bool]) -> None:
    """Wait, looking often."""
    async with asyncio.timeout(_PATIENCE_S):
        while not true():  # noqa: ASYNC110  # what is looked at rings no bell
            await asyncio.sleep(0.005)
