"""A simulated board for `cpctl bench --sim`: started, commissioned, and ended again."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cpctl.app.commission import commission
from cpctl.config import Config
from cpctl.link.transport import serial_port
from cpctl.sim.process import SimProcess, SimSettings


@asynccontextmanager
async def simulated_board(config: Config) -> AsyncIterator[str]:
    """Run a simulated coprocessor that is commissioned as configured; its port."""
    with tempfile.TemporaryDirectory(prefix="cpctl-bench-", ignore_cleanup_errors=True) as directory:
        process = SimProcess(SimSettings(Path(directory), len(config.evse)))
        await process.start()
        try:
            await commission(config, serial_port(str(process.port)), lambda text: None, simulated=True)
            yield str(process.port)
        finally:
            await process.stop()
