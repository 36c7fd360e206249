"""A public list of test cases (ids, titles, groups), and which test holds which; one for each OCPP version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])


def case(id: str, title: str) -> Callable[[Test], Test]:
    """Say which case a test holds."""
    return pytest.mark.case(id, title)


@dataclass(frozen=True, slots=True)
class Case:
    """A case of the list; `group` is what the list sorts it by."""

    id: str
    title: str
    group: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases of one version: `folder` has the list and the tests, `serves` tells whether a case is of what the station says it serves.

    `not_shown`: the cases that are served and yet have no test, with the reason.
    """

    folder: Path
    page: Path
    serves: Callable[[Case], bool]
    not_shown: Mapping[str, str] = field(default_factory=dict)

    def cases(self) -> list[Case]:
        """Read the list."""
        found: list[Case] = []
        for line in (self.folder / "cases.txt").read_text("utf-8").splitlines():
            name, _, group = line.partition(" | ")
            id, _, title = name.partition(" ")
            found.append(Case(id, title, group))
        return found

    def held_by(self) -> Iterator[tuple[str, str, str]]:
        """Name every test that holds a case: (case id, title that it gives, test as pytest names it)."""
        for path in sorted(self.folder.glob("test_*.py")):
            module = import_module(f"tests.{self.folder.name}.{path.stem}")
            for name, value in vars(module).items():
                for mark in getattr(value, "pytestmark", ()):
                    if mark.name == "case":
                        yield (*mark.args, f"tests/{self.folder.name}/{path.name}::{name}")

    def open_cases(self) -> set[str]:
        """Return the cases that are served and have neither a test nor a reason."""
        return {case.id for case in self.cases() if self.serves(case)} - {id for id, _, _ in self.held_by()} - self.not_shown.keys()

    def shown_after_all(self) -> set[str]:
        """Return the cases that have a test and a reason for having none."""
        return {id for id, _, _ in self.held_by()} & self.not_shown.keys()

    def misnamed(self) -> list[tuple[str, str]]:
        """Return what tests name that is not in the list by this title."""
        titles = {case.id: case.title for case in self.cases()}
        return [(id, title) for id, title, _ in self.held_by() if titles.get(id) != title]


def short(test: str) -> str:
    """Return a test's file and name without their directory."""
    return test.rpartition("/")[2]
