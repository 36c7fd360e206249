"""The reasons why mutants may survive, as survivors.toml has them: each is asked for its mutant, each survivor for its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .operators import Key


@dataclass(frozen=True)
class Reason:
    """Why these mutants of a function change nothing that anybody could ever see."""

    file: str
    function: str
    because: str
    places: tuple[str, ...]

    @property
    def keys(self) -> list[Key]:
        """Name its mutants as they name themselves."""
        return [(self.file, self.function, place) for place in self.places]


@dataclass(frozen=True)
class Ledger:
    """What is known of survivors: the files of which each was read, and the reasons."""

    judged: frozenset[str]
    reasons: list[Reason]


def load(path: Path) -> Ledger:
    """Read the reasons; a mutant with two of them is refused."""
    with path.open("rb") as file:
        content = tomllib.load(file)
    entries = content.get("reason", [])
    reasons = [Reason(entry["file"], entry.get("function", ""), entry["because"], tuple(entry["mutants"])) for entry in entries]
    twice = repeated(key for reason in reasons for key in reason.keys)
    if twice:
        raise SystemExit(f"{path.name}: more than one reason for {say(twice[0])}")
    return Ledger(frozenset(content["judged"]), reasons)


def repeated(keys: Iterable[Key]) -> list[Key]:
    """List what comes more than once."""
    seen: set[Key] = set()
    return [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def say(key: Key) -> str:
    """Write a key in a line."""
    return f"{key[0]}, {key[1] or 'outside of functions'}: {key[2]}"
