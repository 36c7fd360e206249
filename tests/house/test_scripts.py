"""The scripts that a newcomer runs first: what they say when something is missing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [ROOT / "scripts" / name for name in ("setup", "demo", "test", "lib.sh")]


def bash(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a script that finds no other commands than those in `path`."""
    command = ["/bin/bash", "-c", f". scripts/lib.sh; {script}"]
    return subprocess.run(command, cwd=ROOT, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def command(path: Path, name: str, body: str) -> None:
    file = path / name
    file.write_text(f"#!/bin/bash\n{body}\n")
    file.chmod(0o755)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_each_script_is_valid_bash(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_without_root_a_missing_command_is_told_with_what_to_type(tmp_path: Path) -> None:
    command(tmp_path, "apt-get", "echo called")
    command(tmp_path, "id", "echo 1000")
    ended = bash("need nosuch some-package", tmp_path)
    assert ended.returncode == 1
    assert "Missing: nosuch" in ended.stderr
    assert "    sudo apt-get update && sudo apt-get install -y some-package\n" in ended.stderr
    assert "called" not in ended.stdout


def test_root_gets_a_missing_command_installed(tmp_path: Path) -> None:
    command(tmp_path, "apt-get", 'echo "apt-get $*" >&2')
    command(tmp_path, "id", "echo 0")
    ended = bash("need nosuch some-package", tmp_path)
    assert ended.returncode == 0
    assert "install -y -qq --no-install-recommends some-package" in ended.stderr


def test_without_apt_the_package_is_named_all_the_same(tmp_path: Path) -> None:
    ended = bash("need nosuch some-package", tmp_path)
    assert ended.returncode == 1
    assert "some-package" in ended.stderr


def test_a_command_that_is_there_installs_nothing(tmp_path: Path) -> None:
    command(tmp_path, "apt-get", "echo called")
    command(tmp_path, "there", "true")
    assert bash("need there some-package", tmp_path).stdout == ""


def test_a_python_that_is_too_old_is_not_taken(tmp_path: Path) -> None:
    command(tmp_path, "python3", "exit 1")
    command(tmp_path, "python3.12", "exit 0")
    assert bash("find_python", tmp_path).stdout == "python3.12"


def test_an_unknown_step_is_a_usage_error_that_lists_the_steps() -> None:
    ended = subprocess.run(["scripts/test", "nosuch"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    steps = re.findall(r"^step_(\w+)\(\)", (ROOT / "scripts/test").read_text("utf-8"), re.MULTILINE)
    assert len(steps) > 5
    assert f"there are: {' '.join(steps)}\n" in ended.stderr


def test_nothing_that_is_committed_records_where_packages_came_from() -> None:
    assert "://" not in (ROOT / "constraints.txt").read_text("utf-8")
