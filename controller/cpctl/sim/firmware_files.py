"""Finds the compiled firmware core: beside the package as installed, or where `CPCTL_FW_DIR` says during development."""

from __future__ import annotations

import os
from pathlib import Path

from cpctl.errors import SimError

LIBRARY = "libcpsim.so"
EXECUTABLE = "cp-coprocessor"
ENVIRONMENT = "CPCTL_FW_DIR"


def firmware_file(name: str) -> Path:
    """Path of a compiled file; SimError says how to make it if there is none."""
    override = os.environ.get(ENVIRONMENT)
    directory = Path(override) if override else Path(__file__).resolve().parent.parent / "_fw"
    path = directory / name
    if not path.is_file():
        raise SimError(
            f"The simulated coprocessor's {name} is not in {directory}.",
            f"Build it: cmake -S coprocessor_fw/ports/posix -B build/fw && cmake --build build/fw; {ENVIRONMENT}=build/fw points at it.",
        )
    return path
