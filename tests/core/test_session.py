"""A charging session from the first cable to the last message, in the ways in which drivers go about it."""

from __future__ import annotations

import pytest

from cpctl.core.inputs import ChangeAvailability, EventGivenUp, LocalStop
from cpctl.core.model import IdToken, LockState, Pilot, StopReason, TokenInfo, TokenStatus, Trigger
from cpctl.core.outputs import Decision, Grant
from cpctl.core.tokens import MAX_ASKS

from .drive import ACCEPTED, INVALID, OTHER, TAG, Drive


def test_a_whole_session_ends_with_its_record() -> None:
    drive = Drive()
    assert drive.status() == "Available"
    drive.plug()
    assert drive.status() == "Preparing"
    request = drive.tap()
    drive.answer(ACCEPTED)
    assert drive.outcome(request) is Decision.ACCEPTED
    assert drive.limit_ma() == 32_000
    drive.run(1)
    drive.draw(wh=0)
    assert drive.status() == "Charging"
    assert drive.why() == []
    drive.run(30)
    drive.draw(wh=1500)
    drive.tap()
    assert drive.limit_ma() == 0
    drive.seats[1].energised = False
    drive.observe()
    assert drive.status() == "Finishing"
    drive.unplug()
    assert drive.status() == "Available"
    assert [str(status) for status in drive.told()] == ["Preparing", "Charging", "Finishing", "Available"]
    (started,), (ended,) = drive.started, drive.ended
    assert (started.id_token, started.trigger, started.register_mwh) == (TAG, Trigger.AUTHORIZED, 0)
    assert (ended.reason, ended.register_mwh, ended.id_token) == (StopReason.LOCAL, 1_500_000, TAG)
    while drive.disk.outbox:
        drive.deliver(ref="42")
    assert drive.running() is None
    assert not any(key.startswith("transaction/") for key in drive.disk.records)


def test_token_first_then_cable_starts_when_plugged_in() -> None:
    drive = Drive()
    drive.tap()
    drive.answer()
    assert drive.status() == "Preparing"
    assert drive.why()[:2] == ["no_vehicle", "waiting_for_cable"]
    assert not drive.started
    drive.run(10)
    drive.plug()
    assert drive.started[0].trigger is Trigger.CABLE_PLUGGED_IN
    assert drive.limit_ma() == 32_000


def test_a_token_that_is_not_followed_by_a_cable_frees_the_evse() -> None:
    drive = Drive()
    drive.tap()
    drive.answer()
    drive.run(59)
    assert drive.status() == "Preparing"
    drive.run(2)
    assert drive.status() == "Available"
    drive.plug()
    assert not drive.started
    assert drive.why() == ["no_token"]


def test_the_same_token_stops_the_transaction() -> None:
    drive = Drive()
    drive.charge()
    assert drive.outcome(drive.tap(IdToken("tag1"))) is Decision.ACCEPTED
    assert drive.ended[0].trigger is Trigger.STOP_AUTHORIZED
    assert drive.why() == ["finished"]


def test_a_token_of_the_same_group_stops_the_transaction() -> None:
    drive = Drive()
    family = TokenInfo(TokenStatus.ACCEPTED, group=IdToken("FAMILY"))
    drive.plug()
    drive.tap()
    drive.answer(family)
    request = drive.tap(OTHER)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken("family")))
    assert drive.outcome(request) is Decision.ACCEPTED
    assert (drive.ended[0].reason, drive.ended[0].id_token) == (StopReason.LOCAL, OTHER)


def test_a_token_of_another_group_stops_nothing() -> None:
    drive = Drive()
    drive.plug()
    drive.tap()
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken("FAMILY")))
    request = drive.tap(OTHER)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken("FIRM")))
    assert drive.outcome(request) is Decision.REJECTED
    assert not drive.ended


def test_a_foreign_token_stops_nothing_and_is_not_even_asked_about() -> None:
    drive = Drive()
    drive.charge()
    assert drive.outcome(drive.tap(OTHER)) is Decision.REJECTED
    assert not drive.asks
    assert drive.status() == "Charging"


