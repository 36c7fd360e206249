"""A visit to a coprocessor in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from cpctl.errors import PortMissing
from cpctl.link.messages import Result, SelfTest, SetLock
from cpctl.link.transport import serial_port
from cpctl.link.visit import Visit
from cpctl.sim.process import SimProcess, SimSettings


@pytest.fixture
async def coprocessor(tmp_path: Path) -> AsyncIterator[SimProcess]:
    process = SimProcess(SimSettings(tmp_path / "sim", idle_exit_s=20))
    await process.start()
    yield process
    await process.stop()


async def test_a_visitor_hears_who_it_is_sees_how_it_stands_and_gets_answers(coprocessor: SimProcess) -> None:
    async with Visit(serial_port(str(coprocessor.port)), Random(1)) as visit:
        hello = await visit.hello()
        assert hello is not None
        assert hello.chip == "posix"
        seen = await visit.snapshot(1)
        assert seen is not None
        assert seen.evse == 1
        reply = await visit.ask(SelfTest(1))
        assert reply is not None
        assert reply.command == SelfTest.ID
        refused = await visit.ask(SetLock(9, 1))
        assert refused is not None
        assert refused.result == Result.BAD_EVSE


async def test_what_a_visitor_read_is_told_to_the_station_all_the_same(coprocessor: SimProcess) -> None:
    heard = []
    for _ in range(2):
        async with Visit(serial_port(str(coprocessor.port)), Random(1)) as visit:
            assert await visit.hello() is not None
            assert await visit.wait_for(lambda visit=visit: visit.events or None, 5) is not None  # type: ignore[misc]
            heard.append(visit.events[0].id)
    assert heard[0] == heard[1]


async def test_nobody_there_is_no_error_and_no_port_is_one(tmp_path: Path) -> None:
    with pytest.raises(PortMissing):
        async with Visit(serial_port(str(tmp_path / "nothing")), Random(1)):
            pass
