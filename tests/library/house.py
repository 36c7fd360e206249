"""A program that embeds the station: its charger is a few variables, its CSMS the embedded one, and time is made up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from cpctl import ChargePoint
from cpctl.sim.csms import EmbeddedCsms

ID = "CP001"
_START = datetime(2030, 5, 1, 12, tzinfo=UTC)
_TOLD_S = 0.001


class Charger:
    """The program's hardware."""

    def __init__(self) -> None:
        self.plugged = False
        self.ev_ready = True
        self.evse_ready = True
        self.energy_wh = 1000.0
        self.power_w: float | None = 0.0  # the most that the vehicle can draw
        self.fault: str | None = None
        self.told: list[tuple[float, float, int]] = []

    @property
    def amperes(self) -> float:
        """What the station permitted last."""
        return self.told[-1][1] if self.told else 0.0

    @property
    def drawn_w(self) -> float | None:
        """What the vehicle draws: what it can, of what it is permitted."""
        return self.power_w and min(self.power_w, self.told[-1][0] if self.told else 0.0)

    def fit(self, station: ChargePoint, evse: int = 1) -> None:
        """Join it to the station."""
        station.set_plugged_input(lambda: self.plugged, evse)
        station.set_ev_ready_input(lambda: self.ev_ready, evse)
        station.set_evse_ready_input(lambda: self.evse_ready, evse)
        station.set_energy_input(lambda: self.energy_wh, evse)
        station.set_power_input(lambda: self.drawn_w, evse)
        station.add_fault_input(lambda: self.fault, evse)
        station.on_limit(lambda *limit: self.told.append(limit), evse)


class House:
    """CSMS, charger and station. Configure `station` before it is entered."""

    def __init__(self, *, store: Path | None = None, csms: EmbeddedCsms | None = None, **options: Any) -> None:
        loop = asyncio.get_running_loop()
        born_s = loop.time()
        self.utc: Callable[[], datetime] = lambda: _START + timedelta(seconds=loop.time() - born_s)
        self.csms = csms or EmbeddedCsms(self.utc, Random(2))
        self._keep_csms = csms is not None
        self.charger = Charger()
        self._options = {"store": store, "wall": lambda: self.utc().timestamp(), "random": Random(1), **options}
        self._station: ChargePoint | None = None

    @property
    def station(self) -> ChargePoint:
        """The station, made when it is first asked for."""
        if self._station is None:
            self._station = ChargePoint(self.csms.url, ID, **self._options)
            self.charger.fit(self._station)
        return self._station

    async def __aenter__(self) -> Self:
        if not self.csms.up:
            await self.csms.start()
        await self.station.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            await self.station.__aexit__(kind, error, trace)
        finally:
            if not self._keep_csms:
                await self.csms.stop()

    async def until(self, true: Callable[[], bool], within_s: float = 60.0) -> None:
        """Let virtual time pass until something holds."""
        try:
            async with asyncio.timeout(within_s):
                while not true():  # noqa: ASYNC110  # virtual time: nothing tells when the hardware changes
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"it did not come to that within {within_s} s: {self.station.status()}, {self.station.why_not()}") from None

    async def status(self, wanted: str) -> None:
        """Wait until the station has a status, and the CSMS has heard of it."""
        await self.until(lambda: self.station.status() == wanted)
        await asyncio.sleep(_TOLD_S)

    async def online(self) -> None:
        """Wait until the CSMS has accepted the station and knows its statuses."""
        assert await self.station.online()
        await self.until(lambda: len(self.csms.point(ID).statuses) > 1)

    async def charge(self, tag: str = "TAG1") -> None:
        """Plug in, begin a transaction and draw."""
        self.charger.plugged = True
        self.station.changed()
        await self.status("Preparing")
        assert await self.station.begin_transaction(tag)
        self.charger.power_w = 7000.0
        await self.status("Charging")

    async def call(self, action: str, **payload: object) -> dict[str, Any]:
        """Send a CALL from the CSMS."""
        return dict(await self.csms.call(ID, action, payload))