def test_after_a_stop_the_same_cable_starts_again_with_a_new_token() -> None:
    drive = Drive()
    drive.charge()
    drive.tap()
    drive.draw()
    assert drive.status() == "Finishing"
    drive.tap(OTHER)
    drive.answer()
    assert [event.id_token for event in drive.started] == [TAG, OTHER]
    assert drive.started[1].register_mwh == drive.ended[0].register_mwh
    assert drive.limit_ma() == 32_000


def test_a_refused_token_is_told_and_shown_for_a_while() -> None:
    drive = Drive()
    drive.plug()
    request = drive.tap()
    drive.answer(INVALID)
    assert drive.outcome(request) is Decision.REJECTED
    assert drive.why() == ["token_refused"]
    assert drive.limit_ma() == 0
    drive.run(61)
    assert drive.why() == ["no_token"]


def test_a_token_tapped_twice_is_asked_about_once_and_answered_twice() -> None:
    drive = Drive()
    drive.plug()
    first, second = drive.tap(), drive.tap()
    assert len(drive.asks) == 1
    drive.answer()
    assert drive.outcome(first) is drive.outcome(second) is Decision.ACCEPTED
    assert len(drive.started) == 1


def test_a_token_never_starts_for_the_vehicle_that_came_after_it() -> None:
    drive = Drive()
    drive.plug()
    request = drive.tap()
    drive.unplug()
    drive.plug()
    drive.answer()
    assert drive.outcome(request) is Decision.REJECTED
    assert not drive.started


def test_an_accepted_token_leaves_with_its_vehicle() -> None:
    drive = Drive(fixed_cable=False)
    drive.seats[1].lock = LockState.MOVING
    drive.plug()
    drive.tap()
    drive.answer()
    assert drive.why() == ["locking"]
    drive.unplug()
    assert drive.status() == "Available"
    drive.seats[1].lock = LockState.LOCKED
    drive.plug()
    assert not drive.started


def test_a_second_token_is_refused_while_the_first_waits_for_its_cable() -> None:
    drive = Drive()
    drive.tap()
    assert drive.outcome(drive.tap(OTHER)) is Decision.REJECTED
    drive.answer()
    assert drive.outcome(drive.tap(OTHER)) is Decision.REJECTED
    drive.plug()
    assert drive.started[0].id_token == TAG


def test_unplugging_ends_the_transaction_with_the_energy_drawn() -> None:
    drive = Drive()
    drive.charge()
    drive.seats[1].energy_mwh += 500
    drive.unplug()
    assert (drive.ended[0].reason, drive.ended[0].register_mwh) == (StopReason.EV_DISCONNECTED, 1_000_500)
    assert drive.status() == "Available"


def test_a_replug_within_a_second_is_another_plug_in_and_gets_nothing() -> None:
    drive = Drive()
    drive.charge()
    drive.seats[1].energised = False
    drive.plug()
    assert len(drive.ended) == 1
    assert not [output for output in drive.outputs if isinstance(output, Grant) and output.plug == 2]
    assert drive.limit_ma() == 0
    assert drive.status() == "Preparing"


def test_with_stop_on_disconnect_off_the_transaction_waits_for_a_vehicle() -> None:
    drive = Drive(initial_variables=(("TxCtrlr.StopTxOnEVSideDisconnect", "false"),))
    drive.charge()
    drive.unplug()
    assert drive.status() == "SuspendedEV"
    assert drive.limit_ma() == 0
    assert not drive.ended
    drive.plug()
    assert drive.limit_ma() == 32_000
    drive.draw()
    assert drive.status() == "Charging"
    drive.tap()
    assert drive.ended[0].reason is StopReason.LOCAL


def test_a_stop_at_the_station_ends_what_runs_or_waits() -> None:
    drive = Drive()
    assert drive.outcome(drive.send(LocalStop, 1)) is Decision.REJECTED
    drive.tap()
    drive.answer()
    assert drive.outcome(drive.send(LocalStop, 1)) is Decision.ACCEPTED
    assert drive.status() == "Available"
    drive.charge()
    assert drive.outcome(drive.send(LocalStop, 1)) is Decision.ACCEPTED
    assert drive.ended[0].reason is StopReason.LOCAL


# ---------------------------------------------------------------- one reader for several EVSEs


def test_a_token_at_the_stations_reader_goes_to_the_evse_that_waits_longest() -> None:
    drive = Drive(evses=2)
    drive.plug(2)
    drive.run(5)
    drive.plug(1)
    drive.tap(evse=0)
    drive.answer()
    assert drive.started[0].evse == 2


