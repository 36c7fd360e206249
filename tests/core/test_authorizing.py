"""Who may charge, stop, and go on, where every event of a transaction is told (OCPP 2.0.1, C01, C02, C05, C09, C10, C12, C15, C16, E05, E07)."""

from __future__ import annotations

import pytest

from cpctl.core.inputs import CsmsOffline, CsmsOnline, EventDelivered, RemoteStart, TokenAnswered
from cpctl.core.model import ConnectorStatus, IdToken, IdTokenType, LockState, StopReason, TokenInfo, TokenStatus, Trigger
from cpctl.core.outputs import Decision, TransactionUpdated
from cpctl.core.records import CacheEntry, Hold

from .drive import ACCEPTED, INVALID, NOON_2030, OTHER, TAG, Drive
from .story import line, story

FAMILY = IdToken("FAMILY")
OF_FAMILY = TokenInfo(TokenStatus.ACCEPTED, group=FAMILY)
BLOCKED = TokenInfo(TokenStatus.BLOCKED)
BUTTON = IdToken("", IdTokenType.NO_AUTHORIZATION)


def charging(*, stop: str = "EVConnected,Authorized", start: str = "PowerPathClosed", **settings: object) -> Drive:
    """Return a station with a transaction that charges."""
    drive = Drive(whole=False, **settings)  # type: ignore[arg-type]
    drive.set("TxCtrlr.TxStartPoint", start)
    drive.set("TxCtrlr.TxStopPoint", stop)
    drive.charge()
    return drive


def deliver(drive: Drive, trigger: str, info: TokenInfo) -> None:
    """Let the CSMS confirm everything up to the first event of this trigger, and that with a word on its token."""
    for entry, event in sorted(drive.disk.outbox.items()):
        matches = event.trigger == trigger
        drive.feed(EventDelivered(entry, None, info if matches else None))
        if matches:
            return
    raise AssertionError(f"there is no event with the trigger {trigger}")


# ---------------------------------------------------------------- refused after the start (E05, C15)


def test_a_token_refused_in_the_answer_to_the_start_ends_the_transaction() -> None:
    """E05.FR.10, C15.FR.04."""
    drive = charging()
    deliver(drive, "Authorized", INVALID)
    assert line(drive.ended[-1]) == "Ended Deauthorized EVConnected DeAuthorized"
    assert drive.limit_ma() == 0


def test_a_token_refused_in_the_answer_to_a_later_event_ends_the_transaction() -> None:
    """E05.FR.10: the token came with an Updated event."""
    drive = charging(start="EVConnected")
    deliver(drive, "CablePluggedIn", INVALID)
    assert drive.running() is not None, "that event had no token, so the word is on nobody"
    deliver(drive, "Authorized", INVALID)
    assert line(drive.ended[-1]) == "Ended Deauthorized EVConnected DeAuthorized"


def test_where_the_transaction_does_not_end_with_its_authorization_only_the_energy_does() -> None:
    """E05.FR.09, C15.FR.03."""
    drive = charging(stop="EVConnected")
    deliver(drive, "Authorized", INVALID)
    assert story(drive)[-1] == "Updated Deauthorized EVConnected"
    assert drive.limit_ma() == 0
    drive.unplug(event=True)
    assert line(drive.ended[-1]) == "Ended EVCommunicationLost Idle DeAuthorized"


@pytest.mark.parametrize("allowed_wh", [0, 500])
def test_a_refused_token_may_be_left_its_transaction_without_energy(allowed_wh: int) -> None:
    """E05.FR.02, E05.FR.03, C15.FR.06, C15.FR.07."""
    drive = charging()
    drive.set("TxCtrlr.StopTxOnInvalidId", "false")
    drive.set("TxCtrlr.MaxEnergyOnInvalidId", str(allowed_wh))
    deliver(drive, "Authorized", INVALID)
    if allowed_wh:
        assert drive.limit_ma() == 32_000
        drive.draw(wh=allowed_wh)
    assert drive.limit_ma() == 0
    assert story(drive)[-1] == "Updated ChargingStateChanged SuspendedEVSE"
    assert drive.running() is not None


def test_where_energy_is_the_stop_point_its_end_is_the_transactions() -> None:
    """E05.FR.02: TxStopPoint contains EnergyTransfer."""
    drive = charging(stop="EnergyTransfer")
    drive.set("TxCtrlr.StopTxOnInvalidId", "false")
    deliver(drive, "Authorized", INVALID)
    assert drive.ended[-1].reason is StopReason.DE_AUTHORIZED


