"""What the CSMS and the local API command, and that each request is answered exactly once."""

from __future__ import annotations

from cpctl.core.inputs import (
    ChangeAvailability,
    ClearCache,
    ClearFault,
    CoprocessorLost,
    CsmsOffline,
    RemoteStart,
    RemoteStop,
    Reset,
    SetVariable,
    Unlock,
)
from cpctl.core.model import IdToken, LockState, Pilot, StopReason, Trigger
from cpctl.core.outputs import ClearFaultAt, Decision, Restart, SetOutcome, SetPilotAvailable, UnlockConnector, UnlockOutcome, VariableChanged
from cpctl.core.records import CacheEntry

from .drive import INVALID, OTHER, TAG, Drive

# ---------------------------------------------------------------- remote start


def test_a_remote_start_needs_no_question_by_default() -> None:
    drive = Drive()
    drive.plug()
    assert drive.outcome(drive.send(RemoteStart, evse=1, id_token=TAG, remote_start_id=5)) is Decision.ACCEPTED
    (started,) = drive.started
    assert (started.trigger, started.remote_start_id, started.id_token) == (Trigger.REMOTE_START, 5, TAG)
    assert not drive.asks


def test_a_remote_start_before_the_cable_waits_for_it() -> None:
    drive = Drive()
    drive.send(RemoteStart, evse=1, id_token=TAG)
    assert drive.status() == "Preparing"
    drive.plug()
    assert drive.limit_ma() == 32_000


def test_a_remote_start_without_a_cable_is_forgotten_after_the_time_out() -> None:
    drive = Drive()
    drive.send(RemoteStart, evse=1, id_token=TAG)
    drive.run(61)
    drive.plug()
    assert not drive.started


def test_a_remote_start_is_accepted_before_its_token_is_asked_about() -> None:
    drive = Drive(initial_variables=(("AuthCtrlr.AuthorizeRemoteStart", "true"),))
    drive.plug()
    assert drive.outcome(drive.send(RemoteStart, evse=1, id_token=TAG)) is Decision.ACCEPTED
    assert not drive.started
    drive.answer()
    assert drive.started[0].trigger is Trigger.REMOTE_START


def test_a_remote_start_whose_token_is_refused_starts_nothing() -> None:
    drive = Drive(initial_variables=(("AuthCtrlr.AuthorizeRemoteStart", "true"),))
    drive.plug()
    drive.send(RemoteStart, evse=1, id_token=TAG)
    drive.answer(INVALID)
    assert not drive.started
    assert drive.limit_ma() == 0


def test_a_remote_start_is_rejected_where_it_can_not_be() -> None:
    drive = Drive()
    assert drive.outcome(drive.send(RemoteStart, evse=0, id_token=TAG)) is Decision.REJECTED
    assert drive.outcome(drive.send(RemoteStart, evse=3, id_token=TAG)) is Decision.REJECTED
    drive.charge()
    assert drive.outcome(drive.send(RemoteStart, evse=1, id_token=OTHER)) is Decision.REJECTED
    assert drive.outcome(drive.send(RemoteStart, evse=1, id_token=TAG)) is Decision.REJECTED


def test_a_remote_start_is_rejected_while_the_evse_is_faulted_or_out_of_service() -> None:
    drive = Drive()
    drive.seats[1].faults = frozenset({"pilot_short"})
    drive.observe()
    assert drive.outcome(drive.send(RemoteStart, evse=1, id_token=TAG)) is Decision.REJECTED
    drive.seats[1].faults = frozenset()
    drive.observe()
    drive.send(ChangeAvailability, evse=1, operative=False)
    assert drive.outcome(drive.send(RemoteStart, evse=1, id_token=TAG)) is Decision.REJECTED


def test_a_remote_start_for_any_evse_takes_the_one_that_waits_or_the_next() -> None:
    drive = Drive(evses=2)
    drive.plug(2)
    drive.send(RemoteStart, evse=None, id_token=TAG)
    drive.send(RemoteStart, evse=None, id_token=OTHER)
    drive.plug(1)
    assert [(event.evse, event.id_token) for event in drive.started] == [(2, TAG), (1, OTHER)]
    assert drive.outcome(drive.send(RemoteStart, evse=None, id_token=TAG)) is Decision.REJECTED


# ---------------------------------------------------------------- remote stop


def test_a_remote_stop_finds_the_transaction_by_either_id() -> None:
    drive = Drive()
    drive.charge()
    assert drive.outcome(drive.send(RemoteStop, reference="nonsense")) is Decision.REJECTED
    assert drive.outcome(drive.send(RemoteStop, reference=drive.started[0].transaction_id)) is Decision.ACCEPTED
    drive.unplug()
    drive.charge()
    while drive.disk.outbox:
        drive.deliver(ref="77")
    assert drive.outcome(drive.send(RemoteStop, reference="77")) is Decision.ACCEPTED
    assert [event.reason for event in drive.ended] == [StopReason.REMOTE, StopReason.REMOTE]
    assert drive.limit_ma() == 0