def test_a_token_at_the_stations_reader_waits_for_the_next_plug_in() -> None:
    drive = Drive(evses=2)
    request = drive.tap(evse=0)
    drive.answer()
    assert drive.outcome(request) is Decision.ACCEPTED
    assert drive.outcome(drive.tap(OTHER, evse=0)) is Decision.REJECTED
    drive.plug(2)
    assert (drive.started[0].evse, drive.started[0].id_token) == (2, TAG)
    drive.plug(1)
    assert len(drive.started) == 1


def test_a_token_at_the_stations_reader_is_dropped_when_nobody_plugs_in() -> None:
    drive = Drive(evses=2)
    drive.tap(evse=0)
    drive.answer()
    drive.run(61)
    drive.plug(1)
    assert not drive.started


def test_who_taps_before_plugging_in_does_not_pay_for_a_vehicle_that_nobody_came_for_in_time() -> None:
    drive = Drive(evses=2)
    drive.plug(1)
    drive.run(59)
    assert drive.status(1) == "Preparing"
    drive.run(2)
    assert drive.status(1) == "Finishing"
    drive.send_token(evse=0)
    assert not drive.started
    drive.plug(2)
    assert [event.evse for event in drive.started] == [2]
    drive.send_token(OTHER, 1)
    assert [event.evse for event in drive.started] == [2, 1]


def test_a_vehicle_that_nobody_came_for_in_time_is_meant_where_no_other_can_be_and_a_new_one_is_new() -> None:
    drive = Drive(evses=2)
    drive.charge(2, OTHER)
    drive.plug(1)
    drive.run(120)
    drive.send_token(evse=0)
    assert [event.evse for event in drive.started] == [2, 1]
    drive.unplug(1)
    drive.run(1)
    drive.plug(1)
    assert drive.status(1) == "Preparing"


def test_an_evse_with_a_reader_of_its_own_waits_for_its_token_as_long_as_the_vehicle_stays() -> None:
    drive = Drive()
    drive.plug()
    drive.run(600)
    assert drive.status() == "Preparing"


@pytest.mark.parametrize("full", [True, False])
def test_no_token_is_accepted_at_the_stations_reader_where_no_vehicle_could_be_plugged_in_for_it(full: bool) -> None:
    drive = Drive(evses=2)
    if full:
        drive.charge(1, IdToken("A"))
        drive.charge(2, IdToken("B"))
    else:
        drive.ask(ChangeAvailability, evse=0, operative=False)
    request = drive.tap(evse=0)
    if drive.asks:
        drive.answer()
    assert drive.outcome(request) is Decision.REJECTED


def test_a_token_at_the_stations_reader_stops_its_own_transaction() -> None:
    drive = Drive(evses=2)
    drive.charge(2)
    drive.plug(1)
    drive.tap(evse=0)
    assert [event.evse for event in drive.ended] == [2]


def test_a_group_token_at_the_stations_reader_stops_the_only_transaction_of_its_group() -> None:
    drive = Drive(evses=2)
    family = TokenInfo(TokenStatus.ACCEPTED, group=IdToken("FAMILY"))
    drive.plug(2)
    drive.tap(evse=2)
    drive.answer(family)
    drive.tap(OTHER, evse=0)
    drive.answer(family)
    assert [event.evse for event in drive.ended] == [2]


def test_two_vehicles_charge_at_once_each_on_its_own_token() -> None:
    drive = Drive(evses=2)
    drive.charge(1, TAG)
    drive.charge(2, OTHER)
    assert (drive.status(1), drive.status(2)) == ("Charging", "Charging")
    drive.tap(OTHER, evse=0)
    assert (drive.status(1), drive.limit_ma(2)) == ("Charging", 0)


def test_a_token_for_an_evse_that_is_not_there_is_refused() -> None:
    drive = Drive()
    assert drive.outcome(drive.tap(evse=9)) is Decision.REJECTED
    assert drive.outcome(drive.tap(evse=-1)) is Decision.REJECTED


# ---------------------------------------------------------------- answers to the start


