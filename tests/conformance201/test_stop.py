"""Where a transaction ends: every stop point that the hardware sees, by card, by the CSMS, by the vehicle and by the cable (E06 to E10, F03)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

AVAILABLE = "CP StatusNotification 1.1 Available"
SUSPENDED = "CP TransactionEvent Updated ChargingStateChanged SuspendedEV"


def stopping_at(*points: str) -> dict[str, str]:
    """Return the setting of these stop points."""
    return {"TxCtrlr.TxStopPoint": ",".join(points)}


async def suspend(rig: Rig) -> Talk:
    """Charge, let the vehicle stop drawing, and listen from then on."""
    await rig.charge()
    await rig.pass_time(60)
    await rig.plant.vehicle(state="B")
    await rig.status("SuspendedEV")
    await rig.pass_time(2)
    return Talk(rig)


@case("TC_E_06_CS", "Local Stop Transaction - Accepted")
@case("TC_E_15_CS", "Stop transaction options - StopAuthorized - Local")
@virtually
async def test_the_card_that_started_a_transaction_ends_it(tmp_path: Path) -> None:
    async with Rig(tmp_path, **stopping_at("Authorized")) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(60)
        talk = Talk(rig)
        await rig.tap()
        ended = "CP TransactionEvent Ended StopAuthorized EVConnected Local TAG1: Accepted"
        await talk.was(ended)
        await rig.plant.vehicle(state="A")
        await talk.was(ended, AVAILABLE)


@case("TC_E_07_CS", "Stop transaction options - PowerPathClosed - Local stop")
@virtually
async def test_with_power_path_closed_the_card_ends_the_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, **stopping_at("PowerPathClosed")) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.tap()
        await talk.was("CP TransactionEvent Ended StopAuthorized EVConnected Local TAG1: Accepted")


@case("TC_E_08_CS", "Stop transaction options - EnergyTransfer stopped - StopAuthorized")
@virtually
async def test_with_energy_transfer_the_card_ends_the_flow_and_with_it_the_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, **stopping_at("EnergyTransfer")) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.tap()
        await talk.was("CP TransactionEvent Ended StopAuthorized EVConnected Local TAG1: Accepted")


@case("TC_E_14_CS", "Stop transaction options - EVDisconnected - Charging Station side")
@virtually
async def test_with_ev_connected_the_transaction_lasts_until_the_cable_is_out(tmp_path: Path) -> None:
    async with Rig(tmp_path, **stopping_at("EVConnected")) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.tap()
        stopped = "CP TransactionEvent Updated StopAuthorized EVConnected TAG1: Accepted"
        await talk.was(stopped)
        await rig.plant.vehicle(state="A")
        await talk.was(stopped, then=[AVAILABLE, "CP TransactionEvent Ended EVCommunicationLost Idle Local"])


@case("TC_E_17_CS", "Stop transaction options - Deauthorized - EV side disconnect")
@virtually
async def test_a_cable_pulled_at_the_vehicle_ends_the_transaction_and_stays_for_its_owner(tmp_path: Path) -> None:
    settings = stopping_at("Authorized") | {"TxCtrlr.StopTxOnEVSideDisconnect": "true", "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false"}
    async with Rig(tmp_path, **settings) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.plant.vehicle(state="A")
        await talk.was("CP TransactionEvent Ended EVCommunicationLost Idle EVDisconnected")
        assert (await rig.truth()).locked == 1
        await rig.tap()
        await talk.was("CP TransactionEvent Ended EVCommunicationLost Idle EVDisconnected", AVAILABLE)


@case("TC_E_20_CS", "Stop transaction options - EVDisconnected - EV side (able to charge IEC 61851-1 EV)")
@case("TC_E_54_CS", "Stop transaction options - EVDisconnected - EV side (not able to charge IEC 61851-1 EV)")
@virtually
async def test_with_ev_connected_pulling_the_cable_ends_a_suspended_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, **stopping_at("EVConnected"), **{"TxCtrlr.StopTxOnEVSideDisconnect": "false"}) as rig:
        await rig.online()
        talk = await suspend(rig)
        await rig.plant.vehicle(state="A")
        await talk.was(then=["CP TransactionEvent Ended EVCommunicationLost Idle EVDisconnected", AVAILABLE])


@case("TC_E_37_CS", "Stop transaction options - PowerPathClosed - EV side disconnect")
@virtually
async def test_with_power_path_closed_pulling_the_cable_ends_the_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, **stopping_at("PowerPathClosed"), **{"TxCtrlr.StopTxOnEVSideDisconnect": "false"}) as rig:
        await rig.online()
        talk = await suspend(rig)
        await rig.plant.vehicle(state="A")
        await talk.was(then=["CP TransactionEvent Ended EVCommunicationLost Idle EVDisconnected", AVAILABLE])


@case("TC_E_21_CS", "Stop transaction options - StopAuthorized - Remote")
@case("TC_E_35_CS", "Stop transaction options - PowerPathClosed - Remote stop")
@pytest.mark.parametrize("point", ["Authorized", "PowerPathClosed"])
@virtually
async def test_the_csms_ends_a_transaction(tmp_path: Path, point: str) -> None:
    async with Rig(tmp_path, **stopping_at(point)) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        assert await rig.remote_stop(rig.charges[0]) == "Accepted"
        number = rig.charges[0].number
        await talk.was(
            f"CS RequestStopTransaction {number}: Accepted".replace(f" {number}", ""), "CP TransactionEvent Ended RemoteStop EVConnected Remote"
        )


@case("TC_E_22_CS", "Stop transaction options - EnergyTransfer stopped - SuspendedEV")
@virtually
async def test_with_energy_transfer_a_vehicle_that_stops_drawing_ends_the_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, **stopping_at("EnergyTransfer")) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.plant.vehicle(state="B")
        await talk.was("CP TransactionEvent Ended ChargingStateChanged EVConnected StoppedByEV")


@case("TC_E_24_CS", "Disconnect cable on EV-side - Deauthorize transaction - UnlockEVSideDisconnect is true")
@virtually
async def test_a_cable_pulled_at_the_vehicle_is_freed_at_the_station_where_that_is_configured(tmp_path: Path) -> None:
    settings = {"TxCtrlr.StopTxOnEVSideDisconnect": "true", "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "true"}
    async with Rig(tmp_path, **settings) as rig:
        await rig.online()
        talk = await suspend(rig)
        await rig.plant.vehicle(state="A")
        await talk.was(then=["CP TransactionEvent Ended EVCommunicationLost Idle EVDisconnected", AVAILABLE])
        assert (await rig.truth()).locked == 0


@case("TC_E_25_CS", "Disconnect cable on EV-side - Deauthorize transaction - UnlockOnEVSideDisconnect is false")
@virtually
async def test_a_cable_pulled_at_the_vehicle_is_kept_at_the_station_where_that_is_configured(tmp_path: Path) -> None:
    settings = {"TxCtrlr.StopTxOnEVSideDisconnect": "true", "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false"}
    async with Rig(tmp_path, **settings) as rig:
        await rig.online()
        talk = await suspend(rig)
        await rig.plant.vehicle(state="A")
        ended = "CP TransactionEvent Ended EVCommunicationLost Idle EVDisconnected"
        await talk.was(ended)
        assert (await rig.truth()).locked == 1
        await rig.tap()
        await talk.was(ended, AVAILABLE)


@case("TC_E_26_CS", "Disconnect cable on EV-side - Suspend transaction")
@virtually
async def test_a_transaction_that_outlives_its_cable_is_resumed_with_the_next_plug_in(tmp_path: Path) -> None:
    settings = stopping_at("Authorized") | {"TxCtrlr.StopTxOnEVSideDisconnect": "false", "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false"}
    async with Rig(tmp_path, **settings) as rig:
        await rig.online()
        talk = await suspend(rig)
        await rig.plant.vehicle(state="A")
        lost = "CP TransactionEvent Updated EVCommunicationLost Idle"
        await talk.was(lost)
        await rig.plant.vehicle(state="C")
        await talk.was(lost, "CP TransactionEvent Updated CablePluggedIn EVConnected", "CP TransactionEvent Updated ChargingStateChanged Charging")


@case("TC_E_27_CS", "Disconnect cable on EV-side - Suspend transaction - Fixed cable connection timeout")
@virtually
async def test_a_transaction_whose_vehicle_does_not_come_back_ends_after_the_time_out(tmp_path: Path) -> None:
    settings = stopping_at("Authorized") | {"TxCtrlr.StopTxOnEVSideDisconnect": "false"}
    async with Rig(tmp_path, fixed_cable=True, **settings, ConnectionTimeOut=30) as rig:
        await rig.online()
        talk = await suspend(rig)
        await rig.plant.vehicle(state="A")
        await rig.pass_time(31)
        lost = "CP TransactionEvent Updated EVCommunicationLost Idle"
        await talk.was(then=[lost, AVAILABLE, "CP TransactionEvent Ended EVConnectTimeout Idle Timeout"])
