"""Prints the table: `python -m bench [--only G7] [--quick]`, with `scripts` and `controller` on PYTHONPATH. `just bench` does."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from cpctl.errors import ControllerError

from . import disk, heartbeat, link, memory, ocpp_cpu, start_up, stop, tick, writes
from .figures import Effort, Figure, table
from .machine import cores, describe, prefer, unpin

Measurement = Callable[[Effort, Path], Awaitable[list[Figure]]]


def _sync(measure: Callable[[Effort], list[Figure]]) -> Measurement:
    async def run(effort: Effort, _: Path) -> list[Figure]:
        return measure(effort)

    return run


def _stateless(measure: Callable[[Effort], Awaitable[list[Figure]]]) -> Measurement:
    return lambda effort, _: measure(effort)


# What measures which goals, in the order of the table. G4, G11 and G14 have no measurement yet.
_MEASUREMENTS: tuple[tuple[frozenset[str], Measurement], ...] = (
    (frozenset({"G1"}), _stateless(link.round_trip)),
    (frozenset({"G2"}), _stateless(link.wire_share)),
    (frozenset({"G3"}), _sync(link.frame)),
    (frozenset({"G5"}), _sync(ocpp_cpu.measure)),
    (frozenset({"G6"}), _stateless(heartbeat.measure)),
    (frozenset({"G7", "G8"}), stop.measure),
    (frozenset({"G9"}), start_up.measure),
    (frozenset({"G10"}), memory.measure),
    (frozenset({"G12"}), disk.measure),
    (frozenset({"G13"}), _stateless(tick.measure)),
    (frozenset({"G15"}), writes.measure),
)


def main() -> int:
    """Measure what was asked for, print the table."""
    known = sorted({goal for goals, _ in _MEASUREMENTS for goal in goals}, key=lambda goal: int(goal[1:]))
    parser = argparse.ArgumentParser(prog="bench", description="Measure the goals of docs/explanation/performance.md.")
    parser.add_argument("--only", action="append", metavar="GOAL", choices=known, help=f"one of {', '.join(known)}; may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, rougher figures")
    parser.add_argument("--state", type=Path, default=Path(), help="directory on the disk that is to be measured; the present one by default")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    about, preferred, allowed = describe(), prefer(), cores()
    figures: list[Figure] = []
    for goals, measure in _MEASUREMENTS:
        if given.only and not goals & set(given.only):
            continue
        print(f"measuring {', '.join(sorted(goals))} ...", file=sys.stderr, flush=True)
        try:
            figures += asyncio.run(_bounded(measure(Effort(given.quick), given.state)))
        except ControllerError as error:
            figures.append(Figure(min(goals), "not measured", "", "", None, str(error)))
        finally:
            unpin(allowed)
    print(f"Measured on {about}, priority {'as in the unit' if preferred else 'not raised'}.\n")
    print(table(figures))
    return 0


async def _bounded(measuring: Awaitable[list[Figure]]) -> list[Figure]:
    """Give a measurement a quarter of an hour: whatever hangs is a fault of the benchmark, and seen as one."""
    async with asyncio.timeout(900):
        return await measuring


if __name__ == "__main__":
    sys.exit(main())
