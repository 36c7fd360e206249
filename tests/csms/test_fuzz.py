"""Whatever a CSMS sends over a real connection: nothing breaks, the connection stays, and the next proper CALL is answered."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.csms.station import Point, ended, eventually, started, status, updated, utc_now
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from cpctl.core.inputs import TokenAnswered
from cpctl.core.model import ConnectorStatus, IdToken
from cpctl.csms.settings import CsmsSettings
from cpctl.csms.v16.adapter import dialect
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.loop import VirtualLoop

ANSWER_FIELDS = ["status", "currentTime", "interval", "idTagInfo", "transactionId", "extra"]
ANSWER_VALUES = [
    "Accepted",
    "Pending",
    "Rejected",
    "2026-03-01T12:00:00Z",
    "0001-01-01T00:00:00+23:00",
    "9999-12-31T23:59:59-23:00",
    0,
    7200,  # taken for a heartbeat interval it must leave weeks passable
    -5,
    10**300,
    1.5,
    None,
    "",
    {"status": "Accepted"},
    {"status": "Blocked", "expiryDate": "0001-01-01T00:00:00+23:00"},
    {},
    [],
]
RIGHT = {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 86_400}
RIGHT_BY_ACTION = {
    "BootNotification": RIGHT,
    "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 5},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
}

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


answers = st.lists(
    st.tuples(
        st.sampled_from([3, 3, 3, 4, 5]), st.dictionaries(st.sampled_from(ANSWER_FIELDS), st.sampled_from(ANSWER_VALUES), max_size=3), st.booleans()
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(answers)
def test_nothing_that_a_csms_answers_breaks_the_charge_point(script: list[tuple[int, dict[str, Any], bool]]) -> None:
    """Each answer is right but for what the script puts into it, or is just what the script says, or is none."""
    steps = iter(script)

    async def answer(connection: ServerConnection) -> None:
        async for text in connection:
            frame = json.loads(text)
            if frame[0] != 2:
                continue
            kind, odd, bare = next(steps, (3, {}, False))
            right = {} if bare else RIGHT_BY_ACTION.get(frame[2], {"currentTime": RIGHT["currentTime"]} if frame[2] == "Heartbeat" else {})
            payload = json.loads(json.dumps({**right, **odd}))
            await connection.send(json.dumps([3, frame[1], payload] if kind == 3 else [kind, frame[1], "InternalError", "", payload]))

    async def live() -> dict[str, object]:
        async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], ping_interval=None) as server:
            point = Point(CsmsSettings(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", "CP001"))
            point.station.variables |= {
                "OCPPCommCtrlr.WebSocketPingInterval": "0",
                "OCPPCommCtrlr.HeartbeatInterval": "86400",
                "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "2",
                "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1",
            }
            for entry, event in enumerate([started(), updated(), ended()], 1):
                point.enqueue(entry, event)
            point.service.report(status(1, ConnectorStatus.AVAILABLE))
            point.start()
            try:
                for ask in range(14):  # weeks: longer than the longest interval that is believed
                    point.service.ask_token(ask, 1, IdToken("TAG1"))
                    await asyncio.sleep(7 * 86_400)
                return {"answered": len(point.station.of(TokenAnswered)), **point.service.status()}
            finally:
                await point.stop()

    with capture_logs() as logs, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        result = runner.run(live())
    assert [entry for entry in logs if entry["log_level"] == "error" and entry["event"] != "outbox.given_up"] == []
    assert (result["connected"], result["queued"], result["answered"]) == (True, 0, 14)
