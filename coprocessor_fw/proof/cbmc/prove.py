#!/usr/bin/env python3
"""Prove the harnesses of harnesses.toml with CBMC; cbmc, goto-cc and goto-instrument are on PATH (see scripts/prove-cbmc).

prove.py [--quick] [--core DIR] [HARNESS ...]     only these, such as tick; --quick leaves out what CI does not prove; --core
proves another core than this tree's, such as a copy with a bug in it, and keeps its results there

A claim that does not hold fails; so does a place that must be reached and is not, for then the claims say nothing, and a number of
claims that differs from the pinned one. Results go to build/prove/cbmc.json, the traces of what failed to build/prove/cbmc-NAME.trace.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CORE = HERE.parents[1] / "components/cp_core"
RESULTS = ROOT / "build/prove"
#: A proof takes seconds; a machine that has other things to do may need longer, a formula that grew too hard shall not hang.
TIMEOUT_S = 1800
REACHED = "REACHED "
_CLAUSE = re.compile(r"clause CP_(S\d+)_")


class ProofError(Exception):
    """A tool did not do what it should; carries its last words."""


@dataclass(frozen=True)
class Harness:
    """One table of harnesses.toml."""

    name: str
    claims: int
    reached: int
    source: str = ""
    quick: bool = False
    errors: bool = False
    unwind: int = 34
    stubs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where the core is, and where what is made of it goes."""

    core: Path
    results: Path

    @property
    def work(self) -> Path:
        """The folder of compiled programs."""
        return self.results / "cbmc"

    def compile(self, *arguments: str) -> None:
        """Compile or link for CBMC."""
        run(["goto-cc", "-std=c11", f"-I{self.core / 'include'}", f"-I{self.core}", f"-I{HERE}", *arguments])


@dataclass
class Verdict:
    """What CBMC said of a harness."""

    name: str
    seconds: float = 0.0
    claims: dict[str, bool] = field(default_factory=dict)
    reached: dict[str, bool] = field(default_factory=dict)
    checks: int = 0
    failed: list[str] = field(default_factory=list)

    def clauses(self) -> list[str]:
        """Name the clauses of the safety property that were proved."""
        found = {match[1] for text, holds in self.claims.items() if holds and (match := _CLAUSE.search(text))}
        return sorted(found, key=lambda clause: int(clause[1:]))


def main() -> int:
    """Run the command line; 0 if everything that is claimed was proved."""
    parser = argparse.ArgumentParser(description="Prove the safety property of the core with CBMC.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--core", type=Path)
    parser.add_argument("harness", nargs="*")
    options = parser.parse_args()
    tables = tomllib.loads((HERE / "harnesses.toml").read_text())["harness"]
    harnesses = [Harness(**{**table, "stubs": tuple(table.get("stubs", ()))}) for table in tables]
    names = {harness.name for harness in harnesses}
    if unknown := set(options.harness) - names:
        parser.error(f"no harness {', '.join(sorted(unknown))}; there are: {', '.join(sorted(names))}")
    chosen = [h for h in harnesses if (h.name in options.harness or not options.harness) and (h.quick or not options.quick)]
    started = time.monotonic()
    place = Place(CORE, RESULTS) if options.core is None else Place(options.core.resolve(), options.core.resolve() / "prove")
    place.work.mkdir(parents=True, exist_ok=True)
    try:
        core = compile_core(place)
        verdicts = [tell(prove(harness, core, place)) for harness in chosen]
    except (ProofError, subprocess.TimeoutExpired) as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return summarise(verdicts, time.monotonic() - started, place)


def compile_core(place: Place) -> list[Path]:
    """Compile every file of the core for CBMC."""
    objects = []
    for source in sorted(place.core.glob("*.c")):
        objects.append(place.work / f"{source.stem}.o")
        place.compile("-c", str(source), "-o", str(objects[-1]))
    return objects