def test_a_reference_that_the_csms_gave_twice_means_the_later_transaction() -> None:
    drive = Drive(evses=2)
    drive.charge(2)
    drive.run(10)
    drive.charge(1, OTHER)
    while drive.disk.outbox:
        drive.deliver(ref="77")
    assert drive.outcome(drive.send(RemoteStop, reference="77")) is Decision.ACCEPTED
    assert [event.evse for event in drive.ended] == [1]


def test_a_remote_stop_of_an_ended_transaction_is_rejected() -> None:
    drive = Drive()
    drive.charge()
    drive.tap()
    assert drive.outcome(drive.send(RemoteStop, reference=drive.started[0].transaction_id)) is Decision.REJECTED
    assert len(drive.ended) == 1


# ---------------------------------------------------------------- unlock


def test_unlock_is_not_supported_on_a_fixed_cable_or_without_a_lock() -> None:
    assert Drive().ask(Unlock, evse=1) is UnlockOutcome.NOT_SUPPORTED
    assert Drive(fixed_cable=False).ask(Unlock, evse=1) is UnlockOutcome.NOT_SUPPORTED


def test_unlock_of_an_unknown_connector_says_so() -> None:
    assert Drive().ask(Unlock, evse=1, connector=2) is UnlockOutcome.UNKNOWN_CONNECTOR
    assert Drive().ask(Unlock, evse=7) is UnlockOutcome.UNKNOWN_CONNECTOR


def test_unlock_ends_the_transaction_and_waits_for_the_open_contactor() -> None:
    drive = locked_charge()
    request = drive.send(Unlock, evse=1)
    assert drive.ended[0].reason is StopReason.UNLOCK_COMMAND
    assert not drive.has(UnlockConnector)
    assert request not in drive.replies
    drive.seats[1].energised = False
    drive.observe()
    assert drive.has(UnlockConnector)
    drive.seats[1].lock = LockState.UNLOCKED
    drive.observe()
    assert drive.outcome(request) is UnlockOutcome.UNLOCKED


def test_unlock_drops_the_token_that_waits() -> None:
    drive = Drive(fixed_cable=False)
    drive.seats[1].lock = LockState.MOVING
    drive.plug()
    drive.send_token()
    drive.send(Unlock, evse=1)
    drive.seats[1].lock = LockState.LOCKED
    drive.observe()
    assert not drive.started


def test_unlock_fails_when_the_actuator_jams_or_does_not_move() -> None:
    for end in (LockState.JAMMED, LockState.LOCKED):
        drive = locked_charge()
        first = drive.send(Unlock, evse=1)
        second = drive.send(Unlock, evse=1)
        drive.seats[1].energised = False
        drive.observe()
        drive.seats[1].lock = end
        drive.observe()
        drive.run(13)
        assert drive.outcome(first) is drive.outcome(second) is UnlockOutcome.FAILED


def test_unlock_without_a_link_fails_and_leaves_the_transaction() -> None:
    drive = locked_charge()
    drive.feed(CoprocessorLost("link.down", "unplugged"))
    assert drive.ask(Unlock, evse=1) is UnlockOutcome.FAILED
    assert drive.running() is not None


def locked_charge() -> Drive:
    """Return a station with a locking socket on which a vehicle charges."""
    drive = Drive(fixed_cable=False)
    drive.seats[1].lock = LockState.UNLOCKED
    drive.plug()
    drive.tap()
    drive.answer()
    assert not drive.started, "no transaction before the plug is secured"
    drive.seats[1].lock = LockState.LOCKED
    drive.observe()
    drive.draw(wh=10)
    assert drive.status() == "Charging"
    return drive


def test_the_plug_is_released_after_the_transaction_once_the_contactor_is_open() -> None:
    drive = locked_charge()
    drive.tap()
    assert not drive.has(UnlockConnector)
    drive.seats[1].energised = False
    drive.observe()
    assert drive.has(UnlockConnector)


def test_a_cable_stays_locked_after_its_vehicle_left_until_the_token_is_presented_if_so_configured() -> None:
    drive = locked_charge()
    drive.set("OCPPCommCtrlr.UnlockOnEVSideDisconnect", "false")
    drive.unplug()
    assert drive.ended[0].reason is StopReason.EV_DISCONNECTED
    assert drive.status() == "Finishing"
    assert not drive.has(UnlockConnector)
    assert drive.outcome(drive.tap(OTHER)) is Decision.REJECTED
    assert drive.outcome(drive.tap(TAG)) is Decision.ACCEPTED
    assert drive.has(UnlockConnector)
    assert drive.status() == "Finishing"
    drive.seats[1].lock = LockState.UNLOCKED
    drive.observe()
    assert drive.status() == "Available"


