"""The host dies at every commit of a session in turn, right before it reaches the disk and right after, and comes back within the lease or later."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from tests.kills.mortal import Moment, MortalRig
from tests.kills.virtual import RigWorld
from tests.kills.visit import Driver, Way
from tests.whole.rig import virtually
from tests.whole.words import in_every_version

SHORT_CHARGE_S = (12.0, 14.0)
# So often a sample, that commits in the middle of a charge are among those that are the last.
SETTINGS = {"MeterValueSampleInterval": 4}
# Within the lease, and for longer, in turn.
AWAY_S = (3.0, 40.0)


async def die_at(directory: Path, way: Way, at: int, moment: Moment, away_s: float, ocpp: str) -> bool:
    """Play a session whose host dies at that commit; False if there was no such commit."""
    async with MortalRig(directory, at, moment, away_s, ocpp=ocpp, **SETTINGS) as rig:
        world = RigWorld(rig, directory)
        driver = Driver(world, 1, Random(at))
        visit = await driver.visit(way, charge_s=SHORT_CHARGE_S)
        await rig.until(lambda: all(charge.stop is not None for charge in rig.charges) and settled(rig), 600)
        assert rig.csms.ledger.problems == []
        assert visit.judge(rig.charges, rig.blows) == []
        return bool(rig.blows)


def settled(rig: MortalRig) -> bool:
    """True once the host lives, and nothing is left to tell."""
    return rig.controller is not None and rig.controller.csms.status()["queued"] == 0 and rig.evse()["status"] == "Available"


@in_every_version
@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("way", list(Way))
def test_a_host_that_dies_at_any_commit_of_a_session_loses_nothing(tmp_path: Path, way: Way, moment: Moment, ocpp: str) -> None:
    at = 0
    died = True
    while died:
        at += 1
        died = played(tmp_path / str(at), way, at, moment, AWAY_S[at % 2], ocpp)
    assert at > 8, "a session has more commits than that"


def played(directory: Path, way: Way, at: int, moment: Moment, away_s: float, ocpp: str) -> bool:
    """Do it in a loop of its own; say which commit it was when it goes wrong."""
    outcome: list[bool] = []

    @virtually
    async def play() -> None:
        outcome.append(await die_at(directory, way, at, moment, away_s, ocpp))

    try:
        play()
    except Exception as error:
        error.add_note(f"the host died {moment} commit {at} of a session that ends by {way}, and was away for {away_s} s")
        raise
    return outcome[0]
