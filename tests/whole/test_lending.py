"""The serial port is lent to another program, to flash or to test the board: never while a vehicle charges, and nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.whole.rig import Rig, virtually

from cpctl.errors import Refused


@virtually
async def test_the_port_is_not_lent_while_a_vehicle_charges(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.charge()
        assert rig.controller is not None
        with pytest.raises(Refused, match="EVSE 1"):
            await rig.controller.services.lend_port(60)
        await rig.pass_time(60)
        assert rig.evse()["status"] == "Charging"
        assert (await rig.truth()).contactor


@virtually
async def test_a_vehicle_is_served_again_once_the_port_is_back(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert rig.controller is not None
        services = rig.controller.services
        await services.lend_port(60)
        assert (await services.status())["coprocessor"]["connected"] is False  # type: ignore[index]
        assert "lent" in rig.evse()["why_not"][0]["text"]
        await rig.plant.vehicle(1, state="C")
        with pytest.raises(Refused):
            await rig.tap()
        await rig.pass_time(20)
        assert not (await rig.truth()).contactor
        await services.take_port_back()
        await rig.status("Preparing")
        await rig.tap()
        await rig.status("Charging")


@virtually
async def test_a_port_that_is_never_given_back_is_taken_back(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert rig.controller is not None
        await rig.controller.services.lend_port(30)
        await rig.pass_time(25)
        assert rig.evse()["why_not"][0]["code"] == "link_lost"
        await rig.pass_time(10)
        await rig.charge()
