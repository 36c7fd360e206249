"""A charge point and a CSMS over a real socket: boot, heartbeat, statuses, a whole transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.csms.station import Point, ended, eventually, started, status, updated

from cpctl.core.inputs import EventDelivered, TokenAnswered
from cpctl.core.model import ConnectorStatus, IdToken, TokenStatus
from cpctl.sim.csms import EmbeddedCsms


async def test_a_boot_is_accepted_and_sets_clock_and_heartbeat(csms: EmbeddedCsms, point: Point) -> None:
    boot = csms.point("CP001").boots[0]
    assert boot == {
        "chargePointVendor": "Example",
        "chargePointModel": "Charge point",
        "chargePointSerialNumber": "0001",
        "firmwareVersion": "0.1.0",
    }
    assert point.clock.source.value == "ocpp"
    assert point.service.status()["connected"] is True
    assert point.service.status()["version"] == "1.6"


async def test_a_whole_transaction_reaches_the_ledger_in_order(csms: EmbeddedCsms, point: Point) -> None:
    point.enqueue(1, started())
    point.enqueue(2, updated(samples=False))
    point.enqueue(3, updated(seconds=60))
    point.enqueue(4, ended(samples=(updated().samples[0],)))
    await eventually(lambda: len(point.station.of(EventDelivered)) == 4)
    [charge] = csms.ledger.charges
    assert (charge.connector, charge.id_tag, charge.meter_start, charge.meter_stop, charge.reason) == (1, "TAG1", 1234, 2345, "Local")
    assert charge.started == "2026-03-01T12:00:01.000Z"
    assert len(charge.meter_values) == 1
    assert csms.ledger.problems == []
    assert [item.entry for item in point.station.of(EventDelivered)] == [1, 2, 3, 4]
    assert point.service.status()["queued"] == 0


async def test_tokens_are_asked_about_and_the_answer_is_posted(csms: EmbeddedCsms, point: Point) -> None:
    point.service.ask_token(5, 1, IdToken("blocked"))
    point.service.ask_token(6, 1, IdToken("anybody"))
    await eventually(lambda: len(point.station.of(TokenAnswered)) == 2)
    answers = {item.ask: item.info.status for item in point.station.of(TokenAnswered)}
    assert answers == {5: TokenStatus.BLOCKED, 6: TokenStatus.ACCEPTED}


async def test_statuses_of_station_and_connectors_follow_the_boot(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    made = make_point(csms.url, start=False)
    for evse in (2, 1, 0):
        made.service.report(status(evse, ConnectorStatus.AVAILABLE))
    made.start()
    await csms.until(lambda: len(csms.point("CP001").status_history) == 3)
    assert [one["connectorId"] for one in csms.point("CP001").status_history] == [0, 1, 2]
    assert all(one["timestamp"] >= "2026-03-01T12:16" for one in csms.point("CP001").status_history)


async def test_silence_brings_heartbeats_and_traffic_keeps_them_away(csms: EmbeddedCsms, point: Point) -> None:
    assert point.station.variables["OCPPCommCtrlr.HeartbeatInterval"] == "300"
    await asyncio.sleep(1510)
    assert csms.point("CP001").heartbeats == 5
    for entry in range(1, 11):
        point.service.report(status(1, ConnectorStatus.PREPARING if entry % 2 else ConnectorStatus.AVAILABLE))
        await asyncio.sleep(200)
    assert csms.point("CP001").heartbeats == 5
