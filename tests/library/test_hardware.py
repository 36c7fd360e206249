"""Inputs that fail, outputs that fail, locks that jam: what a program's callbacks may do to the station."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.library.house import ID, Charger, House
from tests.whole.rig import virtually

from cpctl import ChargePoint


def _broken() -> bool:
    raise OSError("no bus")


@virtually
async def test_an_input_that_fails_takes_the_permission_back_until_it_can_be_read_again() -> None:
    house = House()
    await house.csms.start()
    broken = False

    def plugged() -> bool:
        return _broken() if broken else house.charger.plugged

    house.station.set_plugged_input(plugged)
    async with house:
        await house.online()
        await house.charge()
        broken = True
        await house.until(lambda: house.charger.amperes == 0, 1)
        assert any("no bus" in text for text in house.station.why_not())
        assert house.station.is_transaction_running()
        broken = False
        await house.until(lambda: house.charger.amperes == 32, 1)
        await house.status("Charging")


async def _too_late() -> bool:
    return True


@pytest.mark.parametrize("given", [_too_late, lambda: "open", lambda: None, lambda: _too_late], ids=["coroutine", "text", "nothing", "function"])
@pytest.mark.parametrize("fit", [ChargePoint.set_plugged_input, ChargePoint.set_ev_ready_input, ChargePoint.set_evse_ready_input])
@virtually
async def test_a_state_that_is_neither_true_nor_false_permits_nothing(fit: Any, given: Any) -> None:
    house = House()
    await house.csms.start()
    fit(house.station, given)
    house.charger.plugged = True
    async with house:
        await house.online()
        assert any("neither true nor false" in text for text in house.station.why_not())
        assert house.charger.amperes == 0


@virtually
async def test_a_fault_that_is_no_name_permits_nothing() -> None:
    house = House()
    await house.csms.start()
    house.station.add_fault_input(lambda: True)  # type: ignore[arg-type,return-value]
    async with house:
        await house.online()
        assert any("no fault's name" in text for text in house.station.why_not())


@virtually
async def test_an_output_that_would_have_to_be_awaited_is_complained_of() -> None:
    house = House()
    await house.csms.start()

    async def give(watts: float, amperes: float, phases: int) -> None:
        raise AssertionError("nobody awaits it")

    house.station.on_limit(give)  # type: ignore[arg-type]
    with capture_logs() as logged:
        async with house:
            await house.online()
    assert any(line["event"] == "hardware.output_failed" for line in logged)


@pytest.mark.parametrize(
    "read",
    [lambda: "much", lambda: float("nan"), lambda: -1.0, lambda: 1e30, lambda: _broken(), lambda: None],
    ids=["text", "nan", "negative", "huge", "raises", "none"],
)
@virtually
async def test_a_meter_that_fails_costs_its_values_and_no_charge(read: Callable[[], float]) -> None:
    house = House()
    await house.csms.start()
    good = True
    house.station.set_energy_input(lambda: house.charger.energy_wh if good else read())
    async with house:
        await house.online()
        await house.charge()
        good = False
        await asyncio.sleep(90)
        assert house.station.status() == "Charging"
        good = True
        house.charger.energy_wh = 1900.0
        await asyncio.sleep(1)
        await house.station.end_transaction()
        await house.csms.until(lambda: house.csms.ledger.charges[0].stop is not None)
        assert house.csms.ledger.charges[0].meter_stop == 1900
        assert house.csms.ledger.problems == []


@virtually
async def test_an_output_that_fails_is_told_again() -> None:
    house = House()
    await house.csms.start()
    fails = True
    told: list[float] = []

    def output(watts: float, amperes: float, phases: int) -> None:
        if fails:
            raise OSError("no bus")
        told.append(amperes)

    house.station.on_limit(output)
    async with house:
        await house.online()
        await house.charge()
        assert told == []
        fails = False
        await asyncio.sleep(1)
        assert told == [32.0]
        house.station.stop()
        await asyncio.sleep(1)
    assert told[-1] == 0.0


@virtually
async def test_a_fault_stops_the_charge_and_is_told_in_the_words_of_the_standard() -> None:
    async with House() as house:
        await house.online()
        await house.charge()
        house.charger.fault = "GroundFailure"
        await house.status("Faulted")
        assert house.charger.amperes == 0
        assert house.csms.point(ID).statuses[1]["errorCode"] == "GroundFailure"
        house.charger.fault = None
        await house.status("Charging")


@pytest.mark.parametrize(("result", "said"), [(True, "Unlocked"), (None, "Unlocked"), (False, "UnlockFailed")])
@virtually
async def test_the_socket_is_unlocked_by_the_program_and_the_csms_hears_its_word(result: bool | None, said: str) -> None:
    house = House()
    await house.csms.start()
    moved: list[str] = []

    @house.station.on_lock
    def lock() -> None:
        moved.append("lock")

    @house.station.on_unlock
    async def unlock() -> bool | None:
        await asyncio.sleep(1)
        moved.append("unlock")
        return result

    async with house:
        await house.online()
        await house.charge()
        assert moved == ["lock"]
        assert await house.call("UnlockConnector", connectorId=1) == {"status": said}
        assert moved[1] == "unlock"
        assert house.charger.amperes == 0


@virtually
async def test_without_an_output_for_it_unlocking_is_not_supported() -> None:
    async with House() as house:
        await house.online()
        assert await house.call("UnlockConnector", connectorId=1) == {"status": "NotSupported"}


@pytest.mark.parametrize(("version", "free", "taken"), [("1.6", "Available", "Preparing"), ("2.0.1", "Available", "Occupied")])
@virtually
async def test_a_place_that_is_taken_is_not_available(version: str, free: str, taken: str) -> None:
    house = House(versions=[version])
    await house.csms.start()
    there = False
    house.station.set_occupied_input(lambda: there)

    def said() -> str:
        told = house.csms.point(ID).statuses.get(1, {})
        return str(told.get("status") or told.get("connectorStatus"))

    async with house:
        assert await house.station.online()
        await house.until(lambda: said() == free)
        there = True
        await house.until(lambda: said() == taken)
        there = False
        await house.until(lambda: said() == free)


@virtually
async def test_only_what_is_measured_is_told() -> None:
    house = House(variables={"MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Temperature"})
    await house.csms.start()
    house.station.add_meter_input(lambda: 35.5, "Temperature")
    async with house:
        await house.online()
        await house.charge()
        await asyncio.sleep(61)
        (values,) = house.csms.ledger.charges[0].meter_values
        measured = {one["measurand"]: one["value"] for one in values["meterValue"][0]["sampledValue"]}
    assert measured.keys() == {"Energy.Active.Import.Register", "Power.Active.Import", "Temperature"}
    assert float(measured["Temperature"]) == 35.5


def test_a_measurand_that_there_is_no_place_for_is_refused_when_it_is_given() -> None:
    station = ChargePoint("ws://csms.example", ID)
    with pytest.raises(ValueError, match="Frequency"):
        station.add_meter_input(lambda: 50.0, "Frequency")
    with pytest.raises(ValueError, match="Mood"):
        station.add_meter_input(lambda: 1.0, "Mood")


@virtually
async def test_two_evses_share_the_sites_current_and_each_has_its_own_hardware() -> None:
    house = House(evses=2, site_current_a=40)
    await house.csms.start()
    other = Charger()
    other.fit(house.station, 2)
    async with house:
        assert await house.station.online()
        await house.charge("TAG1")
        assert house.charger.amperes == 32
        other.plugged, other.power_w = True, 20_000.0
        house.charger.power_w = 20_000.0
        assert await house.station.begin_transaction("TAG2", evse=2)
        await house.until(lambda: (house.charger.amperes, other.amperes) == (20, 20), 120)
        assert (house.station.status(2), house.station.is_transaction_running(2)) == ("Charging", True)
        assert await house.station.end_transaction(evse=2)
        assert (other.amperes, house.station.permits_charge(2)) == (0, False)
        await house.until(lambda: house.charger.amperes == 32, 120)


@virtually
async def test_a_change_may_be_announced_from_any_thread() -> None:
    house = House(period_s=5.0)
    await house.csms.start()
    async with house:
        await house.online()
        house.charger.plugged = True
        await asyncio.to_thread(house.station.changed)
        await asyncio.sleep(0.01)
        assert house.station.status() == "Preparing"


@virtually
async def test_the_device_model_shows_what_is_fitted_and_nothing_else() -> None:
    house = House(versions=["2.0.1"])
    await house.csms.start()
    house.station.on_unlock(lambda: True)
    asked = [("ConnectorPlugRetentionLock", "State"), ("TemperatureSensor", "Temperature"), ("EVSE", "AvailabilityState")]
    data = [{"component": {"name": component, "evse": {"id": 1}}, "variable": {"name": variable}} for component, variable in asked]
    async with house:
        assert await house.station.online()
        await asyncio.sleep(1)
        read = (await house.call("GetVariables", getVariableData=data))["getVariableResult"]
    assert [(one["attributeStatus"], one.get("attributeValue")) for one in read] == [
        ("Accepted", "unlocked"),
        ("UnknownComponent", None),
        ("Accepted", "Available"),
    ]
