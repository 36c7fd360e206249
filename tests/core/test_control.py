"""Resets, availability, unlocking and triggered messages, as a CSMS that is told of everything asks for them (OCPP 2.0.1, B11, B12, E14, F05, F06, G03, G04)."""

from __future__ import annotations

import pytest

from cpctl.core.inputs import ChangeAvailability, CsmsOffline, RemoteStop, Reset, TakeSample, Unlock
from cpctl.core.model import LockState, Measurand, ReadingContext
from cpctl.core.outputs import Decision, Measured, Report, Restart, SetPilotAvailable, TransactionUpdated, UnlockOutcome
from cpctl.core.ports import TransactionStatus
from cpctl.core.resets import RESET_S
from cpctl.core.settings import ConnectorSettings, EvseSettings

from .drive import OTHER, TAG, Drive
from .story import line, story


def statuses(drive: Drive) -> list[tuple[int, int, str]]:
    """Return the statuses that were reported in this run, by EVSE and connector."""
    return [(one.event.evse, one.event.connector, one.event.status.value) for one in drive.outputs if isinstance(one, Report)]


# ---------------------------------------------------------------- reset (B11, B12)


def test_a_reset_when_idle_waits_for_the_transaction_and_lets_none_begin() -> None:
    """B12.FR.01, B12.FR.03."""
    drive = Drive(evses=2, whole=False)
    drive.charge(1)
    assert drive.ask(Reset, immediate=False) is Decision.SCHEDULED
    assert not drive.has(Restart)
    drive.plug(2)
    assert drive.outcome(drive.tap(OTHER, 2)) is Decision.REJECTED
    drive.draw(1, wh=100)
    drive.tap(TAG, 1)
    assert line(drive.ended[-1]) == "Ended StopAuthorized EVConnected Local TAG1"
    assert [one for one in drive.outputs if isinstance(one, Restart)] == [Restart(immediate=False, scheduled=True)]


def test_a_vehicle_that_has_its_transaction_still_finds_its_driver_before_a_reset() -> None:
    drive = Drive(whole=False)
    drive.set("TxCtrlr.TxStartPoint", "EVConnected")
    drive.plug()
    assert drive.ask(Reset, immediate=False) is Decision.SCHEDULED
    drive.send_token()
    assert drive.limit_ma() == 32_000
    drive.unplug(event=True)
    drive.run(1)
    assert drive.has(Restart)


def test_a_reset_at_once_ends_the_transaction_first() -> None:
    """B12.FR.02, B12.FR.04."""
    drive = Drive(whole=False)
    drive.charge()
    assert drive.ask(Reset, immediate=True) is Decision.ACCEPTED
    assert line(drive.ended[-1]) == "Ended ResetCommand EVConnected HardReset"
    assert drive.has(Restart)


def test_an_idle_station_is_reset_at_once() -> None:
    """B11.FR.03."""
    drive = Drive(whole=False)
    assert drive.ask(Reset, immediate=False) is Decision.ACCEPTED
    assert drive.has(Restart)


def test_an_evse_is_reset_alone_and_comes_back() -> None:
    """B11.FR.08, B12.FR.08."""
    drive = Drive(evses=2, whole=False)
    drive.charge(1)
    drive.charge(2, OTHER)
    drive.outputs.clear()
    assert drive.ask(Reset, immediate=True, evse=1) is Decision.ACCEPTED
    assert [(event.evse, event.reason.value) for event in drive.ended] == [(1, "HardReset")]
    assert not drive.has(Restart)
    assert drive.status(1) == "Unavailable"
    assert drive.outcome(drive.tap(TAG, 1)) is Decision.REJECTED
    drive.run(RESET_S)
    assert [one.available for one in drive.outputs if isinstance(one, SetPilotAvailable)] == [False, True]
    assert drive.status(1) == "Finishing"
    assert drive.running(2) is not None


