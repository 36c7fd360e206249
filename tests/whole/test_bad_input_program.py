"""The program started with something wrong around it: it says what, ends with the right code or serves what can be served."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.kills.host import ID, HostProcess, LocalClient

from cpctl.sim.csms import EmbeddedCsms

# Real seconds; a machine that is busy may need them.
PATIENCE_S = 60.0

CONFIG = """\
[station]
vendor = "Test"
model = "Program"
[csms]
url = "{url}"
id = "CP001"
[coprocessor]
port = "{port}"
[[evse]]
id = 1
max_current_a = 32
"""


class Program:
    """`cpctl start` with a configuration file, and its local API."""

    def __init__(self, directory: Path, config: str) -> None:
        self.config = directory / "cpctl.toml"
        self.config.write_text(config, encoding="utf-8")
        state = directory / "state"
        self.host = HostProcess(directory, ["start", "--config", str(self.config), "--state", str(state), "--api", "127.0.0.1:0"])
        self._client = LocalClient(state / "api.sock")

    async def status(self, holds: Callable[[Any], bool]) -> Any:
        """Wait until the status holds."""
        seen = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    seen = await self._client.ask("GET", "/api/v1/status")
                    if seen is not None and holds(seen):
                        return seen
                    assert self.host.alive, self.host.tail()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"the status is {seen}\n{self.host.tail()}") from None

    async def ended(self) -> int:
        """Wait until the program ends by itself."""
        async with asyncio.timeout(PATIENCE_S):
            while self.host.alive:  # noqa: ASYNC110 - a process rings no bell
                await asyncio.sleep(0.05)
        assert self.host.code is not None
        return self.host.code

    def said(self) -> str:
        """What it printed."""
        return self.host.log.read_text(encoding="utf-8")


@pytest.fixture
async def csms() -> AsyncIterator[EmbeddedCsms]:
    server = EmbeddedCsms(lambda: datetime.now(UTC), Random(1))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def held_port() -> Iterator[str]:
    """A serial port that another process, or another part of this one, has open."""
    master, slave = pty.openpty()
    fcntl.flock(slave, fcntl.LOCK_EX)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    ("find", "replace", "line", "words"),
    [
        ("max_current_a = 32", 'max_current_a = "much"', 11, "evse.max_current_a"),
        ("max_current_a = 32", "max_current = 32", 11, "evse.max_current"),
        ('id = "CP001"', "", 4, "csms.id"),
        ("[station]", "[station", 1, "TOML"),
    ],
)
async def test_a_wrong_configuration_ends_the_program_with_2_and_says_where(tmp_path: Path, find: str, replace: str, line: int, words: str) -> None:
    program = Program(tmp_path, CONFIG.format(url="ws://127.0.0.1:9/ocpp", port="auto").replace(find, replace))
    program.host.start()
    assert await program.ended() == 2
    assert f"{program.config}:{line}: " in program.said()
    assert words in program.said()
    assert "Traceback" not in program.said()


async def serves_without_coprocessor(program: Program, csms: EmbeddedCsms, words: str) -> None:
    """Check that everything else works, and that everybody is told."""
    status = await program.status(lambda seen: seen["csms"]["connected"])
    assert status["coprocessor"]["connected"] is False
    assert words in str(status["coprocessor"]["link"]["text"])
    assert words in str(status["evses"][0]["why_not"])
    assert words in program.said()
    assert "Traceback" not in program.said()
    assert csms.point(ID).boots
    assert (await csms.call(ID, "GetConfiguration", {"key": ["HeartbeatInterval"]}))["configurationKey"]
    answer = await csms.call(ID, "RemoteStartTransaction", {"idTag": "TAG1", "connectorId": 1})
    assert answer == {"status": "Rejected"}
    assert await asyncio.to_thread(program.host.stop) == 0


async def test_without_its_port_the_service_runs_and_says_which_it_misses(tmp_path: Path, csms: EmbeddedCsms) -> None:
    program = Program(tmp_path, CONFIG.format(url=csms.url, port="/dev/ttyNOTHING"))
    program.host.start()
    try:
        await serves_without_coprocessor(program, csms, "/dev/ttyNOTHING")
    finally:
        program.host.kill()


async def test_with_a_port_that_another_has_the_service_runs_and_says_how_to_find_who(tmp_path: Path, csms: EmbeddedCsms, held_port: str) -> None:
    program = Program(tmp_path, CONFIG.format(url=csms.url, port=held_port))
    program.host.start()
    try:
        await serves_without_coprocessor(program, csms, f"fuser -v {held_port}")
    finally:
        program.host.kill()


async def test_a_port_that_says_nothing_is_told_and_the_service_runs(tmp_path: Path, csms: EmbeddedCsms) -> None:
    master, slave = pty.openpty()
    program = Program(tmp_path, CONFIG.format(url=csms.url, port=os.ttyname(slave)))
    program.host.start()
    try:
        status = await program.status(lambda seen: seen["csms"]["connected"])
        assert status["coprocessor"]["connected"] is False
        assert "coprocessor.port" in status["coprocessor"]["link"]["text"]
        assert status["evses"][0]["why_not"][0]["code"] == "link_lost"
        assert await asyncio.to_thread(program.host.stop) == 0
    finally:
        program.host.kill()
        os.close(slave)
        os.close(master)


async def test_a_second_program_on_the_same_state_directory_ends_and_says_so(tmp_path: Path, csms: EmbeddedCsms) -> None:
    config = CONFIG.format(url=csms.url, port="/dev/ttyNOTHING")
    first, second = Program(tmp_path, config), Program(tmp_path, config)
    second.host.log = tmp_path / "second.log"
    first.host.start()
    try:
        await first.status(lambda seen: seen["csms"]["connected"])
        second.host.start()
        assert await second.ended() == 1
        assert "--state" in second.said()
        assert "Traceback" not in second.said()
        assert first.host.alive
    finally:
        first.host.kill()


@pytest.mark.parametrize("refusal", [401, 404])
async def test_a_csms_that_refuses_is_told_once_in_words_and_tried_again(tmp_path: Path, csms: EmbeddedCsms, refusal: int) -> None:
    csms.http_status = refusal
    config = CONFIG.format(url=csms.url, port="/dev/ttyNOTHING")
    program = Program(tmp_path, config + '[ocpp.initial]\n"OCPPCommCtrlr.RetryBackOffWaitMinimum" = 1\n"OCPPCommCtrlr.RetryBackOffRandomRange" = 0\n')
    program.host.start()
    try:
        await program.status(lambda seen: not seen["csms"]["connected"])
        await asyncio.sleep(2)
        told = [line for line in map(json.loads, program.said().splitlines()) if line["event"] == "csms.unreachable"]
        assert len(told) == 1
        assert str(refusal) in told[0]["error"]
        csms.http_status = None
        await program.status(lambda seen: seen["csms"]["connected"])
        assert await asyncio.to_thread(program.host.stop) == 0
    finally:
        program.host.kill()
