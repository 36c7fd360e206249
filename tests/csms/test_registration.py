"""Boot: what a charge point may say and hear before it is accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.csms.station import Point, eventually, started, status

from cpctl.core.inputs import EventDelivered, SetVariable, TokenAnswered
from cpctl.core.model import ConnectorStatus, IdToken
from cpctl.errors import CallTimedOut
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_script import Answer, Refuse, Silence


async def test_while_pending_it_boots_again_after_the_interval_and_says_nothing_else(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.boot_with("Pending", "Pending", interval=40)
    point = make_point(csms.url)
    point.service.report(status(1, ConnectorStatus.AVAILABLE))
    point.enqueue(1, started())
    point.service.ask_token(1, 1, IdToken("TAG1"))
    await csms.until(lambda: len(csms.point("CP001").boots) == 1)
    start = asyncio.get_running_loop().time()
    await asyncio.sleep(39)
    assert [one.action for one in point.exchanges] == ["BootNotification"]
    await csms.until(lambda: len(csms.point("CP001").boots) == 3)
    assert asyncio.get_running_loop().time() - start >= 80
    await eventually(lambda: point.station.online and bool(point.station.of(EventDelivered)))
    assert csms.point("CP001").statuses[1]["status"] == "Available"
    assert point.station.of(TokenAnswered) == [TokenAnswered(1, None)]


async def test_while_pending_it_can_be_configured_but_not_started(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.boot_with("Pending", interval=100)
    point = make_point(csms.url)
    await csms.until(lambda: len(csms.point("CP001").boots) == 1)
    answer = await csms.call("CP001", "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "20"})
    assert answer == {"status": "Accepted"}
    assert (await csms.call("CP001", "GetConfiguration", {"key": ["MeterValueSampleInterval"]}))["configurationKey"][0]["value"] == "20"
    assert await csms.call("CP001", "RemoteStartTransaction", {"idTag": "TAG1", "connectorId": 1}) == {"status": "Rejected"}
    assert await csms.call("CP001", "RemoteStopTransaction", {"transactionId": 1}) == {"status": "Rejected"}
    assert {type(command) for command in point.station.commands} == {SetVariable}


async def test_while_rejected_it_neither_speaks_nor_answers(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.boot_with("Rejected", interval=60)
    point = make_point(csms.url)
    await csms.until(lambda: len(csms.point("CP001").boots) == 1)
    start = asyncio.get_running_loop().time()
    asked = asyncio.ensure_future(csms.call("CP001", "ClearCache", {}, timeout_s=30))
    await csms.until(lambda: len(csms.point("CP001").boots) == 2, 100)
    assert asyncio.get_running_loop().time() - start >= 60
    with pytest.raises(CallTimedOut):
        await asked
    assert point.station.commands == []
    await eventually(lambda: point.station.online)


async def test_a_rejection_outlives_the_connection(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.boot_with("Rejected", interval=500)
    make_point(csms.url)
    await csms.until(lambda: len(csms.point("CP001").boots) == 1)
    csms.cut("CP001")
    await csms.until(lambda: csms.point("CP001").connections == 2)
    await asyncio.sleep(300)
    assert len(csms.point("CP001").boots) == 1
    await csms.until(lambda: len(csms.point("CP001").boots) == 2, 300)


async def test_an_interval_of_zero_leaves_the_waiting_to_us_without_a_flood(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.boot_with(*["Pending"] * 20, interval=0)
    make_point(csms.url)
    await asyncio.sleep(300)
    assert 3 <= len(csms.point("CP001").boots) <= 8


async def test_a_boot_that_fails_or_is_not_answered_is_tried_again(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.script("BootNotification", Refuse(), Silence(), Answer({"status": "Accepted", "currentTime": 5, "interval": 1}))
    point = make_point(csms.url)
    await eventually(lambda: point.station.online, 600)
    assert len(point.sent("BootNotification")) == 4


async def test_the_interval_of_the_boot_becomes_the_heartbeats(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.heartbeat_s = 77
    point = make_point(csms.url)
    await csms.until(lambda: csms.point("CP001").heartbeats == 2, 200)
    assert point.station.variables["OCPPCommCtrlr.HeartbeatInterval"] == "77"
    await csms.call("CP001", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "10"})
    before = csms.point("CP001").heartbeats
    await asyncio.sleep(105)
    assert csms.point("CP001").heartbeats - before == 10


async def test_an_unanswered_heartbeat_does_not_end_a_living_connection(csms: EmbeddedCsms, point: Point) -> None:
    csms.script("Heartbeat", Silence(), Refuse())
    await csms.until(lambda: csms.point("CP001").heartbeats == 1, 2000)
    assert csms.point("CP001").connections == 1
    assert point.station.online


async def test_at_least_once_a_day_the_clock_is_asked_for_however_much_is_said(csms: EmbeddedCsms, point: Point) -> None:
    point.station.variables["OCPPCommCtrlr.HeartbeatInterval"] = "600"
    for turn in range(600):
        point.service.report(status(1, ConnectorStatus.PREPARING if turn % 2 else ConnectorStatus.AVAILABLE))
        await asyncio.sleep(300)
    assert csms.point("CP001").heartbeats == 2
