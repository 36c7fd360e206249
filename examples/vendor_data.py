"""DataTransfer, both ways: a vendor's own messages, served by a few lines, between a simulated charge point and the embedded CSMS.

Run it with the project's environment: `.venv/bin/python examples/vendor_data.py`
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
from cpctl.csms.vendors import DataAnswer, DataStatus
from cpctl.sim.csms import EmbeddedCsms

VENDOR = "com.example"
PATIENCE_S = 30


class Lamp:
    """What the vendor's messages are about; the station knows nothing of it."""

    def __init__(self) -> None:
        self.colour = "white"

    async def serve(self, message: str | None, data: str | None) -> DataAnswer:
        """Serve the messages `colour`, which sets and tells the colour, and no others."""
        if message != "colour":
            return DataAnswer(DataStatus.UNKNOWN_MESSAGE)
        if data == "":
            return DataAnswer(DataStatus.REJECTED)
        self.colour = data or self.colour
        return DataAnswer(DataStatus.ACCEPTED, self.colour)


async def main() -> int:
    """Let the CSMS ask the station and the station the CSMS; 0 if both got their answers."""
    log.configure("error")
    running: list[tuple[Controller, Simulation]] = []
    up = asyncio.Event()

    def ready(controller: Controller, simulation: Simulation | None) -> None:
        if simulation is not None:
            running.append((controller, simulation))
            up.set()

    csms = EmbeddedCsms(lambda: datetime.now(UTC), Random())
    url = await csms.start()
    config = from_data(
        {
            "station": {"vendor": "Example", "model": "Wallbox"},
            "csms": {"url": url, "id": "CP001"},
            "coprocessor": {"port": "sim"},
            "evse": [{"id": 1}],
        }
    )
    said: list[str] = []
    with tempfile.TemporaryDirectory() as state:
        options = StartOptions(Path(state), sim=True, api_bind="127.0.0.1:0")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_station(config, options, ready, vendors={VENDOR: Lamp().serve}))
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await up.wait()
                    for call in ({"messageId": "colour", "data": "green"}, {"messageId": "colour"}, {"messageId": "size"}):
                        answer = await csms.call("CP001", "DataTransfer", {"vendorId": VENDOR, **call})
                        said.append(" ".join(answer.values()))
                        print(f"the CSMS asks {call}, the station answers {answer}")
                    answered = await running[0][0].csms.data_transfer(VENDOR, "colour", "red")
                    said.append(answered.status.value)
                    print(f"the station asks, the CSMS answers {answered.status.value}")
            finally:
                for controller, simulation in running:
                    controller.stop()
                    await simulation.stop()
    await csms.stop()
    return 0 if said == ["Accepted green", "Accepted green", "UnknownMessageId", "UnknownVendorId"] else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
