"""The stream: a status, then its changes."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from cpctl.local.stream import MAX_STREAMS, changes

from .conftest import Serve, url
from .fakes import FakeStation, evse_state

Http = aiohttp.ClientSession


async def test_the_first_frame_is_the_whole_status_and_the_next_what_changed(serve: Serve, http: Http, station: FakeStation) -> None:
    async with http.ws_connect(url(await serve(), "/api/v1/stream")) as stream:
        assert await stream.receive_json(timeout=5) == station.state
        await station.change(evses=[evse_state("Charging")])
        news = await stream.receive_json(timeout=5)
    assert set(news) == {"evses"}
    assert news["evses"][0]["status"] == "Charging"


async def test_a_stop_of_the_station_ends_the_stream_in_order(serve: Serve, http: Http) -> None:
    api = await serve()
    async with http.ws_connect(url(api, "/api/v1/stream")) as stream:
        await stream.receive_json(timeout=5)
        closing = asyncio.create_task(api.close())
        assert (await stream.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
        await closing


async def test_there_is_an_end_to_the_number_of_streams(serve: Serve, http: Http) -> None:
    api = await serve()
    streams = [await http.ws_connect(url(api, "/api/v1/stream")) for _ in range(MAX_STREAMS)]
    async with http.get(url(api, "/api/v1/stream")) as response:
        assert response.status == 503
    for stream in streams:
        await stream.close()
    async with http.ws_connect(url(api, "/api/v1/stream")) as stream:
        assert await stream.receive_json(timeout=5)


async def test_a_plain_request_is_told_to_use_a_websocket(serve: Serve, http: Http) -> None:
    async with http.get(url(await serve(), "/api/v1/stream")) as response:
        assert response.status == 426


async def test_a_client_that_talks_too_much_is_cut_off(serve: Serve, http: Http) -> None:
    async with http.ws_connect(url(await serve(), "/api/v1/stream")) as stream:
        await stream.receive_json(timeout=5)
        await stream.send_str("x" * 5000)
        message = await stream.receive(timeout=5)
    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [({}, {"a": 1}, {"a": 1}), ({"a": 1}, {"a": 1}, {}), ({"a": [1]}, {"a": [2], "b": 3}, {"a": [2], "b": 3})],
)
def test_changes_are_the_parts_that_differ(before: dict[str, object], after: dict[str, object], news: dict[str, object]) -> None:
    assert changes(before, after) == news
