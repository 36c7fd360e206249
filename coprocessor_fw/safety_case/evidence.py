"""What the tree itself says: clauses, harnesses, slices, tests, removed protections, seeded bugs, measured times, figures.

Everything here is read from the file that owns it, so that the safety case repeats none of it by hand.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "coprocessor_fw"
CORE = FIRMWARE / "components/cp_core"
TEST = FIRMWARE / "test"
DOCS = ROOT / "docs"
SECONDARY = "[R]"


class CaseError(Exception):
    """A file does not have the form in which it is read; carries which."""


@dataclass(frozen=True)
class Clause:
    """One of the clauses of cp_invariant.h, with its line of docs/explanation/safety-property.md."""

    number: str
    name: str
    short: str
    words: str
    why: str


@dataclass(frozen=True)
class Harness:
    """A harness of CBMC, with the clauses that it claims; one that repeats another looks for run-time errors besides."""

    name: str
    quick: bool
    repeats: bool
    errors: bool
    clauses: frozenset[str]


@dataclass(frozen=True)
class Proved:
    """A file that WP proves: how many goals, those that stay open, and what its contracts say."""

    name: str
    shows: str
    goals: int
    quick: bool
    unproved: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """A line of docs/reference/fault-timing.md."""

    what: str
    cause: str
    simulator: str
    rv32: str
    limit: str


@dataclass(frozen=True)
class Figure:
    """A constant of cp_timing.h."""

    name: str
    value: int
    secondary: bool


def read(path: Path) -> str:
    """Return a file's text."""
    return path.read_text(encoding="utf-8")


def tables(path: Path, key: str) -> list[dict[str, Any]]:
    """Return an array of tables of a TOML file."""
    found: list[dict[str, Any]] = tomllib.loads(read(path))[key]
    return found


def clauses() -> dict[str, Clause]:
    """Join header, checks and prose; each clause has to stand in all three."""
    header = re.findall(r"^    (CP_(S\d+)_\w+) = \d+,\s+/\* (.+?) \*/", read(CORE / "include/cp_invariant.h"), re.MULTILINE)
    prose = {row[0]: row for row in rows(read(DOCS / "explanation/safety-property.md")) if re.fullmatch(r"S\d+", row[0])}
    code = read(CORE / "cp_invariant.c") + read(CORE / "cp_invariant_step.c")
    names = dict(re.findall(r"return \"(S\d+) ([^\"]+)\";", code))
    found = {}
    for name, number, short in header:
        if number not in prose or f", {name})" not in re.sub(r",\s+", ", ", code):
            raise CaseError(f"{number} of cp_invariant.h is not in safety-property.md, or is never judged")
        row = [*prose[number], ""]
        found[number] = Clause(number, names[number], short, row[1], row[2])
    if set(found) != set(prose):
        raise CaseError(f"safety-property.md and cp_invariant.h differ: {sorted(set(found) ^ set(prose))}")
    return found


def harnesses() -> dict[str, Harness]:
    """Read the harnesses of CBMC; those that claim a standing state claim its clauses."""
    place = FIRMWARE / "proof/cbmc"
    claim = re.compile(r"CLAIM_CLAUSE\(\w+(?:\([^()]*\))?, CP_(S\d+)_|CLAIM_CLAUSE\(.*?, CP_(S\d+)_")
    standing = {a or b for a, b in claim.findall(read(place / "harness.h"))}
    found = {}
    for table in tables(place / "harnesses.toml", "harness"):
        text = read(place / f"{table.get('source', table['name'])}.c")
        own = {a or b for a, b in claim.findall(text)}
        claims = own | (standing if "claim_standing(" in text else set())
        found[table["name"]] = Harness(table["name"], table.get("quick", False), "source" in table, table.get("errors", False), frozenset(claims))
    return found


