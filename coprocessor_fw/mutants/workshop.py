"""Build the core's tests once; then judge a mutant by one compilation, one link and the tests that reach it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from .operators import Key, Mutant, enumerators, mutants_of

FIRMWARE = Path(__file__).resolve().parent.parent
VECTORS = FIRMWARE.parent / "protocol/vectors.json"
RIGS = ("dice", "evse_rig", "host_rig")


@dataclass(frozen=True)
class Way:
    """One way to compile everything."""

    name: str
    flags: tuple[str, ...]


PLAIN = Way("plain", ("-O1",))
#: What the compiler makes the same of is the same. Asked for what survives only: it takes twice as long to compile.
OPTIMISED = Way("optimised", ("-O2",))
#: What only these see is killed too: the tests run under them in CI. Here the quick ones do, which are those of at most this time.
SANITIZED = Way("sanitized", ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"))
QUICK_MS = 150
COVERED = Way("covered", ("-O0", "--coverage"))
#: A test that takes this many times its usual processor time, and no less than a second, goes round in circles; it is believed the second time.
LOOP_FACTOR = 10
LOOP_LEAST_MS = 1000
#: Sanitizers make a test so many times slower.
SANITIZED_FACTOR = 12


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: killed (by a test), survived, or not worth a run (does not compile, changes nothing, is another's twin)."""

    mutant: Mutant
    outcome: str
    by: str = ""


