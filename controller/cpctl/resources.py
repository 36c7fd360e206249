"""Finds the files that come with this software but are no Python: the simulated coprocessor, board files, the example configuration, the unit."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from cpctl.errors import ControllerError

# Overrides where the simulated coprocessor is looked for (a sanitised build, say).
FIRMWARE_VARIABLE = "CPCTL_FW_DIR"

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def firmware(name: str) -> Path:
    """Find a part of the simulated coprocessor: `cp-coprocessor` (the process) or `libcpsim.so` (the library)."""
    given = os.environ.get(FIRMWARE_VARIABLE)
    places = [Path(given)] if given else [*_installed("_fw"), _CHECKOUT / "build/host/ports/posix", _CHECKOUT / "build/host"]
    for place in places:
        if (place / name).is_file():
            return place / name
    raise ControllerError(
        f"The simulated coprocessor ({name}) is not installed.",
        f"Run scripts/setup, or name its directory in {FIRMWARE_VARIABLE}.",
    )


def config_file(name: str) -> Path:
    """Find a file of `config/`: `boards/sim.toml`, `cpctl.service` ..."""
    for place in (*_installed("_config"), _CHECKOUT / "config"):
        if (place / name).is_file():
            return place / name
    raise ControllerError(f"{name} is not among the files of this installation.")


def config_files(directory: str) -> list[Path]:
    """List the TOML files of a directory of `config/`, each name once."""
    found: dict[str, Path] = {}
    for place in (*_installed("_config"), _CHECKOUT / "config"):
        for file in sorted((place / directory).glob("*.toml")):
            found.setdefault(file.name, file)
    return list(found.values())


def _installed(directory: str) -> Iterator[Path]:
    """Where a wheel puts data: in the package, or, for an editable installation, beside it in site-packages."""
    yield _PACKAGE / directory
    for entry in sys.path:
        yield Path(entry) / "cpctl" / directory
