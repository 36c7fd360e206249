"""Who may charge, and who may end a charge: by the CSMS's word, the cache, a group, a master pass (C01, C09 to C12, C15, C16)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

STARTED = "CP TransactionEvent Started Authorized EVConnected TAG1: Accepted"
CHARGING = "CP TransactionEvent Updated ChargingStateChanged Charging"
FAMILY = {"tag1": "FAMILY", "tag2": "FAMILY"}


async def plugged(rig: Rig) -> Talk:
    """Plug a vehicle in that asks for energy, and listen from then on."""
    await rig.online()
    await rig.plant.vehicle(state="C")
    await rig.occupied()
    return Talk(rig)


async def cached(rig: Rig, tag: str = "TAG1", status: str = "Accepted") -> None:
    """Let the cache know a token, by showing it once."""
    rig.csms.tokens[tag.casefold()] = status
    if await rig.accepts(tag):
        await rig.accepts(tag)  # taken back
    await rig.pass_time(3)


def pre_authorizing(**more: object) -> dict[str, Any]:
    """Return the setting that lets a token in the cache start at once."""
    return {"AuthCacheCtrlr.Enabled": "true", "AuthCtrlr.LocalPreAuthorize": "true", **more}


# ---------------------------------------------------------------- the CSMS's word


@case("TC_C_02_CS", "Local start transaction - Authorization Invalid/Unknown")
@case("TC_C_06_CS", "Local start transaction - AuthorizationBlocked")
@case("TC_C_07_CS", "Local start transaction - Authorization Expired")
@case("TC_C_56_CS", "Local start transaction - Authorization Unknown")
@pytest.mark.parametrize("status", ["Invalid", "Blocked", "Expired", "Unknown", "NotAtThisTime", "NoCredit"])
@virtually
async def test_a_card_that_is_not_accepted_starts_nothing(tmp_path: Path, status: str) -> None:
    async with Rig(tmp_path) as rig:
        rig.csms.tokens["tag1"] = status
        talk = await plugged(rig)
        assert not await rig.accepts()
        await rig.pass_time(30)
        await talk.was(f"CP Authorize TAG1: {status}")
        assert rig.charges == []


@case("TC_C_04_CS", "Local Stop Transaction - Different idToken")
@case("TC_C_42_CS", "Authorization by Groupld - Not stopped by Groupld")
@pytest.mark.parametrize(("group", "status"), [("FIRM", "Accepted"), ("FAMILY", "Invalid")])
@virtually
async def test_another_card_ends_nothing_that_is_not_of_its_group_or_not_accepted(tmp_path: Path, group: str, status: str) -> None:
    async with Rig(tmp_path) as rig:
        rig.csms.parents |= FAMILY | {"tag2": group}
        rig.csms.tokens["tag2"] = status
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        assert not await rig.accepts("TAG2")
        await talk.was(f"CP Authorize TAG2: {status}")
        assert rig.evse()["status"] == "Charging"


# ---------------------------------------------------------------- the cache


@case("TC_C_08_CS", "Authorization through authorization cache - Accepted")
@virtually
async def test_a_card_in_the_cache_starts_at_once(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        await rig.online()
        await cached(rig)
        talk = await plugged(rig)
        await rig.tap()
        await talk.was(STARTED, CHARGING)


@case("TC_C_09_CS", "Authorization through authorization cache - Invalid & Not Accepted")
@case("TC_C_10_CS", "Authorization through authorization cache - Restricted")
@case("TC_C_11_CS", "Authorization through authorization cache - Expired")
@pytest.mark.parametrize("status", ["Invalid", "Blocked", "Expired"])
@virtually
async def test_a_card_that_the_cache_refuses_is_asked_about_again(tmp_path: Path, status: str) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        await rig.online()
        await cached(rig, status=status)
        talk = await plugged(rig)
        assert not await rig.accepts()
        await talk.was(f"CP Authorize TAG1: {status}")


@case("TC_C_12_CS", "Authorization through authorization cache - Invalid & Accepted")
@virtually
async def test_a_card_that_was_refused_once_starts_when_the_csms_accepts_it_now(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        await rig.online()
        await cached(rig, status="Invalid")
        rig.csms.tokens["tag1"] = "Accepted"
        talk = await plugged(rig)
        await rig.tap()
        await talk.was("CP Authorize TAG1: Accepted", STARTED, CHARGING)


@case("TC_C_57_CS", "Authorization through authorization cache - AuthCacheDisablePostAuthorize")
@virtually
async def test_a_card_that_the_cache_refuses_is_not_asked_about_where_that_is_off(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing(**{"AuthCacheCtrlr.DisablePostAuthorize": "true"})) as rig:
        await rig.online()
        await cached(rig, status="Invalid")
        talk = await plugged(rig)
        assert not await rig.accepts()
        await talk.was()


@case("TC_C_13_CS", "Authorization through authorization cache - Accepted but cable not connected yet.")
@virtually
async def test_a_card_in_the_cache_starts_a_transaction_before_its_cable(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing(**{"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.TxStopPoint": "Authorized"})) as rig:
        await rig.online()
        await cached(rig)
        talk = Talk(rig)
        await rig.tap()
        started = "CP TransactionEvent Started Authorized Idle TAG1: Accepted"
        await talk.was(started)
        await rig.plant.vehicle(state="C")
        await talk.was(started, "CP StatusNotification 1.1 Occupied", "CP TransactionEvent Updated CablePluggedIn EVConnected", CHARGING)


@case("TC_C_32_CS", "Store Authorization Data in the Authorization Cache - Persistent over reboot")
@virtually
async def test_the_cache_outlives_a_restart(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        await rig.online()
        await cached(rig)
        await rig.kill()
        await rig.start()
        talk = await plugged(rig)
        await rig.tap()
        await talk.was(STARTED, CHARGING)


@case("TC_C_33_CS", "Store Authorization Data in the Authorization Cache - Update on AuthorizationResponse")
@case("TC_C_34_CS", "Store Authorization Data in the Authorization Cache - Update on TransactionResponse")
@virtually
async def test_the_cache_learns_from_every_answer_about_a_card(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        talk = await plugged(rig)
        await rig.tap()
        await talk.was("CP Authorize TAG1: Accepted", STARTED, CHARGING)
        await rig.finish()
        rig.csms.tokens["tag1"] = "Invalid"
        talk = await plugged(rig)
        await rig.tap()
        await rig.until(lambda: bool(talk.events()))
        assert [line for line in talk.lines() if "Authorize " in line] == [], "known from the Authorize before"
        await rig.plant.vehicle(state="A")
        await rig.tap()  # frees the cable
        await rig.status("Available")
        talk = await plugged(rig)
        assert not await rig.accepts()
        await talk.was("CP Authorize TAG1: Invalid")


@case("TC_C_36_CS", "Store Authorization Data in the Authorization Cache - AuthCacheCtrl.LocalPreAuthorization = false")
@virtually
async def test_without_local_pre_authorization_a_card_in_the_cache_is_asked_about(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing(**{"AuthCtrlr.LocalPreAuthorize": "false"})) as rig:
        await rig.online()
        await cached(rig)
        rig.csms.tokens["tag1"] = "Invalid"
        talk = await plugged(rig)
        assert not await rig.accepts()
        await talk.was("CP Authorize TAG1: Invalid")


@case("TC_C_37_CS", "Clear Authorization Data in Authorization Cache - Accepted")
@virtually
async def test_a_card_is_asked_about_again_once_the_cache_is_cleared(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        await rig.online()
        await cached(rig)
        assert await rig.call("ClearCache") == {"status": "Accepted"}
        talk = await plugged(rig)
        await rig.tap()
        await talk.was("CP Authorize TAG1: Accepted", STARTED, CHARGING)


@case("TC_C_38_CS", "Clear Authorization Data in Authorization Cache - Rejected")
@virtually
async def test_a_cache_that_is_off_can_not_be_cleared(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"AuthCacheCtrlr.Enabled": "false"}) as rig:
        await rig.online()
        assert (await rig.call("ClearCache"))["status"] == "Rejected"


@case("TC_C_46_CS", "Store Authorization Data in the Authorization Cache - AuthCacheLifeTime")
@virtually
async def test_the_cache_forgets_a_card_after_its_life_time(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing(**{"AuthCacheCtrlr.LifeTime": "120"})) as rig:
        await rig.online()
        await cached(rig)
        await rig.pass_time(121)
        talk = await plugged(rig)
        await rig.tap()
        await talk.was("CP Authorize TAG1: Accepted", STARTED, CHARGING)


# ---------------------------------------------------------------- refused after an offline start


async def refused_later(rig: Rig) -> Talk:
    """Start offline with a card from the cache, which the CSMS refuses when it hears of it; listen to what it hears."""
    await rig.online()
    await cached(rig)
    await rig.csms.set_up(False)
    await rig.plant.vehicle(state="C")
    await rig.status("Preparing")
    await rig.tap()
    await rig.status("Charging")
    await rig.pass_time(5)
    rig.csms.tokens["tag1"] = "Invalid"
    talk = Talk(rig)
    await rig.csms.set_up(True)
    await rig.online()
    await rig.until(lambda: len(talk.events()) >= 2)
    await rig.pass_time(8)
    return talk


def on_refusal(stop: bool, energy_wh: int) -> dict[str, Any]:
    """Return the settings of what becomes of such a transaction."""
    return pre_authorizing(**{"TxCtrlr.StopTxOnInvalidId": str(stop).lower(), "TxCtrlr.MaxEnergyOnInvalidId": energy_wh}, MeterValueSampleInterval=0)


@case("TC_C_15_CS", "Authorization through authorization cache - StopTxOnInvalidld = false, MaxEnergyOnInvalidld > 0")
@virtually
async def test_a_refused_transaction_goes_on_for_the_energy_it_may_have(tmp_path: Path) -> None:
    async with Rig(tmp_path, **on_refusal(False, 500)) as rig:
        talk = await refused_later(rig)
        first, *others = talk.events()
        assert first["offline"] is True
        assert [event for event in others if event["transactionInfo"].get("chargingState") == "SuspendedEVSE"] == []
        before = (await rig.truth()).energy_mwh
        await rig.status("SuspendedEVSE", within_s=600)
        await rig.pass_time(10)
        assert 450_000 < (await rig.truth()).energy_mwh - before < 550_000
        assert rig.charges[-1].stop is None


@case("TC_C_16_CS", "Authorization through authorization cache - StopTxOnInvalidId = true")
@case("TC_C_18_CS", "Authorization through authorization cache - StopTxOnInvalidId = true, MaxEnergyOnInvalidId > 0")
@case("TC_E_16_CS", "Stop transaction options - Deauthorized - Invalid idToken")
@pytest.mark.parametrize("energy_wh", [0, 500])
@virtually
async def test_a_refused_transaction_is_ended_whatever_energy_it_might_have_had(tmp_path: Path, energy_wh: int) -> None:
    async with Rig(tmp_path, **on_refusal(True, energy_wh)) as rig:
        talk = await refused_later(rig)
        assert talk.events()[0]["offline"] is True
        assert talk.lines()[-1] == "CP TransactionEvent Ended Deauthorized EVConnected DeAuthorized"
        assert talk.events()[-1].get("offline", False) is False
        assert (await rig.truth()).contactor == 0


@case("TC_C_17_CS", "Authorization through authorization cache - StopTxOnInvalidld = false")
@case("TC_C_26_CS", "Offline Authorization - Unknown Id")
@virtually
async def test_a_refused_transaction_is_suspended_until_its_driver_ends_it(tmp_path: Path) -> None:
    async with Rig(tmp_path, **on_refusal(False, 0)) as rig:
        talk = await refused_later(rig)
        assert talk.events()[0]["offline"] is True
        assert "CP TransactionEvent Updated ChargingStateChanged SuspendedEVSE" in talk.lines()
        assert (await rig.truth()).contactor == 0
        assert rig.charges[-1].stop is None
        await rig.tap()
        await rig.until(lambda: rig.charges[-1].stop is not None)
        assert talk.lines()[-1].startswith("CP TransactionEvent Ended StopAuthorized")


# ---------------------------------------------------------------- groups and the master pass


@case("TC_C_39_CS", "Authorization by Groupld - Success")
@virtually
async def test_a_card_of_the_same_group_ends_a_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        rig.csms.parents |= FAMILY
        talk = await plugged(rig)
        await rig.tap()
        await rig.status("Charging")
        await rig.tap("TAG2")
        await talk.was(
            "CP Authorize TAG1: Accepted",
            STARTED,
            CHARGING,
            "CP Authorize TAG2: Accepted",
            "CP TransactionEvent Ended StopAuthorized EVConnected Local TAG2: Accepted",
        )


@case("TC_C_41_CS", "Authorization by Groupld - Success with Authorization Cache")
@virtually
async def test_a_card_of_the_same_group_that_the_cache_knows_ends_a_transaction_unasked(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        rig.csms.parents |= FAMILY
        await rig.online()
        await cached(rig, "TAG1")
        await cached(rig, "TAG2")
        talk = await plugged(rig)
        await rig.tap()
        await rig.status("Charging")
        await rig.tap("TAG2")
        await talk.was(STARTED, CHARGING, "CP TransactionEvent Ended StopAuthorized EVConnected Local TAG2: Accepted")


@case("TC_C_44_CS", "Authorization by GroupId - Invalid status with Authorization Cache")
@virtually
async def test_a_card_of_the_same_group_that_the_cache_refuses_is_asked_about_and_ends_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path, **pre_authorizing()) as rig:
        rig.csms.parents |= FAMILY
        await rig.online()
        await cached(rig, "TAG1")
        await cached(rig, "TAG2", "Invalid")
        talk = await plugged(rig)
        await rig.tap()
        await rig.status("Charging")
        assert not await rig.accepts("TAG2")
        await talk.was(STARTED, CHARGING, "CP Authorize TAG2: Invalid")


@case("TC_C_45_CS", "Authorization by Groupld - Master pass - Not able to start transaction + groupld")
@virtually
async def test_a_master_pass_starts_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"AuthCtrlr.MasterPassGroupId": "MASTER"}) as rig:
        rig.csms.parents["boss"] = "MASTER"
        talk = await plugged(rig)
        assert not await rig.accepts("BOSS")
        await talk.was("CP Authorize BOSS: Accepted")
        assert rig.charges == []


@case("TC_C_49_CS", "Stop Transaction with a Master Pass - Without UI")
@virtually
async def test_a_master_pass_at_the_stations_reader_ends_every_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2, **{"AuthCtrlr.MasterPassGroupId": "MASTER"}) as rig:
        rig.csms.parents["boss"] = "MASTER"
        await rig.online()
        await rig.charge("TAG1", 1)
        await rig.charge("TAG2", 2)
        talk = Talk(rig)
        await rig.tap("BOSS", 0)
        ended = "CP TransactionEvent Ended StopAuthorized EVConnected MasterPass BOSS: Accepted"
        await talk.was("CP Authorize BOSS: Accepted", ended, ended)


@case("TC_E_52_CS", "Local start transaction - Authorization first - DisableRemoteAuthorization")
@virtually
async def test_an_unknown_card_is_refused_unasked_where_asking_is_off(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"AuthCtrlr.DisableRemoteAuthorization": "true"}) as rig:
        await rig.online()
        talk = Talk(rig)
        assert not await rig.accepts()
        await talk.was()
