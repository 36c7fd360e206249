"""`scripts/soak`: crashes in virtual time at commits, then SIGKILLs of a real process, with a seed to repeat them and one line of results for each."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.kills.campaign import Outcome
from tests.kills.run import SPEED, run_real, run_virtual
from tests.whole.words import VERSIONS

from cpctl import log


def main() -> int:
    """Run both; return 0 if nothing was lost."""
    options = _parser().parse_args()
    log.configure("critical")
    sound = True
    if options.crashes:
        sound = _one(f"{options.crashes} crashes at commits, in virtual time", options.seed, lambda place: _virtual(place, options))
    if options.kills:
        title = f"{options.kills} kills with SIGKILL, at {options.speed:g} times real time"
        sound = _one(title, options.seed, lambda place: asyncio.run(_real(place, options))) and sound
    return 0 if sound else 1


def _one(title: str, seed: int, play: Callable[[Path], Outcome]) -> bool:
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cpctl-soak-") as place:
        outcome = play(Path(place))
    verdict = "nothing lost" if not outcome.problems else "FAILED"
    _say(f"seed {seed}: {title}: {outcome}; {verdict} ({time.monotonic() - began_s:.0f} s)")
    return not outcome.problems


def _virtual(place: Path, options: argparse.Namespace) -> Outcome:
    outcome = run_virtual(place, options.crashes, options.seed, at_commits=True, ocpp=options.ocpp)
    if outcome.problems:
        _say(outcome.account())
    return outcome


async def _real(place: Path, options: argparse.Namespace) -> Outcome:
    return await run_real(place, options.kills, options.seed, ocpp=options.ocpp, speed=options.speed, tell=_say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--crashes", type=int, default=500, help="in virtual time; 0 for none")
    parser.add_argument("--kills", type=int, default=200, help="of a real process; 0 for none")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="default: another each time; it is printed")
    parser.add_argument("--ocpp", default="1.6", choices=VERSIONS, help="what the CSMS speaks; default: 1.6")
    parser.add_argument("--speed", type=float, default=SPEED, help="times faster than life, for the real process")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