def test_an_evse_that_is_to_be_reset_when_idle_is_so_after_its_transaction() -> None:
    """B12.FR.01, B12.FR.07."""
    drive = Drive(evses=2, whole=False)
    drive.charge(1)
    assert drive.ask(Reset, immediate=False, evse=1) is Decision.SCHEDULED
    drive.send(RemoteStop, reference=drive.started[-1].transaction_id)
    assert drive.status(1) == "Unavailable"
    drive.run(RESET_S)
    drive.unplug(1, event=True)
    drive.run(3)
    assert drive.status(1) == "Available"


def test_an_evse_that_is_to_be_reset_when_idle_is_so_over_a_restart_of_the_host() -> None:
    """B12.FR.01, B12.FR.07."""
    drive = Drive(evses=2, whole=False)
    drive.charge(1)
    assert drive.ask(Reset, immediate=False, evse=1) is Decision.SCHEDULED
    for _ in range(2):
        drive.crash()
        assert drive.status(1) == "Charging"
    drive.send(RemoteStop, reference=drive.started[-1].transaction_id)
    assert drive.status(1) == "Unavailable"
    drive.run(RESET_S)
    drive.unplug(1, event=True)
    drive.run(3)
    drive.crash()
    assert drive.status(1) == "Available"


def test_a_reset_leaves_out_of_service_what_was() -> None:
    """B12.FR.06."""
    drive = Drive(evses=2, whole=False)
    drive.ask(ChangeAvailability, evse=1, operative=False)
    drive.ask(Reset, immediate=True, evse=1)
    drive.run(RESET_S)
    assert drive.status(1) == "Unavailable"


def test_an_evse_that_there_is_not_is_not_reset() -> None:
    assert Drive(whole=False).ask(Reset, immediate=True, evse=7) is Decision.REJECTED


# ---------------------------------------------------------------- availability (G03, G04)


def test_a_second_connector_out_of_service_is_told_and_leaves_the_first_alone() -> None:
    """G03.FR.04."""
    connectors = (ConnectorSettings(1, fixed_cable=True), ConnectorSettings(2, fixed_cable=True))
    drive = Drive(whole=False, built=(EvseSettings(1, 32_000, 3, connectors),))
    drive.charge()
    drive.outputs.clear()
    assert drive.ask(ChangeAvailability, evse=1, operative=False, connector=2) is Decision.ACCEPTED
    drive.unplug(event=True)
    drive.run(3)
    assert statuses(drive)[-2:] == [(1, 1, "Available"), (1, 2, "Unavailable")]


@pytest.mark.parametrize("connector", [0, 1])
def test_what_is_taken_out_of_service_serves_its_transaction_to_the_end(connector: int) -> None:
    """G03.FR.05, G03.FR.04."""
    drive = Drive(whole=False)
    drive.charge()
    assert drive.ask(ChangeAvailability, evse=1, operative=False, connector=connector) is Decision.SCHEDULED
    drive.draw(wh=100)
    drive.unplug(event=True)
    drive.run(3)
    assert drive.status() == "Unavailable"
    assert statuses(drive)[-1] == (1, 1, "Unavailable")
    drive.crash()
    assert drive.status() == "Unavailable", "G03.FR.08"
    assert drive.ask(ChangeAvailability, evse=1, operative=True, connector=connector) is Decision.ACCEPTED
    assert drive.status() == "Available"


def test_each_word_on_availability_is_kept_by_itself() -> None:
    """G03.FR.07, G04.FR.08: put back in service, the station is as it was before."""
    drive = Drive(evses=2, whole=False)
    drive.ask(ChangeAvailability, evse=1, operative=False, connector=1)
    drive.ask(ChangeAvailability, evse=0, operative=False)
    assert (drive.status(1), drive.status(2)) == ("Unavailable", "Unavailable")
    drive.ask(ChangeAvailability, evse=0, operative=True)
    assert (drive.status(1), drive.status(2)) == ("Unavailable", "Available")


@pytest.mark.parametrize(("evse", "connector"), [(3, 0), (1, 2), (0, 1)])
def test_what_there_is_not_is_not_taken_out_of_service(evse: int, connector: int) -> None:
    assert Drive(whole=False).ask(ChangeAvailability, evse=evse, operative=False, connector=connector) is Decision.REJECTED


