"""Options that are no part of the standard and known from elsewhere: what they do, and that they are off by default."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.talk import Talk

from cpctl.sim.csms_script import Delay, Silence

from .rig import ID, Rig, virtually

# ---------------------------------------------------------------- free vend


@virtually
async def test_free_vend_charges_whoever_plugs_in_on_the_configured_tag_without_asking(tmp_path: Path) -> None:
    async with Rig(tmp_path, FreeVendActive=True, FreeVendIdTag="WELCOME") as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")
        await rig.pass_time(60)
        await rig.plant.vehicle(state="A")
        await rig.status("Available")
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
        assert talk.payloads("Authorize") == []
        assert talk.payloads("StartTransaction")[0]["idTag"] == "WELCOME"
        assert rig.charges[0].reason == "EVDisconnected"
        assert rig.csms.ledger.problems == []


@virtually
async def test_free_vend_goes_on_offline_and_is_told_later(tmp_path: Path) -> None:
    async with Rig(tmp_path, FreeVendActive=True) as rig:
        await rig.online()
        await rig.csms.set_up(False)
        await rig.pass_time(5)
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")
        await rig.csms.set_up(True)
        await rig.until(lambda: len(rig.charges) == 1, 300)


@virtually
async def test_free_vend_gives_each_plug_in_one_transaction_even_over_a_restart(tmp_path: Path) -> None:
    async with Rig(tmp_path, FreeVendActive=True) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")
        await rig.until(lambda: bool(rig.charges))
        assert await rig.call("RemoteStopTransaction", transactionId=rig.charges[0].number) == {"status": "Accepted"}
        await rig.status("Finishing")
        await rig.pass_time(120)
        await rig.kill()
        await rig.start()
        await rig.online()
        await rig.pass_time(120)
        assert len(rig.charges) == 1
        await rig.plant.vehicle(state="A")
        await rig.status("Available")
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")


@virtually
async def test_a_card_that_the_csms_accepts_stops_free_vend_and_then_charges_on_its_own_account(tmp_path: Path) -> None:
    async with Rig(tmp_path, FreeVendActive=True) as rig:
        rig.csms.tokens["stranger"] = "Invalid"
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")
        assert not await rig.accepts("STRANGER")
        assert rig.evse()["status"] == "Charging"
        await rig.tap("TAG1")
        await rig.status("Finishing")
        await rig.tap("TAG1")
        await rig.status("Charging")
        await rig.until(lambda: len(rig.charges) == 2)
        assert [charge.id_tag for charge in rig.charges] == ["FreeVend", "TAG1"]
        assert rig.charges[0].stop["idTag"] == "TAG1"


@virtually
async def test_a_card_shown_before_the_cable_takes_the_vehicle_though_it_would_charge_without(tmp_path: Path) -> None:
    async with Rig(tmp_path, FreeVendActive=True) as rig:
        await rig.online()
        await rig.tap("TAG1")
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")
        await rig.until(lambda: bool(rig.charges))
        assert rig.charges[0].id_tag == "TAG1"


@virtually
async def test_free_vend_can_be_switched_on_by_the_csms_and_serves_who_is_plugged_in(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.pass_time(10)
        assert rig.charges == []
        assert await rig.call("ChangeConfiguration", key="FreeVendIdTag", value="x" * 21) == {"status": "Rejected"}
        assert await rig.call("ChangeConfiguration", key="FreeVendIdTag", value="") == {"status": "Rejected"}
        assert await rig.call("ChangeConfiguration", key="FreeVendIdTag", value="FREE") == {"status": "Accepted"}
        assert await rig.call("ChangeConfiguration", key="FreeVendActive", value="true") == {"status": "Accepted"}
        await rig.status("Charging")


@virtually
async def test_a_free_vend_tag_that_the_csms_refuses_ends_as_any_other(tmp_path: Path) -> None:
    async with Rig(tmp_path, FreeVendActive=True) as rig:
        rig.csms.tokens["freevend"] = "Blocked"
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
        assert rig.charges[0].reason == "DeAuthorized"
        await rig.pass_time(120)
        assert len(rig.charges) == 1


# ---------------------------------------------------------------- start when the power path closes


@virtually
async def test_the_transaction_starts_when_the_vehicle_asks_and_its_record_is_there_before_current_flows(tmp_path: Path) -> None:
    async with Rig(tmp_path, TxStartOnPowerPathClosed=True) as rig:
        await rig.online()
        await rig.plant.vehicle(state="B")
        await rig.status("Preparing")
        await rig.tap()
        await rig.pass_time(300)
        assert rig.evse()["status"] == "Preparing"
        assert rig.evse()["offer_a"] > 0, "most vehicles ask for none that is not offered"
        assert rig.charges == []
        assert rig.evse()["session"] is None
        await rig.plant.vehicle(state="C")
        await rig.until(lambda: rig.evse()["session"] is not None, 2)
        assert (await rig.truth()).contactor == 0, "the record comes before the current"
        await rig.status("Charging")
        await rig.pass_time(60)
        await rig.finish()
        (charge,) = rig.charges
        assert abs((charge.meter_stop - charge.meter_start) - (await rig.truth()).energy_mwh / 1000) <= 1
        assert rig.said() == ["Available", "Preparing", "Charging", "Finishing", "Available"]
        assert rig.csms.ledger.problems == []


@virtually
async def test_energy_that_flows_while_the_host_is_away_belongs_to_the_transaction_that_begins_after(tmp_path: Path) -> None:
    async with Rig(tmp_path, TxStartOnPowerPathClosed=True) as rig:
        await rig.online()
        await rig.plant.vehicle(state="B")
        await rig.status("Preparing")
        await rig.tap()
        await rig.until(lambda: rig.evse()["offer_a"] > 0)
        await rig.pass_time(2)  # the meter has been heard
        await rig.kill()
        await rig.plant.vehicle(state="C")
        await rig.sleep(6)
        given_wh = (await rig.truth()).energy_mwh / 1000
        assert given_wh > 10
        await rig.start()
        await rig.online()
        await rig.status("Charging")
        await rig.finish()
        (charge,) = rig.charges
        assert abs((charge.meter_stop - charge.meter_start) - (await rig.truth()).energy_mwh / 1000) <= 1


@virtually
async def test_a_pause_of_the_vehicle_does_not_end_a_transaction_that_began_with_its_wish(tmp_path: Path) -> None:
    async with Rig(tmp_path, TxStartOnPowerPathClosed=True) as rig:
        await rig.online()
        await rig.charge()
        await rig.plant.vehicle(state="B")
        await rig.status("SuspendedEV")
        await rig.pass_time(60)
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")
        await rig.finish()
        assert len(rig.charges) == 1


@virtually
async def test_without_a_current_to_give_no_transaction_begins_and_the_second_tap_takes_the_token_back(tmp_path: Path) -> None:
    async with Rig(tmp_path, TxStartOnPowerPathClosed=True, CurrentLimit="0") as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.tap()
        await rig.pass_time(120)
        assert [reason["code"] for reason in rig.evse()["why_not"]] == ["limit_zero"]
        assert rig.charges == []
        await rig.call("ChangeConfiguration", key="CurrentLimit", value="16")
        await rig.status("Charging")
        await rig.finish()
        await rig.call("ChangeConfiguration", key="CurrentLimit", value="0")
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.tap()
        await rig.tap()
        await rig.call("ChangeConfiguration", key="CurrentLimit", value="16")
        await rig.pass_time(60)
        assert len(rig.charges) == 1
        assert (await rig.truth()).contactor == 0


@virtually
async def test_a_vehicle_that_leaves_without_having_asked_leaves_no_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, TxStartOnPowerPathClosed=True) as rig:
        await rig.online()
        await rig.plant.vehicle(state="B")
        await rig.status("Preparing")
        await rig.tap()
        await rig.until(lambda: rig.evse()["offer_a"] > 0)
        await rig.plant.vehicle(state="A")
        await rig.status("Available")
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.pass_time(30)
        assert rig.charges == []
        assert (await rig.truth()).closings == 0


# ---------------------------------------------------------------- before the boot is accepted


@pytest.mark.parametrize("answer", ["Pending", "Rejected"])
@virtually
async def test_nothing_begins_while_the_csms_has_not_accepted_the_station(tmp_path: Path, answer: str) -> None:
    async with Rig(tmp_path, FreeVendActive=True) as rig:
        await rig.kill()
        rig.csms.points.clear()
        rig.csms.boot_with(*[answer] * 100, interval=30)
        await rig.start()
        await rig.until(lambda: len(rig.csms.point(ID).boots) >= 1)
        await rig.plant.vehicle(state="C")
        await rig.pass_time(20)
        assert not await rig.accepts()
        assert "not_accepted" in [reason["code"] for reason in rig.evse()["why_not"]]
        assert (await rig.truth()).contactor == 0


@virtually
async def test_a_new_station_that_was_never_accepted_charges_nobody_offline_until_it_is(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True) as rig:
        await rig.kill()
        await rig.csms.set_up(False)
        (tmp_path / "new").mkdir()
        rig.move_to(tmp_path / "new")
        await rig.start()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        assert not await rig.accepts()
        await rig.csms.set_up(True)
        await rig.online()
        assert await rig.accepts()
        await rig.status("Charging")


@virtually
async def test_a_station_that_was_accepted_once_charges_offline_after_a_restart(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        await rig.kill()
        await rig.csms.set_up(False)
        await rig.start()
        await rig.charge()


@virtually
async def test_a_charge_goes_on_though_the_boot_after_a_restart_is_left_pending(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.kill()
        rig.csms.boot_with("Pending", interval=60)
        await rig.start()
        await rig.pass_time(30)
        assert rig.evse()["status"] == "Charging"
        assert (await rig.truth()).openings == 0
        await rig.until(lambda: bool(rig.csms.point(ID).boots[2:]), 120)
        await rig.finish()
        assert len(rig.charges) == 1


@virtually
async def test_pre_boot_transactions_begin_before_the_boot_is_accepted_and_are_told_after_it(tmp_path: Path) -> None:
    async with Rig(tmp_path, PreBootTransactions=True, AllowOfflineTxForUnknownId=True) as rig:
        await rig.kill()
        rig.csms.points.clear()
        rig.csms.boot_with("Pending", interval=300)
        (tmp_path / "new").mkdir()
        rig.move_to(tmp_path / "new")
        await rig.start()
        await rig.charge()
        await rig.pass_time(60)
        await rig.tap()
        await rig.status("Finishing")
        assert rig.charges == []
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None, 600)
        assert rig.csms.ledger.problems == []


# ---------------------------------------------------------------- authorization time-out


@virtually
async def test_a_csms_that_is_there_and_silent_is_waited_for_no_longer_than_configured(tmp_path: Path) -> None:
    async with Rig(tmp_path, AuthorizationTimeout=7) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        rig.csms.script("Authorize", Silence(), Silence())
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.pass_time(3)
        begun = rig.utc()
        assert await rig.accepts(), "it is known from before"
        assert 6.9 <= (rig.utc() - begun).total_seconds() <= 7.5
        await rig.status("Charging")
        assert not await rig.accepts("UNKNOWN")


@virtually
async def test_a_csms_that_is_known_to_be_away_is_not_waited_for_at_all(tmp_path: Path) -> None:
    async with Rig(tmp_path, AuthorizationTimeout=60) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        await rig.csms.set_up(False)
        await rig.pass_time(5)
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.pass_time(3)
        begun = rig.utc()
        assert await rig.accepts()
        assert not await rig.accepts("UNKNOWN")
        assert (rig.utc() - begun).total_seconds() < 0.5


@virtually
async def test_a_word_that_comes_too_late_is_learnt_for_the_next_time(tmp_path: Path) -> None:
    async with Rig(tmp_path, AuthorizationTimeout=5) as rig:
        await rig.online()
        rig.csms.script("Authorize", Delay(10))
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        assert not await rig.accepts()
        await rig.pass_time(20)
        await rig.csms.set_up(False)
        await rig.pass_time(5)
        assert await rig.accepts()
