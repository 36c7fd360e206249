"""The local API over real HTTP: what it answers, and how it refuses."""

from __future__ import annotations

import socket
import stat
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from cpctl.errors import ApiError
from cpctl.local.server import MAX_BODY, ApiOptions, LocalApi
from cpctl.local.services import LinkChange, VehicleChange

from .conftest import Serve, url
from .fakes import FakeStation

Http = aiohttp.ClientSession


async def error_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    body = await response.json()
    assert set(body) == {"error"}
    assert body["error"]["text"]
    return dict(body["error"])


async def test_the_status_is_served(serve: Serve, http: Http, station: FakeStation) -> None:
    async with http.get(url(await serve(), "/api/v1/status")) as response:
        assert response.status == 200
        assert await response.json() == station.state


async def test_an_evse_that_does_not_exist_is_not_found(serve: Serve, http: Http) -> None:
    api = await serve()
    for number in ("2", "0", "x", "-1", "99999999999999999999", "²"):
        async with http.get(url(api, f"/api/v1/evses/{number}")) as response:
            assert response.status == 404
            assert (await error_of(response))["code"] == "not_found"


async def test_a_token_reaches_the_station_with_its_type(serve: Serve, http: Http, station: FakeStation) -> None:
    api = await serve(sim=True)
    async with http.post(url(api, "/api/v1/evses/0/token"), json={"id_token": "TAG1"}) as response:
        assert response.status == 200
    async with http.post(url(api, "/api/v1/evses/1/token"), json={"id_token": "1234", "type": "KeyCode"}) as response:
        assert response.status == 200
    assert station.asked == [("token", 0, "TAG1", "ISO14443"), ("token", 1, "1234", "KeyCode")]


async def test_what_the_station_refuses_is_a_conflict_with_its_reason(serve: Serve, http: Http) -> None:
    async with http.post(url(await serve(sim=True), "/api/v1/evses/1/stop")) as response:
        assert response.status == 409
        assert await error_of(response) == {"code": "refused", "text": "No transaction runs at EVSE 1."}


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b"{", 400, "bad_json", None),
        (b"\xff\xfe", 400, "bad_json", None),
        (b"[" * 20_000, 400, "bad_json", None),
        (b"[]", 422, "bad_request", None),
        (b"null", 422, "bad_request", None),
        (b"", 422, "bad_request", "id_token"),
        (b'{"id_token": 17}', 422, "bad_request", "id_token"),
        (b'{"id_token": ""}', 422, "bad_request", "id_token"),
        (b'{"id_token": "a\\u0007b"}', 422, "bad_request", "id_token"),
        (b'{"id_token": "' + b"x" * 37 + b'"}', 422, "bad_request", "id_token"),
        (b'{"id_token": "A", "kind": "x"}', 422, "bad_request", "kind"),
        (b'{"id_token": "A", "type": "Tattoo"}', 422, "bad_request", "type"),
    ],
)
async def test_a_wrong_body_is_refused_with_what_was_wrong(
    serve: Serve, http: Http, station: FakeStation, body: bytes, status: int, code: str, field: str | None
) -> None:
    async with http.post(url(await serve(sim=True), "/api/v1/evses/1/token"), data=body) as response:
        assert response.status == status
        error = await error_of(response)
    assert error["code"] == code
    assert error.get("field") == field
    assert station.asked == []


async def test_a_body_beyond_the_limit_is_refused(serve: Serve, http: Http) -> None:
    async with http.post(url(await serve(sim=True), "/api/v1/evses/1/token"), data=b" " * (MAX_BODY + 1)) as response:
        assert response.status == 413
        assert (await error_of(response))["code"] == "too_large"


async def test_an_unknown_path_and_a_wrong_method_are_told_in_json(serve: Serve, http: Http) -> None:
    api = await serve(sim=True)
    async with http.get(url(api, "/api/v2/status")) as response:
        assert (response.status, (await error_of(response))["code"]) == (404, "not_found")
    async with http.delete(url(api, "/api/v1/status")) as response:
        assert (response.status, (await error_of(response))["code"]) == (405, "wrong_method")
        assert "GET" in response.headers["Allow"]


async def test_lists_take_since_and_limit(serve: Serve, http: Http, station: FakeStation) -> None:
    async with http.get(url(await serve(), "/api/v1/sessions?since=2031-05-04T12:00:00Z&limit=5")) as response:
        assert await response.json() == [{"id": "t1", "energy_wh": 1500}]
    assert station.asked == [("sessions", datetime(2031, 5, 4, 12, tzinfo=UTC), 5)]


@pytest.mark.parametrize(("query", "field"), [("limit=0", "limit"), ("limit=1e9", "limit"), ("since=yesterday", "since"), ("page=2", "page")])
async def test_a_wrong_query_names_its_field(serve: Serve, http: Http, query: str, field: str) -> None:
    async with http.get(url(await serve(), f"/api/v1/events?{query}")) as response:
        assert response.status == 422
        assert (await error_of(response))["field"] == field


async def test_a_variable_is_set_in_the_words_of_ocpp(serve: Serve, http: Http, station: FakeStation) -> None:
    api = await serve(sim=True)
    for value in (True, 300, "a,b"):
        async with http.put(url(api, "/api/v1/variables"), json={"name": "X", "value": value}) as response:
            assert response.status == 200
    assert [asked[2] for asked in station.asked] == ["true", "300", "a,b"]


