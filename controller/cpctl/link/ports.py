"""Serial ports as a person names them: by their stable names, with what answers on each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cpctl.errors import LinkError

from .line import Line, LineHandler, OpenLine
from .messages import Hello
from .session import Session

# HELLO is answered at once by firmware that runs; one that has just been reset by the opening of its port needs about a second.
ANSWER_S = 2.0

# The header's UARTs of a Raspberry Pi, which udev gives no names by id.
_HEADER = ("serial0", "serial1", "ttyAMA0")


@dataclass(frozen=True, slots=True)
class Port:
    """A port under its stable name, and the device that it stands for."""

    path: str
    device: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found at a port: the coprocessor's HELLO, or why there is none."""

    port: Port
    hello: Hello | None
    trouble: str = ""


def find_ports(root: Path = Path("/dev")) -> tuple[Port, ...]:
    """List the serial ports, each once: by id, or by path where an adapter shares its serial number, and so its id, with another; then the header's."""
    header = [Port(str(root / name), os.path.realpath(root / name)) for name in _HEADER if (root / name).exists()]
    ports: dict[str, Port] = {}
    for port in (*_links(root / "serial/by-id"), *_links(root / "serial/by-path"), *header):
        ports.setdefault(port.device, port)
    return tuple(ports.values())


def _links(directory: Path) -> list[Port]:
    if not directory.is_dir():
        return []
    return [Port(str(link), os.path.realpath(link)) for link in sorted(directory.iterdir())]


async def ask_all(ports: Sequence[Port], opener: Callable[[str], OpenLine], random: Random, wait_s: float = ANSWER_S) -> tuple[Answer, ...]:
    """Say HELLO on each port at the same time and hear who answers."""
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ask(port, opener(port.path), random, wait_s)) for port in ports]
    return tuple(task.result() for task in asked)


async def _ask(port: Port, open_line: OpenLine, random: Random, wait_s: float) -> Answer:
    try:
        hello = await greet(open_line, random, wait_s)
    except LinkError as error:
        return Answer(port, None, str(error))
    return Answer(port, hello, "" if hello else "no cpctl firmware answers")


async def greet(open_line: OpenLine, random: Random, wait_s: float = ANSWER_S) -> Hello | None:
    """Open a line, exchange HELLOs, close it; None if nobody answers in time. Raises LinkError if it can't be opened."""
    caller = _Caller(Session(random=random, allow_simulated=True))
    line = await open_line(caller)
    try:
        return await caller.talk(line, wait_s)
    finally:
        await line.close()


class _Caller(LineHandler):
    """Speaks just long enough to know who is there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._heard = asyncio.Event()

    async def talk(self, line: Line, wait_s: float) -> Hello | None:
        loop = asyncio.get_running_loop()
        self._session.opened(_now_us())
        until = loop.time() + wait_s
        while self._session.peer is None and loop.time() < until:
            line.write(b"".join(self._session.data_to_send()))
            due_us = self._session.deadline()
            due = min(until, due_us / 1e6) if due_us is not None else until
            try:
                async with asyncio.timeout_at(due):
                    await self._heard.wait()
            except TimeoutError:
                self._session.poll(_now_us())
            self._heard.clear()
        return self._session.peer

    def received(self, data: bytes) -> None:
        self._session.receive(data, _now_us())
        self._heard.set()

    def writable_again(self) -> None:
        """Nothing waits: a HELLO that was not taken is said again."""

    def lost(self, error: LinkError) -> None:
        self._heard.set()


def _now_us() -> int:
    return int(asyncio.get_running_loop().time() * 1_000_000) + 1
