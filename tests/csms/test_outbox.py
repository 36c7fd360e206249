"""Ordered delivery: at least once, with the same content, and nothing blocks it for ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from tests.csms.station import FakeStation, Point, at, ended, eventually, started, status, updated

from cpctl.core.inputs import CsmsOffline, EventDelivered, EventFailed, EventGivenUp, TokenAnswered
from cpctl.core.model import ConnectorStatus, IdToken, TokenStatus
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_script import Answer, Cut, Delay, Refuse, Silence, Step


def delivered(point: Point) -> list[int]:
    return [item.entry for item in point.station.of(EventDelivered)]


def given_up(point: Point) -> list[int]:
    return [item.entry for item in point.station.of(EventGivenUp)]


def frames(csms: EmbeddedCsms, action: str) -> list[Any]:
    """Payloads of an action as they came over the wire, repeats included."""
    calls = [json.loads(seen.text) for seen in csms.frames if seen.received]
    return [call[3] for call in calls if call[0] == 2 and call[2] == action]


async def test_what_happened_offline_is_delivered_in_its_order_with_the_right_number(csms: EmbeddedCsms, point: Point) -> None:
    csms.ledger.start("other", {"connectorId": 1, "timestamp": "x", "idTag": "x", "meterStart": 0})
    await csms.set_up(False)
    await eventually(lambda: not point.station.online)
    events = [started("t1"), updated("t1"), ended("t1"), started("t2", 200), ended("t2", 300)]
    for entry, event in enumerate(events, 1):
        point.enqueue(entry, event)
    assert point.service.status()["queued"] == 5
    await asyncio.sleep(100_000)
    await csms.set_up(True)
    await eventually(lambda: len(delivered(point)) == 5, 10_000)
    assert delivered(point) == [1, 2, 3, 4, 5]
    first, second = [charge for charge in csms.ledger.charges if charge.point == "CP001"]
    assert first.number == 2
    assert first.stop is not None
    assert first.stop["transactionId"] == 2
    assert second.stop is not None
    assert csms.ledger.problems == []
    assert csms.ledger.orphans == []


@pytest.mark.parametrize("failure", [Refuse("InternalError"), Refuse("FormationViolation"), Silence(), Answer({"nonsense": 1})])
async def test_a_failure_is_tried_again_after_growing_waits_and_then_given_up(csms: EmbeddedCsms, point: Point, failure: Step) -> None:
    point.station.variables |= {
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "3",
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "60",
        "CustomizationCtrlr.MessageTimeout": "10",
    }
    times: list[float] = []
    csms.script("StartTransaction", failure, failure, failure)
    point.enqueue(1, started())
    point.enqueue(2, updated())
    point.enqueue(3, ended())
    loop = asyncio.get_running_loop()
    seen = 0
    while not given_up(point):
        await asyncio.sleep(0.5)
        now = len(frames(csms, "StartTransaction"))
        if now != seen:
            seen = now
            times.append(loop.time())
    silence = 10 if isinstance(failure, Silence) else 0
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == pytest.approx([60 + silence, 120 + silence], abs=1.5)
    assert len(set(map(json.dumps, frames(csms, "StartTransaction")))) == 1
    await eventually(lambda: delivered(point) == [2, 3])
    assert given_up(point) == [1]
    # Only now, when the start itself has been given up, the rest goes without a number (1.6 errata, 3.18).
    assert [payload["transactionId"] for _, payload in csms.ledger.orphans] == [-1, -1]


async def test_a_refused_message_in_the_middle_does_not_block_the_end(csms: EmbeddedCsms, point: Point) -> None:
    point.station.variables |= {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "2", "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "5"}
    csms.script("MeterValues", Refuse(), Refuse())
    for entry, event in enumerate([started(), updated(), ended()], 1):
        point.enqueue(entry, event)
    await eventually(lambda: delivered(point) == [1, 3])
    assert given_up(point) == [2]
    assert csms.ledger.charges[0].stop is not None


async def test_statuses_and_tokens_do_not_wait_for_a_failing_transaction_message(csms: EmbeddedCsms, point: Point) -> None:
    csms.script("StartTransaction", Refuse())
    point.enqueue(1, started())
    await eventually(lambda: len(frames(csms, "StartTransaction")) == 1)
    point.service.report(status(1, ConnectorStatus.CHARGING))
    point.service.ask_token(1, 1, IdToken("TAG1"))
    await eventually(lambda: bool(point.station.of(TokenAnswered)) and 1 in csms.point("CP001").statuses, 5)
    assert delivered(point) == []


@pytest.mark.parametrize("action", ["StartTransaction", "MeterValues", "StopTransaction"])
async def test_a_lost_answer_makes_a_repeat_of_the_same_content(csms: EmbeddedCsms, point: Point, action: str) -> None:
    point.station.variables["OCPPCommCtrlr.MessageAttempts[TransactionEvent]"] = "1"  # a lost connection is no failed attempt
    csms.script(action, Cut(processed=True), Cut(processed=True))
    for entry, event in enumerate([started(), updated(), ended(samples=updated().samples)], 1):
        point.enqueue(entry, event)
    await eventually(lambda: delivered(point) == [1, 2, 3], 600)
    [charge] = csms.ledger.charges
    assert charge.repeats == 2
    assert csms.ledger.problems == []
    assert given_up(point) == []


async def test_a_restart_does_not_begin_to_count_failed_attempts_anew(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    station = FakeStation()
    station.variables |= {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "3", "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "60"}
    csms.script("StartTransaction", *[Refuse()] * 3)
    first = make_point(csms.url, station=station)
    first.enqueue(1, started())
    await eventually(lambda: station.of(EventFailed) == [EventFailed(1, 1), EventFailed(1, 2)], 100)
    await first.stop()
    second = make_point(csms.url, station=station, boot=2)
    second.service.enqueue(1, started(), 2)
    await eventually(lambda: given_up(second) == [1])
    assert len(frames(csms, "StartTransaction")) == 3


async def test_being_offline_is_no_failed_attempt_however_long_and_often(csms: EmbeddedCsms, point: Point) -> None:
    point.station.variables["OCPPCommCtrlr.MessageAttempts[TransactionEvent]"] = "1"
    await eventually(lambda: point.station.online)
    for _ in range(5):
        await csms.set_up(False)
        point.enqueue(len(point.station.of(CsmsOffline)) + 1, updated())
        await asyncio.sleep(5_000)
        csms.script("MeterValues", Cut(processed=False))
        await csms.set_up(True)
        await eventually(lambda: point.station.online, 1_000)
    await eventually(lambda: point.service.status()["queued"] == 0, 1_000)
    assert point.station.of(EventFailed) == given_up(point) == []


async def test_what_is_withdrawn_is_not_delivered_but_for_what_is_on_its_way(csms: EmbeddedCsms, point: Point) -> None:
    csms.script("StartTransaction", Delay(5))
    for entry, event in enumerate([started(), updated(), updated(seconds=120), ended()], 1):
        point.enqueue(entry, event)
    await eventually(lambda: len(frames(csms, "StartTransaction")) == 1)
    point.service.withdraw([1, 3])
    await eventually(lambda: delivered(point) == [1, 2, 4], 20)
    assert [payload["meterValue"][0]["timestamp"][-13:] for payload in frames(csms, "MeterValues")] == ["12:01:00.000Z"]


async def test_a_restart_delivers_what_the_store_still_holds(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    station = FakeStation()
    first = make_point(csms.url, station=station)
    await eventually(lambda: station.online)
    first.enqueue(1, started())
    await eventually(lambda: delivered(first) == [1])
    await first.stop()
    second = make_point(csms.url, station=station, start=False, boot=2)
    second.enqueue(2, updated())
    second.enqueue(3, ended())
    second.start()
    await eventually(lambda: delivered(second) == [1, 2, 3])
    assert len(csms.point("CP001").boots) == 2
    assert csms.ledger.problems == []
    assert csms.ledger.charges[0].stop is not None


async def test_updates_without_samples_are_delivered_without_a_message(csms: EmbeddedCsms, point: Point) -> None:
    point.enqueue(1, started())
    point.enqueue(2, updated(samples=False))
    await eventually(lambda: delivered(point) == [1, 2])
    assert frames(csms, "MeterValues") == []


async def test_the_word_on_the_token_comes_with_the_delivery(csms: EmbeddedCsms, point: Point) -> None:
    point.enqueue(1, started(tag="BLOCKED"))
    await eventually(lambda: delivered(point) == [1])
    [item] = point.station.of(EventDelivered)
    assert item.csms_ref == "1"
    assert item.info is not None
    assert item.info.status is TokenStatus.BLOCKED


async def test_what_was_stamped_before_the_clock_was_known_is_dated_once_it_is(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    point = make_point(csms.url, start=False)
    await asyncio.sleep(500)
    point.enqueue(1, started(stamp=at(1250, known=False)))
    point.start()
    await eventually(lambda: delivered(point) == [1])
    assert csms.ledger.charges[0].started.startswith("2026-03-01T12:20:50")


async def test_a_stamp_of_an_earlier_boot_without_a_clock_never_becomes_1970(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    point = make_point(csms.url, boot=5)
    point.enqueue(1, started(stamp=at(3, boot=4, known=False)))
    await eventually(lambda: delivered(point) == [1])
    assert csms.ledger.charges[0].started.startswith("2026-03-01T12:16")


async def test_an_event_that_cannot_be_written_is_given_up_and_blocks_nothing(csms: EmbeddedCsms, point: Point) -> None:
    point.enqueue(1, replace(started("gone"), register_mwh="unknown"))
    point.enqueue(2, started("t2"))
    await eventually(lambda: delivered(point) == [2])
    assert given_up(point) == [1]


async def test_a_disk_that_does_not_answer_holds_delivery_up_only_so_long(csms: EmbeddedCsms, point: Point) -> None:
    point.station.post = lambda item, committed=None: FakeStation.post(point.station, item, None)  # type: ignore[method-assign]
    point.enqueue(1, started())
    point.enqueue(2, ended())
    await eventually(lambda: delivered(point) == [1, 2], 60)