def test_the_cable_of_a_refused_token_stays_locked_for_its_owner() -> None:
    """E05.FR.11, C15.FR.05."""
    drive = Drive(whole=False, fixed_cable=False)
    drive.seats[1].lock = LockState.LOCKED
    drive.charge()
    deliver(drive, "Authorized", INVALID)
    assert Hold(1, TAG) in drive.disk.records.values()


def test_a_word_on_the_token_that_stopped_it_leaves_the_transaction_as_it_was() -> None:
    drive = charging(stop="EVConnected")
    deliver(drive, "Authorized", OF_FAMILY)
    drive.tap(OTHER)
    drive.answer(OF_FAMILY)
    assert story(drive)[-1] == "Updated StopAuthorized EVConnected TAG2"
    deliver(drive, "StopAuthorized", INVALID)
    drive.unplug(event=True)
    assert drive.ended[-1].reason is StopReason.LOCAL


# ---------------------------------------------------------------- authorized again (C01.FR.23, E09.FR.01)


def test_who_stopped_may_go_on_and_nobody_else() -> None:
    """C01.FR.23."""
    drive = charging(stop="EVConnected")
    drive.tap()
    drive.draw()
    assert drive.limit_ma() == 0
    assert drive.outcome(drive.tap(OTHER)) is Decision.REJECTED
    drive.tap()
    drive.answer()
    assert story(drive)[-1] == "Updated Authorized EVConnected TAG1"
    drive.run(1)
    drive.draw(wh=100)
    assert story(drive)[-1] == "Updated ChargingStateChanged Charging"
    drive.unplug(event=True)
    assert drive.ended[-1].reason is StopReason.EV_DISCONNECTED
    assert len(drive.ended) == 1


# ---------------------------------------------------------------- groups (C09, E07)


def test_a_token_of_the_group_that_is_not_known_here_is_asked_about_and_stops() -> None:
    """C09.FR.03, C09.FR.05, E07.FR.02."""
    drive = Drive(whole=False)
    drive.plug()
    drive.tap()
    drive.answer(OF_FAMILY)
    drive.draw(wh=100)
    drive.tap(OTHER)
    drive.answer(OF_FAMILY)
    assert line(drive.ended[-1]) == "Ended StopAuthorized EVConnected Local TAG2"


def test_a_token_of_the_group_that_is_known_here_stops_without_being_asked_about() -> None:
    """C01.FR.03, C09.FR.07, E07.FR.01."""
    drive = Drive(whole=False)
    drive.plug()
    for token in (OTHER, TAG):
        drive.tap(token)
        drive.answer(OF_FAMILY)
        if token is OTHER:
            drive.tap(OTHER)  # takes it back
            drive.unplug(event=True)
            drive.plug()
    drive.draw(wh=100)
    drive.tap(OTHER)
    assert not drive.asks
    assert line(drive.ended[-1]) == "Ended StopAuthorized EVConnected Local TAG2"


def test_a_token_of_the_group_that_is_not_accepted_does_not_stop() -> None:
    """C09.FR.11."""
    drive = Drive(whole=False)
    drive.plug()
    drive.tap()
    drive.answer(OF_FAMILY)
    drive.tap(OTHER)
    drive.answer(TokenInfo(TokenStatus.CONCURRENT_TX, group=FAMILY))
    assert not drive.ended


def test_the_group_may_be_told_with_the_answer_to_an_event() -> None:
    """C09.FR.12."""
    drive = charging()
    deliver(drive, "Authorized", OF_FAMILY)
    drive.tap(OTHER)
    drive.answer(OF_FAMILY)
    assert len(drive.ended) == 1


# ---------------------------------------------------------------- master pass (C16)


def test_a_master_pass_stops_every_transaction_and_starts_none() -> None:
    """C16.FR.02, C16.FR.03, C12.FR.09."""
    drive = Drive(evses=2, whole=False)
    drive.set("AuthCtrlr.MasterPassGroupId", "family")
    drive.charge(1, IdToken("A"))
    drive.charge(2, IdToken("B"))
    drive.tap(OTHER, 1)
    drive.answer(OF_FAMILY)
    assert sorted(line(event) for event in drive.ended) == ["Ended StopAuthorized EVConnected MasterPass TAG2"] * 2
    drive.run(3)
    request = drive.tap(OTHER, 1)
    if drive.asks:
        drive.answer(OF_FAMILY)
    assert drive.outcome(request) is Decision.REJECTED
    assert drive.send(RemoteStart, evse=1, id_token=OTHER, group=FAMILY)
    assert len(drive.started) == 2


