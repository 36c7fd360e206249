"""What is told of connectors (G01), and taking the station, an EVSE or a connector in and out of service (G03, G04)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

# Two EVSEs of one connector each: what is said of the first as a whole, of its connector, or of the station.
EVSE, CONNECTOR, STATION = {"id": 1}, {"id": 1, "connectorId": 1}, None
FIRST, BOTH = ("1.1",), ("1.1", "2.1")

every_place = pytest.mark.parametrize(
    ("place", "concerned"), [(EVSE, FIRST), (CONNECTOR, FIRST), (STATION, BOTH)], ids=["evse", "connector", "station"]
)


async def say(rig: Rig, place: dict[str, int] | None, status: str) -> str:
    """Take a place in or out of service; return the word on it."""
    answer = await rig.call("ChangeAvailability", operationalStatus=status, **({} if place is None else {"evse": place}))
    return str(answer["status"])


def said(place: dict[str, int] | None, status: str, answer: str) -> str:
    """Return the line of such a message."""
    words = " ".join(str(number) for number in (place or {}).values())
    return f"CS ChangeAvailability {words} {status}: {answer}".replace("  ", " ")


def told(status: str, *connectors: str) -> list[str]:
    """Return the lines that tell this of these connectors."""
    return [f"CP StatusNotification {connector} {status}" for connector in connectors]


@case("TC_G_01_CS", "Connector status Notification - Available to Occupied")
@case("TC_G_02_CS", "Connector status Notification - Occupied to Available")
@virtually
async def test_a_cable_makes_a_connector_occupied_and_its_leaving_available(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="B")
        await talk.was(*told("Occupied", "1.1"))
        await rig.plant.vehicle(state="A")
        await talk.was(*told("Occupied", "1.1"), *told("Available", "1.1"))


@case("TC_G_03_CS", "Change Availability EVSE - Operative to inoperative")
@case("TC_G_04_CS", "Change Availability EVSE - Inoperative to operative")
@case("TC_G_05_CS", "Change Availability Charging Station - Operative to inoperative")
@case("TC_G_06_CS", "Change Availability Charging Station - Inoperative to operative")
@case("TC_G_07_CS", "Change Availability Connector - Operative to inoperative")
@case("TC_G_08_CS", "Change Availability Connector - Inoperative to operative")
@every_place
@virtually
async def test_a_place_is_taken_out_of_service_and_in_again(tmp_path: Path, place: dict[str, int] | None, concerned: tuple[str, ...]) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await say(rig, place, "Inoperative") == "Accepted"
        await talk.was(said(place, "Inoperative", "Accepted"), then=told("Unavailable", *concerned))
        assert not await rig.accepts()
        talk.again()
        assert await say(rig, place, "Operative") == "Accepted"
        await talk.was(said(place, "Operative", "Accepted"), then=told("Available", *concerned))
        assert await rig.accepts()


@case("TC_G_09_CS", "Change Availability EVSE - Operative to operative")
@case("TC_G_10_CS", "Change Availability EVSE - Inoperative to inoperative")
@case("TC_G_12_CS", "Change Availability Charging Station - Operative to operative")
@case("TC_G_13_CS", "Change Availability Charging Station - Inoperative to inoperative")
@case("TC_G_15_CS", "Change Availability Connector - Operative to operative")
@case("TC_G_16_CS", "Change Availability Connector - Inoperative to inoperative")
@every_place
@virtually
async def test_what_is_so_already_is_accepted(tmp_path: Path, place: dict[str, int] | None, concerned: tuple[str, ...]) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await say(rig, place, "Operative") == "Accepted"
        await talk.was(said(place, "Operative", "Accepted"))
        assert await say(rig, place, "Inoperative") == "Accepted"
        await rig.pass_time(2)
        talk.again()
        assert await say(rig, place, "Inoperative") == "Accepted"
        await talk.was(said(place, "Inoperative", "Accepted"))


@case("TC_G_11_CS", "Change Availability EVSE - With ongoing transaction")
@case("TC_G_14_CS", "Change Availability Charging Station - With ongoing transaction")
@case("TC_G_17_CS", "Change Availability Connector - With ongoing transaction")
@every_place
@virtually
async def test_a_transaction_is_served_to_its_end_first(tmp_path: Path, place: dict[str, int] | None, concerned: tuple[str, ...]) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(2)
        talk = Talk(rig)
        idle = [connector for connector in concerned if connector != "1.1"]
        assert await say(rig, place, "Inoperative") == "Scheduled"
        await talk.was(said(place, "Inoperative", "Scheduled"), *told("Unavailable", *idle))
        assert rig.evse()["status"] == "Charging"
        talk.again()
        await rig.tap()
        await talk.was(then=["CP TransactionEvent Ended StopAuthorized EVConnected Local TAG1: Accepted", *told("Unavailable", "1.1")])


@case("TC_G_18_CS", "Change Availability EVSE - state persists across reboot")
@case("TC_G_19_CS", "Change Availability Connector - state persists across reboot")
@case("TC_G_21_CS", "Change Availability Charging Station - state persists across reboot")
@every_place
@virtually
async def test_what_is_out_of_service_stays_so_over_a_restart(tmp_path: Path, place: dict[str, int] | None, concerned: tuple[str, ...]) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        assert await say(rig, place, "Inoperative") == "Accepted"
        await rig.pass_time(2)
        await rig.kill()
        talk = Talk(rig)
        await rig.start()
        others = [connector for connector in BOTH if connector not in concerned]
        await talk.was("CP BootNotification: Accepted", then=[*told("Unavailable", *concerned), *told("Available", *others)])
