"""An embedded CSMS on a real socket, charge points that speak to it, and a loop whose time jumps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from random import Random

import pytest
from tests.csms.station import FakeStation, Point, eventually, utc_now

from cpctl.csms.settings import CsmsSettings
from cpctl.csms.vendors import VendorHandler
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.loop import VirtualLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every test here in virtual time."""
    return {"virtual": VirtualLoop}


@pytest.fixture
async def csms() -> AsyncIterator[EmbeddedCsms]:
    server = EmbeddedCsms(utc_now, Random(1), tokens={"BLOCKED": "Blocked"})
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def make_point() -> AsyncIterator[Callable[..., Point]]:
    """Make and start a charge point for an URL; `start=False` leaves the starting to the test."""
    points: list[Point] = []

    def make(
        url: str,
        *,
        start: bool = True,
        station: FakeStation | None = None,
        boot: int = 1,
        vendors: Mapping[str, VendorHandler] | None = None,
        **settings: object,
    ) -> Point:
        chosen: dict[str, object] = {"url": url, "id": "CP001", "serial": "0001", "firmware_version": "0.1.0", **settings}
        point = Point(CsmsSettings(**chosen), station, boot, vendors)  # type: ignore[arg-type]
        points.append(point)
        if start:
            point.start()
        return point

    yield make
    for point in points:
        await point.stop()


@pytest.fixture
async def point(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> Point:
    """A charge point that the embedded CSMS has accepted."""
    made = make_point(csms.url)
    await eventually(lambda: made.station.online)
    return made
