"""SIGKILL at random instants, of a real process before a real coprocessor process: `cpctl start --sim`."""

from __future__ import annotations

from pathlib import Path

from tests.kills.run import run_real
from tests.whole.words import in_every_version

KILLS, SEED = 20, 1


@in_every_version
async def test_twenty_kills_at_random_instants_lose_nothing(tmp_path: Path, ocpp: str) -> None:
    outcome = await run_real(tmp_path, KILLS, SEED, ocpp=ocpp)
    assert outcome.problems == [], f"seed {SEED}: {outcome}"
    assert outcome.kills == KILLS
    assert outcome.transactions >= KILLS // 8
