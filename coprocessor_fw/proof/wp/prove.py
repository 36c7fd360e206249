#!/usr/bin/env python3
"""Prove the C core's contracts with Frama-C's WP, and compare the number of goals with goals.toml.

prove.py [--quick] [--pin] [FILE ...]     only these files, such as cp_frame.c; --pin writes the counts that were found

A goal that is not proved fails, unless goals.toml lists it with its reason; so does a listed one that is proved, a count that
changed, and any warning of Frama-C that is not one of the few explained below. Results go to build/prove/wp.json.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CORE = HERE.parents[1] / "components/cp_core"
PINS = HERE / "goals.toml"
#: Its inline functions are proved once, as a file of their own.
MATH = CORE / "include/cp_math.h"
RESULTS = ROOT / "build/prove"
DOCS = ROOT / "docs/explanation/proof.md"
BEGIN, END = "<!-- begin goals: written by scripts/prove wp --pin -->", "<!-- end goals -->"

#: 32-bit integers and pointers as on the ESP32; the proof does not depend on the order of bytes.
MACHINE = "x86_32"
#: A goal that is provable takes a second or less; the rest is for a machine that has other things to do.
TIMEOUT_S = 30
#: A smoke test passes when a prover fails to derive a contradiction: time that is always spent.
SMOKE_TIMEOUT_S = 1
#: What every file is checked for beyond C's undefined behaviour, but where goals.toml says `wraps = true`.
NO_WRAP = ("-warn-unsigned-overflow", "-warn-unsigned-downcast", "-warn-signed-downcast")
#: Warnings that weaken nothing: tables of constants lie apart from the caller's data; every function has to terminate; and what is counted anyway.
HARMLESS = ("Memory model hypotheses", "Missing terminates clause", "Failed smoke-test")
_GOAL = re.compile(
    r"^\[wp\] \[(?P<status>[^\]]+)\] (?P<kind>Goal|Smoke-test) (?:typed_)?(?P<name>\w+)(?: \(Stronger[^)]*\))?(?P<rest>[^\n]*)", re.MULTILINE
)
_WARNING = re.compile(r"^\[[\w:-]+\] .*?Warning:\s*(?P<text>[^\n]+(?:\n  [^\n]+)?)", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """What goals.toml expects of one file."""

    file: str
    goals: int
    smoke: int
    quick: bool
    wraps: bool
    provers: str
    shows: str
    unproved: dict[str, str]
    skipped: tuple[str, ...]
    because: str

    @property
    def proved(self) -> int:
        """Goals that are expected to be proved."""
        return self.goals - len(without_smoke(self.unproved))


@dataclass
class Proof:
    """What Frama-C said of one file."""

    file: str
    goals: int = 0
    smoke: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    error: str = ""

    @property
    def proved(self) -> int:
        """Goals that were proved."""
        return self.goals - len(without_smoke(self.failed))


def without_smoke(names: Iterable[str]) -> list[str]:
    """Leave out the smoke tests among the goals' names."""
    return [name for name in names if "_wp_smoke_" not in name]


def load_pins() -> dict[str, Pin]:
    """Read goals.toml."""
    tables = tomllib.loads(PINS.read_text())["file"]
    return {
        name: Pin(
            name,
            table["goals"],
            table["smoke"],
            table.get("quick", False),
            table.get("wraps", False),
            table.get("provers", "cvc4"),
            table["shows"],
            table.get("unproved", {}),
            tuple(table.get("skipped", ())),
            table.get("because", ""),
        )
        for name, table in tables.items()
    }


