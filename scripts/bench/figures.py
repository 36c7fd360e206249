"""How to measure fairly on a shared machine: interleave floor and subject, repeat, keep the best round of each."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    goal: str
    what: str
    measured: str
    wanted: str
    met: bool | None = None  # None: printed without a verdict
    remark: str = ""


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
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
