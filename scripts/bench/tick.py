"""G13: what a safety tick of 1 ms costs, counted in instructions on rv32 under QEMU. The same figures on every machine."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from cpctl.errors import SimError

from .figures import Effort, Figure

_ROOT = Path(__file__).resolve().parents[2]
_RUNNER = _ROOT / "coprocessor_fw/ports/rv32/qemu_run.py"
_PROGRAM = _ROOT / "build/rv32/tick_cost.elf"
_LINE = re.compile(r"(\w+): typical (\d+), worst (\d+) of (\d+) ticks")


async def measure(_effort: Effort) -> list[Figure]:
    """Run the counting program once: it counts, so that it needs neither rounds nor a quiet machine."""
    build_it = "Type: just fw-rv32"
    if not _PROGRAM.is_file():
        raise SimError(f"{_PROGRAM.name} is not built.", build_it)
    counting = await asyncio.create_subprocess_exec(sys.executable, str(_RUNNER), "--count", str(_PROGRAM), stdout=asyncio.subprocess.PIPE)
    said, _nothing = await counting.communicate()
    if counting.returncode:
        raise SimError("The counting program did not end well.", build_it)
    return [
        Figure(
            "G13",
            f"instructions per safety tick, {what}",
            f"{int(typical):,} typical, {int(worst):,} worst",
            "counted",
            None,
            f"{ticks} ticks on rv32",
        )
        for what, typical, worst, ticks in _LINE.findall(said.decode())
    ]
