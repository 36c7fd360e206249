"""Who may charge, by every key of 1.6 that has a word in it, and what a refusal leads to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.conformance.talk import Talk

from cpctl.csms.words import date_time
from cpctl.sim.csms_script import Answer

from .rig import Rig, virtually

# ---------------------------------------------------------------- the cache


async def learn(rig: Rig, tag: str, **info: object) -> None:
    """Let the station hear the CSMS's word on a tag, and nothing come of it."""
    rig.csms.script("Authorize", Answer({"idTagInfo": {"status": "Accepted", **info}}))
    if await rig.accepts(tag):
        await rig.tap(tag)  # taken back
    await rig.pass_time(1)


async def go_offline(rig: Rig) -> None:
    await rig.csms.set_up(False)
    await rig.pass_time(3)


@virtually
async def test_a_cached_token_charges_offline_until_its_expiry_date(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        await learn(rig, "TAG1", expiryDate=date_time(rig.utc() + timedelta(hours=1)))
        await go_offline(rig)
        await rig.charge("TAG1")
        await rig.finish("TAG1", told=False)
        await rig.pass_time(3600)
        assert not await rig.accepts("TAG1"), "what has expired is refused, and is no unknown token either"


@virtually
async def test_an_expired_token_is_asked_about_again_online(tmp_path: Path) -> None:
    async with Rig(tmp_path, LocalPreAuthorize=True) as rig:
        await rig.online()
        await learn(rig, "TAG1", expiryDate=date_time(rig.utc() + timedelta(minutes=1)))
        await rig.pass_time(120)
        talk = Talk(rig)
        assert await rig.accepts("TAG1")
        assert len(talk.payloads("Authorize")) == 1


@virtually
async def test_local_pre_authorization_starts_without_asking_and_the_starts_answer_is_learnt(tmp_path: Path) -> None:
    async with Rig(tmp_path, LocalPreAuthorize=True) as rig:
        await rig.online()
        await learn(rig, "TAG1")
        rig.csms.tokens["tag1"] = "Blocked"
        talk = Talk(rig)
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        assert await rig.accepts("TAG1")
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
        assert talk.payloads("Authorize") == []
        assert rig.charges[0].reason == "DeAuthorized"
        assert not await rig.accepts("TAG1")
        assert len(talk.payloads("Authorize")) == 1, "one that is cached as refused is asked about"


@pytest.mark.parametrize(
    ("variables", "known", "unknown", "refused"),
    [
        ({}, True, False, False),
        ({"LocalAuthorizeOffline": False}, False, False, False),
        ({"AllowOfflineTxForUnknownId": True}, True, True, False),
        ({"AllowOfflineTxForUnknownId": True, "LocalAuthorizeOffline": False}, False, True, False),
        ({"AuthorizationCacheEnabled": False}, False, False, False),
        ({"AuthorizationCacheEnabled": False, "AllowOfflineTxForUnknownId": True}, True, True, True),
    ],
)
@virtually
async def test_offline_the_keys_decide_over_a_restart_too(
    tmp_path: Path, variables: dict[str, object], known: bool, unknown: bool, refused: bool
) -> None:
    async with Rig(tmp_path, **variables) as rig:
        await rig.online()
        await learn(rig, "KNOWN")
        await learn(rig, "REFUSED", status="Blocked")
        await rig.kill()
        await rig.csms.set_up(False)
        await rig.start()
        await rig.pass_time(5)
        for tag, accepted in (("KNOWN", known), ("UNKNOWN", unknown), ("REFUSED", refused)):
            assert await rig.accepts(tag) == accepted, tag
            if accepted:
                await rig.tap(tag)  # taken back


@virtually
async def test_a_token_that_was_busy_elsewhere_is_no_bad_one_once_that_is_over(tmp_path: Path) -> None:
    async with Rig(tmp_path, LocalPreAuthorize=True) as rig:
        await rig.online()
        await learn(rig, "TAG1")
        rig.csms.tokens["tag1"] = "ConcurrentTx"
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        assert await rig.accepts("TAG1")
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None)
        assert rig.charges[0].reason == "DeAuthorized"
        await go_offline(rig)
        await rig.plant.vehicle(state="A")
        await rig.status("Finishing")  # the cable stays until the card is shown
        assert await rig.accepts("TAG1")
        await rig.status("Available")
        await rig.charge("TAG1")


