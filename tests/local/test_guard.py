"""Who may do what over TCP."""

from __future__ import annotations

import stat
from pathlib import Path

import aiohttp
import pytest

from .conftest import Serve, url
from .fakes import FakeStation

Http = aiohttp.ClientSession
UNLOCK = "/api/v1/evses/1/unlock"


async def test_a_write_without_the_token_does_nothing(serve: Serve, http: Http, station: FakeStation) -> None:
    api = await serve()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer \u00fc"}):
        async with http.post(url(api, UNLOCK), headers=headers) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"
    assert station.asked == []


async def test_a_write_with_the_token_of_the_state_directory_is_done(serve: Serve, http: Http, station: FakeStation, tmp_path: Path) -> None:
    api = await serve()
    token = tmp_path / "api_token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    async with http.post(url(api, UNLOCK), headers={"Authorization": f"Bearer {token.read_text().strip()}"}) as response:
        assert response.status == 200
    assert station.asked == [("unlock", 1)]


async def test_the_token_stays_the_same_over_a_restart(serve: Serve, tmp_path: Path) -> None:
    await (await serve()).close()
    before = (tmp_path / "api_token").read_text()
    await serve()
    assert (tmp_path / "api_token").read_text() == before


async def test_reading_needs_no_token(serve: Serve, http: Http) -> None:
    async with http.get(url(await serve(), "/api/v1/status")) as response:
        assert response.status == 200


async def test_a_simulation_takes_writes_from_this_machine_without_a_token(serve: Serve, http: Http) -> None:
    async with http.post(url(await serve(sim=True), UNLOCK)) as response:
        assert response.status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "", "localhost.evil.example"])
async def test_a_name_that_is_not_ours_is_refused_even_for_reading(serve: Serve, http: Http, host: str) -> None:
    async with http.get(url(await serve(sim=True), "/api/v1/status"), headers={"Host": host}) as response:
        assert response.status == 403


@pytest.mark.parametrize("host", ["localhost:8080", "192.168.1.7", "[::1]:80", "wallbox.lan"])
async def test_our_names_and_plain_addresses_are_taken(serve: Serve, http: Http, host: str) -> None:
    async with http.get(url(await serve(allowed_hosts=("wallbox.lan",)), "/api/v1/status"), headers={"Host": host}) as response:
        assert response.status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_pages_of_other_sites_may_neither_write_nor_read(serve: Serve, http: Http, station: FakeStation, origin: str) -> None:
    api = await serve(sim=True)
    async with http.post(url(api, UNLOCK), headers={"Origin": origin}) as response:
        assert response.status == 403
    async with http.get(url(api, "/api/v1/stream"), headers={"Origin": origin}) as response:
        assert response.status == 403
    assert station.asked == []


async def test_our_own_page_may_write(serve: Serve, http: Http) -> None:
    api = await serve(sim=True)
    async with http.post(url(api, UNLOCK), headers={"Origin": url(api, "")}) as response:
        assert response.status == 200
