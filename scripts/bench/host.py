"""The controller as measured: the product's own, with a disk that can be made to stall. A process of its own.

    python -m bench.host PORT CSMS_URL STATE_DIRECTORY EVSES

On SIGUSR1 the next write stalls, as a worn SD card does.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from cpctl.app.controller import Controller, Surroundings
from cpctl.config import Config, ConnectorConfig, EvseConfig, StartOptions, from_data
from cpctl.core.outputs import Durable
from cpctl.link.transport import serial_port
from cpctl.store.sqlite import Store
from cpctl.systemd import Notifier

from .csms import ID

STALL_S = 2.0


class StallingStore(Store):
    """The store on a disk whose fsync stalls once when told to."""

    stall_s = 0.0

    def stall(self) -> None:
        """Let the next write take long."""
        self.stall_s = STALL_S

    def _write(self, changes: Sequence[Durable]) -> str | None:
        stall_s, self.stall_s = self.stall_s, 0.0
        time.sleep(stall_s)
        return super()._write(changes)


def config(evses: int) -> Config:
    """Make a station's configuration; more EVSEs than a board can have are allowed here, for the load that they make."""
    made = from_data(
        {
            "station": {"vendor": "Bench", "model": "Bench"},
            "csms": {"url": "ws://placeholder", "id": ID},
            "evse": [{"id": 1, "connectors": [{"id": 1, "fixed_cable": True}]}],
            "ocpp": {"initial": {"MeterValueSampleInterval": 1, "WebSocketPingInterval": 0}},
        }
    )
    connectors = (ConnectorConfig(fixed_cable=True),)
    many = tuple(EvseConfig.model_construct(id=number, max_current_a=32, phases=3, connectors=connectors) for number in range(1, evses + 1))
    return made.model_copy(update={"evse": many})


async def main(port: str, url: str, state: Path, evses: int) -> None:
    """Run the station until told to stop."""
    options = StartOptions(state, csms_url=url)
    around = Surroundings(serial_port(port), open_store=StallingStore, notifier=Notifier(None))
    controller = Controller(config(evses), options, around)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, controller.stop)
    if isinstance(controller.store, StallingStore):
        loop.add_signal_handler(signal.SIGUSR1, controller.store.stall)
    await controller.run()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