# ---------------------------------------------------------------- refused after the start


async def refused_after_the_start(rig: Rig) -> None:
    """Charge offline on a known token that the CSMS, once it hears of it, refuses."""
    await rig.online()
    await learn(rig, "TAG1")
    await go_offline(rig)
    await rig.charge("TAG1")
    rig.csms.tokens["tag1"] = "Blocked"
    await rig.csms.set_up(True)
    await rig.until(lambda: bool(rig.charges), 300)


@virtually
async def test_a_refused_token_ends_the_transaction_and_the_cable_stays_until_its_driver_shows_it(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await refused_after_the_start(rig)
        await rig.until(lambda: rig.charges[0].stop is not None)
        assert rig.charges[0].reason == "DeAuthorized"
        await rig.until_true(lambda truth: truth.contactor == 0)
        await rig.plant.vehicle(state="A")
        await rig.pass_time(10)
        assert (await rig.truth()).locked == 1
        await rig.kill()
        await rig.start()
        await rig.online()
        await rig.pass_time(10)
        assert (await rig.truth()).locked == 1
        assert not await rig.accepts("OTHER")
        assert await rig.accepts("TAG1")
        await rig.until_true(lambda truth: truth.locked == 0)
        await rig.status("Available")


@virtually
async def test_a_refused_token_only_gets_no_more_energy_where_the_transaction_is_to_go_on(tmp_path: Path) -> None:
    async with Rig(tmp_path, StopTransactionOnInvalidId=False) as rig:
        await refused_after_the_start(rig)
        await rig.status("SuspendedEVSE")
        await rig.until_true(lambda truth: truth.contactor == 0)
        await rig.pass_time(300)
        assert rig.charges[0].stop is None
        await rig.plant.vehicle(state="A")
        await rig.until(lambda: rig.charges[0].stop is not None)
        assert rig.charges[0].reason == "EVDisconnected"


@pytest.mark.parametrize(("stops", "status"), [(True, "Finishing"), (False, "SuspendedEVSE")])
@virtually
async def test_a_refused_driver_may_draw_what_is_configured_and_hardly_more(tmp_path: Path, stops: bool, status: str) -> None:
    async with Rig(tmp_path, StopTransactionOnInvalidId=stops, MaxEnergyOnInvalidId=500) as rig:
        await refused_after_the_start(rig)
        refused_wh = (await rig.truth()).energy_mwh / 1000
        await rig.pass_time(20)
        assert (await rig.truth()).contactor == 1
        assert [reason["code"] for reason in rig.evse()["why_not"]] == []
        await rig.status(status, within_s=300)
        await rig.until_true(lambda truth: truth.contactor == 0)
        given_wh = (await rig.truth()).energy_mwh / 1000 - refused_wh
        # 22 kW are 6 Wh a second: the meter speaks once a second, and the vehicle takes a moment to let go.
        assert 500 - 13 <= given_wh <= 500 + 25


# ---------------------------------------------------------------- remote starts and their time-outs


@pytest.mark.parametrize(("asks", "accepted", "starts"), [(False, "Accepted", 1), (True, "Accepted", 1), (True, "Invalid", 0), (False, "Invalid", 1)])
@virtually
async def test_a_remote_start_is_asked_about_if_so_configured(tmp_path: Path, asks: bool, accepted: str, starts: int) -> None:
    async with Rig(tmp_path, AuthorizeRemoteTxRequests=asks) as rig:
        rig.csms.tokens["app"] = accepted
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        talk = Talk(rig)
        assert await rig.call("RemoteStartTransaction", idTag="APP", connectorId=1) == {"status": "Accepted"}
        await rig.pass_time(30)
        assert len(talk.payloads("Authorize")) == asks
        assert len(rig.charges) == starts
        if starts and accepted == "Invalid":
            assert rig.charges[0].reason == "DeAuthorized"


@pytest.mark.parametrize("remote", [False, True])
@virtually
async def test_who_does_not_plug_in_within_the_connection_time_out_starts_nothing(tmp_path: Path, remote: bool) -> None:
    async with Rig(tmp_path, ConnectionTimeOut=30) as rig:
        await rig.online()
        if remote:
            assert await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1) == {"status": "Accepted"}
        else:
            assert await rig.accepts("TAG1")
        await rig.pass_time(28)
        assert rig.evse()["status"] == "Preparing"
        await rig.pass_time(3)
        assert rig.evse()["status"] == "Available"
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.pass_time(30)
        assert rig.charges == []


