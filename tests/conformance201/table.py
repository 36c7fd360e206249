"""The conformance table of 2.0.1: a score for each block, every case with its test or its reason, and what a run of them showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tests.conformance.plan import Case, short

from .cases import ABSENT, BLOCKS, PLAN, block

PASSED = "passed"

_HEAD = """\
# Conformance: OCPP 2.0.1

Made by `just conformance` from the tests; do not edit. Each test holds the whole conversation of its case between the station with the real firmware core
below it and a CSMS over a real websocket, in virtual time. The ids and titles are those of the public test plan's Core certification profile for charging
stations; what a case contains was read from the standard, and is not the plan's own text. None of this is a certificate. Where a case has a security event
(SecurityEventNotification, A04) among its steps, its test leaves that step out: security events are not built.

How many cases passed, of those in the profile; a case that does not apply is among those that did not.

| Block | Mandatory | Conditional |
|---|---|---|
"""


def render(results: Mapping[str, str]) -> str:
    """Write the page; `results` gives the outcome of each test by its name."""
    held: defaultdict[str, list[str]] = defaultdict(list)
    for id, _, test in PLAN.held_by():
        held[id].append(test)
    cases = PLAN.cases()
    passed = {id for id, tests in held.items() if all(results.get(test) == PASSED for test in tests)}
    page = _HEAD
    for letter, name in (BLOCKS | ABSENT).items():
        mine = [case for case in cases if block(case) == letter]
        page += f"| {letter} {name} | {_score(mine, passed, 'mandatory')} | {_score(mine, passed, 'conditional')} |\n"
    for letter, name in BLOCKS.items():
        page += f"\n## {letter} {name}\n\n| Case | Title | Test | Result |\n|---|---|---|---|\n"
        for case in cases:
            if block(case) == letter:
                page += _rows(case, held[case.id], results)
    page += "\n## Not served yet\n\nThese cases of the profile belong to blocks that the station does not serve.\n\n| Block | Cases |\n|---|---|\n"
    for letter, name in ABSENT.items():
        page += f"| {letter} {name} | {', '.join(case.id for case in cases if block(case) == letter)} |\n"
    return page


def _score(cases: Iterable[Case], passed: set[str], group: str) -> str:
    mine = [case for case in cases if case.group == group]
    return f"{sum(case.id in passed for case in mine)} of {len(mine)}" if mine else "—"


def _rows(case: Case, tests: list[str], results: Mapping[str, str]) -> str:
    if not tests:
        return f"| {case.id} | {case.title} | none | {PLAN.not_shown[case.id]} |\n"
    return "".join(f"| {case.id} | {case.title} | `{short(test)}` | {results.get(test, 'not run')} |\n" for test in tests)
