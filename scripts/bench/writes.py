"""G15: what a day of charging writes to the disk."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from pathlib import Path

from cpctl.errors import SimError
from cpctl.sim.firmware_files import LIBRARY, firmware_file

from .figures import Effort, Figure, at_most
from .machine import start
from .station import HOST_CORE


async def measure(effort: Effort, directory: Path) -> list[Figure]:
    """Live a day in virtual time, or one half of it twice; a figure that does not depend on the machine's speed needs no rounds."""
    firmware_file(LIBRARY)  # SimError says how to build it
    halves = effort.of(2, 1)
    with tempfile.TemporaryDirectory(dir=directory) as place:
        day = start("-m", "bench.day", place, str(halves), core=HOST_CORE, stdout=subprocess.PIPE)
        said, _nothing = await asyncio.to_thread(day.communicate)
    if day.returncode:
        raise SimError("The day in virtual time did not end well.", "See above.")
    written, commits, heard = (int(word) for word in said.split())
    if not written:
        raise SimError(f"The file system of {directory} writes to no disk.", "Name a directory on one with --state.")
    megabytes = written * 2 / halves / 1e6
    remark = f"{commits} commits and {heard} MeterValues in {halves * 12} h"
    return [at_most("G15", "written in a day with two charges of four hours", megabytes, 10.0, "MB", remark)]