def frama_c(pin: Pin) -> list[str]:
    """Make the command that proves one file."""
    share = subprocess.run(["frama-c", "-print-share-path"], capture_output=True, text=True, check=True).stdout.strip()
    includes = f"-ffreestanding -I{HERE / 'include'} -I{share}/libc -I{CORE / 'include'} -I{CORE}"
    model = ["-machdep", MACHINE, "-no-frama-c-stdlib", f"-cpp-extra-args={includes}"]
    claims = ["-wp", "-wp-rte", "-wp-definitions-terminate", "-wp-declarations-terminate", *(() if pin.wraps else NO_WRAP)]
    inline = re.findall(r"^static inline \w+ (\w+)\(", MATH.read_text(), re.MULTILINE)
    skip = [*pin.skipped, *(inline if f'#include "{MATH.name}"' in (CORE / pin.file).read_text() else [])]
    claims += ["-wp-skip-fct", ",".join(skip)] if skip else []
    smoke = ["-wp-smoke-tests", "-wp-smoke-timeout", str(SMOKE_TIMEOUT_S)]
    provers = ["-wp-prover", pin.provers, "-wp-timeout", str(TIMEOUT_S), "-wp-par", "1", "-wp-cache", "none"]
    return ["frama-c", *model, str(CORE / pin.file), *claims, *smoke, *provers, "-wp-report-json", str(report_of(pin.file))]


def report_of(file: str) -> Path:
    """Where WP writes its counts per function."""
    return RESULTS / f"wp-{Path(file).stem}.json"


def prove(pin: Pin) -> Proof:
    """Run Frama-C on one file and read what it says."""
    started = time.monotonic()
    report_of(pin.file).unlink(missing_ok=True)
    run = subprocess.run(frama_c(pin), capture_output=True, text=True, check=False)
    text = run.stdout + run.stderr
    (RESULTS / f"wp-{Path(pin.file).stem}.log").write_text(text)
    proof = Proof(pin.file, seconds=time.monotonic() - started)
    if run.returncode != 0 or not report_of(pin.file).exists():
        proof.error = text.strip()[-2000:]
        return proof
    read_goals(proof, text)
    functions = json.loads(report_of(pin.file).read_text())["wp:functions"]
    proof.functions = {name: counts["wp:section"]["wp:main"]["total"] for name, counts in functions.items()}
    return proof


def read_goals(proof: Proof, text: str) -> None:
    """Count goals and smoke tests, and hold the count to WP's own."""
    said = {goal["name"]: goal for goal in _GOAL.finditer(text)}  # a failure may be said twice
    for goal in said.values():
        smoke = goal["kind"] == "Smoke-test"
        proof.smoke += smoke
        proof.goals += not smoke
        if not (goal["status"] == "Passed" if smoke else goal["rest"].startswith(" : Valid")):
            proof.failed.append(goal["name"])
    proof.warnings = [w["text"].strip() for w in _WARNING.finditer(text) if not any(h in w["text"] for h in HARMLESS)]
    every = proof.goals + proof.smoke
    if f"Proved goals: {every - len(proof.failed):4} / {every}\n" not in text:
        proof.error = "WP counts other goals than were found in what it prints:\n" + text.strip()[-300:]


def counted(number: int, noun: str) -> str:
    """Say a number of things."""
    return f"{number} {noun}" + ("s" if number != 1 else "")


def complaints(pin: Pin, proof: Proof) -> list[str]:
    """Say everything in which a proof is not what its pin expects."""
    if proof.error:
        return [f"{pin.file}: Frama-C stopped:\n{proof.error}"]
    said = [f"{pin.file}: not proved: {name} (log: build/prove/wp-{Path(pin.file).stem}.log)" for name in proof.failed if name not in pin.unproved]
    said += [f"{pin.file}: listed as unproved, but proved or gone: {name}" for name in pin.unproved if name not in proof.failed]
    said += [f"{pin.file}: Frama-C warns: {warning}" for warning in sorted(set(proof.warnings))]
    if (proof.goals, proof.smoke) != (pin.goals, pin.smoke):
        said.append(
            f"{pin.file}: {counted(proof.goals, 'goal')} and {counted(proof.smoke, 'smoke test')}, goals.toml has {pin.goals} and {pin.smoke}. "
            f"If the code or a contract changed on purpose: scripts/prove wp --pin {pin.file}"
        )
    return said


def repin(proof: Proof) -> None:
    """Write the counts that were found into goals.toml, and nothing else."""
    if not proof.error:
        table = re.compile(rf'(\[file\."{re.escape(proof.file)}"\]\ngoals = )\d+(\nsmoke = )\d+')
        PINS.write_text(table.sub(rf"\g<1>{proof.goals}\g<2>{proof.smoke}", PINS.read_text()))


