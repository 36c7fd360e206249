"""Runs campaigns, for the tests and for `scripts/soak`: in virtual time, or with a real process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.kills.campaign import SETTINGS, Campaign, Outcome
from tests.kills.host import RealWorld
from tests.kills.mortal import CommitRig
from tests.kills.virtual import CommitWorld, RigWorld
from tests.whole.rig import Rig, virtually

from cpctl.errors import ControllerError

# A lease of 10 s is 1.25 s then: a host that is started again at once makes it within that on most machines.
SPEED = 8.0
EVSES = 2


def run_virtual(directory: Path, kills: int, seed: int, *, at_commits: bool, ocpp: str = "1.6") -> Outcome:
    """Kill hosts in virtual time, at commits or at random instants; what goes wrong on the way becomes a problem of the outcome."""
    outcomes: list[Outcome] = []

    @virtually
    async def run() -> None:
        kind = CommitRig if at_commits else Rig
        async with kind(directory, evses=EVSES, seed=seed, ocpp=ocpp, **SETTINGS) as rig:
            world = CommitWorld(rig, directory, EVSES) if isinstance(rig, CommitRig) else RigWorld(rig, directory, EVSES)
            outcomes.append(await _judged(Campaign(world, kills, Random(seed))))

    run()
    return outcomes[0]


async def run_real(
    directory: Path, kills: int, seed: int, *, ocpp: str = "1.6", speed: float = SPEED, tell: Callable[[str], None] = print
) -> Outcome:
    """Kill a real host so many times; what goes wrong on the way becomes a problem of the outcome."""
    async with RealWorld(directory, evses=EVSES, speed=speed, seed=seed, ocpp=ocpp, variables=SETTINGS) as world:
        outcome = await _judged(Campaign(world, kills, Random(seed)))
        if outcome.problems:
            tell(f"seed {seed}: {outcome}\n{outcome.account()}\n--- end of the host's log\n{world.host.tail()}")
    return outcome


async def _judged(campaign: Campaign) -> Outcome:
    try:
        await campaign.run()
    except (AssertionError, ControllerError, ExceptionGroup) as error:
        campaign.outcome.problems.append(_in_words(error))
    return campaign.outcome


def _in_words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_in_words(one) for one in error.exceptions)
    return f"{type(error).__name__}: {error}"
