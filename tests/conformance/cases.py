"""The public list of test cases (ids, titles, profiles), and which test holds which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import pytest

HERE = Path(__file__).parent
# The profiles that the charge point says it serves: each of their cases has a test or a reason.
SERVED = ("Core", "RemoteTrigger")

Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Case:
    """A case of the plan."""

    id: str
    title: str
    profile: str


def case(id: str, title: str) -> Callable[[Test], Test]:
    """Say which case a test holds."""
    return pytest.mark.case(id, title)


def plan() -> list[Case]:
    """Read the list."""
    found: list[Case] = []
    for line in (HERE / "cases.txt").read_text("utf-8").splitlines():
        name, _, profile = line.partition(" | ")
        id, _, title = name.partition(" ")
        found.append(Case(id, title, profile))
    return found


def held_by() -> Iterator[tuple[str, str, str]]:
    """Name every test that holds a case: (case id, title that it gives, test as pytest names it)."""
    for path in sorted(HERE.glob("test_*.py")):
        module = import_module(f"tests.conformance.{path.stem}")
        for name, value in vars(module).items():
            for mark in getattr(value, "pytestmark", ()):
                if mark.name == "case":
                    yield (*mark.args, f"tests/conformance/{path.name}::{name}")


# Cases that cannot be shown here, and why.
NOT_SHOWN: Mapping[str, str] = {
    "TC_032_1_CS": "needs a supply that outlasts the mains for the last messages; the hardware has none, so TC_032_2 holds",
}
