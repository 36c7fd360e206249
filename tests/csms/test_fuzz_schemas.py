"""Frames made from the schemas, valid and almost valid, to the whole station over a real websocket.

Whatever comes: each CALL gets its answer, the one behind it gets its own at once, and nothing changes but by a valid frame that was accepted.
`just fuzz 100000` sends more of them.
"""

from __future__ import annotations

import json
import os
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.csms.books import BOOKS
from tests.csms.fuzz_frames import Frames, Json
from tests.whole.rig import ID, Rig, virtually

FRAMES_IN_ALL = int(os.environ.get("CPCTL_FUZZ_FRAMES", "2000"))
AT_ONCE = 40
# An unlocking waits for the socket to move, longer than for anything else.
PATIENCE_S = 20.0
# After what was accepted: contactor and lock have moved, a token was asked about.
SETTLED_S = 4.0

FRAMES = {version: Frames(book) for version, book in BOOKS.items()}
REFUSED = {"Rejected", "NotSupported", "NotImplemented", "UnknownVendorId", "UnknownMessageId", "UnknownConnector", "OngoingAuthorizedTransaction"}
CHANGES_NOTHING = ("ClearCache", "DataTransfer", "GetConfiguration", "GetTransactionStatus", "TriggerMessage")


class Target:
    """A station in the middle of things: EVSE 1 charges, a vehicle waits at EVSE 2, EVSE 3 is free."""

    def __init__(self, rig: Rig, frames: Frames) -> None:
        self._rig = rig
        self._frames = frames
        self._numbers = count(1)

    async def prepare(self) -> None:
        """Bring it there."""
        await self._rig.online()
        await self._rig.charge(evse=1)
        await self._rig.plant.vehicle(2, state="C")
        await self._rig.status("Preparing", 2)

    def state(self) -> dict[str, Any]:
        """Return what nothing but a valid and accepted frame may change."""
        controller = self._rig.controller
        assert controller is not None
        evses: Any = controller.station.status()["evses"]
        return {
            "availability": [evse["status"] == "Unavailable" for evse in evses],
            "transactions": [(evse["session"] or {}).get("transaction_id") for evse in evses],
            "variables": {definition.name: value for definition, value in controller.station.variables()},
        }

    async def try_out(self, frame: list[Json]) -> None:
        """Send a frame, see what comes of it, and that the next is answered at once."""
        number = next(self._numbers)
        if len(frame) > 1 and frame[1] is None:
            frame = [frame[0], f"fuzz-{number}", *frame[2:]]
        before, boots = self.state(), len(self._rig.csms.point(ID).boots)
        self._rig.csms.frames.clear()
        await self._rig.csms.send_text(ID, json.dumps(frame))
        await self._alive(f"alive-{number}")
        answer = await self._answer(frame) if self._frames.wants_answer(frame) else None
        if not self._frames.is_proper(frame):
            assert answer is None or answer[0] == 4, f"{frame} was taken: {answer}"
            assert self.state() == before, f"{frame} was refused, and something has changed"
            return
        assert answer is not None
        await self._took(frame, answer, before)
        assert frame[2] == "Reset" or len(self._rig.csms.point(ID).boots) == boots, f"{frame} broke the connection"

    async def _took(self, frame: list[Json], answer: list[Json], before: dict[str, Any]) -> None:
        assert answer[0] == 3, f"{frame} is proper, and was refused: {answer}"
        action, payload, said = frame[2], frame[3] or {}, answer[2]
        book = self._frames.book
        book.validator(book.schema(action, answer=True)).validate(said)
        if action == "Reset" and said["status"] == "Accepted" and "evseId" not in payload:
            await self._rig.ended()
            await self._rig.start()
            await self._rig.online()
        elif action == "ChangeConfiguration" and said["status"] == "Accepted":
            changed = {name for name, value in self.state()["variables"].items() if before["variables"][name] != value}
            assert len(changed) <= 1, f"{payload} changed {changed}"
            assert {**self.state(), "variables": {}} == {**before, "variables": {}}
            return
        elif said.get("status", "Rejected") in REFUSED or action in CHANGES_NOTHING:
            assert self.state() == before, f"{frame} was answered {said}, and something has changed"
            return
        await self._rig.sleep(SETTLED_S)

    async def _alive(self, id: str) -> None:
        await self._rig.csms.send_text(ID, json.dumps([2, id, *self._frames.book.alive]))
        await self._until_answered(id, 1.0, "a CALL behind the frame")

    async def _answer(self, frame: list[Json]) -> list[Json]:
        readable = len(frame) > 1 and type(frame[0]) is int and isinstance(frame[1], str)
        id = frame[1] if readable else "-1"
        await self._until_answered(id, PATIENCE_S, str(frame))
        return next(answer for answer in self._received() if answer[1] == id)

    async def _until_answered(self, id: str, within_s: float, what: str) -> None:
        try:
            await self._rig.csms.until(lambda: any(answer[1] == id for answer in self._received()), within_s)
        except TimeoutError:
            raise AssertionError(f"{what} got no answer: {[seen.text for seen in self._rig.csms.frames]}") from None

    def _received(self) -> list[list[Json]]:
        frames = [json.loads(seen.text) for seen in self._rig.csms.frames if seen.received]
        return [frame for frame in frames if frame[0] != 2]


@settings(
    max_examples=max(1, FRAMES_IN_ALL // AT_ONCE // len(BOOKS)),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),  # what fails names its frame; to shrink those around it would take longer than to read them
)
@given(st.data())
@pytest.mark.parametrize("version", BOOKS)
def test_no_frame_breaks_blocks_or_changes_what_it_must_not(version: str, data: st.DataObject) -> None:
    frames = data.draw(st.lists(FRAMES[version].all(), min_size=AT_ONCE, max_size=AT_ONCE))

    @virtually
    async def run() -> None:
        with tempfile.TemporaryDirectory() as place:
            async with Rig(Path(place), evses=3, ocpp=version) as rig:
                target = Target(rig, FRAMES[version])
                await target.prepare()
                for frame in frames:
                    await target.try_out(frame)

    with capture_logs() as logs:
        run()
    assert [entry for entry in logs if entry["log_level"] in ("error", "critical")] == []