def test_a_refused_master_pass_stops_nothing() -> None:
    drive = charging()
    drive.set("AuthCtrlr.MasterPassGroupId", "FAMILY")
    drive.tap(OTHER)
    drive.answer(TokenInfo(TokenStatus.BLOCKED, group=FAMILY))
    assert not drive.ended


# ---------------------------------------------------------------- EVSEs that a token is good for (C01.FR.20-21)


def test_a_token_charges_only_where_it_may() -> None:
    """C01.FR.21."""
    drive = Drive(evses=2, whole=False)
    drive.plug(1)
    request = drive.tap(TAG, 1)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, evses=(2,)))
    assert drive.outcome(request) is Decision.REJECTED
    assert not drive.started


def test_a_token_at_the_stations_reader_waits_for_an_evse_where_it_may_charge() -> None:
    drive = Drive(evses=2, whole=False)
    drive.tap(TAG, 0)
    drive.answer(TokenInfo(TokenStatus.ACCEPTED, evses=(2,)))
    drive.plug(1)
    assert not drive.started
    drive.crash()
    drive.plug(2)
    assert [event.evse for event in drive.started] == [2]


# ---------------------------------------------------------------- nobody to authorize (C02, AuthCtrlr.Enabled)


def test_a_start_button_needs_no_word_of_the_csms_and_leaves_nothing_in_the_cache() -> None:
    """C02.FR.01, C02.FR.03."""
    drive = Drive(whole=False)
    drive.plug()
    assert drive.outcome(drive.tap(BUTTON)) is Decision.REJECTED, "there is no such button"
    drive.set("AuthCtrlr.StartButtonActive", "true")
    drive.tap(BUTTON)
    assert not drive.asks
    assert drive.started[-1].id_token == BUTTON
    drive.draw(wh=10)
    deliver(drive, "Authorized", ACCEPTED)
    assert not any(isinstance(record, CacheEntry) for record in drive.disk.records.values())
    drive.tap(BUTTON)
    assert drive.ended[-1].reason is StopReason.LOCAL


def test_without_authorization_whoever_plugs_in_is_charged() -> None:
    drive = Drive(whole=False)
    drive.set("AuthCtrlr.Enabled", "false")
    drive.plug()
    assert not drive.asks
    assert drive.limit_ma() == 32_000
    assert drive.started[-1].id_token is not None
    assert drive.started[-1].id_token.type is IdTokenType.NO_AUTHORIZATION


def test_without_authorization_every_token_is_good() -> None:
    drive = Drive(whole=False)
    drive.set("AuthCtrlr.Enabled", "false")
    drive.set("TxCtrlr.TxStartPoint", "Authorized")
    drive.tap()
    assert not drive.asks
    assert drive.started[-1].id_token == TAG


# ---------------------------------------------------------------- remote (C05, F01, F02)


@pytest.mark.parametrize("kind", [IdTokenType.CENTRAL, IdTokenType.NO_AUTHORIZATION])
def test_the_csmss_own_token_is_neither_asked_about_nor_cached(kind: IdTokenType) -> None:
    """C05.FR.01, C05.FR.02, C02.FR.03."""
    drive = Drive(whole=False)
    drive.set("AuthCtrlr.AuthorizeRemoteStart", "true")
    drive.plug()
    drive.send(RemoteStart, evse=1, id_token=IdToken("X", kind), remote_start_id=9)
    assert not drive.asks
    assert story(drive) == ["Started RemoteStart EVConnected X"]
    assert drive.started[-1].remote_start_id == 9
    deliver(drive, "RemoteStart", ACCEPTED)
    assert not any(isinstance(record, CacheEntry) for record in drive.disk.records.values())


def test_a_remote_start_authorizes_the_transaction_that_waits_for_a_driver() -> None:
    """F01.FR.13, F01.FR.19, F01.FR.24, F01.FR.25."""
    drive = Drive(whole=False)
    drive.set("TxCtrlr.TxStartPoint", "EVConnected")
    drive.plug()
    assert drive.ask(RemoteStart, evse=1, id_token=TAG, remote_start_id=9) is Decision.ACCEPTED
    assert story(drive) == ["Started CablePluggedIn EVConnected", "Updated RemoteStart EVConnected TAG1"]
    assert drive.events(TransactionUpdated)[-1].remote_start_id == 9
    assert drive.limit_ma() == 32_000
    assert drive.ask(RemoteStart, evse=1, id_token=OTHER, remote_start_id=10) is Decision.REJECTED


# ---------------------------------------------------------------- cache (C10, C12)


