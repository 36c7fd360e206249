"""The firmware on bare metal, in QEMU: the link is a pty like a real serial port, the plant protocol a unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cpctl.link.line import OpenLine
from cpctl.link.transport import serial_port
from cpctl.sim.plant import PlantClient
from cpctl.sim.unix_line import unix_socket

EXECUTABLE = "qemu-system-riscv32"
BUILD = Path(os.environ.get("CPCTL_RV32_DIR", Path(__file__).parents[2] / "build/rv32"))
FIRMWARE = BUILD / "cp-coprocessor-rv32.elf"
_MACHINE = ("-M", "sifive_u", "-bios", "none", "-display", "none", "-monitor", "none")
_STOP_S = 10.0


def is_there() -> bool:
    """Tell whether there are an emulator and a firmware for it."""
    return shutil.which(EXECUTABLE) is not None and FIRMWARE.is_file()


class Board:
    """A machine that runs; it lives on its own, as a board on a desk does."""

    def __init__(self, port: str, plant: Path) -> None:
        self.port = port
        self._plant = plant

    @property
    def open_link(self) -> OpenLine:
        """Opener of the link's line."""
        return serial_port(self.port)

    def plant(self) -> PlantClient:
        """Make a client of its plant protocol, not yet open."""
        return PlantClient(unix_socket(self._plant))

    def start(self) -> None:
        """Need nothing: it is powered."""

    def stop(self) -> None:
        """Leave it powered."""


@contextmanager
def powered(directory: Path) -> Iterator[Board]:
    """Switch a machine on, and off at the end."""
    plant = directory / "plant"
    # In this order: when QEMU tells the name of the pty, the socket is there.
    chardevs = ("-chardev", f"socket,id=plant,path={plant},server=on,wait=off", "-chardev", "pty,id=link")
    serials = ("-serial", "chardev:link", "-serial", "chardev:plant")
    command = (EXECUTABLE, *_MACHINE, *chardevs, *serials, "-kernel", str(FIRMWARE))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Board(_port(process), plant)
        finally:
            process.terminate()
            process.wait(_STOP_S)


def _port(process: subprocess.Popen[str]) -> str:
    """Read which pty it is, which QEMU says in its first line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    _, found, rest = line.partition("redirected to ")
    assert found, f"QEMU did not start: {line}{process.stdout.read()}"
    return rest.split()[0]
