"""Boot in OCPP 2.0.1 and 2.1: what a station may say and hear before it is accepted (B01-B03)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.csms.station import Point, eventually, started, status

from cpctl.core.model import ConnectorStatus
from cpctl.csms.frames import Payload
from cpctl.errors import CallRefused
from cpctl.sim.csms import EmbeddedCsms

pytestmark = pytest.mark.parametrize("version", ["2.0.1", "2.1"])
START: Payload = {"remoteStartId": 7, "idToken": {"idToken": "TAG1", "type": "ISO14443"}}


async def booted(csms: EmbeddedCsms, times: int = 1, within_s: float = 60.0) -> None:
    """Wait until the CSMS has seen so many boots."""
    await csms.until(lambda: len(csms.point("CP001").boots) == times, within_s)


async def test_a_boot_tells_who_and_why(csms: EmbeddedCsms, make_point: Callable[..., Point], version: str) -> None:
    make_point(csms.url, versions=(version,), vendor="V" * 60, model="M", iccid="8949", boot_reason="RemoteReset")
    await booted(csms)
    assert csms.point("CP001").boots == [
        {
            "reason": "RemoteReset",
            "chargingStation": {
                "vendorName": "V" * 50,
                "model": "M",
                "serialNumber": "0001",
                "firmwareVersion": "0.1.0",
                "modem": {"iccid": "8949"},
            },
        }
    ]
    assert csms.point("CP001").subprotocol == f"ocpp{version}"


async def test_while_pending_it_is_served_but_starts_and_stops_nothing_and_says_nothing(
    csms: EmbeddedCsms, make_point: Callable[..., Point], version: str
) -> None:
    """B02.FR.01, B02.FR.02, B02.FR.05."""
    csms.boot_with("Pending", interval=100)
    point = make_point(csms.url, versions=(version,))
    point.service.report(status(1, ConnectorStatus.AVAILABLE))
    point.enqueue(1, started())
    await booted(csms)
    assert (await csms.call("CP001", "ClearCache", {}))["status"] == "Accepted"
    for action, payload in (("RequestStartTransaction", START), ("RequestStopTransaction", {"transactionId": "t1"})):
        assert await csms.call("CP001", action, payload) == {"status": "Rejected", "statusInfo": {"reasonCode": "CSNotAccepted"}}
    await asyncio.sleep(50)
    assert {one.action for one in point.exchanges if one.direction == "out"} == {"BootNotification"}
    await booted(csms, 2, 100)
    await eventually(lambda: point.station.online)


async def test_while_pending_what_is_triggered_is_sent(csms: EmbeddedCsms, make_point: Callable[..., Point], version: str) -> None:
    """B02.FR.02, B02.FR.04; a boot that was asked for says so."""
    csms.boot_with("Pending", interval=1000)
    point = make_point(csms.url, versions=(version,))
    point.service.report(status(1, ConnectorStatus.AVAILABLE))
    await booted(csms)
    asked = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
    assert await csms.call("CP001", "TriggerMessage", asked) == {"status": "Accepted"}
    await csms.until(lambda: bool(csms.point("CP001").status_history))
    assert await csms.call("CP001", "TriggerMessage", {"requestedMessage": "BootNotification"}) == {"status": "Accepted"}
    await booted(csms, 2)
    assert [boot["reason"] for boot in csms.point("CP001").boots] == ["PowerUp", "Triggered"]
    await eventually(lambda: point.station.online)


async def test_while_rejected_it_says_nothing_and_refuses_all(csms: EmbeddedCsms, make_point: Callable[..., Point], version: str) -> None:
    """B03.FR.02, B03.FR.06, B03.FR.08."""
    csms.boot_with("Rejected", interval=60)
    point = make_point(csms.url, versions=(version,))
    await booted(csms)
    begun = asyncio.get_running_loop().time()
    await asyncio.sleep(1)
    for action, payload in (("ClearCache", {}), ("TriggerMessage", {"requestedMessage": "BootNotification"}), ("Nonsense", {})):
        with pytest.raises(CallRefused) as refused:
            await csms.call("CP001", action, payload, validate=False)
        assert refused.value.code == "SecurityError"
    await booted(csms, 2, 100)
    assert asyncio.get_running_loop().time() - begun >= 60
    assert point.station.commands == []
    await eventually(lambda: point.station.online)


async def test_once_accepted_every_connector_is_told_and_the_interval_kept(
    csms: EmbeddedCsms, make_point: Callable[..., Point], version: str
) -> None:
    """B01.FR.04, B01.FR.05."""
    csms.heartbeat_s = 77
    point = make_point(csms.url, versions=(version,))
    for evse in (0, 1, 2):
        point.service.report(status(evse, ConnectorStatus.AVAILABLE))
    await csms.until(lambda: len(csms.point("CP001").status_history) == 2)
    await csms.until(lambda: csms.point("CP001").heartbeats == 2, 200)
    assert point.station.variables["OCPPCommCtrlr.HeartbeatInterval"] == "77"
