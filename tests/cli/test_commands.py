"""The commands as a user runs them: what they print, and the code they end with."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.csms.authority import Authority
from tests.local.fakes import FakeStation

from cpctl.cli import show
from cpctl.cli.client import Client
from cpctl.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config/cpctl.example.toml"
TIME = "2031-05-04T12:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Awaitable[Ended]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `cpctl` in an empty directory, with no configuration and no service but those named."""

    async def run(*arguments: str) -> Ended:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "controller"), "XDG_STATE_HOME": str(tmp_path), "COLUMNS": "200", "NO_COLOR": "1"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cpctl", *arguments, cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    return run


async def test_help_lists_every_command(run: Run) -> None:
    ended = await run("--help")
    assert ended.code == 0
    for command in ("start", "sim", "demo", "check", "status", "sessions", "events", "messages", "variables", "explain", "commission", "service"):
        assert f" {command} " in ended.out


async def test_the_version_is_printed(run: Run) -> None:
    assert (await run("--version")).out == f"cpctl {VERSION}\n"


async def test_an_unknown_option_is_a_usage_error(run: Run) -> None:
    assert (await run("status", "--jsn")).code == 2


@pytest.mark.parametrize("command", ["start", "sim"])
@pytest.mark.parametrize("given", [("--ocpp", "2.0"), ("--csms", "http://x"), ("--api", "8080")])
async def test_options_that_no_station_can_follow_are_usage_errors(run: Run, command: str, given: tuple[str, str]) -> None:
    ended = await run(command, *given)
    assert (ended.code, given[0] in ended.err) == (2, True)


