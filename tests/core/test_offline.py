"""Authorization with and without the CSMS, and the cache."""

from __future__ import annotations

from cpctl.core.cache import MAX_ENTRIES
from cpctl.core.inputs import CsmsOffline, CsmsOnline, EvseObserved, StoreFailed, TokenAnswered
from cpctl.core.model import IdToken, StopReason, TokenInfo, TokenStatus
from cpctl.core.outputs import Decision, Report
from cpctl.core.records import CacheEntry

from .drive import ACCEPTED, INVALID, NOON_2030, OTHER, TAG, Drive


def known(drive: Drive, token: IdToken = TAG, info: TokenInfo = ACCEPTED) -> None:
    """Let the station learn a token, then put everything as before."""
    drive.tap(token)
    drive.answer(info)
    drive.run(61)


def test_offline_a_cached_token_starts_and_the_events_say_so() -> None:
    drive = Drive()
    known(drive)
    drive.feed(CsmsOffline())
    drive.charge()
    assert not drive.asks
    assert drive.started[0].offline
    drive.feed(CsmsOnline(whole_transactions=True))
    drive.unplug()
    assert not drive.ended[0].offline
    assert drive.started[0].offline


def test_offline_an_unknown_token_is_refused_unless_configured() -> None:
    drive = Drive()
    drive.feed(CsmsOffline())
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.REJECTED
    drive.set("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true")
    assert drive.outcome(drive.tap()) is Decision.ACCEPTED
    assert drive.started[0].id_token == TAG


def test_offline_a_token_that_was_refused_before_stays_refused() -> None:
    drive = Drive(initial_variables=(("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true"),))
    known(drive, info=TokenInfo(TokenStatus.BLOCKED))
    drive.feed(CsmsOffline())
    assert drive.outcome(drive.tap()) is Decision.REJECTED


def test_offline_the_cache_is_of_no_use_where_local_authorization_is_off() -> None:
    drive = Drive(initial_variables=(("AuthCtrlr.LocalAuthorizeOffline", "false"),))
    known(drive)
    drive.feed(CsmsOffline())
    assert drive.outcome(drive.tap()) is Decision.REJECTED


def test_offline_a_known_token_is_no_unknown_one() -> None:
    drive = Drive(initial_variables=(("AuthCtrlr.LocalAuthorizeOffline", "false"), ("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true")))
    known(drive)
    drive.feed(CsmsOffline())
    assert drive.outcome(drive.tap()) is Decision.REJECTED
    assert drive.outcome(drive.tap(OTHER)) is Decision.ACCEPTED


def test_a_cached_token_is_not_asked_about_with_local_pre_authorization() -> None:
    drive = Drive(initial_variables=(("AuthCtrlr.LocalPreAuthorize", "true"),))
    known(drive)
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.ACCEPTED
    assert not drive.asks
    drive.deliver(ref="1", info=INVALID)
    assert drive.ended[0].reason is StopReason.DE_AUTHORIZED
    drive.tap()
    assert drive.asks, "the cache has learnt the refusal"


def test_a_question_that_is_never_answered_is_decided_alone() -> None:
    drive = Drive()
    known(drive)
    drive.plug()
    first = drive.tap()
    drive.run(19)
    assert drive.why() == ["token_asked"]
    drive.run(2)
    assert drive.outcome(first) is Decision.ACCEPTED
    drive.feed(TokenAnswered(drive.asks[0].ask, INVALID))
    assert not drive.ended, "a late answer decides nothing any more"
    drive.unplug()
    drive.run(1)
    drive.feed(CsmsOffline())
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.REJECTED, "but it is learnt"


def test_a_question_that_can_not_be_put_is_decided_alone() -> None:
    drive = Drive()
    drive.plug()
    request = drive.tap()
    drive.answer(None)
    assert drive.outcome(request) is Decision.REJECTED


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    drive = Drive()
    drive.plug()
    assert drive.feed(TokenAnswered(99, ACCEPTED)) == []


def test_an_entry_out_of_date_is_refused_though_unknown_tokens_may_charge() -> None:
    drive = Drive(initial_variables=(("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true"),))
    known(drive, info=TokenInfo(TokenStatus.ACCEPTED, expires_utc_ms=NOON_2030 + 100_000))
    drive.feed(CsmsOffline())
    drive.plug()
    drive.run(100)
    assert drive.outcome(drive.tap()) is Decision.REJECTED


