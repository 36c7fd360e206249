"""The machine that measures: which cores it has, and how a process is kept on one of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PRIORITY = -5  # of config/cpctl.service
_SCRIPTS = Path(__file__).resolve().parent.parent


def cores() -> list[int]:
    """Return the cores that we may use, in order; none where the system cannot tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pin(index: int) -> None:
    """Stay on the `index`-th core that there is, or on the last; without effect where the system cannot do it."""
    if found := cores():
        os.sched_setaffinity(0, {found[min(index, len(found) - 1)]})


def prefer() -> bool:
    """Take the priority that the systemd unit gives, children too; False if we may not."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    except PermissionError:
        return False
    return True


def unpin(allowed: Sequence[int]) -> None:
    """Use these cores again."""
    if allowed:
        os.sched_setaffinity(0, set(allowed))


def python(*arguments: str) -> list[str]:
    """Make the command line of a Python process like this one."""
    return [sys.executable, *arguments]


def environment(bytecode: Path | None) -> Mapping[str, str]:
    """Make the environment of a child that finds the package and the benchmark where we did, and keeps its bytecode in `bytecode`."""
    path = os.pathsep.join(entry for entry in (str(_SCRIPTS), *sys.path) if entry)
    made = {**os.environ, "PYTHONPATH": path}
    if bytecode is not None:
        made.pop("PYTHONDONTWRITEBYTECODE", None)
        made["PYTHONPYCACHEPREFIX"] = str(bytecode)
    return made


def start(*arguments: str, core: int, bytecode: Path | None = None, stdin: int | None = None, stdout: int | None = None) -> subprocess.Popen[bytes]:
    """Start a Python process on a core of ours, with these arguments."""
    allowed = cores()
    pin(core)
    try:
        return subprocess.Popen(python(*arguments), env=environment(bytecode), stdin=stdin, stdout=stdout)
    finally:
        unpin(allowed)


def describe() -> str:
    """Say in a line what was measured on."""
    model = next((line.split(":", 1)[1].strip() for line in _cpu_info() if line.startswith("model name")), os.uname().machine)
    load = os.getloadavg()[0]
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"{len(cores()) or os.cpu_count()} cores of {model}, Python {version}, load {load:.1f} at the start"


def _cpu_info() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
