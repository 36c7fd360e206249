"""`scripts/mutants`: judge the core's mutants, hold the survivors against their reasons, keep the score."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

from . import page, reasons
from .operators import Key, Mutant
from .reasons import Ledger
from .result import Result
from .workshop import FIRMWARE, Verdict, Workshop

ROOT = FIRMWARE.parent
PAGE = ROOT / "docs/explanation/mutants.md"
SURVIVORS = Path(__file__).with_name("survivors.toml")
#: The safety property is a witness and decides nothing: that it notices, the seeded bugs tell.
WITNESSES = frozenset({"cp_invariant.c", "cp_invariant_step.c", "cp_well_formed.c"})
#: Made by one template for each field: a tenth of its mutants tells as much as all.
GENERATED = "cp_messages.c"
GENERATED_SHARE = 0.1
#: Headers with decisions in them.
HEADERS = ("cp_math.h",)
#: What a check in a minute can judge.
SAMPLE = 100


def main() -> int:
    """Run the command line; 0 if every survivor has its reason and every reason its survivor."""
    options = _parser().parse_args()
    os.nice(10)
    began_s = time.monotonic()
    (ROOT / "build").mkdir(exist_ok=True)
    workshop = Workshop(ROOT / "build/mutants", options.jobs, quick_only=options.fast)
    ledger = reasons.load(SURVIVORS)
    verdicts, stale = _sample(workshop, ledger) if options.sample else _whole(workshop, ledger, options.files)
    excused = {key for reason in ledger.reasons for key in reason.keys}
    unexcused = [verdict.mutant.key for verdict in verdicts if verdict.outcome == "survived" and verdict.mutant.key not in excused]
    for key in unexcused:
        print(f"survives without a reason: {reasons.say(key)}")
    for key in sorted(stale):
        print(f"a reason without a survivor: {reasons.say(key)}")
    outdated = page.update(PAGE, {"reasons": page.reasons(ledger.reasons)}, write=not options.sample)
    if outdated and options.sample:
        print(f"{PAGE.name} has not the reasons of {SURVIVORS.name}: run scripts/mutants")
    print(f"mutants: {_summary(verdicts)}, {len(unexcused)} of them without a reason, {time.monotonic() - began_s:.0f} s")
    return 1 if unexcused or stale or (outdated and options.sample) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/mutants", description="See that a test notices each small wrong turn of the safety core.")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", action="store_true", help=f"{SAMPLE} of the files whose survivors were all read, always the same, as CI has it")
    parser.add_argument("--fast", action="store_true", help="without the long tests: what survives may be killed by them")
    parser.add_argument("files", nargs="*", help="sources of the core, all if none is named: cp_power.c")
    return parser


def _whole(workshop: Workshop, ledger: Ledger, files: list[str]) -> tuple[list[Verdict], set[Key]]:
    """Judge all mutants of these files, those of all if none is named; write the score."""
    result = Result.load(ROOT / "build/mutants.json")
    verdicts: list[Verdict] = []
    chosen = files or [*sorted(path.name for path in workshop.core.glob("*.c") if path.name not in WITNESSES), *HEADERS]
    for file in chosen:
        mutants = workshop.mutants(file)
        of_file = workshop.judge([m for m in mutants if file != GENERATED or _share(m) < GENERATED_SHARE], result.killers)
        result.take(file, of_file)
        result.save()
        print(f"{file}: {_summary(of_file)}", flush=True)
        verdicts += of_file
    page.update(PAGE, {"scores": page.scores(result.counts)}, write=True)
    excused = {key for reason in ledger.reasons if reason.file in chosen for key in reason.keys}
    return verdicts, excused - {verdict.mutant.key for verdict in verdicts if verdict.outcome == "survived"}


def _sample(workshop: Workshop, ledger: Ledger) -> tuple[list[Verdict], set[Key]]:
    """Judge so many mutants without a reason, drawn by a hash, so always the same; see that every reason still has its mutant."""
    excused = {key: reason.file for reason in ledger.reasons for key in reason.keys}
    there = {mutant.key: mutant for file in sorted(ledger.judged | set(excused.values())) for mutant in workshop.mutants(file)}
    free = sorted((mutant for key, mutant in there.items() if key not in excused and mutant.file in ledger.judged), key=_share)
    verdicts = workshop.judge(free[:SAMPLE], {})
    for number, verdict in enumerate(verdicts):  # what has a reason, and is not run here, may be its twin
        others = [there[key] for key, file in excused.items() if key in there and file == verdict.mutant.file]
        if verdict.outcome == "survived" and workshop.is_twin(verdict.mutant, others):
            verdicts[number] = Verdict(verdict.mutant, "twin")
    return verdicts, set(excused) - set(there)


def _share(mutant: Mutant) -> float:
    """Draw a number from 0 to 1 that stays the mutant's own."""
    return int.from_bytes(sha256("\n".join(mutant.key).encode()).digest()[:6], "big") / 2**48


def _summary(verdicts: list[Verdict]) -> str:
    counts = Counter(verdict.outcome for verdict in verdicts)
    idle = counts["invalid"] + counts["equal"] + counts["twin"]
    return f"{counts['killed']} of {counts['killed'] + counts['survived']} killed ({idle} more do not compile or change nothing), {counts['survived']} survive"


if __name__ == "__main__":
    sys.exit(main())
