"""Kills at random instants, in virtual time: two EVSEs, drivers who come and go, a network that fails."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from tests.kills.campaign import SETTINGS, Campaign
from tests.kills.virtual import RigWorld
from tests.whole.rig import Rig, virtually


@pytest.mark.parametrize("seed", [1, 2])
@virtually
async def test_hosts_killed_at_random_instants_lose_nothing(tmp_path: Path, seed: int) -> None:
    async with Rig(tmp_path, evses=2, seed=seed, **SETTINGS) as rig:
        campaign = Campaign(RigWorld(rig, tmp_path, evses=2), kills=20, random=Random(seed))
        try:
            outcome = await campaign.run()
        except BaseException as error:
            error.add_note(f"seed {seed}: {campaign.outcome.account()}")
            raise
        assert outcome.problems == [], f"seed {seed}: {outcome}\n{outcome.account()}"
        assert outcome.transactions > 10
        assert outcome.offline
