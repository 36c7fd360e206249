"""Checks of a configuration that need to know more than the file: which variables there are, what they may hold, which OCPP versions are spoken."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.config import Config
from cpctl.core.variable_table import Definition, Mutability, definitions
from cpctl.core.variables import normalise
from cpctl.csms.adapter import VERSIONS
from cpctl.csms.v16.variables import variable_of
from cpctl.errors import ConfigError, ConfigProblem

from .board import board_settings
from .settings import station_settings


def check(config: Config) -> None:
    """Raise ConfigError with everything that is wrong."""
    if problems := [*_initial(config), *_versions(config), *_board(config)]:
        raise ConfigError(problems)


def _initial(config: Config) -> Iterator[ConfigProblem]:
    known = {definition.name: definition for definition in definitions(station_settings(config).evses)}
    for name, text in config.ocpp.initial_as_text():
        path = ("ocpp", "initial", name)
        definition = known.get(variable_of(name) or name)
        shown = config.ocpp.initial[name]
        if definition is None:
            yield config.source.problem(path, "there is no such variable", shown)
        elif definition.mutability is Mutability.WRITE_ONLY:
            yield config.source.problem(path, "is a secret and not for this file; use csms.password_file")
        elif definition.mutability is Mutability.READ_ONLY:
            yield config.source.problem(path, "is read-only", shown)
        elif normalise(definition, text) is None:
            yield config.source.problem(path, _wanted(definition), shown)


def _versions(config: Config) -> Iterator[ConfigProblem]:
    if not VERSIONS.keys() & set(config.csms.versions):
        yield config.source.problem(("csms", "versions"), f"names none that this release speaks ({', '.join(sorted(VERSIONS))})")


def _board(config: Config) -> Iterator[ConfigProblem]:
    try:
        board_settings(config, simulated=False)
    except ConfigError as error:
        yield from error.problems


def _wanted(definition: Definition) -> str:
    if definition.values:
        return f"is made of {', '.join(definition.values)}"
    low, high = definition.minimum, definition.maximum
    between = f" from {low} to {high}" if low is not None and high is not None else f" from {low} on" if low is not None else ""
    return f"is to be {definition.kind.value}{between}{f' {definition.unit}' if definition.unit else ''}"
