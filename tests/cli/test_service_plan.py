"""The unit and the plan that installs it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cpctl.cli.service_plan import Step, install_plan, perform, uninstall_plan, unit_text
from cpctl.errors import ControllerError
from cpctl.resources import config_file

UNIT = config_file("cpctl.service")


def test_the_unit_runs_the_program_that_installs_it() -> None:
    assert "ExecStart=/opt/cpctl/bin/cpctl start" in unit_text(UNIT.read_text(), Path("/opt/cpctl/bin/cpctl"))


def test_a_program_in_somebodys_home_is_made_readable_for_the_unit() -> None:
    assert "ProtectHome=read-only" in unit_text(UNIT.read_text(), Path("/home/pi/.venv/bin/cpctl"))
    assert "ProtectHome=yes" in unit_text(UNIT.read_text(), Path("/usr/bin/cpctl"))


def test_removing_the_service_leaves_configuration_and_state() -> None:
    touched = " ".join(word for step in uninstall_plan() for word in step.command)
    assert "/etc/cpctl" not in touched
    assert "/var/lib" not in touched


def test_a_step_that_fails_ends_the_installation_with_the_step() -> None:
    with pytest.raises(ControllerError, match="false"):
        perform([Step(("false",))], dry_run=False)


def test_a_step_that_may_fail_does_not() -> None:
    perform([Step(("false",), may_fail=True), Step(("false",), only_if_missing=Path("/"))], dry_run=False)


def test_installing_without_starting_enables_nothing() -> None:
    assert not any("enable" in step.command for step in install_plan(start=False, program=Path("/usr/bin/cpctl")))


def test_what_a_step_reads_is_shown_in_its_place_and_given_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step = Step(("install", "-D", "-m", "0644", "/dev/stdin", str(tmp_path / "there" / "unit")), "[Unit]\n")
    perform([step], dry_run=True)
    assert capsys.readouterr().out.endswith("\n    [Unit]\n")
    assert not (tmp_path / "there").exists()
    perform([step], dry_run=False)
    assert (tmp_path / "there" / "unit").read_text() == "[Unit]\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_the_unit_is_hardened() -> None:
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", str(UNIT)], capture_output=True, text=True, check=False)
    verdict = result.stdout.strip().splitlines()[-1]
    assert float(verdict.partition(": ")[2].split()[0]) <= 2.0
