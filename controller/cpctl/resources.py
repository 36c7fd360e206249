"""Finds the files that come with this software but are no Python: the compiled firmware core, the example configuration, the unit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from cpctl.errors import ControllerError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def config_file(name: str) -> Path:
    """Find a file of `config/`: `cpctl.example.toml`, `cpctl.service` ..."""
    for place in (*places("_config"), _CHECKOUT / "config"):
        if (place / name).is_file():
            return place / name
    raise ControllerError(f"{name} is not among the files of this installation.")


def config_directories(name: str) -> list[Path]:
    """Find a directory of `config/`, such as `boards`, wherever it is; installed ones first."""
    return [place / name for place in (*places("_config"), _CHECKOUT / "config") if (place / name).is_dir()]


def places(directory: str) -> Iterator[Path]:
    """Yield where a directory of data may be: in the package, or, for an editable installation, beside it in site-packages."""
    yield _PACKAGE / directory
    for entry in sys.path:
        yield Path(entry) / "cpctl" / directory
