"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .client import Client

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="Configuration file.", show_default="cpctl.toml here, or /etc/cpctl/cpctl.toml")
]
StateOption = Annotated[Path | None, typer.Option("--state", help="State directory.", show_default="the service's, or your own")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

SYSTEM_CONFIG = Path("/etc/cpctl/cpctl.toml")
SYSTEM_STATE = Path("/var/lib/cpctl")
STATE_VARIABLE = "CPCTL_STATE"
# A simulated station never shares its state with a real one.
SIMULATED = "simulated"


def find_config(given: Path | None) -> Path:
    """Choose the configuration file: the one given, the one here, or the system's."""
    if given is not None:
        return given
    here = Path("cpctl.toml")
    return SYSTEM_CONFIG if SYSTEM_CONFIG.is_file() and not here.is_file() else here


def need_config(given: Path | None) -> Path:
    """Choose the configuration file; ConfigError with every place that was tried if there is none."""
    from cpctl.errors import ConfigError, ConfigProblem

    chosen = find_config(given)
    if given is None and not chosen.is_file():
        raise ConfigError([ConfigProblem(str(chosen), 0, "", f"no such file, nor {SYSTEM_CONFIG}; config/cpctl.example.toml is a start")])
    return chosen


def connect(state: Path | None) -> Client:
    """Make a client of the service whose state directory was given, else of the one that runs."""
    from cpctl.config import default_state_dir

    from .client import SOCKET_NAME, Client

    named = state or (Path(value) if (value := os.environ.get(STATE_VARIABLE)) else None)
    places = [named] if named else [default_state_dir(), SYSTEM_STATE, default_state_dir() / SIMULATED]
    running = next((place for place in places if (place / SOCKET_NAME).exists()), places[0])
    return Client(running / SOCKET_NAME)
