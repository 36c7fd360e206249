"""Runs a campaign against a real process, for the test and for `scripts/soak`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.kills.campaign import SETTINGS, Campaign, Outcome
from tests.kills.host import RealWorld

from cpctl.errors import ControllerError

# A lease of 10 s is 1.25 s then: a host that is started again at once makes it within that on most machines.
SPEED = 8.0


async def run_real(directory: Path, kills: int, seed: int, *, evses: int = 2, speed: float = SPEED, tell: Callable[[str], None] = print) -> Outcome:
    """Kill a real host so many times; what goes wrong on the way becomes a problem of the outcome."""
    async with RealWorld(directory, evses=evses, speed=speed, seed=seed, variables=SETTINGS) as world:
        campaign = Campaign(world, kills, Random(seed))
        try:
            await campaign.run()
        except (AssertionError, ControllerError, ExceptionGroup) as error:
            campaign.outcome.problems.append(_in_words(error))
        if campaign.outcome.problems:
            tell(f"seed {seed}: {campaign.outcome}\n{campaign.outcome.account()}\n--- end of the host's log\n{world.host.tail()}")
    return campaign.outcome


def _in_words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_in_words(one) for one in error.exceptions)
    return f"{type(error).__name__}: {error}"
