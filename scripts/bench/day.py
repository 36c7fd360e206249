"""Half days of one charge point in virtual time, with its real store: a charge of four hours, sampled each minute. A process of its own.

python -m bench.day DIRECTORY HALVES prints three numbers: bytes that the process gave the kernel for disks, commits, MeterValues that the CSMS heard.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import structlog

from cpctl.app.controller import Controller, Surroundings
from cpctl.config import StartOptions, from_data
from cpctl.core.outputs import Durable
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.inprocess import SimulatedCoprocessor
from cpctl.sim.loop import VirtualLoop
from cpctl.store.sqlite import Store
from cpctl.systemd import Notifier

from .csms import ID

_DAY_S = 24 * 3600
_CHARGE_S = 4 * 3600
_PATIENCE_S = 600
_POLL_S = 0.5


class _CountingStore(Store):
    """The store, which counts what it commits."""

    commits = 0

    def _write(self, changes: Sequence[Durable]) -> str | None:
        self.commits += bool(changes)
        return super()._write(changes)


async def main(directory: Path, halves: int) -> None:
    """Live so many half days."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()

    def utc() -> datetime:
        return datetime(2030, 5, 1, tzinfo=UTC) + timedelta(seconds=loop.time() - began_s)

    csms = EmbeddedCsms(utc, Random(1))
    url = await csms.start()
    board = SimulatedCoprocessor(evse_count=1, seed=1)
    board.start()
    data = {"csms": {"url": url, "id": ID}, "evse": [{"id": 1}], "ocpp": {"initial": {"MeterValueSampleInterval": 60}}}
    around = Surroundings(
        board.open_link,
        wall=lambda: utc().timestamp(),
        open_store=_CountingStore,
        random=Random(2),
        simulated=True,
        notifier=Notifier(None),
    )
    before = _written()
    controller = Controller(
        from_data({"station": {"vendor": "Bench", "model": "Day"}, **data}), StartOptions(directory, sim=True, csms_url=url), around
    )
    running = asyncio.ensure_future(controller.run())
    async with board.plant() as plant:
        await _until(lambda: bool(controller.csms.status()["connected"]))
        for number in range(1, halves + 1):
            await plant.vehicle(1, state="C")
            await _until(lambda: controller.station.evse_status(1)["status"] == "Preparing")
            await controller.services.present_token(1, "TAG1", "ISO14443")
            await asyncio.sleep(_CHARGE_S)
            await controller.services.present_token(1, "TAG1", "ISO14443")
            await plant.vehicle(1, state="A")
            await _until(lambda number=number: sum(charge.stop is not None for charge in csms.ledger.charges) == number)  # type: ignore[misc]
            await asyncio.sleep(began_s + number * _DAY_S / 2 - loop.time())
    heard = sum(len(charge.meter_values) for charge in csms.ledger.charges)
    store = controller.store
    controller.stop()
    await running
    assert isinstance(store, _CountingStore)  # noqa: S101  # opened above
    print(_written() - before, store.commits, heard)
    board.stop()
    await csms.stop()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not true():  # noqa: ASYNC110  # virtual time costs nothing
            await asyncio.sleep(_POLL_S)


def _written() -> int:
    """Return the bytes that this process has caused to be sent to disks (`write_bytes`; whole pages of the page cache)."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main(Path(sys.argv[1]), int(sys.argv[2])))