async def test_the_serial_port_is_lent_for_a_bounded_time(serve: Serve, http: Http, station: FakeStation) -> None:
    api = await serve(sim=True)
    for body, status in (({"seconds": 60}, 200), ({}, 200), ({"seconds": 0}, 422), ({"seconds": 100_000}, 422)):
        async with http.post(url(api, "/api/v1/coprocessor/lend"), json=body) as response:
            assert response.status == status
    async with http.post(url(api, "/api/v1/coprocessor/take-back")) as response:
        assert response.status == 200
    assert station.asked == [("lend", 60), ("lend", 300), ("take back",)]


async def test_raw_ocpp_calls_are_there_for_developers_only(serve: Serve, http: Http) -> None:
    body = {"action": "Heartbeat", "payload": {}}
    plain = await serve()
    headers = {"Authorization": f"Bearer {token_of(plain)}"}
    async with http.post(url(plain, "/api/v1/ocpp/call"), json=body, headers=headers) as response:
        assert response.status == 404
    await plain.close()
    developer = await serve(developer=True)
    async with http.post(url(developer, "/api/v1/ocpp/call"), json=body, headers=headers) as response:
        assert await response.json() == {"currentTime": "2031-05-04T12:00:00Z"}


async def test_a_csms_that_is_away_is_a_bad_gateway(serve: Serve, http: Http) -> None:
    async with http.post(url(await serve(sim=True), "/api/v1/ocpp/call"), json={"action": "DataTransfer"}) as response:
        assert (response.status, (await error_of(response))["code"]) == (502, "csms")


async def test_health_is_ok_while_the_loops_turn_and_503_after(serve: Serve, http: Http, station: FakeStation) -> None:
    api = await serve()
    async with http.get(url(api, "/healthz")) as response:
        assert response.status == 200
    station.well = False
    async with http.get(url(api, "/healthz")) as response:
        assert response.status == 503


async def test_the_simulated_world_is_moved_by_any_subset_of_its_fields(serve: Serve, http: Http, station: FakeStation) -> None:
    api = await serve(sim=True)
    steps: list[tuple[str, dict[str, object]]] = [
        ("evses/1/vehicle", {"state": "B", "cable_a": 20}),
        ("evses/1/vehicle", {"soc": 97.5}),
        ("evses/1/fault", {"fault": "lock", "active": True}),
        ("csms", {"up": False}),
        ("link", {"loss": 20}),
        ("clock", {"advance_s": 60}),
        ("power", {}),
    ]
    for path, body in steps:
        async with http.post(url(api, f"/api/v1/sim/{path}"), json=body) as response:
            assert response.status == 200, await response.text()
    assert station.asked == [
        ("vehicle", 1, VehicleChange(state="B", cable_a=20)),
        ("vehicle", 1, VehicleChange(soc=97.5)),
        ("fault", 1, "lock", True, None),
        ("csms", False),
        ("link", LinkChange(loss=20)),
        ("clock", 60),
        ("power", True),
    ]


async def test_there_is_no_simulated_world_at_a_real_station(serve: Serve, http: Http) -> None:
    api = await serve()
    async with http.post(url(api, "/api/v1/sim/csms"), json={"up": False}, headers={"Authorization": f"Bearer {token_of(api)}"}) as response:
        assert response.status == 404


async def test_the_description_names_every_route_that_is_served(serve: Serve, http: Http) -> None:
    async with http.get(url(await serve(sim=True), "/api/v1/openapi.json")) as response:
        description = await response.json()
    assert {"/api/v1/status", "/api/v1/evses/{n}/token", "/api/v1/sim/evses/{n}/vehicle", "/api/v1/ocpp/call"} <= set(description["paths"])
    body = description["paths"]["/api/v1/evses/{n}/token"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["required"] == ["id_token"]


async def test_the_same_api_answers_on_the_unix_socket_without_a_token(serve: Serve, station: FakeStation) -> None:
    api = await serve(bind=None)
    assert stat.S_IMODE(api.socket_path.stat().st_mode) == 0o660
    connector = aiohttp.UnixConnector(str(api.socket_path))
    async with aiohttp.ClientSession(connector=connector) as local, local.post("http://any/api/v1/evses/1/unlock") as response:
        assert response.status == 200
    assert station.asked == [("unlock", 1)]


async def test_a_socket_left_by_a_killed_station_is_taken_over(serve: Serve, tmp_path: Path, http: Http) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "api.sock"))
    dead.close()
    assert (await serve()).socket_path.is_socket()


async def test_a_living_station_is_not_pushed_aside(serve: Serve, tmp_path: Path, station: FakeStation) -> None:
    await serve(bind=None)
    with pytest.raises(ApiError, match="Another station"):
        await LocalApi(station, ApiOptions(tmp_path, bind=None)).start()


async def test_a_state_directory_with_a_very_long_path_still_gets_its_socket(serve: Serve, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    api = await serve(state_dir=deep)
    assert (deep / "api.sock").is_socket()
    await api.close()
    assert not (deep / "api.sock").exists()


async def test_an_address_that_is_taken_leaves_the_unix_socket_served(serve: Serve, tmp_path: Path) -> None:
    first = await serve()
    assert first.address is not None
    other = tmp_path / "other"
    other.mkdir()
    second = await serve(state_dir=other, bind=f"127.0.0.1:{first.address[1]}")
    assert second.address is None
    assert second.socket_path.is_socket()


def token_of(api: LocalApi) -> str:
    return (api.socket_path.parent / "api_token").read_text().strip()
