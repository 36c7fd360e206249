"""What installing and removing the service consists of: a plan of shell commands, shown before each is run, with sudo where needed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cpctl.errors import ControllerError
from cpctl.resources import config_file

UNIT = Path("/etc/systemd/system/cpctl.service")
RULES = Path("/etc/udev/rules.d/99-cpctl.rules")
CONFIG = Path("/etc/cpctl/cpctl.toml")
USER = "cpctl"

# Where the unit's ProtectHome hides everything: a virtual environment there needs it relaxed to reading.
_HIDDEN = (Path("/home"), Path("/root"))


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what it reads; `only_if_missing` skips it where that file exists, `may_fail` goes on without it."""

    command: tuple[str, ...]
    text: str | None = None
    only_if_missing: Path | None = None
    may_fail: bool = False


def install_plan(start: bool, program: Path | None = None) -> list[Step]:
    """List the steps that install the service for the `cpctl` that runs now."""
    found = program or Path(sys.argv[0]).resolve()
    unit = unit_text(config_file("cpctl.service").read_text("utf-8"), found)
    steps = [
        Step(("useradd", "--system", "--home-dir", "/var/lib/cpctl", "--no-create-home", "--shell", "/usr/sbin/nologin", USER), may_fail=True),
        Step(("usermod", "--append", "--groups", "dialout", USER)),
        Step(("install", "-D", "-m", "0644", "/dev/stdin", str(UNIT)), unit),
        Step(("install", "-D", "-m", "0644", str(config_file("99-cpctl.rules")), str(RULES))),
        Step(("install", "-D", "-m", "0640", "-g", USER, str(config_file("cpctl.example.toml")), str(CONFIG)), only_if_missing=CONFIG),
        Step(("udevadm", "control", "--reload"), may_fail=True),
        Step(("systemctl", "daemon-reload")),
    ]
    return [*steps, Step(("systemctl", "enable", "--now", UNIT.name))] if start else steps


def uninstall_plan() -> list[Step]:
    """List the steps that remove it."""
    return [
        Step(("systemctl", "disable", "--now", UNIT.name), may_fail=True),
        Step(("rm", "-f", str(UNIT), str(RULES))),
        Step(("systemctl", "daemon-reload")),
        Step(("udevadm", "control", "--reload"), may_fail=True),
    ]


def perform(steps: Sequence[Step], dry_run: bool) -> None:
    """Say and do each step; ControllerError at the first that fails and must not."""
    sudo = () if os.geteuid() == 0 else ("sudo",)
    if sudo and not dry_run and shutil.which("sudo") is None:
        raise ControllerError("This needs root, and there is no sudo.", "Run it as root.")
    for step in steps:
        if step.only_if_missing is not None and step.only_if_missing.exists():
            print(f"# {step.only_if_missing} exists and is kept")
            continue
        command = [*sudo, *step.command]
        print(f"+ {shlex.join(command)}", flush=True)
        if dry_run:
            print(textwrap.indent(step.text or "", "    "), end="")
            continue
        if subprocess.run(command, input=step.text, text=True, check=False).returncode != 0 and not step.may_fail:
            raise ControllerError(f"This step failed: {shlex.join(command)}", "Mend it and run the same command again; steps may be repeated.")


def unit_text(template: str, program: Path) -> str:
    """Write the unit for a program where it really is; let the unit see it if it lies in somebody's home."""
    text = template.replace("/usr/bin/cpctl", str(program))
    if any(program.is_relative_to(hidden) for hidden in _HIDDEN):
        text = text.replace("ProtectHome=yes", "ProtectHome=read-only")
    return text
