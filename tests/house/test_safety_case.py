"""The safety case: what it says is there, and it says when something is not."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from coprocessor_fw.safety_case.case import Case, Hazard, Support, faults, load
from coprocessor_fw.safety_case.evidence import CaseError, Figure
from coprocessor_fw.safety_case.page import with_parts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def case() -> Case:
    return load()


def _with(case: Case, clause: str, support: Support) -> Case:
    return replace(case, supports=case.supports | {clause: support})


def _beyond(hazard: Hazard, support: Support) -> Hazard:
    return replace(hazard, beyond=support)


def test_the_page_is_what_the_tree_says() -> None:
    made = subprocess.run([ROOT / "scripts/safety-case", "--check"], capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_clause_without_evidence_is_told(case: Case) -> None:
    assert faults(case) == []
    assert {"S6: no code", "S6: no tests"} <= set(faults(_with(case, "S6", Support())))
    unclaimed = {name: replace(harness, clauses=harness.clauses - {"S20"}) for name, harness in case.harnesses.items()}
    assert "S20: no harness of CBMC claims it" in faults(replace(case, harnesses=unclaimed))


def test_a_clause_without_a_hazard_is_told(case: Case) -> None:
    hazards = [replace(hazard, clauses=tuple(clause for clause in hazard.clauses if clause != "S3")) for hazard in case.hazards]
    assert "S3 belongs to 0 hazards, not to one" in faults(replace(case, hazards=hazards))


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ({"code": ("cp_evse.c:no_such_function",)}, "code: cp_evse.c:no_such_function is not there"),
        ({"tests": ("charging:nothing_of_the_kind",)}, "tests: charging:nothing_of_the_kind is not there"),
        ({"slices": ("nowhere",)}, "slices: there is nothing called nowhere"),
        ({"cbmc": ("nothing",)}, "cbmc: there is nothing called nothing"),
        ({"wp": ("cp_nothing.c",)}, "wp: there is nothing called cp_nothing.c"),
        ({"removed": ("no protection",)}, "removed: there is nothing called no protection"),
        ({"timing": ("no time",)}, "timing: there is nothing called no time"),
    ],
)
def test_a_name_of_nothing_is_told(case: Case, added: dict[str, tuple[str, ...]], told: str) -> None:
    assert told in faults(_with(case, "S6", replace(case.supports["S6"], **added)))


def test_a_figure_that_is_not_the_one_that_was_judged_is_told(case: Case) -> None:
    changed = case.figures | {"CP_SHORT_MS": Figure("CP_SHORT_MS", 5000, secondary=True)}
    assert "CP_SHORT_MS is 5000 in cp_timing.h, but 500 was judged" in faults(replace(case, figures=changed))


def test_a_figure_of_a_standard_without_its_source_is_told(case: Case) -> None:
    more = case.figures | {"CP_NEW_MS": Figure("CP_NEW_MS", 1, secondary=True)}
    assert "CP_NEW_MS carries [R] in cp_timing.h and has no source in case.toml" in faults(replace(case, figures=more))


def test_evidence_that_nobody_placed_is_told(case: Case) -> None:
    hazards = [_beyond(hazard, Support()) for hazard in case.hazards]
    told = faults(replace(case, hazards=hazards))
    assert "removed protection without a place in case.toml: cooling raises late" in told
    assert "measured time without a place in case.toml: over-temperature" in told
    assert "seeded bug without a place in case.toml: cobs-over-read" in told


def test_a_tool_that_a_known_bug_names_and_that_is_not_there_is_told_until_it_stands_as_a_gap(case: Case) -> None:
    bugs = [*case.seeded, {"patch": "new", "breaks": "something", "clause": ["S1"], "cbmc": ["nothing"]}]
    assert faults(replace(case, seeded=bugs)) == ["new: there is no cbmc nothing"]
    gap = {"bug": "new", "tool": "cbmc nothing", "because": "why"}
    assert faults(replace(case, seeded=bugs, gaps=[*case.gaps, gap])) == []
    assert faults(replace(case, gaps=[*case.gaps, gap])) == ["new: cbmc nothing is no gap any more, take it out of case.toml"]


def test_only_its_parts_of_the_page_are_written() -> None:
    page = "before\n<!-- begin host: written by scripts/safety-case -->\n\nold\n\n<!-- end host -->\nafter\n"
    assert with_parts(page, {"host": "new"}) == page.replace("old", "new")
    with pytest.raises(CaseError, match="no one place for host"):
        with_parts("nothing", {"host": "new"})
