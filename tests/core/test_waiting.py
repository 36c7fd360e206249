"""Transactions that wait for a vehicle, or for one to come back, over restarts too (OCPP 2.0.1, E03, E09, E10, E11, E12, F02)."""

from __future__ import annotations

import pytest

from cpctl.core.inputs import CsmsOffline, CsmsOnline, RemoteStart, RemoteStop
from cpctl.core.model import LockState, StopReason
from cpctl.core.outputs import Decision, TransactionUpdated

from .drive import TAG, Drive
from .story import line, story


def authorized(*, stop: str = "EVConnected,Authorized") -> Drive:
    """Return a station with a transaction that waits for its vehicle."""
    drive = Drive(whole=False)
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    drive.set("TxCtrlr.TxStopPoint", stop)
    drive.send_token()
    return drive


def suspended(*, fixed_cable: bool) -> Drive:
    """Return a station whose transaction goes on while its cable is out of the vehicle."""
    drive = Drive(whole=False, fixed_cable=fixed_cable)
    drive.set("TxCtrlr.TxStopPoint", "Authorized")
    drive.set("TxCtrlr.StopTxOnEVSideDisconnect", "false")
    drive.seats[1].lock = LockState.NOT_FITTED if fixed_cable else LockState.LOCKED
    drive.charge()
    drive.outputs.clear()
    drive.unplug(event=True)
    drive.run(1)
    return drive


# ---------------------------------------------------------------- for the first vehicle (E03, F02)


@pytest.mark.parametrize("stop", ["EVConnected,Authorized", "EVConnected", "EnergyTransfer"])
def test_a_vehicle_that_does_not_come_in_time_ends_the_transaction(stop: str) -> None:
    """E03.FR.05."""
    drive = authorized(stop=stop)
    assert story(drive) == ["Started Authorized Idle TAG1"]
    assert drive.status() == "Preparing"
    drive.run(59)
    assert drive.running() is not None
    drive.run(2)
    assert line(drive.ended[-1]) == "Ended EVConnectTimeout Idle Timeout"
    assert drive.status() == "Available"


def test_a_vehicle_that_is_not_there_in_time_for_a_remote_start_ends_its_transaction() -> None:
    """F02.FR.01, F02.FR.07, F02.FR.21."""
    drive = Drive(whole=False)
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    assert drive.ask(RemoteStart, evse=1, id_token=TAG, remote_start_id=5) is Decision.ACCEPTED
    assert story(drive) == ["Started RemoteStart Idle TAG1"]
    drive.run(61)
    assert drive.ended[-1].reason is StopReason.TIMEOUT


def test_who_taps_again_before_he_has_plugged_in_ends_the_transaction() -> None:
    drive = authorized(stop="EVConnected")
    drive.tap()
    assert line(drive.ended[-1]) == "Ended StopAuthorized Idle Local TAG1"


def test_the_vehicle_that_comes_is_told_with_its_evse() -> None:
    """E01.FR.16, E03.FR.12."""
    drive = authorized()
    drive.run(30)
    drive.plug()
    assert story(drive)[1:] == ["Updated CablePluggedIn EVConnected"]
    assert drive.events(TransactionUpdated)[-1].plugged
    assert not drive.started[-1].plugged
    drive.run(100)
    assert drive.running() is not None


@pytest.mark.parametrize("away_s", [1, 30])
def test_a_transaction_waits_over_a_restart_for_the_rest_of_its_time(away_s: int) -> None:
    drive = authorized()
    drive.crash(away_s=away_s)
    drive.run(61 - away_s)
    drive.observe()
    assert line(drive.ended[-1]) == "Ended EVConnectTimeout Idle Timeout"


def test_a_vehicle_that_comes_while_the_host_is_away_is_the_transactions() -> None:
    drive = authorized()
    drive.seats[1].plug += 1
    drive.seats[1].pilot = drive.seats[1].pilot.B1
    drive.crash(away_s=10)
    assert story(drive)[1:] == ["Updated CablePluggedIn EVConnected"]
    assert drive.limit_ma() == 32_000
    drive.run(100)
    assert drive.running() is not None


def test_a_transaction_without_a_token_lives_through_a_restart() -> None:
    drive = Drive(whole=False)
    drive.set("TxCtrlr.TxStartPoint", "EVConnected")
    drive.plug()
    drive.crash(away_s=100)
    drive.send_token()
    assert story(drive) == ["Started CablePluggedIn EVConnected", "Updated Authorized EVConnected TAG1"]
    assert drive.limit_ma() == 32_000