def test_a_vehicle_that_comes_and_goes_changes_what_is_told_of_the_connector() -> None:
    """E02.FR.05: Occupied is told by the vehicle, whatever the status is called."""
    drive = Drive(whole=False)
    drive.tap()
    drive.answer()
    drive.plug()
    drive.tap()
    drive.unplug(event=True)
    drive.run(3)
    told = [(one.event.status.value, one.event.plugged) for one in drive.outputs if isinstance(one, Report) and one.event.evse == 1]
    assert not told[0][1]
    assert ("Preparing", False) in told
    assert any(plugged for _, plugged in told)
    assert told[-1] == ("Available", False)


# ---------------------------------------------------------------- unlock (F05)


def locked(*, start: str) -> Drive:
    drive = Drive(whole=False, fixed_cable=False)
    drive.set("TxCtrlr.TxStartPoint", start)
    drive.seats[1].lock = LockState.LOCKED
    drive.plug()
    return drive


def test_a_connector_is_not_unlocked_under_an_authorized_transaction() -> None:
    """F05.FR.02."""
    drive = locked(start="PowerPathClosed")
    drive.send_token()
    assert drive.ask(Unlock, evse=1, connector=1, ends_transaction=False) is UnlockOutcome.ONGOING_TRANSACTION
    assert drive.running() is not None


def test_a_connector_is_unlocked_while_nobody_is_authorized() -> None:
    """F05.FR.04; E02.FR.17."""
    drive = locked(start="EVConnected")
    request = drive.send(Unlock, evse=1, connector=1, ends_transaction=False)
    assert story(drive)[-1] == "Updated UnlockCommand EVConnected"
    drive.seats[1].lock = LockState.UNLOCKED
    drive.observe()
    assert drive.outcome(request) is UnlockOutcome.UNLOCKED
    assert drive.running() is not None


# ---------------------------------------------------------------- triggered messages (F06)


def test_a_triggered_transaction_event_tells_state_and_measurements_of_now() -> None:
    """F06.FR.07."""
    drive = Drive(whole=False)
    drive.charge()
    drive.feed(TakeSample(1, in_transaction=True))
    event = drive.events(TransactionUpdated)[-1]
    assert line(event) == "Updated Trigger Charging"
    assert {reading.measurand for reading in event.samples[0].readings} == {
        Measurand.ENERGY_IMPORT_REGISTER,
        Measurand.POWER_IMPORT,
        Measurand.CURRENT_IMPORT,
    }
    assert event.samples[0].context is ReadingContext.TRIGGER


def test_triggered_meter_values_hold_the_measurands_of_the_clock() -> None:
    """F06.FR.06."""
    drive = Drive(whole=False)
    drive.set("AlignedDataCtrlr.Measurands", "Voltage")
    outputs = drive.feed(TakeSample(1))
    told = [output for output in outputs if isinstance(output, Measured)]
    assert {reading.measurand for reading in told[0].sample.readings} == {Measurand.VOLTAGE}


def test_without_a_transaction_there_is_no_event_to_trigger() -> None:
    drive = Drive(whole=False)
    assert not drive.feed(TakeSample(1, in_transaction=True))


# ---------------------------------------------------------------- status of a transaction (E14)


def test_the_status_of_a_transaction_is_whether_it_runs_and_whether_messages_wait() -> None:
    """E14.FR.01-08."""
    drive = Drive(whole=False)
    status = drive.station.transaction_status
    assert status(None) == TransactionStatus(None, False)
    assert status("tx-9") == TransactionStatus(None, False)
    drive.charge()
    assert drive.station.transaction(1) == "tx-1"
    assert status("tx-1") == TransactionStatus(True, True)
    while drive.disk.outbox:
        drive.deliver()
    assert status("tx-1") == TransactionStatus(True, False)
    drive.feed(CsmsOffline())
    drive.draw(wh=1)
    drive.tap()
    assert status("tx-1") == TransactionStatus(False, True)
    assert status(None) == TransactionStatus(None, True)
    while drive.disk.outbox:
        drive.deliver()
    assert status("tx-1") == TransactionStatus(False, False)
    assert drive.station.transaction(1) is None
