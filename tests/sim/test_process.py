"""The simulated coprocessor as a process on a pty: started, found again, killed, driven; in real time, with the real transport."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import pytest

from cpctl.core import inputs
from cpctl.errors import LinkError, SimError
from cpctl.link import messages as wire
from cpctl.link.coprocessor import Coprocessor
from cpctl.link.settings import BoardSettings, LinkSettings
from cpctl.link.transport import serial_port
from cpctl.sim.process import SimProcess, SimSettings
from cpctl.sim.unix_line import unix_socket

SETTINGS = LinkSettings(BoardSettings(wire.ConfigBoard(1, "bench"), (wire.ConfigEvse(1, 160),)), commission=True, allow_simulated=True)
WAIT_S = 10.0


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[SimProcess]:
    process = SimProcess(SimSettings(tmp_path, idle_exit_s=20))
    yield process
    await process.stop()


async def test_it_starts_answers_and_stops(process: SimProcess) -> None:
    assert not await process.start()
    async with process.plant() as plant:
        await plant.vehicle(1, state="B", cable_a=32)
        assert (await plant.ask(1)).vehicle is wire.VehicleState.B

    await process.stop()

    assert process.pid is None
    with pytest.raises(SimError, match="Nobody answers"):
        await process.plant().open()


async def test_a_temperature_that_no_sensor_has_is_refused(process: SimProcess) -> None:
    await process.start()
    async with process.plant() as plant:
        await plant.sensors(1, temperature_c=70.5, excess_a=2)
        with pytest.raises(SimError, match="bad_value"):
            await plant.sensors(1, temperature_c=151)


async def test_a_second_start_finds_the_living_one(process: SimProcess, tmp_path: Path) -> None:
    await process.start()
    async with process.plant() as plant:
        await plant.vehicle(1, state="B")
    pid = process.pid

    again = SimProcess(SimSettings(tmp_path, idle_exit_s=20))

    assert await again.start()
    assert again.pid == pid
    async with again.plant() as plant:
        assert (await plant.ask(1)).vehicle is wire.VehicleState.B


async def test_other_settings_replace_the_living_one(process: SimProcess, tmp_path: Path) -> None:
    await process.start()
    pid = process.pid

    other = SimProcess(SimSettings(tmp_path, evse_count=2, idle_exit_s=20))

    assert not await other.start()
    assert other.pid != pid
    async with other.plant() as plant:
        assert (await plant.ask(2)).evse == 2
    await other.stop()


async def test_a_killed_one_is_replaced_and_remembers_its_flash(process: SimProcess) -> None:
    await process.start()
    boots = await charged_once(process)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)

    assert not await process.start()
    assert await charged_once(process) == boots + 1


async def test_it_does_not_belong_to_our_process_group(process: SimProcess) -> None:
    await process.start()
    assert process.pid is not None

    assert os.getsid(process.pid) != os.getsid(0)


@pytest.mark.parametrize("by", ["plant", "link"])
async def test_a_client_that_has_nothing_to_say_keeps_it_alive(tmp_path: Path, by: str) -> None:
    """Nobody speaks to either process for longer than the shorter of their idle times; one has somebody connected."""
    met, alone = SimProcess(SimSettings(tmp_path / "met", idle_exit_s=2)), SimProcess(SimSettings(tmp_path / "alone", idle_exit_s=4))
    await met.start()
    opener = unix_socket(tmp_path / "met" / "plant") if by == "plant" else serial_port(str(met.port))
    line = await opener(Silent())
    await alone.start()

    async with asyncio.timeout(WAIT_S):
        while (tmp_path / "alone" / "plant").exists():  # noqa: ASYNC110 (another process decides)
            await asyncio.sleep(0.02)

    assert (tmp_path / "met" / "plant").exists()
    await line.close()
    async with asyncio.timeout(WAIT_S):
        while (tmp_path / "met" / "plant").exists():  # noqa: ASYNC110 (another process decides)
            await asyncio.sleep(0.02)


class Silent:
    """Hears all and says nothing."""

    def received(self, data: bytes) -> None:
        """Take it."""

    def writable_again(self) -> None:
        """Take it."""

    def lost(self, error: LinkError) -> None:
        """Take it."""


async def test_an_unknown_fault_or_state_is_refused_with_what_is_known(process: SimProcess) -> None:
    await process.start()
    async with process.plant() as plant:
        with pytest.raises(SimError, match="no fault named rcd"):
            await plant.fault(1, "rcd")
        with pytest.raises(SimError, match="Use A, B, C, D or E"):
            await plant.vehicle(1, state="Z")
        with pytest.raises(SimError):
            await plant.ask(9)


async def test_an_executable_that_is_not_there_is_named_with_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPCTL_FW_DIR", str(tmp_path))

    with pytest.raises(SimError, match="cmake"):
        await SimProcess(SimSettings(tmp_path / "sim")).start()


async def charged_once(process: SimProcess) -> int:
    """Connect by the pty, commission, and charge for a moment; return the board's boot count."""
    told: list[inputs.Input] = []

    def post(item: inputs.Input, committed: Callable[[], None] | None = None) -> None:
        told.append(item)
        if committed is not None:
            committed()

    coprocessor = Coprocessor(serial_port(str(process.port)), post, SETTINGS, Random(1))
    running = asyncio.create_task(coprocessor.run())
    async with process.plant() as plant, asyncio.timeout(WAIT_S):
        await plant.vehicle(1, state="A")
        await plant.advance(5_000_000)
        await plant.vehicle(1, state="C", cable_a=32)
        while not (seen := [item for item in told if isinstance(item, inputs.EvseObserved)]) or not seen[-1].pilot.plugged:  # noqa: ASYNC110 (another process decides)
            await asyncio.sleep(0.02)
        coprocessor.grant(1, seen[-1].plug, 16_000, 3)
        await plant.advance(2_000_000)
        while not (await plant.ask(1)).contactor:  # noqa: ASYNC110 (another process decides)
            await asyncio.sleep(0.02)
    boots = coprocessor.info.boot_count
    running.cancel()
    await asyncio.wait((running,))
    assert boots is not None
    return boots
