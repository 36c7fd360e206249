"""Every example runs as its first lines say, against the embedded CSMS in each version, and ends by itself."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path.name for path in (ROOT / "examples").glob("0*.py"))
PATIENCE_S = 90


def test_there_is_one_for_each_thing_that_a_program_may_want() -> None:
    assert [name[:2] for name in SCRIPTS] == [f"{number:02}" for number in range(1, len(SCRIPTS) + 1)]
    assert len(SCRIPTS) >= 6


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("script", SCRIPTS)
async def test_an_example_does_what_it_shows(script: str, version: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "controller")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / script),
        "--ocpp",
        version,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    async with asyncio.timeout(PATIENCE_S):
        said, complained = await process.communicate()
    assert (process.returncode, complained.decode()) == (0, ""), said.decode()
    assert said
