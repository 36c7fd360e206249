#!/usr/bin/env python3
"""Take each protection of removed.toml out of a copy of the core, and see that a test notices.

removed.py [--jobs N] [WORD ...]    only the protections whose name contains one of the words

Everything is compiled once, plainly and without sanitizers; each removal then costs one file, one link and a test or two.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORE = HERE.parent / "components/cp_core"
SIM = HERE.parent / "ports/sim"
RIGS = ("dice.c", "evse_rig.c", "host_rig.c")
INCLUDES = (f"-I{CORE / 'include'}", f"-I{CORE}", f"-I{SIM}", f"-I{HERE}")
COMPILE = ("cc", "-std=c11", "-O1", "-w", '-DCP_FW_REVISION=""', *INCLUDES)
#: A core that hangs is noticed too.
TEST_TIMEOUT_S = 120


@dataclass(frozen=True)
class Removal:
    """One protection: the text in its file, what is left without it, and who must notice."""

    protection: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def main() -> int:
    """Run the command line; 0 if every removal is noticed."""
    parser = argparse.ArgumentParser(description="See that a test fails for each protection that is taken out.")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    with (HERE / "removed.toml").open("rb") as file:
        removals = [Removal(tests=tuple(item.pop("tests")), **item) for item in tomllib.load(file)["removed"]]
    chosen = [r for r in removals if not options.words or any(word in r.protection for word in options.words)]
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(options.jobs) as pool:
        base = Path(directory)
        compile_all(base, {test for removal in chosen for test in removal.tests}, pool)
        verdicts = list(pool.map(lambda numbered: judge(base, *numbered), enumerate(chosen)))
    for removal, verdict in zip(chosen, verdicts, strict=True):
        sys.stdout.write(f"{'ok  ' if verdict.startswith('test_') else 'FAIL'}  {removal.protection}: {verdict}\n")
    missed = sum(not verdict.startswith("test_") for verdict in verdicts)
    sys.stdout.write(f"{len(chosen)} protections removed one by one, {missed} of them unnoticed\n")
    return 1 if missed or not chosen else 0


def compile_all(base: Path, tests: set[str], pool: ThreadPoolExecutor) -> None:
    """Compile core, simulation, rigs and the tests that are named; the untouched tests must pass."""
    sources = [*CORE.glob("*.c"), *SIM.glob("*.c"), *(HERE / rig for rig in RIGS)]
    list(pool.map(lambda source: run([*COMPILE, "-c", str(source), "-o", str(base / f"{source.stem}.o")]), sources))
    shared = sorted(base.glob("*.o"))
    for test in sorted(tests):
        run([*COMPILE, "-c", str(HERE / f"test_{test}.c"), "-o", str(base / f"test_{test}.obj")])

    def passes(test: str) -> None:
        program = base / f"whole_{test}"
        run(["cc", *map(str, shared), str(base / f"test_{test}.obj"), "-o", str(program)])
        if notices(program):
            raise SystemExit(f"test_{test} fails with every protection in place")

    list(pool.map(passes, sorted(tests)))


def judge(base: Path, number: int, removal: Removal) -> str:
    """Name the test that notices; else say what is wrong."""
    text = (CORE / removal.file).read_text(encoding="utf-8")
    if text.count(removal.old) != 1:
        return f"{removal.file} does not contain exactly once: {removal.old}"
    work = base / str(number)
    work.mkdir()
    (work / removal.file).write_text(text.replace(removal.old, removal.new), encoding="utf-8")
    replaced = work / "removed.o"
    run([*COMPILE, "-c", str(work / removal.file), "-o", str(replaced)])
    others = [str(path) for path in sorted(base.glob("*.o")) if path.stem != Path(removal.file).stem]
    try:
        for test in removal.tests:
            program = work / f"test_{test}"
            run(["cc", *others, str(replaced), str(base / f"test_{test}.obj"), "-o", str(program)])
            if notices(program):
                return program.name
        return f"unnoticed by {', '.join(removal.tests)}"
    finally:
        shutil.rmtree(work)


def notices(program: Path) -> bool:
    """Say whether this test fails."""
    try:
        return subprocess.run([str(program)], capture_output=True, timeout=TEST_TIMEOUT_S, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def run(command: list[str]) -> None:
    """Run a compiler; its complaint ends everything."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
