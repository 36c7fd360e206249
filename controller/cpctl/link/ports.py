"""Serial ports as a person names them: by their stable names, with what answers on each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cpctl.errors import LinkError

from .line import OpenLine
from .messages import Hello
from .visit import ANSWER_S, Visit

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
        async with Visit(open_line, random) as visit:
            hello = await visit.hello(wait_s)
    except LinkError as error:
        return Answer(port, None, str(error))
    return Answer(port, hello, "" if hello else "no cpctl firmware answers")
