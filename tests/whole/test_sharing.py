"""A site's limit, shared on the real firmware core: what the vehicles draw together is judged at every tick of the plant."""

from __future__ import annotations

from pathlib import Path

import pytest

from .rig import Rig, virtually
from .words import in_every_version

# Offers are rounded down, and vehicles never draw more than they are offered.
ALLOWED_MA = 32_000


async def offered(rig: Rig, *amps: float) -> None:
    """Wait until each EVSE offers so much."""
    await rig.until(lambda: [rig.evse(number)["offer_a"] for number in range(1, len(amps) + 1)] == list(amps), 60)


async def hungry(rig: Rig, evses: int) -> None:
    for evse in range(1, evses + 1):
        await rig.plant.vehicle(evse, current_a=32)


@in_every_version
@virtually
async def test_two_vehicles_never_draw_more_than_the_site_may_give(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2, site_a=32) as rig:
        await rig.online()
        await hungry(rig, 2)
        await rig.charge("TAG1", 1)
        await offered(rig, 32, 0)
        await rig.pass_time(20)
        await rig.charge("TAG2", 2)
        await offered(rig, 16, 16)
        await rig.pass_time(20)
        await rig.plant.vehicle(1, state="A")
        await offered(rig, 0, 32)
        await rig.pass_time(20)
        await rig.charge("TAG3", 1)
        await offered(rig, 16, 16)
        assert await rig.set_variable("ChargingStation.SiteCurrentLimit", "14") == "Accepted"
        await offered(rig, 7, 7)
        await rig.pass_time(3)
        assert 31_000 <= rig.board.peak_ma() <= ALLOWED_MA
        await rig.pass_time(60)
        assert rig.board.peak_ma() <= 14_000
        assert rig.csms.ledger.problems == []


@in_every_version
@pytest.mark.parametrize("seed", range(3))
@virtually
async def test_nor_while_the_line_loses_a_third_and_fails_for_seconds(tmp_path: Path, ocpp: str, seed: int) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2, site_a=32, seed=seed) as rig:
        await rig.online()
        await hungry(rig, 2)
        rig.chaos.loss = 0.3
        for spell in (0.0, 3.0, 14.0):
            await rig.charge("TAG1", 1)
            await rig.pass_time(10)
            await rig.charge("TAG2", 2)
            if spell:
                rig.chaos.up = False
                await rig.pass_time(spell)
                rig.chaos.up = True
            await rig.pass_time(30)
            for evse in (1, 2):
                await rig.plant.vehicle(evse, state="A")
            await rig.status("Available", 1)
            await rig.status("Available", 2)
            assert 6_000 < rig.board.peak_ma() <= ALLOWED_MA


@in_every_version
@virtually
async def test_nor_when_the_host_is_killed_at_the_worst_moments(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2, site_a=32) as rig:
        await rig.online()
        await hungry(rig, 2)
        await rig.charge("TAG1", 1)
        await rig.pass_time(20)
        await rig.plant.vehicle(2, state="C")
        await rig.status("Preparing", 2)
        await rig.tap("TAG2", 2)
        for away_s in (0.05, 1.0, 4.0, 20.0):
            await rig.pass_time(0.15)
            await rig.kill()
            await rig.sleep(away_s)
            await rig.start()
            await rig.pass_time(2.0)
        await offered(rig, 16, 16)
        await rig.pass_time(20)
        assert 31_000 <= rig.board.peak_ma() <= ALLOWED_MA
        assert len(rig.charges) == 2


@in_every_version
@virtually
async def test_vehicles_take_turns_where_only_one_can_have_six_amperes(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2, site_a=10, MeterValueSampleInterval=600) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.plant.vehicle(2, state="C")
        await rig.status("Preparing", 2)
        await rig.tap("TAG2", 2)
        await rig.status("SuspendedEVSE", 2)
        (reason,) = rig.evse(2)["why_not"]
        assert "shared by 2 EVSEs: it waits for its turn, 13 min at most" in reason["text"]
        await rig.status("Charging", 2, within_s=13 * 60)
        await rig.status("SuspendedEVSE", 1)
        await rig.status("Charging", 1, within_s=13 * 60)
        assert rig.board.peak_ma() <= 10_000
        assert rig.said(2) == rig.words.statuses("Available", "Preparing", "SuspendedEVSE", "Charging", "SuspendedEVSE")


@in_every_version
@virtually
async def test_a_vehicle_that_is_full_leaves_the_current_to_the_other(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2, site_a=32, MeterValueSampleInterval=600) as rig:
        await rig.online()
        await hungry(rig, 2)
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        await offered(rig, 16, 16)
        await rig.plant.vehicle(1, soc=1.0)
        await rig.status("SuspendedEV", 1)
        await offered(rig, 6, 26)
        assert rig.board.peak_ma() <= ALLOWED_MA
