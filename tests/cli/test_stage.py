"""Lines of the sim language, performed on a station over its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.local.fakes import FakeStation

from cpctl.cli.client import Client, ServiceError
from cpctl.cli.script import parse
from cpctl.cli.stage import Stage, Unmet
from cpctl.errors import ServiceSilent, ServiceUnreachable, SimError
from cpctl.local.services import LinkChange, VehicleChange

from .conftest import away


class Pauses:
    """Counts seconds instead of letting them pass."""

    def __init__(self) -> None:
        self.total_s = 0.0

    def __call__(self, length_s: float) -> None:
        self.total_s += length_s


async def perform(client: Client, text: str, speed: float = 1.0, pause: Pauses | None = None) -> dict[str, object]:
    line = parse(text)
    assert line is not None
    return await away(lambda: Stage(client, speed, pause or Pauses()).perform(line))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("plug", ("vehicle", 1, VehicleChange(state="B"))),
        ("plug 1 16", ("vehicle", 1, VehicleChange(state="B", current_a=16))),
        ("plug phases=1 soc=97.5 parked=on cable=20", ("vehicle", 1, VehicleChange(state="B", phases=1, soc=97.5, parked=True, cable_a=20))),
        ("charge", ("vehicle", 1, VehicleChange(state="C"))),
        ("ready 1", ("vehicle", 1, VehicleChange(state="C"))),
        ("pause", ("vehicle", 1, VehicleChange(state="B"))),
        ("unplug", ("vehicle", 1, VehicleChange(state="A"))),
        ("tap TAG1", ("token", 0, "TAG1", "ISO14443")),
        ("tap 'TAG 1' 1", ("token", 1, "TAG 1", "ISO14443")),
        ("unlock", ("unlock", 1)),
        ("limit 10", ("set", "ChargingStation.CurrentLimit", "10")),
        ("limit none", ("set", "ChargingStation.CurrentLimit", "")),
        ("fault rcm", ("fault", 1, "rcm", True, None)),
        ("fault rcm off 1", ("fault", 1, "rcm", False, None)),
        ("clear rcm 1", ("clear", 1, "rcm")),
        ("clear", ("clear", 1, None)),
        ("net drop", ("csms", False)),
        ("net up", ("csms", True)),
        ("link loss 20%", ("link", LinkChange(loss=20))),
        ("link delay 50ms", ("link", LinkChange(delay_ms=50))),
        ("link down", ("link", LinkChange(up=False))),
        ("link ok", ("link", LinkChange(loss=0, corrupt=0, delay_ms=0, up=True))),
        ("power cut", ("power", True)),
        ("clock +5m", ("clock", 300)),
        ("set HeartbeatInterval 60", ("set", "HeartbeatInterval", "60")),
    ],
)
async def test_each_line_reaches_the_station(client: Client, station: FakeStation, text: str, asked: tuple[object, ...]) -> None:
    await perform(client, text)
    assert station.asked == [asked]


async def test_a_drop_for_a_time_restores_the_network_after_it(client: Client, station: FakeStation) -> None:
    pause = Pauses()
    await perform(client, "net drop 30s", speed=10, pause=pause)
    assert station.asked == [("csms", False), ("csms", True)]
    assert pause.total_s == pytest.approx(3)


async def test_a_drop_at_the_prompt_holds_nobody_up(client: Client, station: FakeStation) -> None:
    promised: list[tuple[float, Callable[[], None]]] = []
    told: list[str] = []
    stage = Stage(client, 10, Pauses())
    stage.later, stage.tell = lambda length_s, work: promised.append((length_s, work)), told.append
    line = parse("net drop 30s")
    assert line is not None
    assert (await away(lambda: stage.perform(line)))["for_s"] == 30
    assert station.asked == [("csms", False)]
    ((length_s, work),) = promised
    await away(work)
    assert length_s == 3
    assert station.asked == [("csms", False), ("csms", True)]
    assert told == ["The network to the CSMS is back."]


async def test_a_clock_is_pushed_on_in_parts_and_says_how_far_it_has_come(client: Client, station: FakeStation) -> None:
    told: list[str] = []
    stage = Stage(client, 1, Pauses())
    stage.tell = told.append
    line = parse("clock +25m")
    assert line is not None
    assert await away(lambda: stage.perform(line)) == {"advanced_s": 1500}
    assert station.asked == [("clock", 600), ("clock", 600), ("clock", 300)]
    assert told == ["10 of 25 min", "20 of 25 min"]


async def test_waiting_in_vain_for_the_csms_says_why_it_is_away(client: Client, station: FakeStation) -> None:
    await station.change(csms={"connected": False, "trouble": "The CSMS refuses: 404."})
    with pytest.raises(Unmet, match=r"in vain for csms=online .* The CSMS refuses: 404\."):
        await perform(client, "wait csms=online in 1s")


async def test_a_service_that_does_not_answer_in_time_is_not_taken_for_none(tmp_path: Path) -> None:
    server = await asyncio.start_unix_server(lambda reader, writer: None, tmp_path / "api.sock")
    async with server:
        with pytest.raises(ServiceSilent, match=r"has not answered within 0\.2 s"):
            await away(lambda: Client(tmp_path / "api.sock", timeout_s=0.2).get("/api/v1/status"))


async def test_waiting_ends_when_all_conditions_hold(client: Client) -> None:
    await perform(client, "charge")
    assert await perform(client, "wait status=Charging energy>100") == {"status": "Charging", "energy": 1500}


async def test_waiting_in_vain_says_what_is_missing_and_lasts_as_long_as_the_station_was_given(client: Client) -> None:
    pause = Pauses()
    with pytest.raises(Unmet, match=r"status=Charging \(it is Available\)"):
        await perform(client, "wait status=Charging in 20s", speed=10, pause=pause)
    assert pause.total_s == pytest.approx(2, abs=0.2)


async def test_an_expectation_that_does_not_hold_fails_at_once(client: Client) -> None:
    pause = Pauses()
    with pytest.raises(Unmet, match="Expected session=yes, but it is no"):
        await perform(client, "expect session=yes", pause=pause)
    assert pause.total_s == 0


async def test_a_reason_for_not_charging_can_be_expected(client: Client) -> None:
    assert await perform(client, "expect why=not_plugged faults=none") == {"why": "not_plugged", "faults": "none"}


async def test_a_raw_call_gives_the_answer_of_the_csms(client: Client) -> None:
    assert await perform(client, "call Heartbeat") == {"currentTime": "2031-05-04T12:00:00Z"}


async def test_what_the_station_refuses_is_told_in_its_words(client: Client) -> None:
    with pytest.raises(ServiceError, match="No transaction runs") as caught:
        await perform(client, "stop")
    assert (caught.value.status, caught.value.code) == (409, "refused")


@pytest.mark.parametrize(
    "text",
    [
        "plug x",
        "plug 1 2 3",
        "plug wheels=4",
        "plug diode=maybe",
        "tap",
        "link",
        "link loss",
        "net",
        "net drop soon",
        "net up 5s",
        "power",
        "clock",
        "clock soon",
        "limit",
        "limit x",
        "set A",
        "call X {",
        "expect 9:status=A",
        "sleep",
        "wait status=Chraging",
        "expect csms=up",
    ],
)
async def test_a_line_that_makes_no_sense_does_nothing(client: Client, station: FakeStation, text: str) -> None:
    with pytest.raises(SimError):
        await perform(client, text)
    assert station.asked == []


async def test_without_a_service_the_error_names_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnreachable, match="cpctl start"):
        await away(lambda: Client(tmp_path / "api.sock").get("/api/v1/status"))
