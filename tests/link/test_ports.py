"""Ports by their stable names, and who answers behind each."""

from __future__ import annotations

import os
import pty
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from cpctl.link.ports import Port, ask_all, find_ports
from cpctl.link.transport import serial_port
from cpctl.sim.process import SimProcess, SimSettings


def device(root: Path, name: str, *links: str) -> str:
    path = root / name
    path.touch()
    for link in links:
        (root / "serial" / link).parent.mkdir(parents=True, exist_ok=True)
        (root / "serial" / link).symlink_to(path)
    return str(path)


def test_each_adapter_is_listed_once_by_its_id(tmp_path: Path) -> None:
    usb = device(tmp_path, "ttyUSB0", "by-id/usb-A_1", "by-path/pci-1")
    assert find_ports(tmp_path) == (Port(str(tmp_path / "serial/by-id/usb-A_1"), usb),)


def test_an_adapter_whose_serial_number_is_another_ones_is_listed_by_its_path(tmp_path: Path) -> None:
    first = device(tmp_path, "ttyUSB0", "by-id/usb-A_1", "by-path/pci-1")
    second = device(tmp_path, "ttyUSB1", "by-path/pci-2")
    assert find_ports(tmp_path) == (Port(str(tmp_path / "serial/by-id/usb-A_1"), first), Port(str(tmp_path / "serial/by-path/pci-2"), second))


def test_the_headers_port_has_its_own_name(tmp_path: Path) -> None:
    assert find_ports(tmp_path) == ()
    header = device(tmp_path, "ttyAMA0")
    assert find_ports(tmp_path) == (Port(header, header),)


@pytest.fixture
async def coprocessor(tmp_path: Path) -> AsyncIterator[SimProcess]:
    process = SimProcess(SimSettings(tmp_path / "sim", idle_exit_s=20))
    await process.start()
    yield process
    await process.stop()


async def test_a_coprocessor_says_who_it_is_and_a_silent_or_missing_port_says_nothing(coprocessor: SimProcess, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    ports = [Port(str(path), str(path)) for path in (coprocessor.port, os.ttyname(slave), tmp_path / "missing")]
    ours, silent, missing = await ask_all(ports, serial_port, Random(1), wait_s=3)
    assert ours.hello is not None
    assert ours.hello.chip == "posix"
    assert silent.hello is None
    assert silent.trouble == "no cpctl firmware answers"
    assert "There is no serial port" in missing.trouble
    os.close(slave)
    os.close(master)
