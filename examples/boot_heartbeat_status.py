"""BootNotification, Heartbeat and StatusNotification: a simulated charge point meets the embedded CSMS, and every message is printed.

Run it with the project's environment: `.venv/bin/python examples/boot_heartbeat_status.py`
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from cpctl import log
from cpctl.app.controller import Controller
from cpctl.app.run import run_station
from cpctl.app.simulation import Simulation
from cpctl.config import StartOptions, from_data
from cpctl.csms.exchange import Exchange
from cpctl.sim.csms import EmbeddedCsms

WANTED = {"BootNotification", "Heartbeat", "StatusNotification"}
PATIENCE_S = 30


async def main() -> int:
    """Run until each of the three was sent and answered; 0 if they were."""
    log.configure("error")
    missing = set(WANTED)
    complete = asyncio.Event()
    running: list[tuple[Controller, Simulation]] = []

    def show(exchange: Exchange) -> None:
        print(f"{exchange.action:20} {exchange.payload}\n{'':20} answered with {exchange.answer}")
        missing.discard(exchange.action)
        if not missing and running:
            complete.set()

    def ready(controller: Controller, simulation: Simulation | None) -> None:
        if simulation is not None:
            running.append((controller, simulation))

    csms = EmbeddedCsms(lambda: datetime.now(UTC), Random(), heartbeat_s=2)
    url = await csms.start()
    config = from_data(
        {
            "station": {"vendor": "Example", "model": "Wallbox"},
            "csms": {"url": url, "id": "CP001"},
            "coprocessor": {"port": "sim"},
            "evse": [{"id": 1}],
        }
    )
    with tempfile.TemporaryDirectory() as state:
        options = StartOptions(Path(state), sim=True, api_bind="127.0.0.1:0")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_station(config, options, ready, show))
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await complete.wait()
            finally:
                for controller, simulation in running:
                    controller.stop()
                    await simulation.stop()
    await csms.stop()
    print("Missing:" if missing else "All three were answered.", *missing)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