def test_a_token_refused_after_the_start_ends_the_transaction() -> None:
    drive = Drive()
    drive.charge()
    drive.deliver(ref="7", info=INVALID)
    assert (drive.ended[0].reason, drive.ended[0].trigger) == (StopReason.DE_AUTHORIZED, Trigger.DEAUTHORIZED)
    assert drive.limit_ma() == 0


def test_a_token_refused_after_the_start_only_cuts_the_energy_if_so_configured() -> None:
    drive = Drive(initial_variables=(("TxCtrlr.StopTxOnInvalidId", "false"),))
    drive.charge()
    drive.deliver(ref="7", info=INVALID)
    drive.draw()
    assert not drive.ended
    assert drive.limit_ma() == 0
    assert drive.status() == "SuspendedEVSE"
    assert drive.why() == ["token_deauthorized"]


def test_a_refused_token_may_still_draw_what_is_configured() -> None:
    drive = Drive(initial_variables=(("TxCtrlr.MaxEnergyOnInvalidId", "200"),))
    drive.charge()
    drive.deliver(ref="7", info=INVALID)
    drive.draw(wh=199)
    assert not drive.ended
    drive.crash()
    drive.draw(wh=1)
    assert drive.ended[0].reason is StopReason.DE_AUTHORIZED


def test_the_end_of_a_transaction_is_kept_until_it_is_delivered() -> None:
    drive = Drive()
    drive.charge()
    drive.unplug()
    transaction = drive.ended[0].transaction_id
    assert drive.station.csms_ref(transaction) is None
    drive.deliver(ref="99")
    assert drive.station.csms_ref(transaction) == "99"
    assert drive.session(transaction).transaction_id == "99"
    drive.crash()
    assert drive.station.csms_ref(transaction) == "99"
    drive.deliver()
    assert drive.station.csms_ref(transaction) is None
    assert not drive.disk.outbox


def test_a_start_that_is_given_up_blocks_nothing() -> None:
    drive = Drive()
    drive.charge()
    drive.feed(EventGivenUp(min(drive.disk.outbox), "InternalError"))
    assert drive.noted("message.given_up")
    drive.unplug()
    drive.deliver()
    assert not drive.disk.outbox
    assert drive.running() is None


# ---------------------------------------------------------------- corners


def test_on_a_station_with_one_evse_its_reader_is_the_stations() -> None:
    drive = Drive()
    drive.charge()
    drive.tap(evse=0)
    drive.draw()
    assert drive.status() == "Finishing"
    drive.tap(OTHER, evse=0)
    drive.answer(INVALID)
    assert drive.why() == ["token_refused"]
    drive.tap(OTHER, evse=0)
    drive.answer()
    assert drive.started[1].id_token == OTHER


def test_questions_are_bounded() -> None:
    drive = Drive(evses=2)
    for number in range(20):
        drive.tap(IdToken(f"T{number}"), evse=0)
    assert len(drive.asks) == MAX_ASKS


def test_a_vehicle_that_leaves_is_not_called_suspended_on_its_way() -> None:
    drive = Drive()
    drive.charge()
    drive.outputs.clear()
    drive.seats[1].pilot, drive.seats[1].energised = Pilot.A1, False
    drive.feed(drive.snapshot())
    assert drive.running() is not None
    assert drive.limit_ma() == 0
    drive.run(1)
    assert drive.ended[0].at.mono_ms == drive.ms - 1_000
    assert [str(status) for status in drive.told()] == ["Available"]


def test_the_end_is_never_before_what_was_told() -> None:
    drive = Drive()
    drive.seats[1].energy_mwh = 5_000_000
    drive.charge()
    drive.run(61)
    drive.event("unplugged", age_ms=3_600_000, energy_mwh=1)
    (started,), (ended,) = drive.started, drive.ended
    assert ended.register_mwh == started.register_mwh + 1_000_000
    assert ended.at.mono_ms == started.at.mono_ms + 60_000, "the time of the sample"


def test_a_token_that_waits_at_the_stations_reader_does_not_take_over_a_vehicle_that_is_finished() -> None:
    drive = Drive(evses=2)
    drive.charge(1)
    drive.send_token(OTHER, 0)
    drive.tap(TAG, 1)
    assert drive.status(1) == "Finishing"
    assert len(drive.started) == 1
    drive.plug(2)
    assert drive.started[1].evse == 2
