"""Kills in virtual time: two EVSEs that charge at once, drivers who come and go, network and power that fail. Hosts die at commits, and at random instants."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kills.run import run_virtual

# 200 together; parted, so that they are played side by side.
CRASHES, SEEDS = 50, (1, 2, 3, 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_fifty_hosts_that_die_at_commits_lose_nothing(tmp_path: Path, seed: int) -> None:
    outcome = run_virtual(tmp_path, CRASHES, seed, at_commits=True)
    assert outcome.problems == [], f"seed {seed}: {outcome}\n{outcome.account()}"
    assert outcome.kills == CRASHES
    assert outcome.transactions > 10
    assert outcome.together
    assert outcome.offline


def test_hosts_that_die_at_random_instants_lose_nothing(tmp_path: Path) -> None:
    outcome = run_virtual(tmp_path, 20, 1, at_commits=False)
    assert outcome.problems == [], f"{outcome}\n{outcome.account()}"
    assert outcome.kills == 20
