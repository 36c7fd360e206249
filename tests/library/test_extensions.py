"""Extensions: loaded by name from real entry points, allowed to lower and never to raise, and no harm when they fail or hang."""

from __future__ import annotations

import asyncio
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.library.house import House
from tests.library.packages import installed
from tests.whole.rig import Rig, virtually

from cpctl.extensions import DataAnswer, Extension
from cpctl.extensions.extension import Settings

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/extension"
VENDOR = "com.acme"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[None]:
    offered = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["cpctl.extensions"]
    with installed(tmp_path / "site", "cpctl_acme", offered, EXAMPLE):
        yield


async def _tell(house: House, message: str, data: str) -> dict[str, Any]:
    return await house.call("DataTransfer", vendorId=VENDOR, messageId=message, data=data)


@virtually
async def test_nothing_is_loaded_that_is_not_named(acme: None) -> None:
    async with House() as house:
        await house.online()
        assert (await _tell(house, "log", ""))["status"] == "UnknownVendorId"


@virtually
async def test_the_example_serves_its_vendor_lowers_limits_measures_and_presents_tokens(acme: None) -> None:
    settings = {"acme": {"grid_w": 1380}}
    async with House(extensions={"allow": ["acme"], "settings": settings}) as house:
        await house.online()
        await house.charge()
        assert house.charger.amperes == 32
        assert await _tell(house, "solar", "5520") == {"status": "Accepted"}
        await house.until(lambda: house.charger.amperes == 10, 3)
        await house.call("ChangeConfiguration", key="CurrentLimit", value="8")
        assert house.charger.amperes == 8
        await _tell(house, "solar", "50000")
        await asyncio.sleep(3)
        assert house.charger.amperes == 8, "it raises nothing that somebody else has lowered"
        await house.call("ChangeConfiguration", key="CurrentLimit", value="")
        for value, status in (("52", "Rejected"), ("50", "Accepted")):
            assert (await house.call("ChangeConfiguration", key="AcmeSolarShare", value=value))["status"] == status
        await _tell(house, "solar", "11040")
        await house.until(lambda: house.charger.amperes == 10, 3)
        await _tell(house, "soc", "55")
        assert await house.call("ChangeConfiguration", key="MeterValuesSampledData", value="SoC") == {"status": "Accepted"}
        await asyncio.sleep(61)
        (sampled,) = house.csms.ledger.charges[0].meter_values[-1]["meterValue"][0]["sampledValue"]
        assert (sampled["measurand"], float(sampled["value"])) == ("SoC", 55.0)
        await _tell(house, "door", "TAG1")
        await house.until(lambda: not house.station.is_transaction_running(), 3)
        assert (await _tell(house, "nonsense", ""))["status"] == "UnknownMessageId"


@virtually
async def test_a_station_with_a_coprocessor_takes_extensions_from_its_configuration(acme: None, tmp_path: Path) -> None:
    async with Rig(tmp_path / "state", extensions={"allow": ["acme", "missing"]}) as rig:
        await rig.online()
        await rig.charge()
        await rig.call("DataTransfer", vendorId=VENDOR, messageId="solar", data="6900")
        await rig.until(lambda: rig.evse()["offer_a"] == 10)
        assert rig.controller is not None
        shown = (await rig.controller.services.status())["extensions"]
        assert shown == [
            {"name": "acme", "state": "running", "text": ""},
            {"name": "missing", "state": "failed", "text": "load: no installed package offers it"},
        ]


# ---------------------------------------------------------------- extensions that misbehave

_gate = threading.Event()  # what hangs hangs until the test has ended


class Hanging(Extension):
    """It tells one limit, and hangs at the next question."""

    vendors = ("com.hanging",)
    tells_limits = True

    def limit_a(self, evse: int) -> float | None:
        if self.__dict__.setdefault("asked", 0):
            _gate.wait(30)
        self.__dict__["asked"] += 1
        return 12.0


class Raising(Extension):
    """Everything of it raises, one thing more than an Exception."""

    vendors = ("com.raising",)
    tells_limits = True
    measures = ("SoC", "Mood")

    def start(self, reader: object) -> None:
        raise OSError("no bus")

    def limit_a(self, evse: int) -> float | None:
        return float("nan")

    def readings(self, evse: int) -> dict[str, float]:
        return {"Mood": 1.0}

    def data_transfer(self, vendor: str, message: str | None, data: object) -> DataAnswer:
        raise SystemExit(1)


def Unmakeable(settings: Settings) -> Extension:  # offered as if it were a class
    raise SystemExit("no licence")


def Endless(settings: Settings) -> Extension:
    _gate.wait(30)
    return Extension(settings)


def Nothing(settings: Settings) -> object:
    return object()


@pytest.fixture
def misbehaving(tmp_path: Path) -> Iterator[None]:
    _gate.clear()
    names = {one.__name__.lower(): f"{__name__}:{one.__name__}" for one in (Hanging, Raising, Unmakeable, Endless, Nothing)}
    names["unimportable"] = "no_such_module:Thing"
    with installed(tmp_path / "site", "misbehaving", names):
        yield
    _gate.set()


async def _eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  # nothing tells when an extension's thread has answered
            await asyncio.sleep(0.02)


async def test_what_can_not_be_loaded_is_named_and_the_station_goes_on(misbehaving: None) -> None:
    names = ["unmakeable", "endless", "nothing", "unimportable"]
    async with House(extensions={"allow": names, "timeout_s": 0.2}) as house:
        assert await house.station.online()
        shown = {one["name"]: (one["state"], one["text"]) for one in house.station._running().extensions.status()}
        assert {state for state, _ in shown.values()} == {"failed"}
        for name, why in zip(names, ("no licence", "longer than 0.2 s", "no Extension", "no_such_module"), strict=True):
            assert why in str(shown[name][1])
        house.charger.plugged = True
        house.station.changed()
        assert await house.station.begin_transaction("TAG1")


async def test_one_that_hangs_keeps_its_last_limit_and_holds_up_nobody(misbehaving: None) -> None:
    async with House(extensions={"allow": ["hanging"], "timeout_s": 0.2}) as house:
        assert await house.station.online()
        house.charger.plugged = True
        house.station.changed()
        assert await house.station.begin_transaction("TAG1")
        await _eventually(lambda: house.charger.amperes == 12)
        await _eventually(lambda: house.station._running().extensions.status()[0]["state"] == "failing")
        assert (await house.call("DataTransfer", vendorId="com.hanging"))["status"] == "Rejected"
        assert await house.station.end_transaction("TAG1")
        _gate.set()
        await _eventually(lambda: house.station._running().extensions.status()[0]["state"] == "running")


async def test_one_that_raises_costs_its_answers_and_no_more(misbehaving: None) -> None:
    async with House(extensions=["raising"]) as house:
        assert await house.station.online()
        assert (await house.call("DataTransfer", vendorId="com.raising"))["status"] == "Rejected"
        (shown,) = house.station._running().extensions.status()
        assert shown["state"] == "failing"
        house.charger.plugged = True
        house.station.changed()
        assert await house.station.begin_transaction("TAG1")
        await _eventually(lambda: house.charger.amperes == 32)


@virtually
async def test_a_reader_that_is_played_with_holds_up_nobody(acme: None) -> None:
    async with House(extensions=["acme"]) as house:
        await house.online()
        said = [(await _tell(house, "door", f"TAG{number}"))["status"] for number in range(20)]
        assert set(said) == {"Accepted", "Rejected"}, "those that come too fast are refused"
        await asyncio.sleep(70)
        await house.charge()