class Workshop:
    """A private copy of the sources with everything compiled; mutants are judged against it, from several threads."""

    def __init__(self, directory: Path, jobs: int, *, quick_only: bool = False) -> None:
        """Copy the sources, compile them, run every test once; leave the long tests out if asked to."""
        self.quick_only = quick_only
        self.directory = directory
        self.jobs = jobs
        shutil.rmtree(directory, ignore_errors=True)
        self.core = directory / "core"
        shutil.copytree(FIRMWARE / "components/cp_core", self.core)
        shutil.copytree(FIRMWARE / "ports/sim", directory / "sim")
        shutil.copytree(FIRMWARE / "test", directory / "test")
        self.programs = sorted(path.stem.removeprefix("test_") for path in (directory / "test").glob("test_*.c"))
        (directory / "programs.inc").write_text("".join(f"PROGRAM({name})\n" for name in self.programs))
        self.following: dict[str, str] = {}
        for header in sorted(self.core.rglob("*.h")):
            self.following |= enumerators(header.read_bytes())
        self._built: dict[str, dict[str, Path]] = {}
        self._building = Lock()
        self.took_ms = self._baseline()
        self._reached: dict[tuple[str, int], set[str]] = {}
        self.kills: dict[str, Counter[str]] = defaultdict(Counter)
        self._counting = Lock()
        self._covering = Lock()

    # ---------------------------------------------------------------- what there is

    def mutants(self, file: str) -> list[Mutant]:
        """List the mutants of a source or header of the core."""
        return mutants_of(file, self._path(file).read_bytes(), self.following)

    def _path(self, file: str) -> Path:
        return next(self.core.rglob(file))

    # ---------------------------------------------------------------- judging

    def judge(self, mutants: Sequence[Mutant], killers: Mapping[Key, str]) -> list[Verdict]:
        """Compile, compare, run, in this order for all; whoever killed a mutant the last time is asked first."""
        with TemporaryDirectory(dir=self.directory) as place, ThreadPoolExecutor(self.jobs) as pool:
            works = [Path(place) / str(number) for number in range(len(mutants))]
            compiled = list(pool.map(self._compile_mutant, mutants, works))
            firsts: dict[str, Mutant] = {}
            for mutant, changed in zip(mutants, compiled, strict=True):
                firsts.setdefault(digest_of(changed or {}), mutant)

            def judged(mutant: Mutant, changed: dict[str, Path] | None, work: Path) -> Verdict:
                if not changed:
                    return Verdict(mutant, "invalid" if changed is None else "equal")
                if firsts[digest_of(changed)] is not mutant:
                    return Verdict(mutant, "twin")
                return self._run_tests(mutant, changed, work, killers.get(mutant.key, ""))

            return list(pool.map(judged, mutants, compiled, works))

    def is_twin(self, mutant: Mutant, others: Sequence[Mutant]) -> bool:
        """Say whether a mutant is the same program as one of the others."""
        with TemporaryDirectory(dir=self.directory) as place:
            digests = [digest_of(self._compile_mutant(each, Path(place) / str(number)) or {}) for number, each in enumerate([mutant, *others])]
        return digests[0] in digests[1:]

    def _compile_mutant(self, mutant: Mutant, work: Path) -> dict[str, Path] | None:
        """Write a mutant down and compile it: the objects that are not as before."""
        work.mkdir()
        (work / mutant.file).write_bytes(mutant.apply(self._path(mutant.file).read_bytes()))
        return self._changed(mutant, PLAIN, work)

    def _run_tests(self, mutant: Mutant, changed: dict[str, Path], work: Path, first: str) -> Verdict:
        """Run the quick tests, the same under the sanitizers, and the long ones that come by, unless left out."""
        quick = self._order(mutant, {test for test in self.programs if self.took_ms[test] <= QUICK_MS} | {first} - {""})
        program = self._link(PLAIN, changed, work)
        killer = self._run(program, quick, 1)
        if not killer and not self._changed(mutant, OPTIMISED, work):
            return Verdict(mutant, "equal")
        if not killer:
            sanitized = self._changed(mutant, SANITIZED, work) or {}
            killer = self._run(self._link(SANITIZED, sanitized, work), [test for test in quick if self.took_ms[test] <= QUICK_MS], SANITIZED_FACTOR)
        if not killer and not self.quick_only:
            killer = self._run(program, self._order(mutant, self._reaching(mutant) - set(quick)), 1)
        shutil.rmtree(work)
        if not killer:
            return Verdict(mutant, "survived")
        with self._counting:
            self.kills[mutant.file][killer.split()[0]] += 1
        return Verdict(mutant, "killed", killer)

    def _order(self, mutant: Mutant, tests: set[str]) -> list[str]:
        """Put those that kill most for their time first."""
        kills = self.kills[mutant.file]
        return sorted(tests, key=lambda test: (self.took_ms[test] + 3) / (1 + kills[test]))

    def _reaching(self, mutant: Mutant) -> set[str]:
        """Tell which tests come by a mutant's lines."""
        with self._covering:
            self._reached = self._reached or self._coverage()
        lines = range(mutant.lines[0], mutant.lines[1] + 1)
        if any((mutant.file, line) in self._reached for line in lines):
            return set().union(*(self._reached.get((mutant.file, line), set()) for line in lines))
        return set().union(*(tests for (file, _), tests in self._reached.items() if file == mutant.file))  # a table, a macro

    def _run(self, program: Path, tests: list[str], slower: int) -> str:
        """Return the first test that fails, none if all pass; one that loops must do so with five times the time as well."""
        if not tests:
            return ""
        limits = {test: max(LOOP_LEAST_MS, LOOP_FACTOR * self.took_ms[test]) * slower for test in tests}
        found = run([str(program), *(f"{test}:{limits[test]}" for test in tests)]).stdout.strip()
        if found.endswith("looped"):
            test = found.split()[0]
            found = run([str(program), f"{test}:{5 * limits[test]}"]).stdout.strip()
        return found

    def _changed(self, mutant: Mutant, way: Way, work: Path) -> dict[str, Path] | None:
        """Compile a changed source, or all that a changed header may go into; return the objects that are not as before, none if one can't be."""
        sources = [work / mutant.file] if mutant.file.endswith(".c") else self._with_header(mutant.file)
        before = self._objects(way)
        objects: dict[str, Path] = {}
        for source in sources:
            compiled = self._compile(source, source.stem, way, work, _more(source))
            if compiled is None:
                return None
            if compiled.read_bytes() != before[source.stem].read_bytes():
                objects[source.stem] = compiled
        return objects

    def _with_header(self, header: str) -> list[Path]:
        """List the sources that a header may go into: the core's, and the tests that ask for it by name."""
        tests = [path for path in (self.directory / "test").glob("test_*.c") if f'#include "{header}"' in path.read_text(encoding="utf-8")]
        return sorted([*self.core.glob("*.c"), *tests])

    # ---------------------------------------------------------------- building

    def _objects(self, way: Way) -> dict[str, Path]:
        """Return the untouched objects, compiled when they are first asked for."""
        with self._building:
            if way.name not in self._built:
                self._built[way.name] = self._build(way)
            return self._built[way.name]

    def _build(self, way: Way) -> dict[str, Path]:
        into = self.directory / way.name
        into.mkdir()
        sources = [*self.core.glob("*.c"), *(self.directory / "sim").glob("*.c"), *(self.directory / "test" / f"{rig}.c" for rig in RIGS)]
        jobs: list[tuple[Path, str, tuple[str, ...]]] = [(source, source.stem, ()) for source in sources]
        tests = [self.directory / "test" / f"test_{name}.c" for name in self.programs]
        jobs += [(test, test.stem, _more(test)) for test in tests]
        jobs += [(Path(__file__).with_name("runner.c"), "runner", (f'-DVECTORS="{VECTORS}"', f"-I{self.directory}"))]
        with ThreadPoolExecutor(self.jobs) as pool:
            compiled = list(pool.map(lambda job: (job[1], self._compile(job[0], job[1], way, into, job[2])), jobs))
        objects = {stem: path for stem, path in compiled if path is not None}
        if len(objects) < len(compiled):
            raise SystemExit("does not compile: " + ", ".join(stem for stem, path in compiled if path is None))
        return objects

    def _compile(self, source: Path, stem: str, way: Way, into: Path, more: tuple[str, ...] = ()) -> Path | None:
        """Compile one source, none if it can't be. What lies beside the object comes before the originals."""
        includes = [f"-I{path}" for path in (into, self.core / "include", self.core, self.directory / "sim", self.directory / "test")]
        common = ("cc", "-std=c11", "-w", "-Werror=return-type", "-include", "stdbool.h", '-DCP_FW_REVISION=""')
        out = into / f"{stem}.{way.name}.o"
        done = run([*common, *way.flags, *includes, *more, "-c", str(source), "-o", str(out)], self.directory / way.name)
        return out if done.returncode == 0 else None

    def _link(self, way: Way, changed: dict[str, Path], work: Path) -> Path:
        program = work / f"runner-{way.name}"
        done = run(["cc", *way.flags, *map(str, (self._objects(way) | changed).values()), "-o", str(program)])
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return program

    # ---------------------------------------------------------------- what is measured first

    def _baseline(self) -> dict[str, int]:
        """Run every test of the untouched core; all must pass."""
        took: dict[str, int] = {}
        for line in run([str(self._link(PLAIN, {}, self.directory))]).stdout.splitlines():
            name, ms, outcome = line.split()
            if outcome != "passed":
                raise SystemExit(f"test_{name} fails without any mutant")
            took[name] = int(ms)
        return took

    def _coverage(self) -> dict[tuple[str, int], set[str]]:
        """Tell for each line of the core which tests come by."""
        program = self._link(COVERED, {}, self.directory)
        objects = self.directory / COVERED.name
        reached: dict[tuple[str, int], set[str]] = defaultdict(set)
        for test in self.programs:
            run([str(program), f"{test}:600000"])
            run(["gcov", "--json-format", *(path.name for path in objects.glob("cp_*.gcda"))], objects)
            for report in objects.glob("*.gcov.json.gz"):
                for file in json.loads(gzip.decompress(report.read_bytes()))["files"]:
                    for line in file["lines"]:
                        tests = reached[Path(file["file"]).name, line["line_number"]]
                        if line["count"] > 0:
                            tests.add(test)
                report.unlink()
            for path in objects.glob("*.gcda"):
                path.unlink()
        return dict(reached)


def _more(source: Path) -> tuple[str, ...]:
    """Return the further flags of a source: all tests go into one program, so each has a main of its own name."""
    return (f"-Dmain=main_{source.stem.removeprefix('test_')}",) if source.stem.startswith("test_") else ()


def digest_of(objects: Mapping[str, Path]) -> str:
    """Tell these objects from others by what is in them."""
    return sha256(b"".join(path.read_bytes() for _, path in sorted(objects.items()))).hexdigest()


def run(command: list[str], directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it says."""
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory)
