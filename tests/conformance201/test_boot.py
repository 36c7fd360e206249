"""Boots (B01 to B04), resets of the station and of an EVSE (B11, B12), and what follows a lost connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.whole.rig import ID, virtually

from cpctl.app.controller import Ending
from cpctl.errors import CallRefused

from .cases import case
from .talk import Rig, Talk

AVAILABLE, OCCUPIED, UNAVAILABLE = (f"CP StatusNotification 1.1 {status}" for status in ("Available", "Occupied", "Unavailable"))
BOOTED = "CP BootNotification: Accepted"


async def restarted(rig: Rig) -> Talk:
    """Wait until the host has ended for a restart, start it as its program would, and listen from then on."""
    assert await rig.ended() is Ending.RESTART
    talk = Talk(rig)
    await rig.start()
    return talk


def reason(rig: Rig) -> object:
    """Return why the station said that it booted."""
    return rig.csms.point(ID).boots[-1]["reason"]


# ---------------------------------------------------------------- boots


@case("TC_B_01_CS", "Cold Boot Charging Station - Accepted")
@virtually
async def test_a_start_is_told_by_a_boot_and_every_connector(tmp_path: Path) -> None:
    rig = Rig(tmp_path, evses=2)
    talk = Talk(rig)
    async with rig:
        await talk.was(BOOTED, then=[AVAILABLE, "CP StatusNotification 2.1 Available"])
        assert reason(rig) == "PowerUp"
        station = talk.payloads("BootNotification")[0]["chargingStation"]
        assert (station["vendorName"], station["model"]) == ("Test", "Rig")


@case("TC_B_02_CS", "Cold Boot Charging Station - Pending")
@virtually
async def test_a_pending_station_can_be_configured_and_keeps_silent_until_it_is_accepted(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.csms.boot_with("Pending", interval=20)
    talk = Talk(rig)
    async with rig:
        await talk.was("CP BootNotification: Pending", within_s=10)
        assert await rig.set_variable("OCPPCommCtrlr.OfflineThreshold", "30") == "Accepted"
        assert await rig.remote_start() == "Rejected"
        await rig.plant.vehicle(state="B")
        await rig.pass_time(5)
        assert talk.lines()[-1] == "CS RequestStartTransaction 1 TAG1: Rejected"
        await talk.was(
            "CP BootNotification: Pending",
            "CS SetVariables",
            "CS RequestStartTransaction 1 TAG1: Rejected",
            BOOTED,
            OCCUPIED,
        )


@case("TC_B_03_CS", "Cold Boot Charging Station - Rejected")
@virtually
async def test_a_rejected_station_says_nothing_until_it_may_try_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.csms.boot_with("Rejected", interval=60)
    talk = Talk(rig)
    async with rig:
        await rig.pass_time(55)
        await talk.was("CP BootNotification: Rejected", within_s=1)
        await talk.was("CP BootNotification: Rejected", BOOTED, AVAILABLE)


@case("TC_B_30_CS", "Cold Boot Charging Station - Pending/Rejected - SecurityError")
@virtually
async def test_a_rejected_station_serves_nobody(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.csms.boot_with("Rejected", interval=600)
    async with rig:
        await rig.until(lambda: bool(rig.csms.point(ID).boots))
        await rig.pass_time(1)
        with pytest.raises(CallRefused, match="SecurityError"):
            await rig.call("GetBaseReport", requestId=1, reportBase="FullInventory")


# ---------------------------------------------------------------- offline


@case("TC_B_51_CS", "Status change during offline period - > Offline Threshold")
@case("TC_B_52_CS", "Status change during offline period - < Offline Threshold")
@pytest.mark.parametrize("longer", [True, False])
@virtually
async def test_after_a_long_time_offline_every_status_is_told_and_after_a_short_one_what_changed(tmp_path: Path, longer: bool) -> None:
    back_off = {"RetryBackOffWaitMinimum": 10, "RetryBackOffRandomRange": 0}
    async with Rig(tmp_path, evses=2, **{"OCPPCommCtrlr.OfflineThreshold": 30 if longer else 3600}, **back_off) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.plant.vehicle(state="B")
        await rig.pass_time(60)
        await rig.csms.set_up(True)
        await talk.was(then=[OCCUPIED, *(["CP StatusNotification 2.1 Available"] if longer else [])], within_s=120)


@case("TC_B_57_CS", "Network Reconnection - After connection loss")
@virtually
async def test_connections_are_tried_again_at_growing_distances(tmp_path: Path) -> None:
    back_off = {"RetryBackOffWaitMinimum": 10, "RetryBackOffRandomRange": 0, "RetryBackOffRepeatTimes": 2}
    async with Rig(tmp_path, **back_off) as rig:
        await rig.online()

        async def back_after() -> float:
            before = rig.csms.point(ID).connections
            began = rig.utc()
            await rig.until(lambda: rig.csms.point(ID).connections > before, 120)
            return (rig.utc() - began).total_seconds()

        rig.csms.cut(ID)
        assert 10 <= await back_after() <= 11
        await rig.pass_time(60)  # a good connection: the next loss begins with the shortest wait again
        await rig.csms.set_up(False)
        await rig.pass_time(15)  # the attempt after 10 s fails
        await rig.csms.set_up(True)
        assert 14 <= await back_after() <= 16, "20 s after it"


# ---------------------------------------------------------------- resets


@case("TC_B_20_CS", "Reset Charging Station - Without ongoing transaction - OnIdle")
@pytest.mark.parametrize(("immediate", "said"), [(False, "RemoteReset"), (True, "RemoteReset")])
@virtually
async def test_an_idle_station_restarts_at_once(tmp_path: Path, immediate: bool, said: str) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await rig.reset(immediate=immediate) == "Accepted"
        talk = await restarted(rig)
        await talk.was(BOOTED, AVAILABLE)
        assert reason(rig) == said


@case("TC_B_21_CS", "Reset Charging Station - With Ongoing Transaction - OnIdle")
@case("TC_B_41_CS", "Reset Charging Station - With multiple ongoing transactions - OnIdle")
@pytest.mark.parametrize("evses", [1, 2])
@virtually
async def test_a_reset_waits_for_the_end_of_every_transaction(tmp_path: Path, evses: int) -> None:
    async with Rig(tmp_path, evses=evses) as rig:
        await rig.online()
        for evse in range(1, evses + 1):
            await rig.charge(f"TAG{evse}", evse)
        assert await rig.reset(immediate=False) == "Scheduled"
        for evse in range(1, evses + 1):
            await rig.pass_time(20)
            assert rig.evse(evse)["status"] == "Charging"
            await rig.tap(f"TAG{evse}", evse)
        talk = await restarted(rig)
        await talk.was(BOOTED, then=[f"CP StatusNotification {evse}.1 Occupied" for evse in range(1, evses + 1)])
        assert reason(rig) == "ScheduledReset"
        assert all(charge.stop is not None for charge in rig.charges)


@case("TC_B_22_CS", "Reset Charging Station - With Ongoing Transaction - Immediate")
@virtually
async def test_an_immediate_reset_ends_the_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        assert await rig.reset(immediate=True) == "Accepted"
        await restarted(rig)
        ended = "CP TransactionEvent Ended ResetCommand EVConnected ImmediateReset"
        await talk.was("CS Reset Immediate: Accepted", then=[ended, BOOTED, OCCUPIED])
        assert reason(rig) == "RemoteReset"


@case("TC_B_23_CS", "Reset Charging Station - Unavailable persists reset")
@virtually
async def test_what_is_out_of_service_stays_so_over_a_reset(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await rig.call("ChangeAvailability", operationalStatus="Inoperative") == {"status": "Accepted"}
        assert await rig.reset(immediate=False) == "Accepted"
        talk = await restarted(rig)
        await talk.was(BOOTED, UNAVAILABLE)


@case("TC_B_25_CS", "Reset EVSE - Without ongoing transaction")
@virtually
async def test_an_idle_evse_is_reset_by_itself(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        assert await rig.call("Reset", type="OnIdle", evseId=1) == {"status": "Accepted"}
        await rig.pass_time(20)
        assert rig.csms.point(ID).connections == 1
        await rig.charge()


@case("TC_B_26_CS", "Reset EVSE - With Ongoing Transaction - OnIdle")
@virtually
async def test_the_reset_of_an_evse_waits_for_its_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        await rig.charge()
        assert await rig.call("Reset", type="OnIdle", evseId=1) == {"status": "Scheduled"}
        await rig.pass_time(20)
        assert rig.evse()["status"] == "Charging"
        await rig.finish()
        await rig.pass_time(20)
        assert rig.csms.point(ID).connections == 1
        await rig.charge()


@case("TC_B_27_CS", "Reset EVSE - With Ongoing Transaction - Immediate")
@virtually
async def test_an_immediate_reset_of_an_evse_ends_its_transaction_and_no_other(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        talk = Talk(rig)
        assert await rig.call("Reset", type="Immediate", evseId=1) == {"status": "Accepted"}
        await rig.pass_time(20)
        assert "CP TransactionEvent Ended ResetCommand EVConnected ImmediateReset" in talk.lines()
        assert rig.evse(2)["status"] == "Charging"
        assert (await rig.truth(2)).openings == 0
        assert rig.csms.point(ID).connections == 1
