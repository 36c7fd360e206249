"""SIGKILL at random instants, of a real process before a real coprocessor process: `cpctl start --sim`."""

from __future__ import annotations

from pathlib import Path

from tests.kills.run import run_real

KILLS, SEED = 30, 1


async def test_thirty_kills_at_random_instants_lose_nothing(tmp_path: Path) -> None:
    outcome = await run_real(tmp_path, KILLS, SEED)
    assert outcome.problems == [], f"seed {SEED}: {outcome}"
    assert outcome.kills == KILLS
    assert outcome.transactions >= KILLS // 8
