"""The error tree: drawn as it is, with data and a next step."""

from __future__ import annotations

import inspect

import pytest

from cpctl import errors
from cpctl.errors import ConfigError, ConfigProblem, ControllerError, CsmsRefused, WrongBoard

ALL = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, ControllerError)]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_stands_in_the_drawn_tree_below_its_parent(error: type[ControllerError]) -> None:
    lines = (errors.__doc__ or "").splitlines()
    row = next(index for index, line in enumerate(lines) if line.strip(" │├└─").split(" ")[0] == error.__name__)
    depth = lines[row].index(error.__name__)
    if error is ControllerError:
        return
    parent = next(line for line in reversed(lines[:row]) if len(line) - len(line.lstrip(" │├└─")) < depth and line.strip())
    assert error.__bases__[0].__name__ in parent.split()


def test_a_config_error_shows_every_problem_with_file_line_key_and_reason() -> None:
    error = ConfigError([ConfigProblem("a.toml", 14, "evse.phases = 2", "is 1 or 3"), ConfigProblem("a.toml", 0, "", "is empty")])
    assert str(error).splitlines() == ["a.toml:14: evse.phases = 2: is 1 or 3", "a.toml: is empty"]


def test_an_error_says_what_is_wrong_and_then_what_to_do() -> None:
    error = WrongBoard("24:6f:28:00:00:01", "24:6f:28:00:00:02")
    assert (error.expected, error.found) == ("24:6f:28:00:00:01", "24:6f:28:00:00:02")
    assert str(error) == f"{error.reason} {error.next_step}"
    assert "cpctl commission" in error.next_step


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503, 200])
def test_each_way_to_be_refused_by_a_csms_has_its_own_words(status: int) -> None:
    others = {CsmsRefused("wss://x", other).reason for other in (401, 403, 404, 429, 503, 200) if other != status}
    assert CsmsRefused("wss://x", status).reason not in others
