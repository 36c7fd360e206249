"""What drivers do: pull the cable and put it back, tap twice, tap somebody else's card, swap cables, walk away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.conformance.conversation import Conversation

from cpctl.sim.csms_script import Delay

from .rig import ID, Rig, virtually
from .words import in_every_version

# ---------------------------------------------------------------- unplug and replug


@in_every_version
@pytest.mark.parametrize("gone_s", [0.1, 0.3, 0.9])
@virtually
async def test_a_replug_within_a_second_ends_the_old_transaction_and_wants_a_new_token(tmp_path: Path, ocpp: str, gone_s: float) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(30)
        await rig.plant.vehicle(state="A")
        await rig.sleep(gone_s)
        await rig.plant.vehicle(state="C")
        await rig.until(lambda: rig.charges[0].stop is not None)
        energy_mwh = (await rig.truth()).energy_mwh
        await rig.pass_time(60)
        assert (await rig.truth()).energy_mwh == energy_mwh
        assert rig.charges[0].reason == "EVDisconnected"
        assert rig.evse()["status"] == "Preparing"
        await rig.tap()
        await rig.status("Charging")
        await rig.finish()
        assert len(rig.charges) == 2
        assert rig.csms.ledger.problems == []


@in_every_version
@virtually
async def test_a_replug_before_anything_was_accepted_is_just_another_plug_in(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        for _ in range(3):
            await rig.plant.vehicle(state="B")
            await rig.sleep(0.5)
            await rig.plant.vehicle(state="A")
            await rig.sleep(0.3)
        await rig.charge()
        await rig.finish()
        assert len(rig.charges) == 1


@in_every_version
@virtually
async def test_a_replug_goes_on_with_the_old_transaction_only_where_that_is_configured(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, StopTransactionOnEVSideDisconnect=False, **{"TxCtrlr.TxStopPoint": "Authorized"}) as rig:
        await rig.online()
        await rig.charge()
        await rig.plant.vehicle(state="A")
        await rig.sleep(0.5)
        await rig.plant.vehicle(state="C")
        await rig.until_true(lambda truth: truth.closings == 2)
        await rig.status("Charging")
        await rig.finish()
        (charge,) = rig.charges
        assert charge.reason == "Local"
        assert abs((charge.meter_stop - charge.meter_start) - (await rig.truth()).energy_mwh / 1000) <= 1


# ---------------------------------------------------------------- taps in a row


@in_every_version
@virtually
async def test_a_second_tap_in_a_row_stops_nothing_and_a_later_one_does(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        assert await rig.accepts()
        await rig.sleep(0.5)
        assert await rig.accepts(at_once=True)
        await rig.sleep(1.2)
        assert await rig.accepts(at_once=True), "1.7 s after the first, 1.2 s after the second: still the same"
        await rig.status("Charging")
        await rig.pass_time(10)
        assert rig.evse()["status"] == "Charging"
        await rig.tap()
        await rig.sleep(0.5)
        assert await rig.accepts(at_once=True), "and a second tap in a row does not start again"
        await rig.pass_time(10)
        assert rig.evse()["status"] == "Finishing"
        assert len(rig.charges) == 1


@in_every_version
@virtually
async def test_a_reader_that_repeats_a_card_ten_times_a_second_presents_it_once(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        rig.csms.tokens["bad"] = "Invalid"
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        talk = Conversation(rig)
        for tag, accepted in (("BAD", False), ("TAG1", True)):
            for _ in range(50):
                assert await rig.accepts(tag, at_once=True) == accepted
                await rig.sleep(0.1)
        assert [rig.words.token(call) for call in talk.payloads("Authorize")] == ["BAD", "TAG1"]
        assert rig.evse()["status"] == "Charging"
        assert len(rig.charges) == 1


@in_every_version
@virtually
async def test_a_wallet_with_two_cards_starts_with_one_and_does_not_stop_with_it(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        for _ in range(10):
            await rig.accepts("TAG1", at_once=True)
            await rig.sleep(0.15)
            await rig.accepts("TAG2", at_once=True)
            await rig.sleep(0.15)
        await rig.status("Charging")
        assert [charge.id_tag for charge in rig.charges] == ["TAG1"]


@in_every_version
@virtually
async def test_taps_while_the_csms_thinks_are_one_question_with_one_answer_for_all(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        rig.csms.script("Authorize", Delay(8))
        talk = Conversation(rig)
        taps = []
        for _ in range(4):
            taps.append(asyncio.ensure_future(rig.accepts(at_once=True)))
            await rig.sleep(1.9)
        assert not await rig.accepts("OTHER"), "one at a time"
        assert await asyncio.gather(*taps) == [True] * 4
        assert len(talk.payloads("Authorize")) == 1
        await rig.status("Charging")


@in_every_version
@virtually
async def test_a_second_tap_takes_the_token_back_that_waits_for_its_cable(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        assert await rig.accepts()
        assert rig.evse()["status"] == "Preparing"
        assert await rig.accepts()
        assert rig.evse()["status"] == "Available"
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.pass_time(10)
        assert rig.charges == []


@in_every_version
@virtually
async def test_a_tap_after_a_remote_start_confirms_it(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        assert await rig.remote_start("TAG1") == "Accepted"
        assert await rig.accepts("TAG1")
        await rig.plant.vehicle(state="C")
        await rig.status("Charging")


@in_every_version
@virtually
async def test_a_stop_and_another_tap_without_unplugging_is_a_new_transaction(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.tap()
        await rig.status("Finishing")
        await rig.tap()
        await rig.status("Charging")
        await rig.finish()
        assert [charge.reason for charge in rig.charges] == ["Local", "Local"]
        assert rig.charges[1].meter_start >= rig.charges[0].meter_stop
        assert rig.csms.ledger.problems == []


# ---------------------------------------------------------------- somebody else's card


@in_every_version
@virtually
async def test_another_card_during_a_charge_stops_nothing_and_is_not_asked_about(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        talk = Conversation(rig)
        assert not await rig.accepts("TAG2")
        await rig.pass_time(5)
        assert talk.payloads("Authorize") == []
        assert rig.evse()["status"] == "Charging"


@pytest.mark.parametrize(("parent", "status", "stops"), [("FAMILY", "Accepted", True), ("FAMILY", "ConcurrentTx", True), ("FIRM", "Accepted", False)])
@virtually
async def test_a_card_of_the_same_group_stops_the_charge_and_one_of_another_does_not(tmp_path: Path, parent: str, status: str, stops: bool) -> None:
    async with Rig(tmp_path) as rig:
        rig.csms.parents |= {"tag1": "FAMILY", "tag2": parent}
        rig.csms.tokens["tag2"] = status
        await rig.online()
        await rig.charge("TAG1")
        assert await rig.accepts("TAG2") == stops
        await rig.pass_time(5)
        assert (rig.evse()["status"] == "Finishing") == stops
        assert [charge.stop["idTag"] for charge in rig.charges if charge.stop] == (["TAG2"] if stops else [])


@in_every_version
@virtually
async def test_a_card_of_the_group_stops_the_charge_offline_and_after_a_restart_too(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        rig.csms.parents |= {"tag1": "FAMILY", "tag2": "FAMILY"}
        await rig.online()
        assert await rig.accepts("TAG2")  # learnt
        assert await rig.accepts("TAG2")  # taken back
        await rig.charge("TAG1")
        await rig.until(lambda: bool(rig.charges))
        await rig.kill()
        await rig.csms.set_up(False)
        await rig.start()
        await rig.status("Charging")
        assert await rig.accepts("TAG2")
        await rig.status("Finishing")


# ---------------------------------------------------------------- on the way


@in_every_version
@virtually
async def test_unplugging_while_the_csms_thinks_starts_nothing_for_the_next_vehicle(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        rig.csms.script("Authorize", Delay(5))
        tapped = asyncio.ensure_future(rig.accepts())
        await rig.sleep(1)
        await rig.plant.vehicle(state="A")
        await rig.sleep(1)
        await rig.plant.vehicle(state="C")
        assert not await tapped
        await rig.pass_time(10)
        assert rig.charges == []
        assert (await rig.truth()).closings == 0


@in_every_version
@virtually
async def test_a_driver_who_taps_and_walks_away_leaves_the_evse_to_the_next(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.tap("TAG1")
        await rig.status("Available", within_s=61)
        await rig.charge("TAG2")
        await rig.finish("TAG2")
        assert [charge.id_tag for charge in rig.charges] == ["TAG2"]


@in_every_version
@pytest.mark.parametrize("before_s", [-0.2, -0.05, 0.0, 0.05, 0.2, 0.6])
@virtually
async def test_a_remote_stop_and_an_unplugging_at_once_are_one_end(tmp_path: Path, ocpp: str, before_s: float) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(30)
        begun = rig.charges[0]

        async def stop() -> None:
            await rig.sleep(max(0.0, -before_s))
            assert await rig.remote_stop(begun) in ("Accepted", "Rejected")

        stopping = asyncio.ensure_future(stop())
        await rig.sleep(max(0.0, before_s))
        await rig.plant.vehicle(state="A")
        await stopping
        await rig.status("Available")
        await rig.until(lambda: rig.charges[0].stop is not None)
        (charge,) = rig.charges
        assert charge.repeats == 0
        assert charge.reason in ("Remote", "EVDisconnected")
        # A stop counts what the meter said last: that is up to a second ago, and the vehicle takes a moment to let go.
        assert 0 <= (await rig.truth()).energy_mwh / 1000 - (charge.meter_stop - charge.meter_start) <= 13
        assert rig.csms.ledger.problems == []


# ---------------------------------------------------------------- one reader for all


@in_every_version
@virtually
async def test_two_cars_and_one_card_start_the_one_that_waits_longer_and_the_card_then_stops_it(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.plant.vehicle(2, state="C")
        await rig.status("Preparing", 2)
        await rig.plant.vehicle(1, state="C")
        await rig.status("Preparing", 1)
        assert await rig.accepts("TAG1", 0)
        assert await rig.accepts("TAG1", 0, at_once=True)
        await rig.status("Charging", 2)
        await rig.pass_time(5)
        assert rig.evse(1)["status"] == "Preparing"
        assert await rig.accepts("TAG1", 0)
        await rig.status("Finishing", 2)
        assert [charge.connector for charge in rig.charges] == [2]


@in_every_version
@virtually
async def test_two_cards_in_a_row_take_an_evse_each_though_the_csms_thinks(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.plant.vehicle(1, state="C")
        await rig.status("Preparing", 1)
        await rig.plant.vehicle(2, state="C")
        await rig.status("Preparing", 2)
        rig.csms.script("Authorize", Delay(2), Delay(2))
        first = asyncio.ensure_future(rig.accepts("TAG1", 0))
        await rig.sleep(0.3)
        second = asyncio.ensure_future(rig.accepts("TAG2", 0))
        assert await asyncio.gather(first, second) == [True, True]
        await rig.status("Charging", 1)
        await rig.status("Charging", 2)
        await rig.until(lambda: len(rig.charges) == 2)
        assert {charge.connector: charge.id_tag for charge in rig.charges} == {1: "TAG1", 2: "TAG2"}


@in_every_version
@virtually
async def test_one_card_at_the_readers_of_two_evses_charges_two_cars_if_the_csms_lets_it(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG1", 2)
        await rig.tap("TAG1", 2)
        await rig.status("Finishing", 2)
        assert rig.evse(1)["status"] == "Charging"


@in_every_version
@virtually
async def test_a_token_waits_where_it_was_shown_and_not_where_the_cable_was_put(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        assert await rig.accepts("TAG1", 1)
        await rig.plant.vehicle(2, state="C")
        await rig.status("Preparing", 2)
        await rig.pass_time(5)
        assert rig.charges == []
        await rig.plant.vehicle(2, state="A")
        await rig.sleep(1)
        await rig.plant.vehicle(1, state="C")
        await rig.status("Charging", 1)


@in_every_version
@virtually
async def test_a_token_at_the_stations_reader_follows_the_cable_that_is_swapped_before_it_is_accepted(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        rig.csms.script("Authorize", Delay(5))
        tapped = asyncio.ensure_future(rig.accepts("TAG1", 0))
        await rig.sleep(0.5)
        await rig.plant.vehicle(1, state="C")
        await rig.sleep(1)
        await rig.plant.vehicle(1, state="A")
        await rig.sleep(1)
        await rig.plant.vehicle(2, state="C")
        assert await tapped
        await rig.status("Charging", 2)
        assert [charge.connector for charge in rig.charges] == [2]


@in_every_version
@virtually
async def test_who_taps_before_plugging_in_does_not_pay_for_a_vehicle_that_has_had_its_transaction(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.tap("TAG1", 1)
        await rig.status("Finishing", 1)
        assert await rig.accepts("TAG2", 0)
        await rig.pass_time(5)
        assert rig.evse(1)["status"] == "Finishing"
        await rig.plant.vehicle(2, state="C")
        await rig.status("Charging", 2)


# ---------------------------------------------------------------- availability of the whole


@virtually
async def test_connector_0_speaks_for_all_and_a_later_word_on_one_counts_for_it(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        told = rig.csms.point(ID).statuses

        async def say(connector: int, kind: str, answer: str = "Accepted") -> None:
            assert await rig.call("ChangeAvailability", connectorId=connector, type=kind) == {"status": answer}
            await rig.pass_time(1)

        def words() -> list[str]:
            return [told[number]["status"] for number in (0, 1, 2)]

        await say(1, "Inoperative")
        assert words() == ["Available", "Unavailable", "Available"]
        await say(0, "Inoperative")
        assert words() == ["Unavailable", "Unavailable", "Unavailable"]
        await rig.kill()
        await rig.start()
        await rig.online()
        await rig.pass_time(2)
        assert words() == ["Unavailable", "Unavailable", "Unavailable"]
        await say(0, "Operative")
        assert words() == ["Available", "Available", "Available"]
        await say(0, "Inoperative")
        await say(2, "Operative")
        assert words() == ["Available", "Unavailable", "Available"]
        await rig.charge("TAG1", 2)
        await say(0, "Inoperative", "Scheduled")
        assert words() == ["Available", "Unavailable", "Charging"]
        assert await rig.call("ChangeAvailability", connectorId=1, type="Inoperative") == {"status": "Accepted"}
        await rig.kill()
        await rig.start()
        await rig.online()
        await rig.status("Charging", 2)
        await rig.tap("TAG1", 2)
        await rig.status("Unavailable", 2)
        await rig.pass_time(2)
        assert words() == ["Unavailable", "Unavailable", "Unavailable"]


# ---------------------------------------------------------------- operators' complaints


@virtually
async def test_complaint_a_status_that_flaps_is_told_when_it_has_settled(tmp_path: Path) -> None:
    async with Rig(tmp_path, MinimumStatusDuration=5) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(10)
        told = len(rig.said())
        for _ in range(20):
            await rig.plant.vehicle(state="B")
            await rig.sleep(1)
            await rig.plant.vehicle(state="C")
            await rig.sleep(1)
        assert rig.said()[told:] == []
        await rig.plant.vehicle(state="B")
        await rig.pass_time(10)
        assert rig.said()[told:] == ["SuspendedEV"]


@in_every_version
@virtually
async def test_complaint_a_vehicle_that_draws_nothing_for_a_moment_is_not_called_suspended(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(10)
        told = len(rig.said())
        for _ in range(10):
            await rig.plant.vehicle(current_a=0.0)
            await rig.sleep(5)
            await rig.plant.vehicle(current_a=16.0)
            await rig.sleep(5)
        assert rig.said()[told:] == []


@in_every_version
@pytest.mark.parametrize("restart", [False, True])
@virtually
async def test_complaint_a_remote_stop_is_not_ignored_because_offline_came_between(tmp_path: Path, ocpp: str, restart: bool) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.until(lambda: bool(rig.charges))
        await rig.csms.set_up(False)
        await rig.pass_time(120)
        if restart:
            await rig.kill()
            await rig.start()
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.controller and rig.controller.csms.status()["connected"]), 300)
        assert await rig.remote_stop(rig.charges[0]) == "Accepted"
        await rig.until_true(lambda truth: truth.contactor == 0, within_s=7)
        await rig.until(lambda: rig.charges[0].stop is not None, 300)
        assert rig.charges[0].reason == "Remote"


@in_every_version
@virtually
async def test_complaint_a_remote_stop_of_a_charge_that_began_offline_is_not_ignored(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        await rig.csms.set_up(False)
        await rig.pass_time(5)
        await rig.charge()
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges), 300)
        await rig.pass_time(1)
        assert await rig.remote_stop(rig.charges[0]) == "Accepted"
        await rig.until(lambda: rig.charges[0].stop is not None)