@pytest.mark.parametrize("remote", [False, True])
@virtually
async def test_a_restart_between_the_token_and_the_cable_forgets_neither_the_token_nor_its_time(tmp_path: Path, remote: bool) -> None:
    async with Rig(tmp_path, ConnectionTimeOut=60) as rig:
        await rig.online()
        for away_s, charges in ((20, 1), (70, 1)):
            if remote:
                assert await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1) == {"status": "Accepted"}
            else:
                assert await rig.accepts("TAG1")
            await rig.kill()
            await rig.sleep(away_s)
            await rig.start()
            await rig.online()
            await rig.plant.vehicle(state="C")
            if away_s < 60:
                await rig.status("Charging")
                await rig.finish()
            else:
                await rig.status("Preparing")
                await rig.pass_time(20)
            assert len(rig.charges) == charges


@virtually
async def test_a_token_at_the_stations_reader_waits_through_a_restart_and_no_longer_than_the_rest_of_its_time(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2, ConnectionTimeOut=60) as rig:
        await rig.online()
        assert await rig.accepts("TAG1", 0)
        await rig.kill()
        await rig.sleep(30)
        await rig.start()
        await rig.online()
        await rig.plant.vehicle(2, state="C")
        await rig.status("Charging", 2)
        assert await rig.accepts("TAG2", 0)
        await rig.kill()
        await rig.sleep(30)
        await rig.start()
        await rig.pass_time(31)
        await rig.plant.vehicle(1, state="C")
        await rig.status("Preparing", 1)
        await rig.pass_time(10)
        assert [charge.connector for charge in rig.charges] == [2]


# ---------------------------------------------------------------- unplugged at the vehicle


@pytest.mark.parametrize("stops", [True, False])
@pytest.mark.parametrize("unlocks", [True, False])
@virtually
async def test_unplugging_at_the_vehicle_stops_and_unlocks_as_configured(tmp_path: Path, stops: bool, unlocks: bool) -> None:
    async with Rig(tmp_path, StopTransactionOnEVSideDisconnect=stops, UnlockConnectorOnEVSideDisconnect=unlocks) as rig:
        await rig.online()
        await rig.charge()
        await rig.plant.vehicle(state="A")
        await rig.until_true(lambda truth: truth.contactor == 0)
        await rig.pass_time(10)
        assert bool(rig.charges[0].stop) == stops
        # Where the transaction goes on, the cable stays locked whatever the other key says (OCPP 1.6, 4.10).
        assert (await rig.truth()).locked == (0 if stops and unlocks else 1)
        assert rig.evse()["status"] == ("SuspendedEV" if not stops else "Available" if unlocks else "Finishing")
        if not stops:
            await rig.plant.vehicle(state="C")
            await rig.status("Charging")
            await rig.plant.vehicle(state="A")
            await rig.status("SuspendedEV")
        if not (stops and unlocks):
            assert not await rig.accepts("OTHER")
            assert await rig.accepts("TAG1")
        await rig.until_true(lambda truth: truth.locked == 0)
        await rig.status("Available")
        await rig.until(lambda: rig.charges[0].stop is not None)
        assert rig.charges[0].reason == ("EVDisconnected" if stops else "Local")
        assert len(rig.charges) == 1