def test_one_plug_in_begins_one_transaction_though_the_host_restarts() -> None:
    drive = Drive(whole=False)
    drive.set("TxCtrlr.TxStartPoint", "EVConnected")
    drive.charge()
    drive.tap()
    drive.crash(away_s=5)
    drive.run(10)
    drive.observe()
    assert len(drive.started) == len(drive.ended) == 1


# ---------------------------------------------------------------- for the vehicle to come back (E09, E10)


def test_a_vehicle_that_is_unplugged_ends_the_transaction() -> None:
    """E09.FR.01, E06.FR.02."""
    drive = Drive(whole=False)
    drive.charge()
    drive.unplug(event=True)
    assert line(drive.ended[-1]) == "Ended EVCommunicationLost Idle EVDisconnected"


def test_a_cable_that_is_taken_out_of_the_vehicle_suspends_the_transaction_and_putting_it_back_resumes_it() -> None:
    """E10 A1, E10.FR.01: the connector remains locked."""
    drive = suspended(fixed_cable=False)
    assert story(drive)[-1] == "Updated EVCommunicationLost Idle"
    drive.run(3600)
    assert drive.running() is not None
    assert not drive.has_unlocked()
    drive.plug()
    drive.run(1)
    drive.draw(wh=100)
    assert story(drive)[-2:] == ["Updated CablePluggedIn EVConnected", "Updated ChargingStateChanged Charging"]


def test_its_driver_ends_a_suspended_transaction() -> None:
    """E10 B3."""
    drive = suspended(fixed_cable=False)
    drive.tap()
    assert line(drive.ended[-1]) == "Ended StopAuthorized Idle Local TAG1"
    assert drive.has_unlocked()


def test_a_fixed_cable_is_not_waited_for_for_ever() -> None:
    """E10.FR.02; with the reason that the certification case names (TC_E_27_CS)."""
    drive = suspended(fixed_cable=True)
    drive.crash(away_s=10)
    drive.run(61)
    drive.observe()
    assert line(drive.ended[-1]) == "Ended EVConnectTimeout Idle Timeout"


def test_a_suspended_transaction_can_be_stopped_remotely() -> None:
    drive = suspended(fixed_cable=True)
    assert drive.ask(RemoteStop, reference=drive.started[-1].transaction_id) is Decision.ACCEPTED
    assert line(drive.ended[-1]) == "Ended RemoteStop Idle Remote"


# ---------------------------------------------------------------- the CSMS is away (E04, E11, E12)


def test_what_happens_offline_is_told_as_offline_and_in_its_order() -> None:
    """E04.FR.01-03, E11.FR.01-02, E12.FR.01-02."""
    drive = Drive(whole=False)
    drive.charge()
    drive.feed(CsmsOffline())
    drive.draw(wh=10)
    drive.tap()
    drive.feed(CsmsOnline())
    assert [(event.seq_no, event.offline) for event in drive.disk.published] == [(0, False), (1, False), (2, True)]


def test_the_time_of_charging_is_counted_over_pauses() -> None:
    drive = Drive(whole=False)
    drive.charge()
    drive.run(100)
    drive.seats[1].energised, drive.seats[1].pilot = False, drive.seats[1].pilot.B2
    drive.observe()
    drive.run(1000)
    drive.draw(wh=1)
    drive.run(50)
    drive.tap()
    assert drive.ended[-1].time_charging_s == 150


def test_a_csms_that_wants_whole_transactions_is_told_of_nothing_but_start_samples_and_end() -> None:
    drive = Drive(whole=True)
    drive.set("TxCtrlr.TxStartPoint", "EVConnected,Authorized")
    drive.set("SampledDataCtrlr.TxUpdatedInterval", "0")
    drive.charge()
    drive.seats[1].energised = False
    drive.observe()
    drive.run(30)
    drive.unplug(event=True)
    assert [type(event).__name__ for event in drive.disk.published] == ["TransactionStarted", "TransactionEnded"]


def test_a_transaction_without_a_record_still_gets_its_driver() -> None:
    drive = Drive(whole=False, initial_variables=(("OCPPCommCtrlr.OutboxCapacity", "10"), ("TxCtrlr.SilentOfflineTransactions", "true")))
    drive.set("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true")
    drive.set("TxCtrlr.TxStartPoint", "EVConnected")
    drive.feed(CsmsOffline())
    for _ in range(6):
        drive.plug()
        drive.unplug(event=True)
        drive.run(1)
    told = len(drive.disk.published)
    drive.plug()
    drive.send_token()
    assert len(drive.disk.published) == told
    assert drive.limit_ma() == 32_000
