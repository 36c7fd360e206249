"""What the CSMS is told, when, and what its answers teach."""

from __future__ import annotations

from cpctl.core.inputs import CsmsOffline, TakeSample
from cpctl.core.model import ConnectorStatus, IdToken, Measurand, ReadingContext, TokenInfo, TokenStatus
from cpctl.core.outputs import Decision, Measured

from .drive import ACCEPTED, OTHER, Drive

FAMILY = TokenInfo(TokenStatus.ACCEPTED, group=IdToken("FAMILY"))


def test_a_status_that_does_not_last_is_not_told() -> None:
    drive = Drive()
    drive.set("ChargingStation.MinimumStatusDuration", "10")
    drive.plug()
    drive.run(9)
    drive.unplug()
    drive.run(60)
    assert drive.told() == []


def test_a_status_that_lasts_is_told_with_the_time_when_it_began() -> None:
    drive = Drive()
    drive.set("ChargingStation.MinimumStatusDuration", "10")
    began = drive.now
    drive.plug()
    drive.run(9)
    assert drive.told() == []
    drive.run(2)
    assert drive.told() == [ConnectorStatus.PREPARING]
    last = [output for output in drive.outputs if hasattr(output, "event") and getattr(output.event, "evse", 0) == 1][-1]
    assert 0 <= last.event.at.mono_ms - began.mono_ms < 1000


def test_a_fault_is_told_at_once_all_the_same() -> None:
    drive = Drive()
    drive.set("ChargingStation.MinimumStatusDuration", "10")
    drive.seats[1].faults = frozenset({"pilot_short"})
    drive.observe()
    assert drive.told() == [ConnectorStatus.FAULTED]


def test_a_vehicle_that_is_offered_current_late_is_not_called_suspended() -> None:
    drive = Drive()
    drive.plug()
    drive.seats[1].blocked = frozenset({"reclose_wait", "ev_not_ready"})
    drive.send_token()
    drive.seats[1].granted, granted = (0, 0), drive.seats[1].granted
    drive.observe()
    drive.run(4)
    drive.seats[1].granted, drive.seats[1].blocked = granted, frozenset({"ev_not_ready"})
    drive.observe()
    drive.run(4)
    drive.draw(wh=10)
    assert drive.told() == [ConnectorStatus.PREPARING, ConnectorStatus.CHARGING]


def test_the_group_that_only_the_start_s_answer_names_can_stop_it() -> None:
    drive = Drive()
    drive.charge()
    drive.deliver(ref="1", info=FAMILY)
    request = drive.tap(OTHER)
    drive.answer(FAMILY)
    assert drive.outcome(request) is Decision.ACCEPTED
    assert drive.ended[0].id_token == OTHER


def test_the_cache_learns_from_the_answer_to_a_stop() -> None:
    drive = Drive()
    drive.charge()
    drive.deliver(ref="1", info=ACCEPTED)
    drive.tap()
    drive.deliver(info=TokenInfo(TokenStatus.BLOCKED))
    drive.unplug()
    drive.run(1)
    drive.feed(CsmsOffline())
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.REJECTED


def test_a_sample_that_is_asked_for_in_a_transaction_tells_the_present_and_does_not_queue_behind_the_past() -> None:
    drive = Drive()
    drive.charge()
    published = len(drive.disk.published)
    drive.seats[1].energy_mwh += 500
    drive.observe()
    outputs = drive.feed(TakeSample(1))
    (told,) = [output for output in outputs if isinstance(output, Measured)]
    assert (told.transaction_id, told.sample.context) == (drive.started[0].transaction_id, ReadingContext.TRIGGER)
    assert len(drive.disk.published) == published


def test_a_register_that_was_told_on_request_is_never_taken_back() -> None:
    drive = Drive()
    drive.charge()
    drive.draw(wh=2)
    outputs = drive.feed(TakeSample(1))
    (told,) = [output for output in outputs if isinstance(output, Measured)]
    assert told.raises_risk, "what is told is on disk before"
    drive.seats[1].meter_boot, drive.seats[1].energy_mwh = 9, 0
    drive.crash()
    drive.tap()
    assert drive.ended[0].register_mwh >= next(one.milli for one in told.sample.readings if one.measurand is Measurand.ENERGY_IMPORT_REGISTER)


def test_a_sample_that_is_asked_for_without_a_transaction_is_told_and_not_kept() -> None:
    drive = Drive()
    drive.feed(drive.reading())
    outputs = drive.feed(TakeSample(1))
    (told,) = [output for output in outputs if isinstance(output, Measured)]
    assert [one.measurand for one in told.sample.readings][:2] == [Measurand.ENERGY_IMPORT_REGISTER, Measurand.POWER_IMPORT]
    assert drive.disk.published == []