def known(drive: Drive, info: TokenInfo) -> None:
    """Let the CSMS say something of a token, and nothing come of it."""
    drive.plug()
    drive.tap()
    drive.answer(info)
    drive.unplug(event=True)
    drive.run(3)


def asked(drive: Drive) -> bool:
    """Tell whether the token is asked about."""
    drive.plug()
    drive.tap()
    return bool(drive.asks)


def test_a_token_refused_in_the_cache_is_asked_about_unless_that_is_disabled() -> None:
    """C10.FR.03, C12.FR.05; AuthCacheCtrlr.DisablePostAuthorize."""
    drive = Drive(whole=False)
    drive.set("AuthCtrlr.LocalPreAuthorize", "true")
    known(drive, BLOCKED)
    assert asked(drive)
    drive.answer(BLOCKED)
    drive.set("AuthCacheCtrlr.DisablePostAuthorize", "true")
    drive.run(3)
    assert not drive.asks
    request = drive.tap()
    assert not drive.asks
    assert drive.outcome(request) is Decision.REJECTED


def test_a_cached_token_without_a_date_is_good_for_so_long_after_it_was_last_heard_of() -> None:
    """C10.FR.08, C10.FR.10."""
    drive = Drive(whole=False)
    drive.set("AuthCtrlr.LocalPreAuthorize", "true")
    drive.set("AuthCacheCtrlr.LifeTime", "3600")
    known(drive, ACCEPTED)
    drive.run(3500)
    assert not asked(drive)
    drive.unplug(event=True)
    drive.run(200)
    assert asked(drive)


def test_a_date_of_its_own_goes_before_the_life_time() -> None:
    """C10.FR.13."""
    drive = Drive(whole=False)
    drive.set("AuthCtrlr.LocalPreAuthorize", "true")
    drive.set("AuthCacheCtrlr.LifeTime", "10")
    known(drive, TokenInfo(TokenStatus.ACCEPTED, expires_utc_ms=NOON_2030 + 10_000_000))
    drive.run(3600)
    assert not asked(drive)
    drive.unplug(event=True)
    drive.run(10_000)
    assert asked(drive)


def test_what_the_cache_takes_is_told() -> None:
    drive = Drive(whole=False)
    assert drive.station.live("AuthCacheCtrlr.Storage") == "0"
    known(drive, ACCEPTED)
    assert 0 < int(drive.station.live("AuthCacheCtrlr.Storage") or 0) < 1000


def test_the_answer_to_an_event_updates_the_cache() -> None:
    """C10.FR.05, C12.FR.06."""
    drive = charging()
    deliver(drive, "Authorized", BLOCKED)
    entries = [record for record in drive.disk.records.values() if isinstance(record, CacheEntry)]
    assert [entry.info.status for entry in entries] == [TokenStatus.BLOCKED]


def test_a_csms_that_is_not_to_be_asked_is_not_asked() -> None:
    drive = Drive(whole=False)
    known(drive, ACCEPTED)
    drive.set("AuthCtrlr.DisableRemoteAuthorization", "true")
    assert not asked(drive)
    assert len(drive.started) == 2
    drive.unplug(event=True)
    drive.plug()
    assert drive.outcome(drive.tap(OTHER)) is Decision.REJECTED


# ---------------------------------------------------------------- offline (C15, E04)


def test_an_unknown_token_that_was_let_in_offline_is_judged_by_the_csms_later_and_not_cached_before() -> None:
    """C15.FR.01, C15.FR.02, C15.FR.08, E04.FR.03."""
    drive = Drive(whole=False)
    drive.set("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true")
    drive.feed(CsmsOffline())
    drive.charge()
    assert not any(isinstance(record, CacheEntry) for record in drive.disk.records.values())
    assert all(event.offline for event in drive.disk.published)
    drive.feed(CsmsOnline())
    deliver(drive, "Authorized", INVALID)
    assert line(drive.ended[-1]) == "Ended Deauthorized EVConnected DeAuthorized"
    assert not drive.ended[-1].offline


def test_a_driver_who_comes_while_the_vehicle_waits_is_shown_as_preparing() -> None:
    drive = Drive(whole=False)
    drive.set("TxCtrlr.TxStartPoint", "EVConnected")
    drive.plug()
    assert drive.status() == ConnectorStatus.PREPARING
    assert drive.why() == ["no_token"]
    request = drive.tap()
    drive.feed(TokenAnswered(drive.asks.popleft().ask, INVALID))
    assert drive.outcome(request) is Decision.REJECTED
    assert drive.why() == ["token_refused"]
    assert [event.trigger for event in drive.disk.published] == [Trigger.CABLE_PLUGGED_IN]
