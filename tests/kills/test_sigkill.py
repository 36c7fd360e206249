"""SIGKILL at random instants, of a real process before a real coprocessor process: `cpctl start --sim`."""

from __future__ import annotations

from pathlib import Path

from tests.kills.run import run_real

KILLS, SEED = 20, 1
# Slower than by hand: other tests want the cores too, and a lease of ten seconds should stay one.
SPEED = 5.0


async def test_twenty_kills_at_random_instants_lose_nothing(tmp_path: Path) -> None:
    outcome = await run_real(tmp_path, KILLS, SEED, speed=SPEED)
    assert outcome.problems == [], f"seed {SEED}: {outcome}"
    assert len(outcome.deaths) == KILLS
    assert outcome.transactions == len(outcome.visits) >= KILLS // 2
