"""Hosts and coprocessors that vanish mid-charge, and vehicles that take their chance."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .rig import Rig, virtually
from .words import in_every_version


def only_charge(rig: Rig) -> Any:
    (charge,) = rig.charges
    return charge


@in_every_version
@virtually
async def test_a_host_killed_and_back_within_the_lease_goes_on_with_the_same_transaction_and_the_contactor_never_opened(
    tmp_path: Path, ocpp: str
) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(120)
        await rig.kill()
        await rig.sleep(5)
        await rig.start()
        await rig.status("Charging")
        await rig.pass_time(120)
        truth = await rig.truth()
        assert (truth.closings, truth.openings) == (1, 0)
        await rig.finish()
        charge = only_charge(rig)
        assert charge.reason == "Local"
        assert abs((charge.meter_stop - charge.meter_start) - (await rig.truth()).energy_mwh / 1000) <= 1
        assert rig.csms.ledger.problems == []


@in_every_version
@virtually
async def test_a_returning_host_renews_the_lease_before_it_reaches_the_csms(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.kill()
        await rig.csms.set_up(False)
        await rig.sleep(8)
        await rig.start()
        await rig.pass_time(600)
        truth = await rig.truth()
        assert (truth.closings, truth.openings, truth.contactor) == (1, 0, 1)
        await rig.csms.set_up(True)
        await rig.online()
        await rig.finish()
        assert only_charge(rig).reason == "Local"
        assert rig.csms.ledger.problems == []


@in_every_version
@pytest.mark.parametrize(("policy", "transactions"), [("resume", 1), ("end", 1)])
@virtually
async def test_a_host_away_for_longer_finds_the_charge_wound_down_and_does_what_is_configured(
    tmp_path: Path, ocpp: str, policy: str, transactions: int
) -> None:
    async with Rig(tmp_path, ocpp=ocpp, station={"on_lapse": policy}) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(60)
        await rig.kill()
        await rig.sleep(60)
        truth = await rig.truth()
        assert truth.contactor == 0
        assert sum(truth.current_ma) == 0
        await rig.start()
        await rig.online()
        if policy == "resume":
            await rig.status("Charging")
            assert (await rig.truth()).closings == 2
            await rig.finish()
            assert only_charge(rig).reason == "Local"
        else:
            await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
            await rig.status("Finishing")
            assert (await rig.truth()).contactor == 0
        assert len(rig.charges) == transactions
        assert rig.csms.ledger.problems == []


@in_every_version
@pytest.mark.parametrize("mode", ["brown_out", "panic", "watchdog"])
@virtually
async def test_a_coprocessor_that_restarts_mid_charge_waits_before_it_closes_again_and_the_transaction_goes_on(
    tmp_path: Path, ocpp: str, mode: str
) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(60)
        await rig.plant.power(mode)
        await rig.sleep(0.05)
        assert (await rig.truth()).contactor == 0
        await rig.pass_time(29)
        assert (await rig.truth()).contactor == 0
        await rig.status("Charging")
        await rig.until_true(lambda truth: truth.contactor == 1)
        await rig.pass_time(60)
        await rig.finish()
        charge = only_charge(rig)
        assert charge.reason == "Local"
        lost_wh = (await rig.truth()).energy_mwh / 1000 - (charge.meter_stop - charge.meter_start)
        assert -1 <= lost_wh <= 22_000 * 1 / 3600 + 1, "a volatile meter may lose one sample (a second at full power), not more"
        assert rig.csms.ledger.problems == []


@in_every_version
@virtually
async def test_a_second_vehicle_gets_nothing_from_the_first_ones_lease(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.kill()
        await rig.plant.vehicle(state="A")
        await rig.sleep(0.3)
        before = await rig.truth()
        await rig.plant.vehicle(state="C")
        await rig.sleep(9)
        truth = await rig.truth()
        assert truth.contactor == 0
        assert truth.energy_mwh == before.energy_mwh
        await rig.start()
        await rig.online()
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
        assert only_charge(rig).reason == "EVDisconnected"
        await rig.pass_time(60)
        assert (await rig.truth()).energy_mwh == before.energy_mwh
        assert rig.evse()["status"] in ("Preparing", "Finishing")


@in_every_version
@pytest.mark.parametrize("seed", range(3))
@virtually
async def test_a_vehicle_that_left_while_the_host_was_away_is_told_to_have_left_then_however_bad_the_cable(
    tmp_path: Path, ocpp: str, seed: int
) -> None:
    async with Rig(tmp_path, ocpp=ocpp, seed=seed) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(30)
        await rig.kill()
        await rig.sleep(2)
        await rig.plant.vehicle(state="A")
        left = rig.utc()
        await rig.sleep(20)
        rig.chaos.loss = 0.4
        await rig.start()
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
        charge = only_charge(rig)
        assert charge.reason == "EVDisconnected"
        assert abs(datetime.fromisoformat(charge.stopped) - left) < timedelta(seconds=1)
        assert abs((charge.meter_stop - charge.meter_start) - (await rig.truth()).energy_mwh / 1000) <= 1


@in_every_version
@virtually
async def test_a_stop_in_order_leaves_the_charge_to_the_hand_over_lease(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.stop()
        await rig.sleep(25)
        await rig.start()
        await rig.online()
        await rig.pass_time(60)
        truth = await rig.truth()
        assert (truth.closings, truth.openings) == (1, 0)
        await rig.finish()
        assert len(rig.charges) == 1
        assert rig.csms.ledger.problems == []


@in_every_version
@virtually
async def test_a_stop_in_order_ends_the_charge_where_so_configured(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, station={"on_stop": "end"}) as rig:
        await rig.online()
        await rig.charge()
        await rig.stop()
        assert only_charge(rig).stop is not None
        await rig.sleep(10)
        assert (await rig.truth()).contactor == 0


@in_every_version
@virtually
async def test_an_offline_charge_is_told_later_in_its_order(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.csms.set_up(False)
        await rig.pass_time(300)
        await rig.finish(told=False)
        await rig.pass_time(3600)
        await rig.kill()
        await rig.start()
        await rig.csms.set_up(True)
        await rig.until(lambda: rig.charges[0].stop is not None, 3600)
        charge = only_charge(rig)
        assert charge.stopped < rig.utc().isoformat()
        assert abs((charge.meter_stop - charge.meter_start) - (await rig.truth()).energy_mwh / 1000) <= 1
        assert rig.csms.ledger.problems == []


# ---------------------------------------------------------------- what operators complain of elsewhere


async def cut_both(rig: Rig, away_s: float = 20) -> None:
    """Take the power from host and coprocessor, and give it back."""
    await rig.kill()
    await rig.plant.power("cut")
    await rig.sleep(away_s)
    await rig.start()
    await rig.online()


@in_every_version
@virtually
async def test_complaint_lost_stop_transaction_it_arrives_though_host_and_network_fail_at_the_stop(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.csms.set_up(False)
        await rig.tap()
        await rig.status("Finishing")
        await rig.kill()
        await rig.plant.vehicle(state="A")
        await rig.start()
        await rig.pass_time(30)
        await cut_both_offline(rig)
        await rig.csms.set_up(True)
        await rig.until(lambda: rig.charges[0].stop is not None, 600)
        assert only_charge(rig).reason == "Local"
        assert rig.csms.ledger.problems == []


async def cut_both_offline(rig: Rig) -> None:
    """The same without a CSMS to come back to."""
    await rig.kill()
    await rig.plant.power("cut")
    await rig.start()
    await rig.pass_time(20)


@in_every_version
@pytest.mark.parametrize("before", ["Preparing", "Charging", "Finishing"])
@pytest.mark.parametrize("stays", [True, False])
@virtually
async def test_complaint_status_stuck_after_a_power_loss_it_is_what_the_vehicle_makes_it(tmp_path: Path, ocpp: str, before: str, stays: bool) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        if before == "Preparing":
            await rig.plant.vehicle(state="B")
            await rig.status("Preparing")
        else:
            await rig.charge()
        if before == "Finishing":
            await rig.tap()
            await rig.status("Finishing")
        if not stays:
            await rig.plant.vehicle(state="A")
        await cut_both(rig)
        await rig.status("Preparing" if stays else "Available")
        await rig.plant.vehicle(state="A")
        await rig.status("Available")
        await rig.until(lambda: rig.said()[-1] == "Available")
        assert all(charge.stop is not None for charge in rig.charges)


@in_every_version
@pytest.mark.parametrize("mode", ["cut", "brown_out"])
@virtually
async def test_complaint_meter_registers_that_jump_backwards_they_never_do(tmp_path: Path, ocpp: str, mode: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, MeterValueSampleInterval=10) as rig:
        await rig.online()
        told = 0
        for number in range(2):  # a third restart with a closed contactor would be a lock-out
            await rig.charge()
            await rig.pass_time(35)
            await rig.kill()
            await rig.plant.power(mode)
            await rig.start()
            await rig.online()
            await rig.plant.vehicle(state="A")
            await rig.status("Available")
            await rig.until(lambda number=number: len(rig.charges) > number and rig.charges[number].stop is not None)  # type: ignore[misc]
            charge = rig.charges[number]
            assert told <= charge.meter_start <= charge.meter_stop
            told = charge.meter_stop
        assert rig.csms.ledger.problems == []


@in_every_version
@virtually
async def test_complaint_meter_values_for_a_finished_transaction_none_is_sent_after_the_stop(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, MeterValueSampleInterval=5) as rig:
        await rig.online()
        await rig.charge()
        await rig.csms.set_up(False)
        await rig.pass_time(60)
        await rig.kill()
        await rig.start()
        await rig.finish(told=False)
        await rig.pass_time(60)
        await rig.csms.set_up(True)
        await rig.until(lambda: rig.charges[0].stop is not None, 600)
        await rig.pass_time(60)
        charge = only_charge(rig)
        times = [one["timestamp"] for call in charge.meter_values for one in call["meterValue"]]
        assert times == sorted(times)
        assert times[-1] <= charge.stopped
        assert rig.csms.ledger.problems == [], "no meter values after an end"