def test_a_connector_is_available_again_only_once_the_cable_of_a_vehicle_that_left_is_released() -> None:
    drive = locked_charge()
    drive.unplug()
    assert drive.ended[0].reason is StopReason.EV_DISCONNECTED
    assert drive.status() == "Finishing"
    for lock, status in ((LockState.MOVING, "Finishing"), (LockState.UNLOCKED, "Available")):
        drive.seats[1].lock = lock
        drive.observe()
        assert drive.status() == status


def test_a_lock_that_jams_keeps_the_transaction_from_starting() -> None:
    drive = Drive(fixed_cable=False)
    drive.seats[1].lock = LockState.UNLOCKED
    drive.plug()
    drive.tap()
    drive.answer()
    drive.seats[1].lock, drive.seats[1].faults = LockState.JAMMED, frozenset({"lock"})
    drive.observe()
    assert drive.status() == "Faulted"
    drive.run(61)
    drive.seats[1].faults = frozenset()
    drive.observe()
    assert not drive.started


# ---------------------------------------------------------------- availability


def test_an_idle_evse_goes_out_of_service_at_once_and_stays_so_over_a_restart() -> None:
    drive = Drive(evses=2)
    assert drive.ask(ChangeAvailability, evse=1, operative=False) is Decision.ACCEPTED
    assert (drive.status(1), drive.status(2)) == ("Unavailable", "Available")
    assert SetPilotAvailable(1, False) in drive.outputs
    drive.crash()
    assert drive.status(1) == "Unavailable"
    assert SetPilotAvailable(1, False) in drive.outputs
    drive.plug(1)
    assert drive.outcome(drive.tap(evse=1)) is Decision.REJECTED
    assert drive.ask(ChangeAvailability, evse=1, operative=True) is Decision.ACCEPTED
    assert drive.status(1) == "Preparing"


def test_a_charging_evse_goes_out_of_service_after_its_transaction_even_over_a_restart() -> None:
    drive = Drive()
    drive.charge()
    assert drive.ask(ChangeAvailability, evse=1, operative=False) is Decision.SCHEDULED
    assert drive.status() == "Charging"
    drive.crash()
    assert drive.status() == "Charging"
    drive.tap()
    assert drive.status() == "Unavailable"
    assert drive.why()[0] == "unavailable"


def test_the_whole_station_goes_out_of_service_and_comes_back() -> None:
    drive = Drive(evses=2)
    drive.charge(2)
    assert drive.ask(ChangeAvailability, evse=0, operative=False) is Decision.SCHEDULED
    assert (drive.status(1), drive.status(2)) == ("Unavailable", "Charging")
    drive.unplug(2)
    assert [str(status) for status in drive.told(0)] == ["Unavailable"]
    drive.ask(ChangeAvailability, evse=0, operative=True)
    assert (drive.status(1), drive.status(2)) == ("Available", "Available")


def test_taking_an_evse_out_of_service_drops_the_token_that_waits_on_it() -> None:
    drive = Drive()
    drive.tap()
    drive.answer()
    drive.ask(ChangeAvailability, evse=1, operative=False)
    drive.ask(ChangeAvailability, evse=1, operative=True)
    drive.plug()
    assert not drive.started


# ---------------------------------------------------------------- reset


def test_a_reset_ends_every_transaction_and_restarts() -> None:
    for immediate, reason in ((True, StopReason.HARD_RESET), (False, StopReason.SOFT_RESET)):
        drive = Drive(evses=2)
        drive.charge(1)
        drive.charge(2, OTHER)
        assert drive.ask(Reset, immediate=immediate, waits=False) is Decision.ACCEPTED
        assert [event.reason for event in drive.ended] == [reason, reason]
        assert Restart(immediate) in drive.outputs
        assert drive.limit_ma(1) == drive.limit_ma(2) == 0
        assert drive.outcome(drive.tap()) is Decision.REJECTED


def test_a_reset_forgets_the_tokens_that_wait() -> None:
    drive = Drive(evses=2)
    drive.send_token(TAG, 1)
    drive.send_token(OTHER, 0)
    drive.ask(Reset, immediate=True)
    drive.crash()
    drive.plug(1)
    drive.plug(2)
    assert not drive.started


# ---------------------------------------------------------------- variables


def test_a_variable_is_validated_stored_and_told() -> None:
    drive = Drive()
    assert drive.set("OCPPCommCtrlr.HeartbeatInterval", " 060 ") is SetOutcome.ACCEPTED
    assert VariableChanged("OCPPCommCtrlr.HeartbeatInterval", "60") in drive.outputs
    drive.crash()
    assert drive.station.variable("OCPPCommCtrlr.HeartbeatInterval") == "60"