def prove(harness: Harness, core: list[Path], place: Place) -> Verdict:
    """Link a harness with the core, take out its stubs, and let CBMC judge every claim."""
    started = time.monotonic()
    program = place.work / f"{harness.name}.gb"
    place.compile("--function", "main", str(HERE / f"{harness.source or harness.name}.c"), *map(str, core), "-o", str(program))
    if harness.stubs:
        bodies = [word for stub in harness.stubs for word in ("--remove-function-body", stub)]
        instrument(program, *bodies)
        anything = ["--generate-function-body", "|".join(harness.stubs), "--generate-function-body-options", "nondet-return"]
        instrument(program, *anything)
    instrument(program, "--drop-unused-functions")
    checks = ["--conversion-check"] if harness.errors else ["--no-standard-checks"]
    command = ["cbmc", str(program), "--unwind", str(harness.unwind), "--unwinding-assertions", "--slice-formula", *checks]
    verdict = judge(harness, run([*command, "--json-ui"], fails=True))
    if verdict.failed:
        (place.results / f"cbmc-{harness.name}.trace").write_text(run([*command, "--trace"], fails=True))
    verdict.seconds = time.monotonic() - started
    return verdict


def instrument(program: Path, *options: str) -> None:
    """Change a compiled program in place."""
    changed = program.with_suffix(".changed")
    run(["goto-instrument", *options, str(program), str(changed)])
    changed.replace(program)


def judge(harness: Harness, output: str) -> Verdict:
    """Read CBMC's verdicts and compare them with what the harness has to show."""
    verdict = Verdict(harness.name)
    results: list[dict[str, Any]] = next((part["result"] for part in json.loads(output) if "result" in part), [])
    if not results:
        raise ProofError(f"{harness.name}: CBMC gave no verdict\n{output[-2000:]}")
    for result in results:
        holds, text = result["status"] == "SUCCESS", str(result["description"])
        if text.startswith(REACHED):
            verdict.reached[text.removeprefix(REACHED)] = result["status"] == "FAILURE"
        elif ".assertion." in result["property"]:
            verdict.claims[text] = verdict.claims.get(text, True) and holds
        else:
            verdict.checks += 1
            verdict.failed += [] if holds else [f"{result['property']}: {text}"]
    verdict.failed += [f"not so: {text}" for text, holds in verdict.claims.items() if not holds]
    verdict.failed += [f"never reached: {text}" for text, reached in verdict.reached.items() if not reached]
    if (len(verdict.claims), len(verdict.reached)) != (harness.claims, harness.reached):
        verdict.failed.append(f"{len(verdict.claims)} claims and {len(verdict.reached)} places to reach, pinned otherwise")
    return verdict


def run(command: list[str], *, fails: bool = False) -> str:
    """Run a tool; only what `fails` says may end otherwise than well."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode != 0 and not fails:
        raise ProofError(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def tell(verdict: Verdict) -> Verdict:
    """Say in a line how a harness went, and in more what it lacks."""
    numbers = f"{len(verdict.claims)} claims, {len(verdict.reached)} places reached, {verdict.checks} checks"
    sys.stdout.write(f"{'FAIL' if verdict.failed else 'ok  '}  {verdict.name:11} {numbers}, {verdict.seconds:.0f} s\n")
    for failure in verdict.failed:
        sys.stdout.write(f"      {failure}\n")
    sys.stdout.flush()
    return verdict


def summarise(verdicts: list[Verdict], seconds: float, place: Place) -> int:
    """Write cbmc.json and the last line."""
    clauses = sorted({clause for verdict in verdicts for clause in verdict.clauses()}, key=lambda clause: int(clause[1:]))
    failed = sum(bool(verdict.failed) for verdict in verdicts)
    report = {
        "tool": "CBMC",
        "seconds": round(seconds, 1),
        "clauses": clauses,
        "harnesses": [{**vars(verdict), "seconds": round(verdict.seconds, 1), "clauses": verdict.clauses()} for verdict in verdicts],
    }
    (place.results / "cbmc.json").write_text(json.dumps(report, indent=2) + "\n")
    claims = sum(len(verdict.claims) for verdict in verdicts)
    checks = sum(verdict.checks for verdict in verdicts)
    proved = "all proved" if not failed else f"{failed} of {len(verdicts)} harnesses FAILED"
    shown = f"{len(clauses)} clauses, {claims} claims and {checks} run-time checks in {len(verdicts)} harnesses"
    sys.stdout.write(f"cbmc: {shown}, {proved}, {seconds:.0f} s\n")
    return 1 if failed or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
