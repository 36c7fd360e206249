"""The conformance table: made from the list of cases, the tests' marks, and what a run of them showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from .cases import PLAN
from .plan import short

PASSED = "passed"

_HEAD = """\
# Conformance: OCPP 1.6

Made by `just conformance` from the tests; do not edit. Each test holds the whole conversation of its case, message by message, between the station with
the real firmware core below it and a CSMS over a real websocket, in virtual time. The ids and titles are those of the public test plan for charge
points; what a case contains was read from the OCPP 1.6 specification and its errata, and is not the plan's own text.

| Case | Title | Test | Result |
|---|---|---|---|
"""
_TAIL = """
## Optional keys that are absent

`BlinkRepeat` and `LightIntensity`: the board's lamps follow the state of their EVSE in a fixed pattern. `SupportedFeatureProfilesMaxLength` and the other
optional keys of the Core profile are there.

## Not served yet

These cases belong to feature profiles that `SupportedFeatureProfiles` does not name.

| Profile | Cases |
|---|---|
"""


def render(results: Mapping[str, str]) -> str:
    """Write the page; `results` gives the outcome of each test by its name."""
    held: defaultdict[str, list[str]] = defaultdict(list)
    for id, _, test in PLAN.held_by():
        held[id].append(test)
    page, others = _HEAD, defaultdict[str, list[str]](list)
    for case in PLAN.cases():
        if not PLAN.serves(case):
            others[case.group].append(case.id)
        elif names := held.get(case.id):
            for name in names:
                page += f"| {case.id} | {case.title} | `{short(name)}` | {results.get(name, 'not run')} |\n"
        else:
            page += f"| {case.id} | {case.title} | none | {PLAN.not_shown[case.id]} |\n"
    page += _TAIL
    for profile, ids in others.items():
        page += f"| {profile} | {', '.join(ids)} |\n"
    return page
