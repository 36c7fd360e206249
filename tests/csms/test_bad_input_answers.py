"""Bad answers to our CALLs over a real websocket: what can't be used counts as a failure of that message, what is only odd is used, and neither does more.

An answer is never answered (OCPP-J 1.6 and 2.0.1, 4.2), so a spoiled one shows in what the charge point does next.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.csms.books import BOOKS, Book
from tests.csms.schema_walk import Bad, Spoiled, spoil, whole
from tests.csms.station import Point, ended, eventually, started, status, updated
from tests.whole.rig import virtually
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from cpctl.core.inputs import EventDelivered, EventGivenUp, TokenAnswered
from cpctl.core.model import ConnectorStatus, IdToken, TokenStatus
from cpctl.core.outputs import DurableEvent
from cpctl.csms.errors import AnswerInvalid
from cpctl.csms.settings import CsmsSettings
from cpctl.csms.vendors import DataStatus

# What is needed is there in spite of it: the wish to refuse a whole answer for it would lose a transaction's number to a typing mistake.
ODD = {Spoiled.EXTRA, Spoiled.LONG, Spoiled.DECIMALS}
# Where no schema forbids it, it is taken for what it says.
NUMBERS = {Spoiled.NEGATIVE}

_BOTH: Mapping[str, Mapping[str, Any]] = {
    "Authorize": {"status": "Accepted"},
    "BootNotification": {"status": "Accepted", "interval": 600, "currentTime": "2026-03-01T12:00:00Z"},
    "DataTransfer": {"status": "Accepted", "data": "42"},
    "Heartbeat": {"currentTime": "2026-03-01T12:00:00Z"},
    "StatusNotification": {},
}
_RIGHT_1_6 = {**_BOTH, "MeterValues": {}, "StartTransaction": {"status": "Accepted", "transactionId": 5}, "StopTransaction": {"status": "Accepted"}}
_RIGHT_2 = {**_BOTH, "TransactionEvent": {"status": "Accepted"}}
RIGHT = {"1.6": _RIGHT_1_6, "2.0.1": _RIGHT_2, "2.1": _RIGHT_2}


def usable(bad: Bad) -> bool:
    return bad.what in ODD | NUMBERS


def spoiled(book: Book, action: str) -> list[Bad]:
    return list(spoil(book.schema(action, answer=True), right(book, action)))


def right(book: Book, action: str) -> Any:
    return whole(book.schema(action, answer=True), RIGHT[book.version][action])


class Answerer:
    """A CSMS that answers each action as it is told to, unchecked: first with what is in `odd`, then right."""

    def __init__(self, book: Book, odd: Mapping[str, object]) -> None:
        self.book = book
        self.odd = dict(odd)
        self.calls: list[tuple[str, Any]] = []
        self.connections: list[ServerConnection] = []
        self.answers: list[Any] = []

    async def serve(self, connection: ServerConnection) -> None:
        """Talk over one connection."""
        self.connections.append(connection)
        async for text in connection:
            frame = json.loads(text)
            if frame[0] != 2:
                self.answers.append(frame)
                continue
            self.calls.append((frame[2], frame[3]))
            answer = self.odd.pop(frame[2]) if frame[2] in self.odd else right(self.book, frame[2])
            await connection.send(json.dumps([3, frame[1], answer]))

    def count(self, action: str) -> int:
        """Count the CALLs of an action."""
        return sum(1 for said, _ in self.calls if said == action)


@asynccontextmanager
async def talking(book: Book, action: str, odd: object, **variables: str) -> AsyncIterator[tuple[Answerer, Point]]:
    """A charge point whose first CALL of this action gets an odd answer; at the end it is still connected, and answers."""
    csms = Answerer(book, {action: odd})
    async with serve(csms.serve, "127.0.0.1", 0, subprotocols=[Subprotocol(f"ocpp{book.version}")], ping_interval=None) as server:
        point = Point(CsmsSettings(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", "CP001", versions=(book.version,)))
        point.station.variables |= {
            "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "10",
            **{f"OCPPCommCtrlr.{name}": value for name, value in variables.items()},
        }
        point.start()
        try:
            yield csms, point
            (connection,) = csms.connections
            await connection.send('[2,"alive","ClearCache",{}]')
            await eventually(lambda: bool(csms.answers))
            assert csms.answers == [[3, "alive", {"status": "Accepted"}]], "and an answer has got no answer"
        finally:
            await point.stop()


Check = Callable[[Book, Bad], Awaitable[None]]


async def boot(book: Book, bad: Bad) -> None:
    async with talking(book, "BootNotification", bad.payload) as (csms, point):
        await eventually(lambda: point.station.online)
        assert csms.count("BootNotification") == (1 if usable(bad) else 2), str(bad)


async def heartbeat(book: Book, bad: Bad) -> None:
    async with talking(book, "Heartbeat", bad.payload, HeartbeatInterval="86400") as (csms, point):
        await eventually(lambda: point.station.online)
        point.station.variables["OCPPCommCtrlr.HeartbeatInterval"] = "20"
        point.service.variable_changed("OCPPCommCtrlr.HeartbeatInterval", "20")
        await eventually(lambda: csms.count("Heartbeat") >= 2)
        assert point.clock.utc(point.clock.now()) is not None


async def authorize(book: Book, bad: Bad) -> None:
    async with talking(book, "Authorize", bad.payload) as (_, point):
        await eventually(lambda: point.station.online)
        point.service.ask_token(1, 1, IdToken("TAG1"))
        await eventually(lambda: bool(point.station.of(TokenAnswered)))
        (answered,) = point.station.of(TokenAnswered)
        assert isinstance(answered, TokenAnswered)
        if usable(bad):
            assert answered.info is not None
            assert answered.info.status is TokenStatus.ACCEPTED, str(bad)
        else:
            assert answered.info is None, f"{bad}: the station decides as if the CSMS had not been asked"


async def data_transfer(book: Book, bad: Bad) -> None:
    async with talking(book, "DataTransfer", bad.payload) as (_, point):
        await eventually(lambda: point.station.online)
        if usable(bad):
            assert (await point.service.data_transfer("v")).status is DataStatus.ACCEPTED
        else:
            with pytest.raises(AnswerInvalid):
                await point.service.data_transfer("v")


async def connector_status(book: Book, bad: Bad) -> None:
    async with talking(book, "StatusNotification", bad.payload) as (csms, point):
        point.service.report(status(1, ConnectorStatus.AVAILABLE))
        await eventually(lambda: bool(point.sent("StatusNotification")))
        point.service.report(status(1, ConnectorStatus.UNAVAILABLE))
        await eventually(lambda: csms.count("StatusNotification") == 2)
        assert "Unavailable" in csms.calls[-1][1].values()


def delivery(action: str, before: list[DurableEvent], event: DurableEvent) -> Check:
    """An unusable answer is a failure to process the message: sent again after the interval, and counted (1.6, 3.7.1; 2.0.1 E13)."""

    async def check(book: Book, bad: Bad) -> None:
        async with talking(book, action, bad.payload) as (_, point):
            for entry, one in enumerate([*before, event], 1):
                point.enqueue(entry, one)
            await eventually(lambda: len(point.station.of(EventDelivered)) == len(before) + 1)
            sent = point.sent(action)
            assert len(sent) == (1 if usable(bad) else 2), str(bad)
            assert len({str(one.payload) for one in sent}) == 1, "a repeat has the same content"
            assert point.station.of(EventGivenUp) == []
            if action == "StartTransaction":
                assert point.station.refs["t1"] == ("-1" if bad.what is Spoiled.NEGATIVE else "5"), str(bad)

    return check


CHECKS: Mapping[str, Check] = {
    "Authorize": authorize,
    "BootNotification": boot,
    "DataTransfer": data_transfer,
    "Heartbeat": heartbeat,
    "MeterValues": delivery("MeterValues", [started()], updated()),
    "StartTransaction": delivery("StartTransaction", [], started()),
    "StatusNotification": connector_status,
    "StopTransaction": delivery("StopTransaction", [started()], ended()),
    "TransactionEvent": delivery("TransactionEvent", [], ended()),
}


@pytest.mark.parametrize(("book", "action"), [(BOOKS[version], action) for version, actions in RIGHT.items() for action in actions], ids=str)
def test_a_spoiled_answer_fails_its_message_or_is_used_and_does_no_more(book: Book, action: str) -> None:
    @virtually
    async def run() -> None:
        for bad in spoiled(book, action):
            await CHECKS[action](book, bad)

    run()


@pytest.mark.parametrize("book", BOOKS.values(), ids=str)
@pytest.mark.parametrize("wrong", [[], [{}], "x", 7, True])
def test_an_answer_that_is_no_object_is_a_failure_too(book: Book, wrong: object) -> None:
    @virtually
    async def run() -> None:
        async with talking(book, "DataTransfer", wrong) as (_, point):
            await eventually(lambda: point.station.online)
            with pytest.raises(AnswerInvalid):
                await point.service.data_transfer("v")
            assert (await point.service.data_transfer("v")).data == "42"

    run()
