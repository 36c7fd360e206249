"""Kills in virtual time: two EVSEs that charge at once, drivers who come and go, network and power that fail. Hosts die at commits, and at random instants."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kills.run import run_virtual
from tests.whole.words import in_every_version

# 200 together; parted, so that they are played side by side.
CRASHES, PARTS = 50, [(1, "1.6"), (2, "2.0.1"), (3, "1.6"), (4, "2.0.1")]


@pytest.mark.parametrize(("seed", "ocpp"), PARTS)
def test_fifty_hosts_that_die_at_commits_lose_nothing(tmp_path: Path, seed: int, ocpp: str) -> None:
    outcome = run_virtual(tmp_path, CRASHES, seed, at_commits=True, ocpp=ocpp)
    assert outcome.problems == [], f"seed {seed}: {outcome}\n{outcome.account()}"
    assert outcome.kills == CRASHES
    assert outcome.transactions > 10
    assert outcome.together
    assert outcome.offline


@in_every_version
def test_hosts_that_die_at_random_instants_lose_nothing(tmp_path: Path, ocpp: str) -> None:
    outcome = run_virtual(tmp_path, 20, 1, at_commits=False, ocpp=ocpp)
    assert outcome.problems == [], f"{outcome}\n{outcome.account()}"
    assert outcome.kills == 20
