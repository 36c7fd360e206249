"""The generated parts of docs/explanation/mutants.md: the score of a whole run, and the reasons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from .reasons import Reason

BEGIN = "<!-- begin {part}: written by scripts/mutants -->\n"
END = "<!-- end {part} -->"


def with_part(page: str, part: str, content: str) -> str:
    """Return the page with one generated part replaced."""
    begin, end = BEGIN.format(part=part), END.format(part=part)
    before, rest = page.split(begin)
    return f"{before}{begin}\n{content}\n{end}{rest.split(end)[1]}"


def scores(counts: dict[str, Counter[str]]) -> str:
    """Render one row a file: how many mutants, what became of them."""
    rows = ["| file | mutants | killed | of these by a loop's time-out | survive | killed of all |", "|---|--:|--:|--:|--:|--:|"]
    everything: Counter[str] = Counter()
    for file, count in sorted(counts.items()):
        rows.append(_row(f"`{file}`", count))
        everything += count
    return "\n".join([*rows, _row("all of these", everything)])


def _row(name: str, count: Counter[str]) -> str:
    lived = count["killed"] + count["survived"]
    return f"| {name} | {lived} | {count['killed']} | {count['looped']} | {count['survived']} | {100 * count['killed'] / max(1, lived):.1f} % |"


def reasons(entries: Iterable[Reason]) -> str:
    """Render every survivor under the reason that it shares with others, by file."""
    by_file: dict[str, list[Reason]] = defaultdict(list)
    for entry in entries:
        by_file[entry.file].append(entry)
    lines: list[str] = []
    for file, group in sorted(by_file.items()):
        lines += [f"### `{file}`", ""]
        for entry in group:
            where = f"`{entry.function}`: " if entry.function else ""
            lines += [f"- {where}{entry.because}", *(f"    - `{place.strip()}`" for place in entry.places)]
        lines.append("")
    return "\n".join(lines).rstrip("\n") or "None."


def update(path: Path, parts: dict[str, str], *, write: bool) -> bool:
    """Put these parts into the page; return whether it was without them."""
    before = after = path.read_text(encoding="utf-8")
    for part, content in parts.items():
        after = with_part(after, part, content)
    if write:
        path.write_text(after, encoding="utf-8")
    return after != before
