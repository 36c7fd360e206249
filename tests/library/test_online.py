"""The wait for the CSMS."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from tests.library.house import ID, House
from tests.whole.rig import virtually

from cpctl import ChargePoint


@virtually
async def test_a_csms_that_comes_later_than_the_station_is_waited_for() -> None:
    house = House()
    url = await house.csms.start()
    await house.csms.stop()
    loop = asyncio.get_running_loop()
    async with ChargePoint(url, ID, wall=lambda: house.utc().timestamp(), random=Random(1)) as station:
        asked = loop.time()
        assert not await station.online(timeout_s=5.0)
        assert loop.time() - asked == pytest.approx(5.0, abs=0.1)
        waiting = asyncio.create_task(station.online())
        await asyncio.sleep(1.0)
        await house.csms.set_up(True)
        assert await waiting
    await house.csms.stop()