def doc_table(pins: dict[str, Pin]) -> str:
    """Make the table of docs/explanation/proof.md from goals.toml."""
    rows = [
        f"| `{Path(pin.file).name}` | {pin.shows} | {pin.proved} of {pin.goals} | {pin.smoke} | {'CI' if pin.quick else 'all'} |"
        for pin in pins.values()
    ]
    goals, proved, smoke = (sum(counts) for counts in zip(*((p.goals, p.proved, p.smoke) for p in pins.values()), strict=True))
    head = "| file | shown beside the absence of run-time errors | goals proved | smoke tests | run |\n|---|---|---:|---:|---|"
    reasons = [f"- `{name}`: {reason}." for pin in pins.values() for name, reason in pin.unproved.items()]
    reasons += [f"- {', '.join(f'`{name}`' for name in pin.skipped)}: not tried; {pin.because}." for pin in pins.values() if pin.skipped]
    return "\n".join([head, *rows, f"| all | | {proved} of {goals} | {smoke} | |", "", "Not proved:", "", *(reasons or ["- nothing."])])


def documented(pins: dict[str, Pin]) -> tuple[str, str]:
    """Return the page as it is, and as it has to be."""
    page = DOCS.read_text()
    before, rest = page.split(BEGIN, 1)
    return page, f"{before}{BEGIN}\n{doc_table(pins)}\n{END}{rest.split(END, 1)[1]}"


def write_results(pins: dict[str, Pin], proofs: list[Proof], quick: bool) -> None:
    """Leave the results where other tools look for them."""
    files = {
        p.file: {
            "goals": p.goals,
            "proved": p.proved,
            "smoke_tests": p.smoke,
            "unproved": {name: pins[p.file].unproved.get(name, "") for name in p.failed},
            "skipped": pins[p.file].skipped,
            "functions": p.functions,
            "wrap_checked": not pins[p.file].wraps,
            "seconds": round(p.seconds, 1),
        }
        for p in proofs
    }
    (RESULTS / "wp.json").write_text(json.dumps({"tool": "Frama-C WP", "quick": quick, "files": files}, indent=2) + "\n")


def main() -> int:
    """Prove the files asked for and say what came of it."""
    parser = argparse.ArgumentParser(description="Prove the C core's contracts with Frama-C's WP.")
    parser.add_argument("--quick", action="store_true", help="only the files that goals.toml marks as quick")
    parser.add_argument("--pin", action="store_true", help="write the counts that are found into goals.toml")
    parser.add_argument("files", nargs="*", metavar="FILE")
    args = parser.parse_args()

    pins = load_pins()
    unknown = [name for name in args.files if name not in pins]
    if unknown:
        print(f"Not in {PINS.name}: {', '.join(unknown)}. There are: {', '.join(pins)}.")
        return 2
    chosen = [pin for pin in pins.values() if (pin.file in args.files if args.files else pin.quick or not args.quick)]
    RESULTS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    proofs = []
    with ThreadPoolExecutor(2) as pool:
        for proof in pool.map(prove, chosen):
            proofs.append(proof)
            if args.pin:
                repin(proof)
            print(f"{proof.file:22} {proof.proved:4}/{proof.goals:<4} goals, {proof.smoke:3} smoke tests, {proof.seconds:5.1f} s", flush=True)
    write_results(pins, proofs, args.quick)
    pins = load_pins()
    page, wanted = documented(pins)
    if args.pin:
        DOCS.write_text(wanted)
    said = [line for proof in proofs for line in complaints(pins[proof.file], proof)]
    if page != wanted and not args.pin:
        said.append(f"{DOCS.relative_to(ROOT)}: its table is not that of goals.toml. To write it: scripts/prove wp --pin")
    print("".join(f"{line}\n" for line in said), end="")
    goals, proved, smoke, functions = (sum(n) for n in zip(*((p.goals, p.proved, p.smoke, len(p.functions)) for p in proofs), strict=True))
    listed = f" ({goals - proved} listed with a reason)" if proved < goals and not said else ""
    seconds = time.monotonic() - started
    print(f"wp: {proved}/{goals} goals proved{listed}, {counted(smoke, 'smoke test')}, {counted(functions, 'function')}, {seconds:.0f} s")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
