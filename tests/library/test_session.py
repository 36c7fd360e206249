"""A charging session as a program that embeds the station lives it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.library.house import ID, House
from tests.whole.rig import virtually

from cpctl import ChargePoint
from cpctl.chargepoint import Ending, Evse, Happening, Notification
from cpctl.core.model import IdToken
from cpctl.errors import ConfigError, NoSuchEvse, Refused


@virtually
async def test_a_session_runs_from_the_plug_to_the_last_watt_hour() -> None:
    async with House() as house:
        await house.online()
        assert (house.station.status(), house.station.permits_charge(), house.station.is_operative()) == ("Available", False, True)
        await house.charge()
        assert house.charger.told[-1] == (22080.0, 32.0, 3)
        assert (house.station.is_transaction_active(), house.station.is_transaction_running()) == (True, True)
        house.charger.energy_wh += 2500
        await asyncio.sleep(1)
        running = house.station.transaction()
        assert running is not None
        assert (running.id_token, running.energy_wh, running.started) == (
            "TAG1",
            2500.0,
            house.utc().replace(second=0, microsecond=0) and running.started,
        )
        assert await house.station.end_transaction("TAG1")
        assert house.charger.told[-1] == (0.0, 0.0, 0)
        assert not house.station.is_transaction_running()
        house.charger.power_w, house.charger.plugged = 0.0, False
        await house.status("Available")
        (charge,) = house.csms.ledger.charges
        assert (charge.id_tag, charge.meter_start, charge.meter_stop, charge.reason) == ("TAG1", 1000, 3500, "Local")
        assert datetime.fromisoformat(charge.started) == running.started


@virtually
async def test_nothing_flows_for_a_token_that_the_csms_refuses() -> None:
    async with House() as house:
        house.csms.tokens["bad"] = "Blocked"
        await house.online()
        house.charger.plugged = True
        assert not await house.station.begin_transaction("BAD")
        assert not house.station.is_transaction_active()
        assert house.charger.amperes == 0
        assert any("Blocked" in text for text in house.station.why_not())


@virtually
async def test_a_token_that_the_program_has_authorized_itself_is_not_asked_about() -> None:
    async with House() as house:
        house.csms.tokens["own"] = "Accepted"
        await house.online()
        house.charger.plugged = True
        await house.status("Preparing")
        assert await house.station.begin_transaction_authorized("OWN")
        await house.status("Charging")
        assert not any("Authorize" in frame.text for frame in house.csms.frames)
        assert not await house.station.begin_transaction("OTHER"), "a transaction has the EVSE"


@virtually
async def test_a_transaction_ends_for_the_reason_that_the_program_gives() -> None:
    async with House() as house:
        await house.online()
        await house.charge()
        assert not await house.station.end_transaction("STRANGER")
        assert house.station.is_transaction_active()
        assert await house.station.end_transaction(reason="EmergencyStop")
        await house.csms.until(lambda: house.csms.ledger.charges[0].stop is not None)
        assert house.csms.ledger.charges[0].reason == "EmergencyStop"
        assert not await house.station.end_transaction()
        with pytest.raises(ValueError, match="Whim"):
            await house.station.end_transaction(reason="Whim")


@virtually
async def test_the_vehicle_that_leaves_takes_its_permission_along_in_the_same_look() -> None:
    async with House() as house:
        await house.online()
        await house.charge()
        house.charger.plugged = False
        house.station.changed()
        await asyncio.sleep(0.001)
        assert house.charger.amperes == 0
        await house.status("Available")
        assert house.csms.ledger.charges[0].reason == "EVDisconnected"


@virtually
async def test_a_vehicle_that_pauses_and_an_evse_that_does_are_told_apart() -> None:
    async with House() as house:
        await house.online()
        await house.charge()
        house.charger.ev_ready = False
        await house.status("SuspendedEV")
        house.charger.ev_ready, house.charger.evse_ready = True, False
        await house.status("SuspendedEVSE")
        house.charger.evse_ready = True
        await house.status("Charging")
        house.charger.power_w = 0.0
        await house.status("SuspendedEV")


@virtually
async def test_a_station_without_any_input_charges_whoever_is_authorized_until_that_ends() -> None:
    house = House()
    await house.csms.start()
    told: list[float] = []
    bare = ChargePoint(house.csms.url, ID, wall=lambda: house.utc().timestamp())
    bare.on_limit(lambda watts, amperes, phases: told.append(amperes))
    async with bare:
        assert await bare.online()
        assert bare.status() == "Available"
        assert await bare.begin_transaction("TAG1")
        while bare.status() != "Charging":  # noqa: ASYNC110  # virtual time
            await asyncio.sleep(0.1)
        await asyncio.sleep(600)
        assert (bare.status(), told[-1]) == ("Charging", 32.0), "without a meter nobody can say that it draws nothing"
        assert await bare.end_transaction()
        await asyncio.sleep(5)
        assert (bare.status(), told[-1]) == ("Available", 0.0)
    await house.csms.stop()


@virtually
async def test_what_becomes_of_a_token_is_told_to_the_program() -> None:
    house = House(variables={"ConnectionTimeOut": 30})
    told: list[Notification] = []
    await house.csms.start()
    house.station.on_transaction_notification(told.append)
    async with house:
        house.csms.tokens["bad"] = "Invalid"
        await house.online()
        await house.station.present_token("BAD", evse=1)
        await house.station.begin_transaction("TAG1")
        await asyncio.sleep(31)
        await house.charge()
        await house.station.end_transaction("TAG1")
        await asyncio.sleep(1)
    seen = [one.happening for one in told]
    assert seen == [Happening.REJECTED, Happening.AUTHORIZED, Happening.TIMED_OUT, Happening.AUTHORIZED, Happening.STARTED, Happening.STOPPED]
    assert told[-1].reason == "Local"
    assert told[-2].transaction_id == told[-1].transaction_id


@virtually
async def test_remote_starts_stops_and_limits_reach_the_programs_hardware() -> None:
    async with House() as house:
        await house.online()
        house.charger.plugged = True
        await house.status("Preparing")
        assert await house.call("RemoteStartTransaction", idTag="TAG9", connectorId=1) == {"status": "Accepted"}
        house.charger.power_w = 5000.0
        await house.status("Charging")
        await house.call("ChangeConfiguration", key="CurrentLimit", value="10")
        assert house.charger.told[-1] == (6900.0, 10.0, 3)
        house.station.set_limit(8.0)
        assert house.charger.amperes == 8.0
        house.station.set_limit(20.0)
        assert house.charger.amperes == 10.0, "a source beside the CSMS lowers only"
        house.station.set_limit(None)
        number = house.csms.ledger.charges[0].number
        assert await house.call("RemoteStopTransaction", transactionId=number) == {"status": "Accepted"}
        assert house.charger.amperes == 0


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("in_order", [True, False], ids=["stopped", "killed"])
@virtually
async def test_a_transaction_outlives_the_program_with_a_store(tmp_path: Path, version: str, in_order: bool) -> None:
    first = House(store=tmp_path, versions=[version])
    await first.csms.start()
    second = House(store=tmp_path, versions=[version], csms=first.csms)
    running = asyncio.create_task(first.station.run())
    await asyncio.sleep(0.001)
    await first.station.online()
    await first.charge()
    assert first.charger.amperes == 32
    await first.csms.until(lambda: bool(first.csms.ledger.charges))
    if in_order:
        first.station.stop()
    else:
        running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert first.charger.amperes == 0, "nothing is left permitted that nobody stands for"
    second.charger.energy_wh, second.charger.plugged, second.charger.power_w = 1700.0, True, 7000.0
    async with second:
        await second.status("Charging")
        assert await second.station.end_transaction("TAG1")
        await second.csms.until(lambda: second.csms.ledger.charges[0].stop is not None)
    (charge,) = first.csms.ledger.charges
    assert (charge.meter_start, charge.meter_stop) == (1000, 1700), "what flowed while the program was away is counted"
    assert first.csms.ledger.problems == []
    await first.csms.stop()


@virtually
async def test_energy_is_counted_from_the_power_where_no_meter_tells_it() -> None:
    house = House()
    await house.csms.start()
    bare = ChargePoint(house.csms.url, ID, wall=lambda: house.utc().timestamp())
    bare.set_plugged_input(lambda: True)
    bare.set_power_input(lambda: 6000.0)
    async with bare:
        assert await bare.online()
        assert await bare.begin_transaction("TAG1")
        await asyncio.sleep(600)
        running = bare.transaction()
        assert running is not None
        assert running.energy_wh == pytest.approx(1000, abs=5)
    await house.csms.stop()


@virtually
async def test_a_reset_ends_the_run_unless_the_program_refuses_it() -> None:
    house = House()
    asked: list[bool] = []
    await house.csms.start()

    @house.station.on_reset
    async def allow(immediate: bool) -> bool:
        asked.append(immediate)
        return immediate

    async with house:
        await house.online()
        assert await house.call("Reset", type="Soft") == {"status": "Rejected"}
        assert await house.call("Reset", type="Hard") == {"status": "Accepted"}
        assert house.station._task is not None
        assert await house.station._task is Ending.RESTART
    assert asked == [False, True]


async def test_a_station_that_does_not_run_says_so() -> None:
    house = House()
    await house.csms.start()
    with pytest.raises(Refused):
        house.station.status()
    await house.csms.stop()


@virtually
async def test_an_evse_that_is_not_there_is_named() -> None:
    async with House() as house:
        with pytest.raises(NoSuchEvse):
            await house.station.begin_transaction("TAG1", evse=2)
        with pytest.raises(NoSuchEvse):
            house.station.set_plugged_input(lambda: True, evse=2)


def test_what_is_wrong_with_the_description_is_named_before_anything_runs() -> None:
    with pytest.raises(ConfigError, match="begins with ws://"):
        ChargePoint("http://csms.example", ID)
    with pytest.raises(ConfigError, match="max_current_a"):
        ChargePoint("ws://csms.example", ID, evses=[Evse(max_current_a=500)])


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@virtually
async def test_a_session_in_the_words_of_2_0_1(version: str) -> None:
    async with House(versions=[version]) as house:
        assert await house.station.online()
        await house.charge()
        house.charger.energy_wh += 2500
        await asyncio.sleep(1)
        assert await house.station.end_transaction("TAG1")
        house.charger.power_w, house.charger.plugged = 0.0, False
        await house.status("Available")
        await house.csms.until(lambda: all(charge.stop is not None for charge in house.csms.ledger.charges))
        (charge,) = house.csms.ledger.charges
        assert (charge.meter_start, charge.meter_stop, charge.reason) == (1000, 3500, "Local")
        assert house.csms.ledger.problems == []


@virtually
async def test_a_transaction_that_began_with_the_vehicle_takes_its_token_later() -> None:
    async with House(versions=["2.0.1"], variables={"TxCtrlr.TxStartPoint": "EVConnected"}) as house:
        assert await house.station.online()
        house.charger.plugged = True
        await house.until(lambda: house.station.is_transaction_running())
        assert house.charger.amperes == 0
        assert await house.station.begin_transaction("TAG1")
        house.charger.power_w = 7000.0
        await house.status("Charging")
        assert not await house.station.begin_transaction("TAG2")


@virtually
async def test_an_output_of_resets_that_fails_refuses_nothing() -> None:
    house = House()
    await house.csms.start()

    @house.station.on_reset
    def fails(immediate: bool) -> bool:
        raise RuntimeError("a bug")

    async with house:
        await house.online()
        assert await house.call("Reset", type="Hard") == {"status": "Accepted"}


@virtually
async def test_one_charge_point_runs_once_at_a_time() -> None:
    async with House() as house:
        with pytest.raises(Refused, match="already"):
            await house.station.run()
        assert house.station.status() == "Available"


@pytest.mark.parametrize(
    ("token", "error"), [("", ValueError), ("x" * 37, ValueError), ("a\nb", ValueError), (5, TypeError), (None, TypeError), (IdToken(""), ValueError)]
)
@virtually
async def test_what_can_be_no_token_is_refused_and_harms_nothing(token: Any, error: type[Exception]) -> None:
    async with House() as house:
        await house.online()
        for use in (house.station.begin_transaction, house.station.present_token, house.station.authorize):
            with pytest.raises(error):
                await use(token)
        await house.charge()


@virtually
async def test_an_entry_that_is_given_up_leaves_nothing_running() -> None:
    station = ChargePoint("ws://127.0.0.1:1/ocpp", ID)
    entering = asyncio.create_task(station.__aenter__())
    await asyncio.sleep(0)
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    assert asyncio.all_tasks() == {asyncio.current_task()}
