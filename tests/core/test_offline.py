"""Authorization with and without the CSMS, and the cache."""

from __future__ import annotations

from cpctl.core.cache import MAX_ENTRIES
from cpctl.core.inputs import CsmsOffline, CsmsOnline, EvseObserved, TokenAnswered
from cpctl.core.model import CacheEntry, IdToken, StopReason, TokenInfo, TokenStatus
from cpctl.core.outputs import Decision, Report

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
    drive.feed(CsmsOnline())
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


def test_an_entry_out_of_date_is_unknown() -> None:
    drive = Drive()
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


def test_the_cache_is_bounded_and_the_longest_unused_goes_first() -> None:
    drive = Drive()
    known(drive, TAG, INVALID)
    for number in range(MAX_ENTRIES - 1):
        drive.tap(IdToken(f"T{number}"))
        drive.answer(INVALID)
    known(drive, TAG, INVALID)
    drive.tap(OTHER)
    drive.answer(INVALID)
    held = {record.id_token.value for record in drive.disk.records.values() if isinstance(record, CacheEntry)}
    assert len(held) == MAX_ENTRIES
    assert "TAG1" in held
    assert "TAG2" in held
    assert "T0" not in held


def test_back_online_every_status_is_told_again() -> None:
    drive = Drive(evses=2)
    drive.feed(CsmsOffline())
    drive.plug(2)
    told = [output.event for output in drive.feed(CsmsOnline()) if isinstance(output, Report)]
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
