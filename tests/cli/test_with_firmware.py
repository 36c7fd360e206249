"""The command line with everything behind it: the controller as a process, the firmware core as another, a CSMS, real sockets and a real pty."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from cpctl.app.board import board_settings
from cpctl.app.commission import commission
from cpctl.cli.client import Client
from cpctl.config import Config, from_data
from cpctl.errors import LinkTimeout, ServiceUnreachable
from cpctl.link.transport import serial_port
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.process import SimProcess, SimSettings

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 40

SESSION = """\
wait csms=online coprocessor=online in 600s
plug 1 16
charge
expect why=no_token
tap TAG1
wait status=Charging energy>5 in 600s
limit 10
wait offer=10 current<=10 in 600s
tap TAG1
wait session=no in 600s
unplug
wait status=Available queued=0 in 600s
"""


async def launch(*arguments: str, cwd: Path, typed: str | None = None) -> asyncio.subprocess.Process:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "controller"), "XDG_STATE_HOME": str(cwd), "NO_COLOR": "1"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=cwd, env=environment, stdin=pipe if typed is not None else None, stdout=pipe, stderr=pipe
    )
    if typed is not None and process.stdin is not None:
        process.stdin.write(typed.encode())
        process.stdin.close()
    return process


async def finish(process: asyncio.subprocess.Process, within_s: float = 120) -> tuple[int | None, str, str]:
    async with asyncio.timeout(within_s):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def csms() -> AsyncIterator[str]:
    server = EmbeddedCsms(lambda: datetime.now(UTC), Random(1))
    yield await server.start()
    await server.stop()


async def eventually(holds: Callable[[], bool]) -> None:
    """Ask in a thread, again and again, until it is so; a service that is not there yet is asked again as well."""

    def ask() -> None:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(ServiceUnreachable):
                if holds():
                    return
            time.sleep(0.1)
        pytest.fail("it never came")

    await asyncio.to_thread(ask)


async def test_a_scenario_of_one_session_passes_and_says_so_step_by_step(tmp_path: Path) -> None:
    (tmp_path / "session.txt").write_text(SESSION)
    async with csms() as url:
        process = await launch("-m", "cpctl", "sim", "--csms", url, "--scenario", "session.txt", "--json", "--speed", "20", cwd=tmp_path)
        code, out, err = await finish(process)
    steps = [json.loads(line) for line in out.splitlines()]
    assert [step["ok"] for step in steps] == [True] * len(SESSION.splitlines()), (out, err)
    assert code == 0


async def test_a_scenario_that_fails_ends_with_1_at_the_line_that_did(tmp_path: Path) -> None:
    (tmp_path / "wrong.txt").write_text("wait coprocessor=online\nexpect status=Charging\nplug\n")
    async with csms() as url:
        code, out, _ = await finish(await launch("-m", "cpctl", "sim", "--csms", url, "--scenario", "wrong.txt", cwd=tmp_path))
    assert code == 1
    assert out.splitlines()[1:] == ["FAIL    2  expect status=Charging", "           Expected status=Charging, but it is Available."]


@pytest.mark.parametrize("sig", [signal.SIGHUP, signal.SIGTERM])
async def test_a_closed_terminal_takes_the_simulated_station_along(tmp_path: Path, sig: signal.Signals) -> None:
    (tmp_path / "long.txt").write_text("status\nsleep 1h\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "controller"), "TMPDIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cpctl", "sim", "--scenario", "long.txt", cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(WAIT_S):
        assert b"status" in await process.stdout.readline()
        (state,) = await asyncio.to_thread(lambda: list(tmp_path.glob("cpctl-sim-*")))
        process.send_signal(sig)
        assert await process.wait() == 128 + sig
    assert not state.exists()


TYPED = """\
wait csms=online coprocessor=online in 600s
plug
tap TAG1
charge
net drop 5s
wait csms=offline in 60s
wait csms=online in 900s
fault pilot_short
status
clock +15m
status
"""


async def test_the_prompt_says_what_each_line_has_done_and_how_things_stand(tmp_path: Path) -> None:
    process = await launch("-m", "cpctl", "sim", "--speed", "20", cwd=tmp_path, typed=TYPED)
    code, out, err = await finish(process)
    said = [line.removeprefix("sim> ").strip() for line in out.splitlines()]
    assert code == 0, (out, err)
    assert "log and state in" in said[0]
    assert "The vehicle is plugged in. EVSE 1 Preparing (B1)" in said
    assert any(line.startswith("The token is accepted. EVSE 1 ") for line in said)
    assert any(line.startswith("The vehicle asks for energy. EVSE 1 ") and "(C" in line for line in said)
    assert any(line.startswith("The network to the CSMS is cut, and comes back in 5 s. EVSE 1 ") for line in said)
    assert "The network to the CSMS is back." in said
    assert any(line.startswith("The fault's cause is there. EVSE 1 Faulted") for line in said)
    assert "10 of 15 min" in said
    assert any(line.startswith("clock ") and line.endswith("(simulated)") for line in said)
    faults = [line for line in said if "pilot" in line and "short" in line.lower() and not line.startswith(("→", "←"))]
    assert len(faults) == 2, "each of the two looks tells the fault once"


async def test_a_started_station_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    client = Client(tmp_path / "state" / "api.sock")
    async with csms() as url:
        process = await launch("-m", "cpctl", "start", "--sim", "--csms", url, "--state", "state", "--api", "127.0.0.1:0", cwd=tmp_path)
        await eventually(lambda: _part(client, "csms")["connected"] is True)
        second, _, said = await finish(await launch("-m", "cpctl", "sim", "--csms", url, "--state", "state", cwd=tmp_path, typed=""))
        assert (second, "A station runs already" in said) == (1, True)
        process.send_signal(signal.SIGTERM)
        code, _, err = await finish(process)
    assert code == 0
    assert json.loads(err.splitlines()[-1])["logger"].startswith("cpctl.")
    await SimProcess(SimSettings(tmp_path / "state" / "sim")).stop()


async def test_without_its_port_the_station_goes_on_and_says_what_is_missing(tmp_path: Path) -> None:
    text = (ROOT / "config/cpctl.example.toml").read_text("utf-8").replace('port = "auto"', 'port = "/dev/nothing"').replace("8080", "0")
    (tmp_path / "cpctl.toml").write_text(text)
    client = Client(tmp_path / "state" / "api.sock")
    process = await launch("-m", "cpctl", "start", "--state", "state", cwd=tmp_path)
    await eventually(lambda: "/dev/nothing" in str(_part(client, "coprocessor")["link"]))
    process.send_signal(signal.SIGTERM)
    assert (await finish(process))[0] == 0


def _part(client: Client, name: str) -> dict[str, object]:
    part = client.get_object("/api/v1/status")[name]
    assert isinstance(part, dict)
    return part


@pytest.fixture
def config() -> Config:
    return from_data(
        {"station": {"vendor": "a", "model": "b"}, "csms": {"url": "ws://127.0.0.1:1/", "id": "x"}, "evse": [{"id": 1, "max_current_a": 20}]}
    )


async def test_commissioning_gives_the_board_its_configuration(tmp_path: Path, config: Config) -> None:
    process = SimProcess(SimSettings(tmp_path))
    await process.start()
    told: list[str] = []
    info = await commission(config, serial_port(str(process.port)), told.append, timeout_s=20, simulated=True)
    await process.stop()
    assert (info.state, info.config_crc) == ("ready", board_settings(config, simulated=True).crc())
    assert told == []


async def test_commission_as_typed_gives_a_simulated_board_its_configuration(tmp_path: Path) -> None:
    process = SimProcess(SimSettings(tmp_path / "sim"))
    await process.start()
    file = tmp_path / "cpctl.toml"
    file.write_text(
        '[station]\nvendor = "Test"\nmodel = "Board"\n[csms]\nurl = "ws://127.0.0.1:9/ocpp"\nid = "CP001"\n'
        f'[coprocessor]\nport = "{process.port}"\nboard = "sim"\n[[evse]]\nid = 1\n'
    )
    code, out, err = await finish(await launch("-m", "cpctl", "commission", "--config", str(file), cwd=tmp_path))
    await process.stop()
    assert (code, err) == (0, "")
    assert "Hold the board's button now." in out
    assert "Commissioned 02:43:00:00:00:01, firmware 0.1.0, configuration " in out


async def test_commissioning_a_board_that_is_not_there_ends_with_what_to_do(tmp_path: Path, config: Config) -> None:
    told: list[str] = []
    with pytest.raises(LinkTimeout):
        await commission(config, serial_port(str(tmp_path / "nothing")), told.append, timeout_s=1)
    assert any("no serial port" in text for text in told)
