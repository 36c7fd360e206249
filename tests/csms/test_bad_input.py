"""Bad CALLs to the whole station over a real websocket: every way to spoil every operation is answered as the standard names it, and changes nothing.

What is spoiled comes from the schemas; what must follow is written down in `books`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.csms.books import BOOKS, Book
from tests.csms.schema_walk import Bad, Spoiled, spoil, whole
from tests.whole.rig import ID, Rig, virtually

from cpctl.csms.frames import MAX_FRAME_CHARS, ErrorCode


class Station:
    """A whole station in the middle of things: EVSE 1 charges, a vehicle waits at EVSE 2."""

    def __init__(self, rig: Rig, book: Book) -> None:
        self.rig = rig
        self._book = book
        self._numbers = count(1)

    async def prepare(self) -> None:
        """Bring it there."""
        await self.rig.online()
        await self.rig.charge(evse=1)
        await self.rig.plant.vehicle(2, state="C")
        await self.rig.status("Preparing", 2)
        await self.rig.sleep(5)

    async def ask(self, action: object, payload: object) -> list[Any]:
        """Send a CALL of any form; return its answer."""
        id = f"bad-{next(self._numbers)}"
        await self.rig.csms.send_text(ID, json.dumps([2, id, action, payload]))
        return await self._answer(id)

    async def _answer(self, id: str) -> list[Any]:
        found: list[list[Any]] = []

        def there() -> bool:
            found[:] = [frame for seen in list(self.rig.csms.frames)[-40:] if seen.received and (frame := json.loads(seen.text))[1] == id]
            return bool(found)

        await self.rig.csms.until(there, 70)
        return found[0]

    def state(self) -> dict[str, Any]:
        """Return all of the station that a CALL could change; what is measured changes by itself."""
        controller = self.rig.controller
        assert controller is not None
        evses: Any = controller.station.status()["evses"]
        shown = [{key: value for key, value in evse.items() if key != "measured"} for evse in evses]
        for evse in shown:
            evse["session"] = evse["session"] and {key: value for key, value in evse["session"].items() if key != "energy_wh"}
        return {
            "evses": shown,
            "variables": {definition.name: value for definition, value in controller.station.variables()},
            "charges": [(charge.id_tag, charge.stop) for charge in self.rig.charges],
            "connections": self.rig.csms.point(ID).connections,
            "boots": len(self.rig.csms.point(ID).boots),
            "connected": controller.csms.status()["connected"],
        }

    async def lives(self) -> None:
        """Check that the next proper CALL is answered."""
        assert (await self.ask(*self._book.alive))[0] == 3


def spoiled(book: Book, action: str) -> Iterator[Bad]:
    schema = book.schema(action)
    payload = whole(schema, book.served[action])
    for bad in spoil(schema, payload):
        harmless = bad.what is Spoiled.NEGATIVE and any(part in bad.path for part in book.passed_over)
        if not harmless and len(json.dumps(bad.payload)) < MAX_FRAME_CHARS - 100:  # a larger one is refused for its size alone
            yield bad
    yield from (Bad(Spoiled.EXTRA, "payload", wrong) for wrong in ([], [payload], "x", 1, True))  # no object is no PDU


@pytest.mark.parametrize(("book", "action"), [(book, action) for book in BOOKS.values() for action in book.served], ids=str)
def test_a_spoiled_call_is_refused_by_the_code_for_it_and_changes_nothing(tmp_path: Path, book: Book, action: str) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, evses=2, ocpp=book.version) as rig:
            station = Station(rig, book)
            await station.prepare()
            before = station.state()
            for bad in spoiled(book, action):
                answer = await station.ask(action, bad.payload)
                if bad.what is Spoiled.NEGATIVE:
                    assert (answer[0], answer[2].get("status")) == (3, book.negative[action]), f"{bad}: {answer}"
                else:
                    assert (answer[0], answer[2]) == (4, book.code(bad)), f"{bad}: {answer}"
                assert station.state() == before, str(bad)
                await station.lives()

    run()


@pytest.mark.parametrize("book", BOOKS.values(), ids=str)
def test_every_operation_that_a_csms_can_call_is_either_served_or_refused_as_what_it_is(tmp_path: Path, book: Book) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, evses=2, ocpp=book.version) as rig:
            station = Station(rig, book)
            await station.prepare()
            before = station.state()
            for action in sorted(set(book.actions) - book.served.keys()):
                assert (await station.ask(action, {}))[2] == "NotSupported", action
            for action in ("NoSuchAction", "reset", "Reset ", "", "ÄÖÜ", "x" * 300):
                assert (await station.ask(action, {}))[2] == "NotImplemented", action
            for wrong in (None, 7, ["Reset"], {"Reset": 1}):
                assert (await station.ask(wrong, {}))[2] == book.spelling[ErrorCode.FORMAT_VIOLATION]
            assert station.state() == before
            await station.lives()

    run()


@pytest.mark.parametrize("book", BOOKS.values(), ids=str)
def test_what_is_served_is_what_the_handlers_say(tmp_path: Path, book: Book) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, ocpp=book.version) as rig:
            await rig.online()
            station = Station(rig, book)
            known = {action for action in book.actions if (await station.ask(action, {"no such": "field"}))[2] != "NotSupported"}
            assert known == book.served.keys()

    run()


_UNREADABLE = ("-1", ErrorCode.RPC_FRAMEWORK_ERROR)
_MISSHAPEN = ("a", ErrorCode.FORMAT_VIOLATION)


@pytest.mark.parametrize("book", BOOKS.values(), ids=str)
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('[2,"a","Reset",{"type":"Soft"}', _UNREADABLE),
        ("Reset", _UNREADABLE),
        ("{}", _UNREADABLE),
        ("[]", _UNREADABLE),
        ('["2","a","Reset",{"type":"Soft"}]', _UNREADABLE),
        ('[2,7,"Reset",{"type":"Soft"}]', _UNREADABLE),
        ('[2,"a","Reset"]', _MISSHAPEN),
        ('[2,"a","Reset",{"type":"Soft"},{}]', _MISSHAPEN),
        (f'[2,"{"i" * 37}","Reset",{{"type":"Soft"}}]', ("i" * 37, ErrorCode.FORMAT_VIOLATION)),
        ('[2,"a","Reset",{"type":NaN}]', _UNREADABLE),
        ('[2,"a","Reset",null]', ("a", ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION)),
        ('[5,"a",{"type":"Soft"}]', ("a", ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED)),
        ('[3,"a",{"status":"Accepted"}]', None),
        ('[4,"a","GenericError","",{}]', None),
        ('[3,"a"]', None),
    ],
)
def test_a_frame_that_is_none_is_answered_where_it_can_be_and_changes_nothing(
    tmp_path: Path, book: Book, text: str, answer: tuple[str, ErrorCode] | None
) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, evses=2, ocpp=book.version) as rig:
            station = Station(rig, book)
            await station.prepare()
            before = station.state()
            rig.csms.frames.clear()
            await rig.csms.send_text(ID, text)
            await station.lives()
            answers = [frame for seen in rig.csms.frames if seen.received and (frame := json.loads(seen.text))[0] == 4]
            assert [tuple(frame[1:3]) for frame in answers] == [expected for expected in (answer and book.refusal(*answer),) if expected]
            assert station.state() == before

    run()
