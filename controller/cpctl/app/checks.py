"""Checks of a configuration that need to know more than the file: which variables there are, what they may hold, which OCPP versions are spoken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from cpctl.config import Config
from cpctl.core.variable_definition import Definition, Mutability
from cpctl.core.variable_table import definitions
from cpctl.core.variables import normalise
from cpctl.csms.adapter import VERSIONS
from cpctl.csms.passwords import MAX_PASSWORD, MIN_PASSWORD
from cpctl.csms.tls import authority_trouble, own_trouble
from cpctl.csms.v16.variables import VARIABLES
from cpctl.errors import ConfigError, ConfigProblem

from .board import board_settings
from .settings import station_settings
from .variables import named


def problems(config: Config) -> Iterator[ConfigProblem]:
    """Find everything that is wrong."""
    yield from _initial(config)
    yield from _versions(config)
    yield from _board(config)
    yield from _password(config)
    yield from _certificates(config)


def _initial(config: Config) -> Iterator[ConfigProblem]:
    known = {definition.name: definition for definition in definitions(station_settings(config).evses)}
    for name, text in config.ocpp.initial_as_text():
        path = ("ocpp", "initial", name)
        variable, value = named(name, text)
        definition = known.get(variable)
        shown = config.ocpp.initial[name]
        if definition is None:
            yield config.source.problem(path, f"there is no such variable{_near(name, known)}", shown)
        elif definition.mutability is Mutability.WRITE_ONLY:
            yield config.source.problem(path, "is a secret and not for this file; use csms.password_file")
        elif definition.mutability is Mutability.READ_ONLY:
            yield config.source.problem(path, "is read-only", shown)
        elif normalise(definition, value) is None:
            yield config.source.problem(path, _wanted(definition), shown)


def _near(name: str, known: Mapping[str, Definition]) -> str:
    names = {one.name for one in known.values() if one.mutability is Mutability.READ_WRITE}
    near = get_close_matches(name, [*(key for key, variable in VARIABLES.items() if variable in names), *sorted(names)], n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else ""


def _versions(config: Config) -> Iterator[ConfigProblem]:
    if not VERSIONS.keys() & set(config.csms.versions):
        yield config.source.problem(("csms", "versions"), f"names none that this release speaks ({', '.join(sorted(VERSIONS))})")


def _board(config: Config) -> Iterator[ConfigProblem]:
    try:
        board_settings(config, simulated=False)
    except ConfigError as error:
        for problem in error.problems:
            named = problem.key == "coprocessor.board" and not problem.line
            yield config.source.problem(("coprocessor", "board"), problem.reason, config.coprocessor.board) if named else problem


def _password(config: Config) -> Iterator[ConfigProblem]:
    password = config.password
    if config.csms.security_profile in (1, 2) and password and not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        key = "password_file" if config.csms.password_file else "security_profile"
        yield config.source.problem(("csms", key), f"the password has {len(password)} characters; {MIN_PASSWORD} to {MAX_PASSWORD} are wanted")


def _certificates(config: Config) -> Iterator[ConfigProblem]:
    csms = config.csms
    if csms.ca_file is not None and csms.ca_file.is_file() and (trouble := authority_trouble(csms.ca_file)):
        yield config.source.problem(("csms", "ca_file"), trouble, str(csms.ca_file))
    own = (csms.cert_file, csms.key_file)
    if csms.cert_file and csms.key_file and all(file and file.is_file() for file in own) and (trouble := own_trouble(csms.cert_file, csms.key_file)):
        yield config.source.problem(("csms", "cert_file"), trouble, str(csms.cert_file))


def _wanted(definition: Definition) -> str:
    if definition.values:
        return f"is made of {', '.join(definition.values)}"
    low, high = definition.minimum, definition.maximum
    between = f" from {low} to {high}" if low is not None and high is not None else f" from {low} on" if low is not None else ""
    return f"is to be {definition.kind.value}{between}{f' {definition.unit}' if definition.unit else ''}"
