"""The controller as measured: the product's own, with a disk that can be made to stall. A process of its own.

    python -m bench.host PORT CSMS_URL STATE_DIRECTORY

On SIGUSR1 the next write stalls, as a worn SD card does. SIGUSR2 begins and ends some MeterValues a second beside those that its transactions make.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from cpctl.app.controller import Controller, Surroundings
from cpctl.config import Config, StartOptions, from_data
from cpctl.core.outputs import Durable
from cpctl.errors import CsmsError
from cpctl.link.transport import serial_port
from cpctl.store.sqlite import Store
from cpctl.systemd import Notifier

from .csms import ID

STALL_S = 2.0
EVSES = 4  # the most that a board has
MORE_METER_VALUES_HZ = 4


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
    """Make a station's configuration: transactions are sampled each second twice, by their own clock and by the round one."""
    return from_data(
        {
            "station": {"vendor": "Bench", "model": "Bench"},
            "csms": {"url": "ws://placeholder", "id": ID},
            "evse": [{"id": number, "connectors": [{"id": 1, "fixed_cable": True}]} for number in range(1, evses + 1)],
            "ocpp": {"initial": {"MeterValueSampleInterval": 1, "ClockAlignedDataInterval": 1, "WebSocketPingInterval": 0}},
        }
    )


class Talker:
    """Sends MeterValues of ten values, not bound to a transaction, while it is on."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._on = False

    def toggle(self) -> None:
        """Begin or end."""
        self._on = not self._on

    async def run(self) -> None:
        """Talk until cancelled."""
        sampled = [{"value": str(number), "context": "Sample.Periodic", "measurand": "Current.Import", "unit": "A"} for number in range(10)]
        payload = {"connectorId": 1, "meterValue": [{"timestamp": "2030-01-01T00:00:00Z", "sampledValue": sampled}]}
        while True:
            await asyncio.sleep(1 / MORE_METER_VALUES_HZ)
            if self._on:
                with suppress(CsmsError):
                    await self._controller.csms.call("MeterValues", payload)


async def main(port: str, url: str, state: Path) -> None:
    """Run the station until told to stop."""
    options = StartOptions(state, csms_url=url)
    around = Surroundings(serial_port(port), open_store=StallingStore, notifier=Notifier(None))
    controller = Controller(config(EVSES), options, around)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, controller.stop)
    if isinstance(controller.store, StallingStore):
        loop.add_signal_handler(signal.SIGUSR1, controller.store.stall)
    talker = Talker(controller)
    loop.add_signal_handler(signal.SIGUSR2, talker.toggle)
    talking = asyncio.ensure_future(talker.run())
    gc.freeze()  # as `cpctl start` does
    await controller.run()
    talking.cancel()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