def test_what_a_variable_can_not_hold_is_rejected() -> None:
    drive = Drive()
    for name, value in (
        ("OCPPCommCtrlr.HeartbeatInterval", "-1"),
        ("OCPPCommCtrlr.HeartbeatInterval", "99999999999"),
        ("OCPPCommCtrlr.HeartbeatInterval", "1.5"),
        ("OCPPCommCtrlr.HeartbeatInterval", ""),
        ("OCPPCommCtrlr.HeartbeatInterval", "\u0663"),
        ("TxCtrlr.StopTxOnInvalidId", "yes"),
        ("SampledDataCtrlr.TxUpdatedMeasurands", "Current.Import,Nonsense"),
        ("SampledDataCtrlr.TxUpdatedMeasurands", "SoC"),
        ("ChargingStation.CurrentLimit", "-6"),
        ("ChargingStation.CurrentLimit", "16A"),
        ("ChargingStation.EvseCount", "2"),
    ):
        before = drive.station.variable(name)
        assert drive.set(name, value) is SetOutcome.REJECTED
        assert drive.station.variable(name) == before
    assert drive.set("Nonsense.Variable", "1") is SetOutcome.UNKNOWN


def test_a_value_that_changes_nothing_is_accepted_and_writes_nothing() -> None:
    drive = Drive()
    request = drive.request()
    outputs = drive.feed(SetVariable(request, "TxCtrlr.StopTxOnInvalidId", "TRUE"))
    assert len(outputs) == 1
    assert drive.outcome(request) is SetOutcome.ACCEPTED


def test_lists_are_kept_in_the_standards_spelling_without_repeats() -> None:
    drive = Drive()
    drive.set("SampledDataCtrlr.TxUpdatedMeasurands", "voltage, Current.Import,VOLTAGE")
    assert drive.station.variable("SampledDataCtrlr.TxUpdatedMeasurands") == "Voltage,Current.Import"
    assert drive.set("SampledDataCtrlr.TxUpdatedMeasurands", "") is SetOutcome.ACCEPTED


def test_the_configuration_files_value_holds_until_one_is_set() -> None:
    drive = Drive(initial_variables=(("TxCtrlr.EVConnectionTimeOut", "30"), ("Nonsense", "1"), ("TxCtrlr.StopTxOnInvalidId", "maybe")))
    assert drive.station.variable("TxCtrlr.EVConnectionTimeOut") == "30"
    assert drive.station.variable("TxCtrlr.StopTxOnInvalidId") == "true"
    assert drive.noted("variable.refused")
    drive.set("TxCtrlr.EVConnectionTimeOut", "45")
    drive.crash()
    assert drive.station.variable("TxCtrlr.EVConnectionTimeOut") == "45"


def test_every_definition_holds_its_own_default() -> None:
    for definition, value in Drive().station.variables():
        assert value == definition.default
        assert definition.describe()


# ---------------------------------------------------------------- faults and cache


def test_clearing_a_fault_asks_the_coprocessor() -> None:
    drive = Drive()
    assert drive.ask(ClearFault, evse=1) is Decision.ACCEPTED
    assert ClearFaultAt(1, None) in drive.outputs
    assert drive.ask(ClearFault, evse=1, fault="rcm") is Decision.ACCEPTED
    assert drive.ask(ClearFault, evse=1, fault="nonsense") is Decision.REJECTED
    assert drive.ask(ClearFault, evse=5) is Decision.REJECTED
    drive.feed(CoprocessorLost("link.down", "gone"))
    assert drive.ask(ClearFault, evse=1) is Decision.REJECTED


def test_clearing_the_cache_empties_it_and_nothing_else() -> None:
    drive = Drive()
    drive.charge()
    drive.unplug()
    before = {key for key, record in drive.disk.records.items() if not isinstance(record, CacheEntry)}
    assert drive.ask(ClearCache) is Decision.ACCEPTED
    assert set(drive.disk.records) == before
    drive.feed(CsmsOffline())
    assert drive.outcome(drive.tap()) is Decision.REJECTED
    drive.set("AuthCacheCtrlr.Enabled", "false")
    assert drive.ask(ClearCache) is Decision.REJECTED


def test_a_pilot_that_shows_nothing_known_keeps_what_was_known() -> None:
    drive = Drive()
    drive.charge()
    for pilot in (Pilot.UNKNOWN, Pilot.INVALID, Pilot.E, Pilot.F):
        drive.seats[1].pilot = pilot
        drive.observe()
        assert drive.running() is not None
    assert drive.outcome(drive.tap(IdToken("TAG1"))) is Decision.ACCEPTED