def proved() -> dict[str, Proved]:
    """Read what WP has to prove of each file."""
    files = tomllib.loads(read(FIRMWARE / "proof/wp/goals.toml"))["file"]
    return {
        name.rpartition("/")[2]: Proved(name.rpartition("/")[2], t["shows"], t["goals"], t.get("quick", False), t.get("unproved", {}))
        for name, t in files.items()
    }


def slices() -> dict[str, bool]:
    """Name the explorer's slices; true for those that CI explores."""
    entries = read(FIRMWARE / "explore/slice.c").split('{.name = "')[1:]
    return {entry.partition('"')[0]: ".quick = true" in entry for entry in entries}


def bystander() -> dict[str, list[str]]:
    """Return by clause the causes whose time to the opening the explorer's bystander takes."""
    found: dict[str, list[str]] = defaultdict(list)
    for cause, numbers in re.findall(r"\"([^\"(]+) \((S[\dS, ]+)\)\"", read(FIRMWARE / "explore/monitor.c")):
        for number in numbers.split(", "):
            found[number].append(cause)
    return found


def removed() -> dict[str, dict[str, Any]]:
    """Return the protections that are taken out one by one, by name."""
    return {table["protection"]: table for table in tables(TEST / "removed.toml", "removed")}


def seeded() -> list[dict[str, Any]]:
    """Return the known bugs."""
    return tables(FIRMWARE / "seeded/seeded.toml", "bug")


def timings() -> dict[str, Timing]:
    """Return the measured times, by protection."""
    found = [Timing(*row) for row in rows(read(DOCS / "reference/fault-timing.md")) if len(row) == len(Timing.__dataclass_fields__)]
    return {timing.what: timing for timing in found[1:]}


def figures() -> dict[str, Figure]:
    """Return the constants of cp_timing.h; a comment speaks for the lines up to the next."""
    found, comment = {}, ""
    for paragraph in re.findall(r"^/\*.*?\*/|^#define \w+ [^\n]*", read(CORE / "include/cp_timing.h"), re.DOTALL | re.MULTILINE):
        defined = re.match(r"#define (\w+) \(?(-?\d+)u?\)?", paragraph)
        if defined:
            found[defined[1]] = Figure(defined[1], int(defined[2]), SECONDARY in comment + paragraph)
        else:
            comment = paragraph
    return found


def scores() -> list[list[str]]:
    """Return the lines of the mutants' score, if there is one."""
    between = re.search(r"<!-- begin scores.*?-->(.*?)<!-- end scores", read(DOCS / "explanation/mutants.md"), re.DOTALL)
    if between is None:
        raise CaseError("mutants.md has no place for its scores")
    return rows(between[1])[1:]


def survivors() -> int:
    """Count the mutants that survive with a reason."""
    return sum(len(entry["mutants"]) for entry in tomllib.loads(read(FIRMWARE / "mutants/survivors.toml")).get("reason", []))


@cache
def has_c_test(suite: str, name: str) -> bool:
    """Say whether this C test stands in its program's table."""
    path = TEST / f"test_{suite}.c"
    return path.is_file() and f"TEST({name})" in read(path)


@cache
def has_python_test(path: str, name: str) -> bool:
    """Say whether there is such a test of the host."""
    file = ROOT / path
    return file.is_file() and re.search(rf"^(?:async )?def {name}\(", read(file), re.MULTILINE) is not None


@cache
def has_function(file: str, name: str) -> bool:
    """Say whether a file of the core or of its application defines this function or table."""
    places = [path for path in (CORE / file, CORE / "include" / file, FIRMWARE / "main" / file) if path.is_file()]
    pattern = rf"^[a-z].*\b{name}(?:\(.*[^;]$|\[.*= \{{$)"
    return any(re.search(pattern, read(path), re.MULTILINE) for path in places)


def rows(text: str) -> list[list[str]]:
    """Return the lines of all tables of a page, without their rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip().replace("\0", "\\|") for cell in line.replace("\\|", "\0").strip("|").split("|")] for line in lines]
    return [row for row in cells if not re.fullmatch(r"[-: ]+", "".join(row) or "-")]
