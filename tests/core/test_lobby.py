"""Drivers at a reader that serves several EVSEs, where a transaction begins with the driver alone (OCPP 2.0.1, E01.FR.03, E01.FR.16-17, E03)."""

from __future__ import annotations

import pytest

from cpctl.core.inputs import EventDelivered, RemoteStart, RemoteStop, Reset
from cpctl.core.model import IdToken, ReadingContext, TokenInfo, TokenStatus
from cpctl.core.outputs import Decision, Restart, TransactionUpdated

from .drive import INVALID, OTHER, TAG, Drive
from .story import line, story
from .test_crashes import sound


def authorized() -> Drive:
    """Return a station of two EVSEs with a transaction that waits for a vehicle at either."""
    drive = Drive(evses=2, whole=False)
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    drive.send_token(TAG, 0)
    return drive


def test_it_begins_without_an_evse_and_goes_where_a_vehicle_comes() -> None:
    drive = authorized()
    assert story(drive) == ["Started Authorized Idle TAG1"]
    assert drive.started[-1].evse == 0
    assert drive.station.transaction(0) == "tx-1"
    drive.run(10)
    drive.seats[2].energy_mwh = 5_000_000
    drive.observe()
    drive.plug(2)
    told = drive.events(TransactionUpdated)[-1]
    assert line(told) == "Updated CablePluggedIn EVConnected"
    assert (told.evse, told.connector, told.plugged) == (2, 1, True)
    assert [sample.context for sample in told.samples] == [ReadingContext.TRANSACTION_BEGIN]
    assert drive.limit_ma(2) == 32_000
    assert drive.station.transaction(0) is None
    drive.run(1)
    drive.draw(2, wh=700)
    drive.tap(TAG, 0)
    drive.draw(2)
    assert line(drive.ended[-1]) == "Ended StopAuthorized EVConnected Local TAG1"
    assert drive.session("tx-1").energy_mwh == 700_000
    sound(drive)


def test_the_vehicle_that_does_not_come_ends_it() -> None:
    """E03.FR.05."""
    drive = authorized()
    drive.run(61)
    assert line(drive.ended[-1]) == "Ended EVConnectTimeout Idle Timeout"
    drive.plug(1)
    assert drive.limit_ma(1) == 0


@pytest.mark.parametrize(("group", "reason"), [("FAMILY", "MasterPass"), ("G", "Local")])
def test_a_master_pass_or_a_token_of_the_group_ends_it_at_the_same_reader(group: str, reason: str) -> None:
    """C09.FR.03, C16.FR.02."""
    drive = Drive(evses=2, whole=False)
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    drive.set("AuthCtrlr.MasterPassGroupId", "FAMILY")
    drive.tap(TAG, 0)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken("G")))
    request = drive.tap(OTHER, 0)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken(group)))
    assert drive.outcome(request) is Decision.ACCEPTED
    assert [line(event) for event in drive.ended] == [f"Ended StopAuthorized Idle {reason} TAG2"]
    drive.plug(1)
    assert drive.limit_ma(1) == 0
    sound(drive)


def test_who_is_not_of_the_group_does_not_end_it() -> None:
    drive = Drive(evses=2, whole=False)
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    drive.tap(TAG, 0)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken("G")))
    request = drive.tap(OTHER, 0)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken("H")))
    assert drive.outcome(request) is Decision.REJECTED
    assert not drive.ended


def test_its_driver_ends_it_at_the_same_reader() -> None:
    drive = authorized()
    drive.tap(TAG, 0)
    assert line(drive.ended[-1]) == "Ended StopAuthorized Idle Local TAG1"


@pytest.mark.parametrize("away_s", [1, 30, 100])
def test_it_lives_through_a_restart_for_the_rest_of_its_time(away_s: int) -> None:
    drive = authorized()
    drive.crash(away_s=away_s)
    if away_s < 60:
        drive.plug(1)
        assert story(drive)[1:] == ["Updated CablePluggedIn EVConnected"]
        drive.unplug(1, event=True)
        drive.run(1)
    assert len(drive.ended) == 1
    sound(drive)


def test_the_csms_starts_stops_and_refuses_it() -> None:
    drive = Drive(evses=2, whole=False)
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    assert drive.ask(RemoteStart, evse=None, id_token=TAG, remote_start_id=4) is Decision.ACCEPTED
    assert story(drive) == ["Started RemoteStart Idle TAG1"]
    assert drive.ask(RemoteStop, reference="tx-1") is Decision.ACCEPTED
    assert line(drive.ended[-1]) == "Ended RemoteStop Idle Remote"
    drive.send_token(OTHER, 0)
    drive.feed(EventDelivered(max(drive.disk.outbox), None, INVALID))
    assert line(drive.ended[-1]) == "Ended Deauthorized Idle DeAuthorized"
    drive.plug(1)
    assert len(drive.started) == 2


def test_a_reset_when_idle_waits_for_it_and_a_master_pass_ends_it() -> None:
    drive = authorized()
    drive.set("AuthCtrlr.MasterPassGroupId", "BOSS")
    assert drive.ask(Reset, immediate=False) is Decision.SCHEDULED
    drive.plug(1)
    drive.tap(OTHER, 1)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, group=IdToken("BOSS")))
    assert line(drive.ended[-1]) == "Ended StopAuthorized EVConnected MasterPass TAG2"
    assert drive.has(Restart)
    drive = authorized()
    drive.ask(Reset, immediate=True)
    assert line(drive.ended[-1]) == "Ended ResetCommand Idle HardReset"


def test_a_vehicle_that_waits_already_is_the_one_that_is_meant() -> None:
    drive = Drive(evses=2, whole=False)
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    drive.plug(2)
    drive.send_token(TAG, 0)
    assert [(event.evse, event.plugged) for event in drive.started] == [(2, True)]
