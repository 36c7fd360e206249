"""Board files: how a board is wired, as TOML. One file serves every board of its kind; the firmware is the same for all.

    board = load(find("esp32-devkitc"))

Mistakes are told like those of the configuration file, all at once and each with its line.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from pydantic import ValidationError

from cpctl.config_source import ConfigSource, explain, syntax_problem
from cpctl.errors import ConfigError, ConfigProblem
from cpctl.resources import config_directories
from cpctl.toml_lines import key_lines

from .board_schema import Board
from .board_wiring import wiring_problems


def find(name: str) -> Path:
    """Find a board file by the name of a board that comes with this software, or by a path; ConfigError if there is none."""
    if "/" in name or name.endswith(".toml"):
        return Path(name)
    for directory in config_directories("boards"):
        if (path := directory / f"{name}.toml").is_file():
            return path
    known = ", ".join(names())
    raise ConfigError(
        [ConfigProblem(name, 0, "coprocessor.board", f"there is no such board; there are {known}, or give the path of a file of your own")]
    )


def names() -> list[str]:
    """List the boards that come with this software."""
    return sorted({path.stem for directory in config_directories("boards") for path in directory.glob("*.toml")})


def load(path: Path) -> Board:
    """Read and check a board file; ConfigError with every mistake."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([syntax_problem(str(path), error)]) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is no text"
        raise ConfigError([ConfigProblem(str(path), 0, "", f"the board file cannot be read: {reason}")]) from None
    source = ConfigSource(str(path), key_lines(text))
    try:
        board = Board.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        raise ConfigError(list(explain(error, source))) from None
    if problems := list(wiring_problems(board, source)):
        raise ConfigError(problems)
    return board
