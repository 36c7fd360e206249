"""`scripts/soak`: a long campaign of kills, with a seed to repeat it and one line of results."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.kills.campaign import SETTINGS, Campaign, Outcome
from tests.kills.run import SPEED, run_real
from tests.kills.virtual import RigWorld
from tests.whole.rig import Rig, virtually

from cpctl import log


def main() -> int:
    """Run it; return 0 if nothing was lost."""
    options = _parser().parse_args()
    log.configure("critical" if options.virtual else "error")
    _say(
        f"seed {options.seed}: {options.kills} kills {'in virtual time' if options.virtual else f'with SIGKILL, at {options.speed:g} times real time'}"
    )
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cpctl-soak-") as place:
        if options.virtual:
            outcome = run_virtual(Path(place), options.kills, options.seed)
        else:
            outcome = asyncio.run(run_real(Path(place), options.kills, options.seed, evses=options.evses, speed=options.speed, tell=_say))
    verdict = "nothing lost" if not outcome.problems else "FAILED"
    _say(f"seed {options.seed}: {outcome}; {verdict} ({time.monotonic() - began_s:.0f} s)")
    return 1 if outcome.problems else 0


def run_virtual(directory: Path, kills: int, seed: int) -> Outcome:
    """Run a campaign in virtual time."""
    outcomes: list[Outcome] = []

    @virtually
    async def run() -> None:
        async with Rig(directory, evses=2, seed=seed, **SETTINGS) as rig:
            campaign = Campaign(RigWorld(rig, directory, evses=2), kills, Random(seed))
            outcomes.append(campaign.outcome)
            await campaign.run()

    run()
    if outcomes[0].problems:
        _say(outcomes[0].account())
    return outcomes[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="default: another each time; it is printed")
    parser.add_argument("--speed", type=float, default=SPEED, help="times faster than life")
    parser.add_argument("--evses", type=int, default=2)
    parser.add_argument("--virtual", action="store_true", help="kill in virtual time, in this process: many more kills a minute")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
