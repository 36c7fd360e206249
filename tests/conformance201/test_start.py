"""Where a transaction starts: every start point that the hardware sees, cable first, card first, and the CSMS first (E01 to E05, F01, F02)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

OCCUPIED = "CP StatusNotification 1.1 Occupied"
ASKED = "CP Authorize TAG1: Accepted"
CHARGING = "CP TransactionEvent Updated ChargingStateChanged Charging"


@case("TC_E_01_CS", "Start transaction options - PowerPathClosed")
@virtually
async def test_with_power_path_closed_a_transaction_starts_when_the_cable_follows_the_card(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "PowerPathClosed"}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        await talk.was(ASKED)
        await rig.plant.vehicle(state="C")
        await talk.was(ASKED, OCCUPIED, "CP TransactionEvent Started CablePluggedIn EVConnected TAG1: Accepted", CHARGING)
        assert talk.events()[0]["evse"] == {"id": 1, "connectorId": 1}


@case("TC_E_02_CS", "Start transaction options - EnergyTransfer")
@virtually
async def test_with_energy_transfer_a_transaction_starts_when_energy_flows(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "EnergyTransfer"}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        await rig.plant.vehicle(state="B")
        await talk.was(ASKED, OCCUPIED)
        await rig.plant.vehicle(state="C")
        await talk.was(ASKED, OCCUPIED, "CP TransactionEvent Started ChargingStateChanged Charging TAG1: Accepted")
        assert talk.events()[0]["evse"] == {"id": 1, "connectorId": 1}


@case("TC_E_03_CS", "Local start transaction - Cable plugin first - Success")
@virtually
async def test_a_card_after_the_cable_starts_a_charge(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        await talk.was(OCCUPIED)
        await rig.tap()
        await talk.was(OCCUPIED, ASKED, "CP TransactionEvent Started Authorized EVConnected TAG1: Accepted", CHARGING)


@case("TC_E_04_CS", "Local start transaction - Authorization first - Success")
@pytest.mark.parametrize("point", ["Authorized", "PowerPathClosed", "EVConnected,Authorized"])
@virtually
async def test_a_cable_after_the_card_starts_a_charge(tmp_path: Path, point: str) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": point}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        await rig.pass_time(5)
        await rig.plant.vehicle(state="C")
        if point == "PowerPathClosed":
            told = ["CP TransactionEvent Started CablePluggedIn EVConnected TAG1: Accepted"]
            await talk.was(ASKED, OCCUPIED, *told, CHARGING)
        else:
            told = ["CP TransactionEvent Started Authorized Idle TAG1: Accepted"]
            await talk.was(ASKED, *told, OCCUPIED, "CP TransactionEvent Updated CablePluggedIn EVConnected", CHARGING)


@case("TC_E_05_CS", "Local start transaction - Authorization first - Cable plugin timeout")
@virtually
async def test_a_transaction_without_a_cable_ends_after_the_time_out_and_leaves_the_evse_to_the_next(tmp_path: Path) -> None:
    points = {"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.TxStopPoint": "Authorized"}
    async with Rig(tmp_path, **points, ConnectionTimeOut=30, AuthorizationCacheEnabled=False) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        begun = "CP TransactionEvent Started Authorized Idle TAG1: Accepted"
        await talk.was(ASKED, begun, within_s=10)
        await rig.pass_time(30)
        await talk.was(ASKED, begun, "CP TransactionEvent Ended EVConnectTimeout Idle Timeout")
        await rig.charge()


@case("TC_E_39_CS", "Stop transaction options - Deauthorized - timeout")
@virtually
async def test_a_transaction_that_started_remotely_ends_when_no_cable_comes(tmp_path: Path) -> None:
    points = {"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.TxStopPoint": "Authorized"}
    async with Rig(tmp_path, **points, ConnectionTimeOut=30) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await rig.remote_start() == "Accepted"
        await rig.pass_time(31)
        await talk.was(
            "CS RequestStartTransaction 1 TAG1: Accepted",
            "CP TransactionEvent Started RemoteStart Idle TAG1: Accepted",
            "CP TransactionEvent Ended EVConnectTimeout Idle Timeout",
        )


@case("TC_E_09_CS", "Start transaction options - EVConnected")
@virtually
async def test_with_ev_connected_a_transaction_starts_with_the_cable(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "EVConnected"}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        begun = "CP TransactionEvent Started CablePluggedIn EVConnected"
        await talk.was(OCCUPIED, begun)
        assert talk.events()[0]["evse"] == {"id": 1, "connectorId": 1}
        assert "idToken" not in talk.events()[0]
        await rig.tap()
        await talk.was(OCCUPIED, begun, ASKED, "CP TransactionEvent Updated Authorized EVConnected TAG1: Accepted", CHARGING)
        assert len({event["transactionInfo"]["transactionId"] for event in talk.events()}) == 1


@case("TC_E_10_CS", "Start transaction options - Authorized - Local")
@virtually
async def test_with_authorized_a_transaction_starts_with_the_card(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "Authorized"}) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        await talk.was(ASKED, "CP TransactionEvent Started Authorized Idle TAG1: Accepted")
        assert talk.events()[0]["idToken"] == {"idToken": "TAG1", "type": "ISO14443"}


@case("TC_E_13_CS", "Start transaction options - Authorized - Remote")
@virtually
async def test_with_authorized_a_transaction_starts_with_the_csmss_request(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"TxCtrlr.TxStartPoint": "Authorized"}) as rig:
        await rig.online()
        talk = Talk(rig)
        assert await rig.remote_start() == "Accepted"
        await talk.was("CS RequestStartTransaction 1 TAG1: Accepted", "CP TransactionEvent Started RemoteStart Idle TAG1: Accepted")
        (event,) = talk.events()
        assert event["transactionInfo"]["remoteStartId"] == 7
        assert event["idToken"] == {"idToken": "TAG1", "type": "ISO14443"}


@case("TC_E_38_CS", "Local start transaction - EV not ready")
@virtually
async def test_a_vehicle_that_is_not_ready_is_told_as_suspended_by_itself(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.tap()
        await rig.plant.vehicle(state="B")
        await talk.was(
            ASKED,
            OCCUPIED,
            "CP TransactionEvent Started CablePluggedIn EVConnected TAG1: Accepted",
            "CP TransactionEvent Updated ChargingStateChanged SuspendedEV",
            within_s=90,
        )