def test_the_cache_survives_a_restart_and_switching_it_off_ignores_it() -> None:
    drive = Drive()
    known(drive)
    drive.crash(online=False)
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.ACCEPTED
    drive.unplug()
    drive.set("AuthCacheCtrlr.Enabled", "false")
    drive.plug()
    assert drive.outcome(drive.tap()) is Decision.REJECTED


def test_the_cache_is_bounded_and_the_refused_and_then_the_longest_unheard_of_go_first() -> None:
    drive = Drive()

    def held() -> set[str]:
        return {record.id_token.value for record in drive.disk.records.values() if isinstance(record, CacheEntry)}

    for number in range(MAX_ENTRIES - 1):
        known(drive, IdToken(f"T{number}"))
    known(drive, TAG, INVALID)
    known(drive, IdToken("T0"))
    known(drive, OTHER)
    assert len(held()) == MAX_ENTRIES
    assert "TAG1" not in held(), "refused ones go first"
    known(drive, IdToken("NEW"))
    assert len(held()) == MAX_ENTRIES
    assert {"T0", "TAG2", "NEW"} <= held()
    assert "T1" not in held(), "of the others, the one not heard of for the longest time"


def test_back_online_every_status_is_told_again() -> None:
    drive = Drive(evses=2)
    drive.feed(CsmsOffline())
    drive.plug(2)
    told = [output.event for output in drive.feed(CsmsOnline(whole_transactions=True)) if isinstance(output, Report)]
    assert [(event.evse, str(event.status)) for event in told] == [(1, "Available"), (2, "Preparing"), (0, "Available")]


def test_a_start_does_not_look_like_a_failure() -> None:
    drive = Drive(start=False)
    drive.begin(link=False)
    assert not drive.has(Report)
    drive.run(11)
    assert [str(status) for status in drive.told()] == ["Unavailable"]
    drive.link()
    drive.observe()
    assert drive.status() == "Available"


def test_a_snapshot_that_says_nothing_new_costs_nothing() -> None:
    drive = Drive()
    drive.charge()
    seen: EvseObserved = drive.snapshot()
    drive.feed(seen)
    assert drive.feed(seen) == []
    assert drive.feed(drive.reading()) == []


def test_what_waits_for_a_cable_is_dropped_at_a_restart_where_its_time_can_not_be_told() -> None:
    for dated, waits in ((True, True), (False, False)):
        drive = Drive(evses=2)
        drive.dated = dated
        drive.send_token(TAG, 1)
        drive.send_token(OTHER, 0)
        drive.boot += 1
        drive.crash(away_s=10)
        assert ("claim/1" in drive.disk.records) == ("claim/0" in drive.disk.records) == waits
        drive.plug(1)
        drive.plug(2)
        assert {event.evse for event in drive.started} == ({1, 2} if waits else set())


def test_a_clock_that_was_set_back_meanwhile_does_not_stretch_the_time_for_the_cable() -> None:
    drive = Drive()
    drive.ms += 3_600_000
    drive.send_token()
    drive.boot, drive.ms = 2, 0
    drive.crash()
    drive.run(61)
    assert drive.status() == "Available"
    assert "claim/1" not in drive.disk.records


def test_a_restored_token_does_not_start_for_another_vehicle_than_its_own() -> None:
    drive = Drive(initial_variables=(("TxCtrlr.TxStartOnPowerPathClosed", "true"),))
    drive.plug()
    drive.send_token()
    assert drive.limit_ma() == 32_000
    drive.seats[1].plug += 1
    drive.crash()
    drive.draw()
    assert not drive.started
    assert drive.limit_ma() == 0


def test_a_start_with_the_vehicles_wish_has_the_register_of_the_offer() -> None:
    drive = Drive(initial_variables=(("TxCtrlr.TxStartOnPowerPathClosed", "true"),))
    drive.plug()
    drive.send_token()
    assert not drive.started
    assert drive.status() == "Preparing"
    drive.crash()
    drive.seats[1].energy_mwh = 40_000  # drawn on the lease while the host was away
    drive.draw()
    (started,) = drive.started
    assert started.register_mwh == 0
    assert "claim/1" not in drive.disk.records


def test_the_offer_before_the_start_is_taken_back_where_the_start_could_not_be_stored() -> None:
    drive = Drive(initial_variables=(("TxCtrlr.TxStartOnPowerPathClosed", "true"),))
    drive.plug()
    drive.send_token()
    drive.feed(StoreFailed("full"))
    assert drive.limit_ma() == 0
