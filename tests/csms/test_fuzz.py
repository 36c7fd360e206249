"""Whatever a CSMS sends over a real connection: nothing breaks, the connection stays, and the next proper CALL is answered."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.csms.station import Point, eventually, utc_now

from cpctl.csms.settings import CsmsSettings
from cpctl.csms.v16.adapter import dialect
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.loop import VirtualLoop

ACTIONS = sorted(dialect().schemas.actions)
FIELDS = ["connectorId", "idTag", "type", "key", "value", "transactionId", "vendorId", "status", "chargingProfile", "reservationId"]
VALUES = [
    0,
    1,
    -1,
    2**63,
    1.5,
    "",
    "Hard",
    "Soft",
    "Operative",
    "TAG1",
    "HeartbeatInterval",
    "x" * 600,
    None,
    True,
    [],
    ["x"],
    {},
    {"a": {}},
    "\ud800",
    "\x00",
]

values = st.sampled_from(VALUES) | st.text(max_size=30) | st.integers()
payloads = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=10), values, max_size=5)
near_calls = st.builds(lambda id, action, payload: json.dumps([2, id, action, payload]), st.text(max_size=40), st.sampled_from(ACTIONS), payloads)
near_frames = st.builds(lambda kind, rest: json.dumps([kind, *rest]), st.integers(-1, 9), st.lists(values | payloads, max_size=6))


def _damage(text: str, place: int, what: str) -> str:
    place %= len(text) + 1
    return text[:place] + what + text[place + 1 :]


damaged = st.builds(_damage, near_calls, st.integers(0, 500), st.sampled_from(["", "[", "]", "{", '"', "\\", "9", "\u2028", ","]))
anything = st.lists(near_calls | near_frames | damaged | st.text(max_size=200), max_size=40)


@settings(max_examples=60, deadline=None)
@given(anything)
def test_nothing_that_a_csms_sends_breaks_the_connection(texts: list[str]) -> None:
    async def live() -> dict[str, Any]:
        csms = EmbeddedCsms(utc_now, Random(1))
        await csms.start()
        point = Point(CsmsSettings(csms.url, "CP001"))
        point.start()
        try:
            await eventually(lambda: point.station.online)
            for text in texts:
                await csms.send_text("CP001", text.encode("utf-8", "replace").decode())
            await asyncio.sleep(1)
            answer = await csms.call("CP001", "ClearCache", {})
            assert csms.point("CP001").connections == 1
            assert point.service.status()["connected"] is True
            return answer
        finally:
            await point.stop()
            await csms.stop()

    with capture_logs() as logs, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(live()) == {"status": "Accepted"}
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
