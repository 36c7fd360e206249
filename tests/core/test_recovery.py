"""Restarts of the host, of the coprocessor and of both, breaks of the link, faults: what goes on and what ends, when and with which energy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpctl.core import metering
from cpctl.core.inputs import CoprocessorEvent, CoprocessorLost, LocalStop, RemoteStop, Reset, Stopping
from cpctl.core.lifecycle import COUNT_S
from cpctl.core.model import Pilot, StopReason, Trigger
from cpctl.core.outputs import Decision, Grant, Restrict, Save
from cpctl.core.settings import LapsePolicy
from cpctl.core.taps import REPEAT_MS

from .drive import NOON_2030, TAG, Drive

# ---------------------------------------------------------------- the host restarts


def test_a_restart_within_the_lease_goes_on_with_the_same_transaction() -> None:
    drive = Drive()
    drive.charge()
    drive.crash(away_s=3)
    assert drive.outputs.count(Grant(1, 1, 32_000, 3)) == 1
    assert not drive.has(Restrict)
    assert drive.status() == "Charging"
    assert len(drive.started) == 1
    assert drive.noted("transaction.resumed")
    drive.draw(wh=500)
    drive.tap()
    assert drive.ended[0].register_mwh == 1_500_000
    assert drive.ended[0].seq_no == 1


def test_nothing_is_granted_before_the_coprocessor_has_reported_the_same_plug_in() -> None:
    drive = Drive()
    drive.charge()
    drive.crash(link=False)
    assert not drive.has(Grant)
    drive.link()
    assert not drive.has(Grant)
    drive.seats[1].pilot = Pilot.UNKNOWN
    drive.observe()
    assert not drive.has(Grant)
    drive.seats[1].pilot = Pilot.C2
    drive.observe()
    assert drive.has(Grant)


def test_a_lapsed_lease_goes_on_or_ends_as_configured() -> None:
    for policy in LapsePolicy:
        drive = Drive(on_lapse=policy)
        drive.charge()
        drive.seats[1].granted = (1, 0)
        drive.seats[1].energised = False
        drive.crash(away_s=100)
        if policy is LapsePolicy.RESUME:
            assert drive.limit_ma() == 32_000
            assert not drive.ended
        else:
            assert drive.ended[0].reason is StopReason.REBOOT
            assert drive.limit_ma() == 0


def test_a_vehicle_that_left_meanwhile_ends_its_transaction_when_it_left() -> None:
    drive = Drive()
    drive.charge()
    seat = drive.seats[1]
    seat.energy_mwh += 2_000_000
    seat.pilot, seat.energised = Pilot.A1, False
    drive.crash(away_s=60)
    drive.run(1.5)
    assert drive.running() is not None, "the kept event may still come"
    drive.event("unplugged", age_ms=50_000)
    (ended,) = drive.ended
    assert (ended.reason, ended.trigger) == (StopReason.EV_DISCONNECTED, Trigger.EV_COMMUNICATION_LOST)
    assert ended.at.utc_ms == NOON_2030 + drive.ms - 50_000
    assert ended.register_mwh == 3_000_000
    assert drive.status() == "Available"


def test_another_vehicle_in_its_place_gets_nothing() -> None:
    drive = Drive()
    drive.charge()
    drive.seats[1].plug += 1
    drive.seats[1].pilot, drive.seats[1].energised = Pilot.C1, False
    drive.crash(away_s=5)
    assert not drive.has(Grant)
    drive.event("unplugged", plug=1)
    drive.draw()
    assert not drive.has(Grant)
    assert drive.status() == "Preparing"
    assert len(drive.ended) == 1


def test_a_vehicle_whose_leaving_nobody_saw_ends_its_transaction_when_it_was_last_known() -> None:
    drive = Drive()
    drive.charge()
    drive.run(120)
    last = drive.ms
    drive.nonce, drive.event_id = 200, 0
    drive.seats[1].plug, drive.seats[1].pilot, drive.seats[1].energised = 65_536, Pilot.A1, False
    drive.seats[1].meter_boot, drive.seats[1].energy_mwh = 8, 0
    drive.crash(away_s=3600)
    drive.event("boot")
    drive.run(3)
    (ended,) = drive.ended
    assert ended.reason is StopReason.POWER_LOSS
    assert ended.at.mono_ms in range(last - 60_000, last + 1)
    assert ended.register_mwh == 1_000_000


def test_a_power_cut_of_both_ends_the_transaction_though_the_vehicle_is_still_there() -> None:
    drive = Drive()
    drive.charge()
    drive.run(61)
    last = drive.ms
    drive.nonce, drive.event_id, drive.boot = 200, 0, 2
    seat = drive.seats[1]
    seat.plug, seat.pilot, seat.energised, seat.granted, seat.meter_boot, seat.energy_mwh = 65_537, Pilot.B1, False, (0, 0), 8, 0
    drive.crash(away_s=600)
    drive.event("boot")
    drive.event("plugged")
    (ended,) = drive.ended
    assert ended.reason is StopReason.POWER_LOSS
    assert ended.at.mono_ms <= last
    assert drive.status() == "Preparing"
    assert drive.limit_ma() == 0


def test_an_ended_transaction_stays_ended_over_a_restart() -> None:
    drive = Drive()
    drive.charge()
    drive.tap()
    drive.seats[1].granted = (1, 32_000)  # the stop was lost with the host
    drive.crash()
    assert drive.has(Restrict)
    assert not drive.has(Grant)
    assert len(drive.ended) == 1


def test_a_transaction_can_be_stopped_before_the_link_is_back() -> None:
    drive = Drive()
    drive.charge()
    drive.crash(link=False)
    assert drive.ask(RemoteStop, reference=drive.started[0].transaction_id) is Decision.ACCEPTED
    drive.link()
    drive.observe()
    assert not drive.has(Grant)
    assert drive.has(Restrict)


def test_a_transaction_of_an_evse_that_is_no_longer_configured_ends() -> None:
    drive = Drive(evses=2)
    drive.charge(2)
    drive.settings = Drive(start=False).settings
    del drive.seats[2]
    drive.crash()
    (ended,) = drive.ended
    assert ended.evse == 2
    assert ended.register_mwh >= drive.started[0].register_mwh


def test_an_orderly_stop_leaves_the_charge_to_the_lease_or_ends_it() -> None:
    drive = Drive()
    drive.charge()
    drive.feed(Stopping(keep=True))
    assert not drive.ended
    assert drive.limit_ma() == 32_000
    drive.crash()
    drive.feed(Stopping(keep=False))
    assert drive.ended[0].reason is StopReason.REBOOT
    assert drive.limit_ma() == 0


# ---------------------------------------------------------------- the coprocessor restarts


def test_a_coprocessor_that_restarted_goes_on_with_the_same_plug_in() -> None:
    drive = Drive()
    drive.charge()
    seat = drive.seats[1]
    drive.feed(CoprocessorLost("link.silent", "no frames"))
    seat.granted, seat.energised, seat.meter_boot, seat.energy_mwh = (0, 0), False, 8, 0
    drive.nonce, drive.event_id = 200, 0
    drive.link(restarted=True)
    seat.pilot = Pilot.UNKNOWN
    drive.observe()
    assert drive.limit_ma() == 0
    seat.pilot, seat.blocked, seat.wait_ms = Pilot.C1, frozenset({"reclose_wait"}), 30_000
    drive.observe()
    assert drive.limit_ma() == 32_000
    assert drive.why() == ["reclose_wait"]
    seat.blocked = frozenset()
    drive.draw(wh=250)
    assert drive.status() == "Charging"
    drive.tap()
    assert drive.ended[0].register_mwh == 1_250_000


def test_a_coprocessor_that_lost_its_memory_ends_the_transaction() -> None:
    drive = Drive()
    drive.charge()
    seat = drive.seats[1]
    drive.feed(CoprocessorLost("link.silent", "no frames"))
    lost = drive.ms
    drive.run(20)
    drive.nonce, drive.event_id = 200, 0
    seat.plug, seat.granted, seat.energised, seat.meter_boot, seat.energy_mwh = 65_537, (0, 0), False, 8, 0
    drive.link(restarted=True)
    drive.observe()
    drive.event("plugged")
    assert (drive.ended[0].reason, drive.ended[0].at.mono_ms) == (StopReason.POWER_LOSS, lost)
    assert drive.limit_ma() == 0


def test_a_coprocessor_that_says_hello_anew_is_not_believed_before_its_next_snapshot() -> None:
    drive = Drive()
    drive.charge()
    drive.outputs.clear()
    drive.link(restarted=True)
    assert drive.why() == ["coprocessor_silent", "recovering"]
    assert drive.outcome(drive.send(LocalStop, 1)) is Decision.ACCEPTED
    assert drive.outcome(drive.tap()) is Decision.REJECTED


# ---------------------------------------------------------------- the link breaks


def test_a_short_break_of_the_link_changes_nothing() -> None:
    drive = Drive()
    drive.charge()
    drive.feed(CoprocessorLost("link.silent", "no frames"))
    assert drive.why() == ["link_lost"]
    assert not drive.has(Restrict)
    drive.run(5)
    drive.link()
    drive.observe()
    assert not drive.has(Restrict)
    assert drive.status() == "Charging"
    assert drive.told() == drive.told()[:2]


def test_nothing_is_raised_while_the_link_is_down_but_stops_are_told() -> None:
    drive = Drive()
    drive.charge()
    drive.set("ChargingStation.CurrentLimit", "16")
    drive.feed(CoprocessorLost("link.silent", "no frames"))
    drive.outputs.clear()
    drive.set("ChargingStation.CurrentLimit", "32")
    assert not drive.has(Grant)
    drive.ask(LocalStop, 1)
    assert Restrict(1, 1, 0, 3) in drive.outputs


def test_a_dead_link_ends_the_transaction_with_what_was_last_known() -> None:
    drive = Drive()
    drive.charge()
    drive.feed(CoprocessorLost("link.silent", "no frames"))
    lost = drive.ms
    drive.run(119)
    assert not drive.ended
    drive.run(2)
    (ended,) = drive.ended
    assert (ended.at.mono_ms, ended.register_mwh, ended.reason) == (lost, 1_000_000, StopReason.OTHER)
    assert drive.status() == "Faulted"
    assert [str(status) for status in drive.told(0)] == ["Faulted"]
    drive.link()
    drive.seats[1].pilot = Pilot.B1
    drive.observe()
    assert drive.status() == "Finishing"
    assert drive.limit_ma() == 0


def test_a_coprocessor_that_never_answers_ends_what_was_running() -> None:
    drive = Drive()
    drive.charge()
    drive.crash(link=False)
    drive.run(121)
    assert len(drive.ended) == 1
    assert drive.status() == "Faulted"


def test_snapshots_from_a_link_that_is_not_up_are_not_believed() -> None:
    drive = Drive()
    drive.feed(CoprocessorLost("link.other_board", "another board"))
    drive.plug()
    assert drive.status() == "Available"


# ---------------------------------------------------------------- events


def test_an_event_counts_once() -> None:
    drive = Drive()
    event = CoprocessorEvent(100, 5, 1, "events_lost", 0, 0)
    assert any(isinstance(output, Save) for output in drive.feed(event))
    assert drive.feed(event) == []
    drive.crash()
    assert drive.feed(event) == []
    assert drive.feed(CoprocessorEvent(101, 1, 1, "boot", 0, 0)) != []


def test_an_unplugging_that_only_an_event_tells_ends_the_transaction_then() -> None:
    drive = Drive()
    drive.charge()
    drive.run(10)
    drive.event("unplugged", age_ms=4_000)
    (ended,) = drive.ended
    assert ended.at.mono_ms == drive.ms - 4_000
    assert drive.limit_ma() == 0


def test_events_of_earlier_plug_ins_end_nothing() -> None:
    drive = Drive()
    drive.charge()
    drive.event("unplugged", plug=0)
    drive.event("plugged", plug=1)
    drive.event("plugged", plug=0)
    drive.event("unplugged", evse=1, plug=9)
    assert drive.running() is not None


def test_events_of_unknown_kinds_and_evses_are_marked_and_ignored() -> None:
    drive = Drive()
    drive.feed(CoprocessorEvent(100, 9, 7, "eventcode_99", 3, -5))
    assert drive.feed(CoprocessorEvent(100, 9, 7, "eventcode_99", 3, -5)) == []


# ---------------------------------------------------------------- faults


def test_a_passing_fault_interrupts_and_a_grave_one_ends() -> None:
    drive = Drive()
    drive.charge()
    seat = drive.seats[1]
    seat.faults = frozenset({"contactor_open"})
    seat.energised = False
    drive.observe()
    assert drive.status() == "Faulted"
    assert drive.limit_ma() == 0
    assert drive.why()[0] == "F07"
    assert not drive.ended
    seat.faults = frozenset()
    drive.observe()
    assert drive.limit_ma() == 32_000
    drive.draw()
    assert drive.status() == "Charging"
    seat.faults = frozenset({"contactor_welded"})
    drive.observe()
    assert drive.ended[0].reason is StopReason.FAULT


def test_an_emergency_stop_is_named_as_such() -> None:
    drive = Drive()
    drive.charge()
    drive.seats[1].faults = frozenset({"emergency_stop"})
    drive.observe()
    assert drive.ended[0].reason is StopReason.EMERGENCY_STOP


def test_faults_are_listed_with_their_time_and_noted() -> None:
    drive = Drive()
    drive.run(5)
    drive.seats[1].faults = frozenset({"rcm", "fault_31"})
    drive.observe()
    faults = drive.station.evse_status(1)["faults"]
    assert isinstance(faults, list)
    assert [fault["code"] for fault in faults] == ["fault_31", "rcm"]
    assert faults[1]["since"] == "2030-01-01T12:00:06.000Z"
    assert drive.noted("fault.raised")
    drive.seats[1].faults = frozenset()
    drive.observe()
    assert drive.station.evse_status(1)["faults"] == []
    assert drive.noted("fault.cleared")


def test_a_fault_on_one_evse_leaves_the_other_alone() -> None:
    drive = Drive(evses=2)
    drive.charge(2)
    drive.seats[1].faults = frozenset({"pilot_short"})
    drive.observe()
    assert (drive.status(1), drive.status(2)) == ("Faulted", "Charging")


# ---------------------------------------------------------------- why not


def test_a_vehicle_that_is_offered_current_and_draws_none_is_said_to() -> None:
    drive = Drive()
    drive.plug()
    drive.send_token()
    drive.observe()
    assert drive.why() == ["ev_not_ready"]
    drive.run(6)
    assert drive.status() == "SuspendedEV"
    drive.seats[1].current_ma = 20
    drive.draw()
    assert drive.status() == "Charging"
    drive.run(11)
    assert drive.status() == "SuspendedEV"
    assert drive.why() == ["ev_not_drawing"]
    drive.seats[1].current_ma = 8_000
    drive.observe()
    assert drive.status() == "Charging"


@pytest.mark.parametrize("code", ["booting", "self_test", "cable", "ventilation", "phase_wait", "reclose_wait"])
def test_what_the_coprocessor_waits_for_is_said(code: str) -> None:
    drive = Drive()
    drive.plug()
    drive.send_token()
    drive.run(6)
    drive.seats[1].pilot, drive.seats[1].blocked, drive.seats[1].wait_ms = Pilot.C1, frozenset({code}), 4_200
    drive.observe()
    assert drive.why() == [code]
    assert drive.status() == "SuspendedEVSE"


def test_a_board_that_is_not_commissioned_is_unavailable_and_says_what_to_do() -> None:
    drive = Drive()
    drive.seats[1].blocked = frozenset({"not_commissioned"})
    drive.plug()
    assert drive.status() == "Unavailable"
    assert drive.why()[0] == "not_commissioned"
    assert drive.outcome(drive.tap()) is Decision.REJECTED


# ---------------------------------------------------------------- vehicles that leave while nobody looks


def away_and_gone(seconds: float = 60) -> Drive:
    """A host that comes back to an EVSE whose vehicle has left meanwhile; the coprocessor knows when, and has not said so yet."""
    drive = Drive()
    drive.charge()
    seat = drive.seats[1]
    seat.energy_mwh += 2_000_000
    seat.pilot, seat.energised = Pilot.A1, False
    drive.crash(away_s=seconds)
    return drive


def test_a_kept_event_that_is_late_still_says_when_the_vehicle_left() -> None:
    drive = away_and_gone()
    drive.run(20)
    drive.observe()
    drive.event("unplugged", age_ms=70_000)
    (ended,) = drive.ended
    assert (ended.reason, ended.at.utc_ms, ended.register_mwh) == (StopReason.EV_DISCONNECTED, NOON_2030 + drive.ms - 70_000, 3_000_000)


def test_a_kept_event_that_was_lost_leaves_an_unplugging_at_the_last_known_moment() -> None:
    drive = Drive()
    drive.charge()
    drive.run(61)
    last = drive.ms
    drive.seats[1].pilot, drive.seats[1].energised = Pilot.A1, False
    drive.crash(away_s=60)
    drive.run(31)
    (ended,) = drive.ended
    assert ended.reason is StopReason.EV_DISCONNECTED
    assert ended.at.mono_ms <= last
    assert drive.noted("departure.unseen")
    assert drive.status() == "Available"


def test_a_vehicle_seen_leaving_has_left_though_the_link_breaks_in_that_very_moment() -> None:
    drive = Drive()
    drive.charge()
    seat = drive.seats[1]
    seat.pilot, seat.energised = Pilot.A1, False
    drive.feed(drive.snapshot())
    left = drive.ms
    drive.feed(CoprocessorLost("link.silent", "no frames"))
    drive.run(0.2)
    drive.link()
    drive.observe()
    drive.run(40)
    (ended,) = drive.ended
    assert (ended.reason, ended.at.mono_ms) == (StopReason.EV_DISCONNECTED, left)


def test_a_vehicle_found_gone_before_the_link_dies_has_left() -> None:
    drive = away_and_gone()
    drive.feed(CoprocessorLost("link.silent", "no frames"))
    drive.run(121)
    (ended,) = drive.ended
    assert ended.reason is StopReason.EV_DISCONNECTED


def test_a_replaced_vehicle_has_left_whoever_saw_it() -> None:
    drive = Drive()
    drive.charge()
    drive.seats[1].plug += 1
    drive.seats[1].pilot, drive.seats[1].energised = Pilot.B1, False
    drive.crash(away_s=5)
    drive.event("plugged", age_ms=2_000)
    (ended,) = drive.ended
    assert ended.reason is StopReason.EV_DISCONNECTED


@pytest.mark.parametrize("evses", [1, 2])
def test_a_stop_asked_for_before_one_more_restart_keeps_its_reason_token_and_moment(evses: int) -> None:
    drive = Drive(evses=evses)
    drive.charge()
    drive.crash(link=False)
    asked = drive.ms
    assert drive.ask(RemoteStop, reference=drive.started[0].transaction_id) is Decision.ACCEPTED
    drive.seats[1].energy_mwh += 5_000
    drive.crash(away_s=2)
    (ended,) = drive.ended
    assert (ended.reason, ended.trigger, ended.at.mono_ms) == (StopReason.REMOTE, Trigger.REMOTE_STOP, asked)
    assert ended.register_mwh == 1_005_000


@pytest.mark.parametrize("then", ["reset", "stopping", "unplugged"])
def test_what_was_asked_for_first_is_what_ended_it_whatever_comes_before_the_meters_first_word(then: str) -> None:
    drive = Drive()
    drive.charge()
    drive.crash(link=False)
    asked = drive.ms
    assert drive.outcome(drive.tap()) is Decision.ACCEPTED
    drive.run(0.5)
    if then == "reset":
        assert drive.ask(Reset, immediate=True) is Decision.ACCEPTED
    elif then == "stopping":
        drive.feed(Stopping(keep=False))
    else:
        drive.link()
        drive.unplug(event=True)
    (ended,) = drive.ended
    assert (ended.reason, ended.id_token, ended.at.mono_ms) == (StopReason.LOCAL, TAG, asked)


@pytest.mark.parametrize("reader", [0, 1])
def test_a_driver_who_taps_again_as_his_stop_takes_effect_starts_nothing(reader: int) -> None:
    drive = Drive(evses=2)
    drive.charge()
    drive.crash(link=False)
    drive.tap(evse=reader)
    drive.link()
    drive.feed(drive.snapshot())
    drive.run(COUNT_S + 0.1)
    assert len(drive.ended) == 1
    drive.run(0.5)
    assert drive.outcome(drive.tap(evse=reader, at_once=True)) is Decision.ACCEPTED
    assert not drive.asks
    drive.observe()
    assert len(drive.started) == 1
    assert drive.status() == "Finishing"
    drive.run(REPEAT_MS / 1000)
    drive.send_token()
    drive.observe()
    assert len(drive.started) == 2


# ---------------------------------------------------------------- power cuts of both sides


def cut_both(drive: Drive, away_s: float = 600) -> None:
    """Take the power from host and coprocessor, and give it back; the vehicle has stayed."""
    drive.nonce, drive.event_id, drive.boot = drive.nonce + 1, 0, drive.boot + 1
    seat = drive.seats[1]
    seat.plug = (seat.plug // 65_536 + 1) * 65_536 + 1
    seat.pilot, seat.energised, seat.granted, seat.meter_boot, seat.energy_mwh = Pilot.B1, False, (0, 0), seat.meter_boot + 1, 0
    drive.crash(away_s=away_s)


WATT_HOURS = st.lists(st.integers(0, 7), min_size=1, max_size=150)


@settings(max_examples=50, deadline=None)
@given(WATT_HOURS, st.integers(0, 3))
def test_a_power_cut_of_both_loses_at_most_a_tenth_or_twenty_watt_hours_or_a_minute(seconds: list[int], minutes_before: int) -> None:
    drive = Drive()
    drive.set("SampledDataCtrlr.TxUpdatedInterval", "0")
    drive.plug()
    drive.send_token()
    flow = [6] * 60 * minutes_before + seconds
    for wh in flow:
        drive.run(1)
        drive.draw(wh=wh)
    cut_both(drive)
    (ended,) = drive.ended
    assert ended.reason is StopReason.POWER_LOSS
    drawn_mwh = sum(flow) * 1000
    lost_mwh = drawn_mwh - (ended.register_mwh - drive.started[0].register_mwh)
    message_mwh = max(flow) * 1000
    assert 0 <= lost_mwh < max(metering.UNSAVED_MWH, drawn_mwh // 10) + message_mwh
    assert lost_mwh <= sum(flow[-metering.REGISTER_SAVE_S - 1 :]) * 1000


def test_the_register_is_saved_seldom_enough_for_a_disk_that_wears() -> None:
    drive = Drive()
    drive.set("SampledDataCtrlr.TxUpdatedInterval", "0")
    drive.plug()
    drive.send_token()
    drive.outputs.clear()
    for _ in range(3600):
        drive.run(1)
        drive.draw(wh=3)
    saves = sum(isinstance(output, Save) and output.key == "register/1" for output in drive.outputs)
    assert 60 <= saves <= 60 + 40


def test_what_an_end_has_told_is_in_the_register_though_the_meter_is_never_heard_again() -> None:
    drive = Drive()
    drive.charge()
    drive.seats[1].energy_mwh += 3_000
    drive.event("unplugged")
    assert drive.ended[0].register_mwh == 1_003_000
    cut_both(drive)
    drive.send_token()
    assert drive.started[1].register_mwh >= 1_003_000


def test_nothing_is_permitted_before_the_origin_of_the_meter_is_on_disk() -> None:
    drive = Drive(start=False)
    drive.begin(link=False)
    drive.link()
    drive.seats[1].plug, drive.seats[1].pilot = 1, Pilot.B1
    drive.feed(drive.snapshot())
    drive.send_token()
    assert not drive.has(Grant)
    drive.feed(drive.reading())
    assert drive.has(Grant)


def test_a_board_without_a_meter_is_served_all_the_same() -> None:
    drive = Drive(start=False)
    drive.begin(link=False)
    drive.link()
    drive.seats[1].plug, drive.seats[1].pilot = 1, Pilot.B1
    drive.feed(drive.snapshot())
    drive.send_token()
    drive.run(4)
    assert drive.has(Grant)
