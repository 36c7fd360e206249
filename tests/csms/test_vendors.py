"""Vendors' own messages, both ways, over a real connection: served by who is registered, and nothing that one does reaches further."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.csms.station import Point, eventually

from cpctl.csms.errors import CallInvalid, NotConnected
from cpctl.csms.frames import Payload
from cpctl.csms.vendors import MAX_DATA_CHARS, TIMEOUT_S, DataAnswer, DataStatus
from cpctl.errors import CallRefused
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_script import Answer, Refuse


async def example(message: str | None, data: str | None) -> DataAnswer:
    """Serve a vendor that knows some messages, and does in others what no handler should."""
    match message:
        case None | "echo":
            return DataAnswer(DataStatus.ACCEPTED, data)
        case "no":
            return DataAnswer(DataStatus.REJECTED)
        case "slow":
            await asyncio.sleep(10 * TIMEOUT_S)
        case "broken":
            raise RuntimeError("a bug in somebody's extension")
        case "nothing":
            return None  # type: ignore[return-value]
        case "chatty":
            return DataAnswer(DataStatus.ACCEPTED, "x" * (MAX_DATA_CHARS + 1))
        case _:
            pass
    return DataAnswer(DataStatus.UNKNOWN_MESSAGE)


@pytest.fixture
async def vendor_point(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> Point:
    made = make_point(csms.url, vendors={"com.Example": example})
    await eventually(lambda: made.station.online)
    return made


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ({"vendorId": "com.example", "messageId": "echo", "data": "ä"}, {"status": "Accepted", "data": "ä"}),
        ({"vendorId": "COM.EXAMPLE"}, {"status": "Accepted"}),
        ({"vendorId": "com.example", "data": ""}, {"status": "Accepted", "data": ""}),
        ({"vendorId": "com.example", "messageId": "no"}, {"status": "Rejected"}),
        ({"vendorId": "com.example", "messageId": "whatever"}, {"status": "UnknownMessageId"}),
        ({"vendorId": "com.example.other", "messageId": "echo", "data": "x"}, {"status": "UnknownVendorId"}),
        ({"vendorId": "com.example", "messageId": "slow"}, {"status": "Rejected"}),
        ({"vendorId": "com.example", "messageId": "broken"}, {"status": "Rejected"}),
        ({"vendorId": "com.example", "messageId": "nothing"}, {"status": "Rejected"}),
        ({"vendorId": "com.example", "messageId": "chatty"}, {"status": "Rejected"}),
    ],
)
async def test_a_vendors_message_goes_to_its_handler_and_comes_back_whatever_that_does(
    csms: EmbeddedCsms, vendor_point: Point, call: Payload, answer: Payload
) -> None:
    assert await csms.call("CP001", "DataTransfer", call) == answer
    assert await csms.call("CP001", "ClearCache", {}) == {"status": "Accepted"}


async def test_a_slow_handler_holds_up_nobody_else(csms: EmbeddedCsms, vendor_point: Point) -> None:
    slow = asyncio.ensure_future(csms.point("CP001").rpc.request("DataTransfer", {"vendorId": "com.example", "messageId": "slow"}, timeout_s=60))  # type: ignore[union-attr]
    await asyncio.sleep(1)
    await csms.send_text("CP001", '[2,"beside","ClearCache",{}]')
    await csms.until(lambda: any('[3,"beside"' in seen.text for seen in csms.frames if seen.received), 1)
    assert await slow == {"status": "Rejected"}


async def test_the_station_sends_a_vendors_message_and_reads_its_answer(csms: EmbeddedCsms, vendor_point: Point) -> None:
    service = vendor_point.service
    csms.script("DataTransfer", Answer({"status": "Accepted", "data": "42"}), Refuse("InternalError"))
    assert await service.data_transfer("com.example", "question", "6 x 7") == DataAnswer(DataStatus.ACCEPTED, "42")
    with pytest.raises(CallRefused):
        await service.data_transfer("com.example")
    assert await service.data_transfer("com.example") == DataAnswer(DataStatus.UNKNOWN_VENDOR)
    assert [one.payload for one in vendor_point.sent("DataTransfer")] == [
        {"vendorId": "com.example", "messageId": "question", "data": "6 x 7"},
        {"vendorId": "com.example"},
        {"vendorId": "com.example"},
    ]


async def test_what_can_not_be_sent_is_an_error_and_not_on_the_wire(csms: EmbeddedCsms, vendor_point: Point) -> None:
    with pytest.raises(CallInvalid):
        await vendor_point.service.data_transfer("v" * 256)
    with pytest.raises(CallInvalid):
        await vendor_point.service.data_transfer("v", "m" * 51)
    assert vendor_point.sent("DataTransfer") == []


async def test_nothing_is_sent_before_the_csms_has_accepted_us(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.boot_with("Pending", interval=600)
    made = make_point(csms.url)
    await csms.until(lambda: bool(csms.point("CP001").boots))
    with pytest.raises(NotConnected):
        await made.service.data_transfer("com.example")
