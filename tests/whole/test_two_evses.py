"""Several EVSEs in one station: what happens at one is told of that one, and leaves the others alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpctl.app.controller import Ending

from .rig import Rig, virtually
from .words import in_every_version

CHARGED = ("Available", "Preparing", "Charging")


@in_every_version
@pytest.mark.parametrize("evses", [2, 4])
@virtually
async def test_all_charge_at_once_each_with_its_own_transaction_and_statuses(tmp_path: Path, ocpp: str, evses: int) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=evses) as rig:
        await rig.online()
        numbers = range(1, evses + 1)
        for evse in numbers:
            await rig.plant.vehicle(evse, current_a=6 + 4 * evse)
            await rig.charge(f"TAG{evse}", evse)
        await rig.pass_time(600)
        for evse in reversed(numbers):
            await rig.finish(f"TAG{evse}", evse, told=False)
        await rig.until(lambda: all(charge.stop is not None for charge in rig.charges))
        for evse, charge in zip(numbers, rig.charges, strict=True):
            truth = await rig.truth(evse)
            assert charge.connector == evse
            assert 0 <= truth.energy_mwh / 1000 - (charge.meter_stop - charge.meter_start) <= 3  # whole Wh, and what flows while the vehicle lets go
            assert rig.said(evse) == rig.words.statuses(*CHARGED, "Finishing", "Available")
        assert rig.csms.ledger.problems == []


@in_every_version
@virtually
async def test_one_reader_serves_the_vehicle_that_waits_and_then_the_next(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.plant.vehicle(2, state="C")
        await rig.status("Preparing", 2)
        await rig.tap("TAG1", 0)
        await rig.status("Charging", 2)
        await rig.tap("TAG2", 0)
        await rig.plant.vehicle(1, state="C")
        await rig.status("Charging", 1)
        assert [(charge.connector, charge.id_tag) for charge in rig.charges] == [(2, "TAG1"), (1, "TAG2")]
        await rig.pass_time(60)
        await rig.tap("TAG1", 0)
        await rig.status("Finishing", 2)
        assert rig.evse(1)["status"] == "Charging"


@in_every_version
@virtually
async def test_an_unplugging_at_one_leaves_the_other_charging(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        await rig.pass_time(60)
        await rig.plant.vehicle(1, state="A")
        await rig.status("Available", 1)
        await rig.until(lambda: rig.charges[0].stop is not None)
        await rig.pass_time(60)
        assert rig.charges[0].reason == "EVDisconnected"
        assert rig.charges[1].stop is None
        assert rig.said(2) == rig.words.statuses(*CHARGED)
        assert (await rig.truth(2)).openings == 0


@in_every_version
@virtually
async def test_a_fault_at_one_leaves_the_other_charging(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        await rig.plant.fault(1, "pilot_short")
        await rig.status("Faulted", 1)
        await rig.pass_time(10)
        assert rig.evse(2)["status"] == "Charging"
        assert (await rig.truth(1)).contactor == 0
        assert rig.said(1)[-1] == "Faulted"
        assert rig.said(2) == rig.words.statuses(*CHARGED)
        assert "Faulted" not in rig.said(0), "of the station as a whole"
        await rig.plant.fault(1, "pilot_short", active=False)
        await rig.status("Charging", 1)


@pytest.mark.parametrize(
    ("ocpp", "immediate", "reason"),
    [("1.6", False, "SoftReset"), ("1.6", True, "HardReset")],
)
@virtually
async def test_a_reset_ends_both_transactions_in_order(tmp_path: Path, ocpp: str, immediate: bool, reason: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        await rig.pass_time(60)
        assert await rig.reset(immediate=immediate) == "Accepted"
        assert await rig.ended() is Ending.RESTART
        await rig.start()
        await rig.online()
        await rig.until(lambda: all(charge.stop is not None for charge in rig.charges))
        assert [charge.reason for charge in rig.charges] == [reason, reason]
        assert rig.csms.ledger.problems == []
        for evse in (1, 2):
            await rig.until_true(lambda truth: truth.contactor == 0, evse, within_s=7)


@in_every_version
@virtually
async def test_two_charges_while_offline_are_told_afterwards_each_whole(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.csms.set_up(False)
        await rig.pass_time(60)
        await rig.charge("TAG2", 2)
        await rig.pass_time(300)
        await rig.finish("TAG1", 1, told=False)
        await rig.pass_time(60)
        await rig.finish("TAG2", 2, told=False)
        await rig.csms.set_up(True)
        await rig.until(lambda: len(rig.charges) == 2 and all(charge.stop is not None for charge in rig.charges), 900)
        assert [charge.connector for charge in rig.charges] == [1, 2]
        for charge in rig.charges:
            truth = await rig.truth(charge.connector)
            assert abs(charge.meter_stop - charge.meter_start - truth.energy_mwh / 1000) <= 1
        assert rig.csms.ledger.problems == []
        assert rig.csms.ledger.orphans == []
