"""Variables that a program declares for its station, in the words of each OCPP version."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.library.house import ID, House
from tests.whole.rig import virtually

from cpctl import ChargePoint

COLOURS = ("white", "green", "red")


@virtually
async def test_a_variable_of_ones_own_is_a_key_for_a_csms_that_speaks_1_6() -> None:
    house = House()
    await house.csms.start()
    told: list[str] = []
    house.station.declare_variable("Lamp.Colour", "white", key="LampColour", values=COLOURS, on_change=told.append)
    async with house:
        await house.online()
        assert (await house.call("GetConfiguration", key=["lampcolour"]))["configurationKey"] == [
            {"key": "LampColour", "readonly": False, "value": "white"}
        ]
        assert await house.call("ChangeConfiguration", key="LampColour", value="GREEN") == {"status": "Accepted"}
        assert await house.call("ChangeConfiguration", key="LampColour", value="blue") == {"status": "Rejected"}
        assert (told, house.station.variable("Lamp.Colour")) == (["green"], "green")
        assert not await house.station.set_variable("Lamp.Colour", "blue")
        assert await house.station.set_variable("Lamp.Colour", "red")


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@virtually
async def test_a_variable_of_ones_own_is_in_the_device_model_of_2_0_1(version: str) -> None:
    house = House(versions=[version])
    await house.csms.start()
    house.station.declare_variable("Lamp.Brightness", 50, unit="Percent", minimum=0, maximum=100, validator=lambda value: value != "13")
    named: dict[str, Any] = {"component": {"name": "Lamp"}, "variable": {"name": "Brightness"}}
    async with house:
        assert await house.station.online()
        (read,) = (await house.call("GetVariables", getVariableData=[named]))["getVariableResult"]
        assert (read["attributeStatus"], read["attributeValue"]) == ("Accepted", "50")
        statuses = {}
        for value in ("60", "101", "13"):
            (done,) = (await house.call("SetVariables", setVariableData=[{**named, "attributeValue": value}]))["setVariableResult"]
            statuses[value] = done["attributeStatus"]
        assert statuses == {"60": "Accepted", "101": "Rejected", "13": "Rejected"}
        assert house.station.variable("Lamp.Brightness") == "60"


@virtually
async def test_a_validator_has_the_last_word_and_one_that_fails_or_hangs_refuses() -> None:
    house = House()
    await house.csms.start()

    async def hangs(value: str) -> bool:
        await asyncio.sleep(1e6)
        return True

    def fails(value: str) -> bool:
        raise RuntimeError("a bug")

    house.station.declare_variable("Lamp.Even", 2, key="Even", validator=lambda value: int(value) % 2 == 0)
    house.station.declare_variable("Lamp.Hanging", 1, key="Hanging", validator=hangs)
    house.station.declare_variable("Lamp.Failing", 1, key="Failing", validator=fails)
    async with house:
        await house.online()
        outcomes = [
            (await house.call("ChangeConfiguration", key=key, value=value))["status"]
            for key, value in (("Even", "4"), ("Even", "5"), ("Hanging", "2"), ("Failing", "2"))
        ]
    assert outcomes == ["Accepted", "Rejected", "Rejected", "Rejected"]


@virtually
async def test_its_value_outlives_the_program_with_a_store(tmp_path: Path) -> None:
    for value in ("white", "red"):
        house = House(store=tmp_path)
        house.station.declare_variable("Lamp.Colour", "white", values=COLOURS)
        async with house:
            assert house.station.variable("Lamp.Colour") == value
            await house.station.set_variable("Lamp.Colour", "red")


@virtually
async def test_a_measurand_with_an_input_of_its_own_can_be_asked_for() -> None:
    house = House()
    await house.csms.start()
    house.station.add_meter_input(lambda: 62.5, "SoC")
    async with house:
        await house.online()
        assert await house.call("ChangeConfiguration", key="MeterValuesSampledData", value="Energy.Active.Import.Register,SoC") == {
            "status": "Accepted"
        }
        await house.charge()
        await asyncio.sleep(61)
        (values,) = house.csms.ledger.charges[0].meter_values
        measured = {one["measurand"]: one for one in values["meterValue"][0]["sampledValue"]}
    assert (float(measured["SoC"]["value"]), measured["SoC"]["unit"]) == (62.5, "Percent")


@pytest.mark.parametrize(
    ("name", "default", "details", "why"),
    [
        ("no name", 1, {}, "no name"),
        ("TxCtrlr.EVConnectionTimeOut", 1, {}, "station's own"),
        ("Lamp.Timeout", 1, {"key": "connectiontimeout"}, "station's own"),
        ("Lamp.Colour", "blue", {"values": COLOURS}, "can't hold its default"),
        ("Lamp.Brightness", 200, {"maximum": 100}, "can't hold its default"),
    ],
)
def test_what_can_not_be_declared_is_refused_at_once(name: str, default: int | str, details: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ChargePoint("ws://csms.example", ID).declare_variable(name, default, **details)