async def test_an_address_for_the_api_that_another_has_is_refused(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = await run("start", "--sim", "--api", f"127.0.0.1:{taken.getsockname()[1]}")
    assert ended.code == 1
    assert "Address already in use. Give another --api" in ended.err


async def test_the_example_configuration_is_fine(run: Run) -> None:
    ended = await run("check", "--config", str(EXAMPLE))
    assert (ended.code, ended.err) == (0, "")
    assert "CP001 at ws://127.0.0.1:9000/ocpp" in ended.out


async def test_a_wrong_configuration_ends_with_2_and_every_mistake(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace("phases = 3", "phases = 2").replace("\n[csms]\n", "\n[csms]\ntls = true\n")
    (tmp_path / "cpctl.toml").write_text(text, "utf-8")
    for command in (["check"], ["start"]):
        ended = await run(*command)
        assert ended.code == 2
        assert [line.split(":")[2] for line in ended.err.splitlines()] == [" csms.tls", " evse.phases = 2"]


async def test_initial_values_of_variables_are_checked_by_name_and_by_value(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace("HeartbeatInterval = 300", 'HeartbeatInterval = "often"\nHartbeatInterval = 1')
    (tmp_path / "cpctl.toml").write_text(text, "utf-8")
    ended = await run("check")
    assert ended.code == 2
    assert 'ocpp.initial.HeartbeatInterval = "often": is to be integer' in ended.err
    assert "ocpp.initial.HartbeatInterval = 1: there is no such variable; did you mean HeartbeatInterval?" in ended.err


async def test_all_that_values_mean_wrongly_is_told_in_one_round(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace("HeartbeatInterval = 300", 'HeartbeatInterval = "often"')
    text = re.sub(r"^#? ?security_profile = .*$", "security_profile = 2", text, flags=re.MULTILINE)
    text = re.sub(r"^board = .*$", 'board = "nope"', text, flags=re.MULTILINE)
    (tmp_path / "cpctl.toml").write_text(text, "utf-8")
    ended = await run("check")
    assert ended.code == 2
    assert [line.split(" = ")[0].split(": ")[1] for line in ended.err.splitlines()] == [
        "csms.url",
        "csms.security_profile",
        "coprocessor.board",
        "ocpp.initial.HeartbeatInterval",
    ]
    assert all(re.match(r"cpctl\.toml:\d+: ", line) for line in ended.err.splitlines())


@pytest.mark.parametrize(("length", "fine"), [(5, False), (16, True), (40, True), (41, False)])
async def test_a_password_has_the_length_that_ocpp_asks_for(run: Run, tmp_path: Path, length: int, fine: bool) -> None:
    text = EXAMPLE.read_text("utf-8").replace("ws://", "wss://")
    text = re.sub(r"^#? ?security_profile = .*$", 'security_profile = 2\npassword_file = "secret"', text, flags=re.MULTILINE)
    (tmp_path / "cpctl.toml").write_text(text, "utf-8")
    (tmp_path / "secret").write_text("x" * length)
    ended = await run("check")
    assert ended.code == (0 if fine else 2), ended.err
    assert fine or f"csms.password_file: the password has {length} characters; 16 to 40 are wanted" in ended.err


async def test_a_certificate_with_the_key_of_another_is_told(run: Run, tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "a").station("1"), Authority(tmp_path, "b").station("1")
    text = EXAMPLE.read_text("utf-8").replace("ws://", "wss://")
    keys = f'security_profile = 3\ncert_file = "{ours["cert_file"]}"\nkey_file = "{other["key_file"]}"'
    (tmp_path / "cpctl.toml").write_text(re.sub(r"^#? ?security_profile = .*$", keys, text, flags=re.MULTILINE), "utf-8")
    ended = await run("check")
    assert ended.code == 2
    assert ended.err.endswith("and csms.key_file do not belong together\n")


async def test_a_missing_configuration_names_the_file_and_an_example(run: Run) -> None:
    ended = await run("check")
    assert ended.code == 2
    assert ended.err == "cpctl.toml: no such file, nor /etc/cpctl/cpctl.toml; config/cpctl.example.toml is a start\n"


async def test_without_a_service_the_commands_end_with_3_and_the_next_step(run: Run) -> None:
    for command in ("status", "sessions", "variables"):
        ended = await run(command)
        assert ended.code == 3
        assert "cpctl start" in ended.err


async def test_status_tells_the_state_and_why_it_does_not_charge(run: Run, client: Client) -> None:
    ended = await run("status", "--state", str(client.path.parent))
    assert ended.code == 0
    assert "EVSE 1       Available  pilot A1" in ended.out
    assert "not charging: No vehicle is plugged in." in ended.out


async def test_status_says_why_the_csms_is_away(run: Run, client: Client, station: FakeStation) -> None:
    await station.change(csms={"connected": False, "url": "ws://csms.example/ocpp", "trouble": "The CSMS refuses this station: 404."})
    ended = await run("status", "--state", str(client.path.parent))
    assert "not connected  ws://csms.example/ocpp\n             The CSMS refuses this station: 404.\n" in ended.out


async def test_status_in_json_is_the_answer_of_the_api(run: Run, client: Client) -> None:
    ended = await run("status", "--json", "--state", str(client.path.parent))
    assert json.loads(ended.out)["evses"][0]["status"] == "Available"


async def test_lists_come_as_table_json_and_csv(run: Run, client: Client) -> None:
    state = ("--state", str(client.path.parent))
    assert "1500" in (await run("sessions", *state)).out
    assert json.loads((await run("sessions", "--json", *state)).out) == [{"id": "t1", "energy_wh": 1500}]
    rows = list(csv.DictReader(io.StringIO((await run("messages", "--csv", *state)).out)))
    assert rows == [{"time": "", "direction": "", "action": "Heartbeat", "payload": "{}", "answer": "", "latency_ms": "3"}]


def test_a_long_payload_is_whole_in_a_pipe_and_takes_no_room_from_other_columns(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"time": TIME, "action": "NotifyReport", "payload": {"a": "x" * 15_000}, "latency_ms": 6.5}, {"time": TIME, "action": "Heartbeat"}]
    show.as_table(rows, ("time", "action", "payload", "latency_ms"))
    header, long, short = capsys.readouterr().out.splitlines()
    assert header.startswith("time                      action        payload")
    assert long == f'{TIME}  NotifyReport  {{"a":"{"x" * 15_000}"}}  6.5'
    assert short == f"{TIME}  Heartbeat"


def test_a_long_payload_is_cut_at_a_terminal_and_leaves_time_and_action_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    show.as_table([{"time": TIME, "action": "NotifyReport", "payload": {"a": "x" * 15_000}}], ("time", "action", "payload"))
    row = capsys.readouterr().out.splitlines()[1]
    assert row.startswith(f'{TIME}  NotifyReport  {{"a":"xxx')
    assert len(row) <= 100


async def test_json_and_csv_at_once_is_a_usage_error(run: Run, client: Client) -> None:
    assert (await run("events", "--json", "--csv", "--state", str(client.path.parent))).code == 2


async def test_a_variable_is_set(run: Run, client: Client) -> None:
    ended = await run("variables", "HeartbeatInterval", "60", "--state", str(client.path.parent))
    assert ended.code == 0
    assert ended.out.startswith("HeartbeatInterval = 60")


async def test_a_fault_is_explained_by_code_or_name(run: Run) -> None:
    by_code, by_name = await run("explain", "f03"), await run("explain", "diode_missing")
    assert by_code == by_name
    assert "F03 diode_missing" in by_code.out
    assert "What to do:" in by_code.out
    assert (await run("explain", "F99")).code == 1
    assert "Did you mean lock?" in (await run("explain", "lokc")).err


async def test_a_time_that_is_none_is_a_usage_error(run: Run) -> None:
    assert (await run("sessions", "--since", "yesterday")).code == 2


async def test_the_installation_says_each_step_before_it_is_asked_to_do_it(run: Run) -> None:
    ended = await run("service", "install", "--dry-run")
    assert ended.code == 0
    assert "/etc/systemd/system/cpctl.service" in ended.out
    assert ended.out.splitlines()[-1].endswith("systemctl enable --now cpctl.service")


async def test_speed_is_for_simulations_only(run: Run) -> None:
    assert (await run("start", "--speed", "10", "--config", str(EXAMPLE))).code == 2


async def test_a_scenario_that_is_wrong_is_told_before_anything_starts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("plug\nfly\n")
    ended = await run("sim", "--scenario", "s.txt")
    assert ended.code == 2
    assert "Line 2: there is no command 'fly'" in ended.err
