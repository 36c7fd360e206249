"""The generated parts of docs/safety-case.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from . import evidence
from .case import Case, Hazard, Support

BEGIN = "<!-- begin {part}: written by scripts/safety-case -->\n"
END = "<!-- end {part} -->"
UNITS = {"_MS": " ms", "_MV": " mV", "_MA": " mA"}
NOT_EVERY_TIME = "*long*"


def parts(case: Case) -> dict[str, str]:
    """Return each generated part of the page by its name."""
    return {
        "overview": "\n".join(_overview(case)),
        "hazards": "\n".join(line for hazard in case.hazards for line in _hazard(case, hazard)).strip(),
        "host": "\n".join(_host(case)),
        "strength": "\n".join(_strength(case)),
        "figures": "\n".join(_figures(case)),
    }


def with_parts(page: str, made: dict[str, str]) -> str:
    """Return the page with its generated parts replaced."""
    for part, content in made.items():
        begin, end = BEGIN.format(part=part), END.format(part=part)
        if page.count(begin) != 1 or page.count(end) != 1:
            raise evidence.CaseError(f"the page has no one place for {part}")
        page = f"{page.partition(begin)[0]}{begin}\n{content}\n\n{end}{page.partition(end)[2]}"
    return page


def _overview(case: Case) -> Iterator[str]:
    yield "| hazard | clauses | opens within, measured | protections taken out |"
    yield "|---|---|---|--:|"
    for hazard in case.hazards:
        supports = [*(case.supports[clause] for clause in hazard.clauses), hazard.beyond]
        timings = [case.timings[name] for name in _once(name for support in supports for name in support.timing)]
        measured = "<br>".join(f"{timing.what}: {_most(timing.simulator)}" for timing in timings)
        removed = len(_once(name for support in supports for name in support.removed))
        clauses = " ".join(_link(case, clause) for clause in hazard.clauses) or "–"
        yield f"| [{hazard.id} {hazard.name}](#{_slug(f'{hazard.id} {hazard.name}')}) | {clauses} | {measured or '–'} | {removed} |"


def _hazard(case: Case, hazard: Hazard) -> Iterator[str]:
    yield f"## {hazard.id} {hazard.name}\n"
    yield f"{hazard.words}\n"
    if hazard.also:
        yield f"Clauses of other hazards that stand against it too: {', '.join(_link(case, clause) for clause in hazard.also)}.\n"
    for number in hazard.clauses:
        clause = case.clauses[number]
        yield f"### {number} {clause.name}\n"
        yield f"{clause.words}\n"
        yield "| | |"
        yield "|---|---|"
        yield from (f"| {what} | {'<br>'.join(lines)} |" for what, lines in _evidence(case, number) if lines)
        yield ""
    rest = [(what, lines) for what, lines in _support(case, hazard.beyond) if lines]
    if rest:
        yield f"### {hazard.id}, beyond the clauses\n"
        yield "| | |"
        yield "|---|---|"
        yield from (f"| {what} | {'<br>'.join(lines)} |" for what, lines in rest)
        yield ""


def _evidence(case: Case, number: str) -> Iterator[tuple[str, list[str]]]:
    clause, support = case.clauses[number], case.supports[number]
    if clause.why not in ("", "–"):
        yield "source, bound", [clause.why]
    rest = dict(_support(case, support))
    yield "decided by", rest.pop("decided by")
    yield "proved", [f"CBMC: {_harnesses(case.harnesses_of(number))}", *rest.pop("proved")]
    explored = rest.pop("explored")
    if number in case.bystander:
        explored.append(f"time to open, on every way: {'; '.join(case.bystander[number])}")
    yield "explored", explored
    known = [bug for bug in case.seeded if number in bug["clause"]]
    for what, lines in rest.items():
        yield what, [*lines, *(_bug(case, bug) for bug in known)] if what == "known bugs" else lines


def _support(case: Case, support: Support) -> Iterator[tuple[str, list[str]]]:
    yield "decided by", _code(support.code)
    yield "proved", _wp(case, support)
    yield "explored", [_slices(case, support)] if support.slices else []
    yield "tested", [f"{_sentence(test)}" for test in support.tests]
    yield "taken out, and noticed", [_removed(case, name) for name in support.removed]
    yield "known bugs", [_bug(case, bug) for bug in case.seeded if bug["patch"] in support.seeded]
    yield "measured", [_timing(case.timings[name]) for name in support.timing]
    yield "figures", [_figure(case, name) for name in support.figures]


def _code(places: Iterable[str]) -> list[str]:
    by_file: dict[str, list[str]] = defaultdict(list)
    for place in places:
        file, function = place.split(":")
        by_file[file].append(f"`{function}`")
    return [f"{', '.join(functions)} in `{file}`" for file, functions in by_file.items()]


def _wp(case: Case, support: Support) -> list[str]:
    files = [case.proved[name] for name in support.wp]
    return [f"WP, `{file.name}`, {file.goals} goals: {file.shows}".replace("|", "\\|") for file in files]


def _harnesses(harnesses: Iterable[evidence.Harness]) -> str:
    return ", ".join(f"`{harness.name}`" + ("" if harness.quick else f" ({NOT_EVERY_TIME})") for harness in harnesses)


def _slices(case: Case, support: Support) -> str:
    return ("slice " if len(support.slices) == 1 else "slices ") + ", ".join(
        f"*{name}*" + ("" if case.slices[name] else f" ({NOT_EVERY_TIME})") for name in support.slices
    )


def _removed(case: Case, name: str) -> str:
    removal = case.removed[name]
    return f"{name} (`{removal['file']}`): by {', '.join(f'`test_{test}`' for test in removal['tests'])}"


def _bug(case: Case, bug: dict[str, Any]) -> str:
    absent = case.absent(bug)
    bug = {key: [name for name in value if f"{key} {name}" not in absent] if isinstance(value, list) else value for key, value in bug.items()}
    tools = [f"`test_{test}`" for test in bug.get("tests", ())]
    tools += [f"the slice *{name}*" for name in bug.get("explore", ())]
    tools += ["the soak"] if bug.get("soak") else []
    tools += [f"CBMC's `{name}`" for name in bug.get("cbmc", ())] + [f"WP on `{name.rpartition('/')[2]}`" for name in bug.get("wp", ())]
    return f"`{bug['patch']}` ({bug['breaks']}): to be caught by {', '.join(tools)}"


def _timing(timing: evidence.Timing) -> str:
    rv32 = "the same on rv32" if timing.rv32 == timing.simulator else f"{timing.rv32} ms on rv32"
    return f"{timing.what} ({timing.cause}): {timing.simulator} ms, {rv32}; limit {timing.limit}"


def _figure(case: Case, name: str) -> str:
    return f"`{name}` {_value(case, name)}: {case.sources[name]['source']}"


def _value(case: Case, name: str) -> str:
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    return f"{case.figures[name].value}{unit}"


def _host(case: Case) -> Iterator[str]:
    yield "| claim | code | tests |"
    yield "|---|---|---|"
    for entry in case.host:
        code = "<br>".join(f"`{place.removeprefix('controller/cpctl/')}`" for place in entry["code"])
        tests = "<br>".join(_sentence(test) for test in entry["tests"])
        yield f"| {entry['claim']} | {code} | {tests} |"


def _strength(case: Case) -> Iterator[str]:
    scores = {row[0].strip("`"): row for row in evidence.scores()}
    deciding = sorted({place.partition(":")[0] for support in case.supporting() for place in support.code if place.startswith("cp_")})
    yield "| file that decides | goals of WP | mutants | killed | survive with a reason |"
    yield "|---|--:|--:|--:|--:|"
    for file in deciding:
        goals = case.proved[file].goals if file in case.proved and case.proved[file].goals else "–"
        row = scores.get(file)
        mutants = " | ".join((row[1], row[2], row[4]) if row else ("–",) * 3)
        yield f"| `{file}` | {goals} | {mutants} |"
    unjudged = [f"`{file}`" for file in deciding if file not in scores]
    if unjudged:
        yield f"\nNot judged mutant by mutant yet: {', '.join(unjudged)}. For these the tests are only known to notice each protection that is taken out."
    yield f"\nHarnesses in which CBMC also looks for run-time errors: {_harnesses(h for h in case.harnesses.values() if h.errors)}."
    open_goals = [(file.name, name, why) for file in case.proved.values() for name, why in file.unproved.items()]
    yield from (f"\nGap: `{gap['bug']}` names {gap['tool']} among the tools that must catch it. {gap['because']}." for gap in case.gaps)
    yield "\nGoals that no prover closes:\n" if open_goals else "\nEvery goal of WP is proved."
    yield from (f"- `{file}`, `{name}`: {why}." for file, name, why in open_goals)


def _figures(case: Case) -> Iterator[str]:
    yield "| figure | value | from | bears on |"
    yield "|---|--:|---|---|"
    for name, judged in case.sources.items():
        if evidence.SECONDARY in judged["source"]:
            places = [_link(case, clause) for clause, support in case.supports.items() if name in support.figures]
            places += [f"[{h.id}](#{_slug(f'{h.id}, beyond the clauses')})" for h in case.hazards if name in h.beyond.figures]
            yield f"| `{name}` | {_value(case, name)} | {judged['source']} | {' '.join(places)} |"


def _link(case: Case, clause: str) -> str:
    return f"[{clause}](#{_slug(f'{clause} {case.clauses[clause].name}')})"


def _slug(heading: str) -> str:
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def _most(measured: str) -> str:
    most = int(measured.rpartition(" ")[2])
    return f"{most} ms" if most < 1000 else f"{most / 1000:.3g} s"


def _sentence(test: str) -> str:
    place, name = test.split(":")
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words} (`{place.rpartition('/')[2] if '/' in place else f'test_{place}'}`)"


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
