"""The judgement of case.toml joined with the evidence of the tree, and everything that makes the two disagree."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import evidence

MAPPING = Path(__file__).with_name("case.toml")


@dataclass(frozen=True)
class Support:
    """What case.toml names in support of a clause, or of a hazard beyond its clauses."""

    code: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    cbmc: tuple[str, ...] = ()
    wp: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    seeded: tuple[str, ...] = ()
    timing: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: dict[str, Any]) -> Support:
        """Take what supports out of a table."""
        return cls(**{key: tuple(value) for key, value in table.items()})


@dataclass(frozen=True)
class Hazard:
    """What may go wrong, the clauses that stand against it, and what no clause speaks of."""

    id: str
    name: str
    words: str
    clauses: tuple[str, ...]
    also: tuple[str, ...]
    beyond: Support


@dataclass
class Case:
    """Everything that the page is made of."""

    hazards: list[Hazard]
    supports: dict[str, Support]
    sources: dict[str, dict[str, Any]]
    host: list[dict[str, Any]]
    gaps: list[dict[str, str]]
    clauses: dict[str, evidence.Clause] = field(default_factory=evidence.clauses)
    harnesses: dict[str, evidence.Harness] = field(default_factory=evidence.harnesses)
    proved: dict[str, evidence.Proved] = field(default_factory=evidence.proved)
    slices: dict[str, bool] = field(default_factory=evidence.slices)
    bystander: dict[str, list[str]] = field(default_factory=evidence.bystander)
    removed: dict[str, dict[str, Any]] = field(default_factory=evidence.removed)
    seeded: list[dict[str, Any]] = field(default_factory=evidence.seeded)
    timings: dict[str, evidence.Timing] = field(default_factory=evidence.timings)
    figures: dict[str, evidence.Figure] = field(default_factory=evidence.figures)

    def supporting(self) -> list[Support]:
        """List the support of every clause, and of every hazard beyond its clauses."""
        return [*self.supports.values(), *(hazard.beyond for hazard in self.hazards)]

    def absent(self, entry: dict[str, Any]) -> list[str]:
        """List the tools that a protection or a known bug names and that are not there."""
        there = {
            "tests": {path.stem.removeprefix("test_") for path in evidence.TEST.glob("test_*.c")},
            "explore": self.slices.keys(),
            "cbmc": self.harnesses.keys(),
            "wp": {name for name, file in self.proved.items() if file.goals > 0},
        }
        return [f"{kind} {name}" for kind, names in there.items() for name in entry.get(kind, ()) if name.rpartition("/")[2] not in names]

    def harnesses_of(self, clause: str) -> list[evidence.Harness]:
        """List the harnesses that claim a clause, and those that case.toml adds."""
        those = self.supports[clause].cbmc
        return [h for h in self.harnesses.values() if not h.repeats and (clause in h.clauses or h.name in those)]


def load() -> Case:
    """Read case.toml and the tree."""
    read = tomllib.loads(evidence.read(MAPPING))
    own = ("id", "name", "words", "clauses", "also")
    hazards = [
        Hazard(
            table["id"],
            table["name"],
            table["words"].strip(),
            tuple(table["clauses"]),
            tuple(table["also"]),
            Support.of({key: value for key, value in table.items() if key not in own}),
        )
        for table in read["hazard"]
    ]
    return Case(hazards, {name: Support.of(table) for name, table in read["clause"].items()}, read["figure"], read["host"], read.get("gap", []))


def faults(case: Case) -> list[str]:
    """Say everything that is wrong: claims without evidence, names of nothing, evidence without a place."""
    return [*_lacking(case), *_names_of_nothing(case), *_without_a_place(case), *_figures(case)]


def _lacking(case: Case) -> Iterator[str]:
    homes = Counter(clause for hazard in case.hazards for clause in hazard.clauses)
    for clause in case.clauses:
        support = case.supports.get(clause)
        if homes[clause] != 1:
            yield f"{clause} belongs to {homes[clause]} hazards, not to one"
        if support is None:
            yield f"{clause} is not in case.toml"
            continue
        if not any(clause in harness.clauses for harness in case.harnesses.values()):
            yield f"{clause}: no harness of CBMC claims it"
        yield from (f"{clause}: no {what}" for what in ("code", "tests") if not getattr(support, what))
    stray = {clause for hazard in case.hazards for clause in hazard.clauses + hazard.also} | case.supports.keys()
    yield from (f"there is no clause {clause}" for clause in sorted(stray - case.clauses.keys()))


def _names_of_nothing(case: Case) -> Iterator[str]:
    there = {
        "slices": case.slices.keys(),
        "cbmc": case.harnesses.keys(),
        "wp": {name for name, file in case.proved.items() if file.goals > 0},
        "removed": case.removed.keys(),
        "seeded": {bug["patch"] for bug in case.seeded},
        "timing": case.timings.keys(),
        "figures": case.sources.keys(),
    }
    for support in case.supporting():
        for kind, names in there.items():
            yield from (f"{kind}: there is nothing called {name}" for name in getattr(support, kind) if name not in names)
        yield from (f"code: {place} is not there" for place in support.code if not evidence.has_function(*place.split(":")))
        yield from (f"tests: {test} is not there" for test in support.tests if not evidence.has_c_test(*test.split(":")))
    for entry in case.host:
        yield from (f"host: {place} is not there" for place in entry["code"] if not (evidence.ROOT / place).exists())
        yield from (f"host: {test} is not there" for test in entry["tests"] if not evidence.has_python_test(*test.split(":")))
    for name, removal in case.removed.items():
        yield from (f"{name}: there is no {test}" for test in case.absent(removal))
    known = {(gap["bug"], gap["tool"]) for gap in case.gaps}
    missing = {(bug["patch"], tool) for bug in case.seeded for tool in case.absent(bug)}
    yield from (f"{bug}: there is no {tool}" for bug, tool in sorted(missing - known))
    yield from (f"{bug}: {tool} is no gap any more, take it out of case.toml" for bug, tool in sorted(known - missing))


def _without_a_place(case: Case) -> Iterator[str]:
    used = case.supporting()
    yield from _unused("removed protection", case.removed, (name for support in used for name in support.removed))
    yield from _unused("slice", case.slices, (name for support in used for name in support.slices))
    yield from _unused("measured time", case.timings, (name for support in used for name in support.timing))
    yield from _unused("figure", case.sources, (name for support in used for name in support.figures))
    mute = [bug["patch"] for bug in case.seeded if not bug["clause"]]
    yield from _unused("seeded bug", mute, (name for support in used for name in support.seeded))


def _unused(what: str, there: Iterable[str], used: Iterable[str]) -> Iterator[str]:
    yield from (f"{what} without a place in case.toml: {name}" for name in sorted(set(there) - set(used)))


def _figures(case: Case) -> Iterator[str]:
    for name, judged in case.sources.items():
        figure = case.figures.get(name)
        if figure is None:
            yield f"cp_timing.h has no {name}"
        elif figure.value != judged["value"]:
            yield f"{name} is {figure.value} in cp_timing.h, but {judged['value']} was judged"
        elif figure.secondary and evidence.SECONDARY not in judged["source"]:
            yield f"{name} carries [R] in cp_timing.h, but not in case.toml"
    for name, figure in case.figures.items():
        if figure.secondary and name not in case.sources:
            yield f"{name} carries [R] in cp_timing.h and has no source in case.toml"
