"""How to measure fairly on a shared machine: interleave floor and subject, repeat, keep the best round of each."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

ROUNDS = 7
# Below this many rounds a best round says more of the neighbours than of us.
FEWEST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure."""

    quick: bool = False

    @property
    def rounds(self) -> int:
        """Rounds of which the best counts."""
        return FEWEST_ROUNDS if self.quick else ROUNDS

    @property
    def short_rounds(self) -> int:
        """Rounds where one takes milliseconds: the more there are, the likelier one has the machine for itself."""
        return 6 * self.rounds

    def of(self, full: int, quick: int) -> int:
        """Choose how often something is done in a round."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    goal: str
    what: str
    measured: str
    wanted: str
    met: bool | None = None  # None: printed without a verdict
    remark: str = ""

    def but(self, remark: str) -> Self:
        """Add a remark."""
        return replace(self, remark=f"{self.remark}; {remark}" if self.remark else remark)


def ratio(goal: str, what: str, subject: float, floor: float, limit: float, unit: str = "us") -> Figure:
    """Make a figure of a subject against its floor."""
    found = subject / floor
    return Figure(goal, what, f"{found:.2f} x  ({subject:.1f} / {floor:.1f} {unit})", f"<= {limit:g} x", found <= limit)


def at_most(goal: str, what: str, value: float, limit: float, unit: str, remark: str = "") -> Figure:
    """Make a figure of a value against its limit."""
    return Figure(goal, what, f"{value:.2f} {unit}", f"<= {limit:g} {unit}", value <= limit, remark)


def best_of(*subjects: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """Run the subjects in turns, `rounds` times; return the least that each gave."""
    best = [float("inf")] * len(subjects)
    for _ in range(rounds):
        for index, subject in enumerate(subjects):
            gc.collect()
            best[index] = min(best[index], subject())
    return best


def cpu_us(work: Callable[[], object], repeats: int) -> float:
    """Return the CPU time of one `work()`, in microseconds."""
    start = time.process_time_ns()
    for _ in range(repeats):
        work()
    return (time.process_time_ns() - start) / repeats / 1000


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """Write the figures as a table that is Markdown too."""
    head = ("goal", "what", "measured", "wanted", "", "remark")
    rows = [(figure.goal, figure.what, figure.measured, figure.wanted, _VERDICT[figure.met], figure.remark) for figure in figures]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = "|".join("-" * (width + 2) for width in widths)
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join([f"| {lines[0]} |", f"|{rule}|", *(f"| {line} |" for line in lines[1:])])


_VERDICT = {True: "met", False: "missed", None: ""}
