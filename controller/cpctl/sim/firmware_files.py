"""Finds the compiled firmware core: beside the package as installed, or where `CPCTL_FW_DIR` says during development."""

from __future__ import annotations

import os
from pathlib import Path

from cpctl import resources
from cpctl.errors import SimError

LIBRARY = "libcpsim.so"
EXECUTABLE = "cp-coprocessor"
ENVIRONMENT = "CPCTL_FW_DIR"


def firmware_file(name: str) -> Path:
    """Path of a compiled file; SimError says how to make it if there is none."""
    override = os.environ.get(ENVIRONMENT)
    candidates = [Path(override)] if override else list(resources.places("_fw"))
    path = next((directory / name for directory in candidates if (directory / name).is_file()), None)
    if path is None:
        raise SimError(
            f"The simulated coprocessor's {name} is not in {candidates[0]}.",
            f"Build it: cmake -S coprocessor_fw/ports/posix -B build/fw && cmake --build build/fw; {ENVIRONMENT}=build/fw points at it.",
        )
    return path
