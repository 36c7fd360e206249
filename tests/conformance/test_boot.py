"""Starts, resets and power failures."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import virtually

from cpctl.app.controller import Ending

from .cases import case
from .talk import Rig, Talk


@case("TC_001_CS", "Cold Boot Charge Point")
@virtually
async def test_a_start_is_told_by_a_boot_and_every_status(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        talk = Talk(rig)
        rig.csms.heartbeat_s = 30
        await talk.was(
            "CP BootNotification: Accepted",
            then=["CP StatusNotification 0 Available", "CP StatusNotification 1 Available", "CP StatusNotification 2 Available"],
        )
        await rig.pass_time(40)
        assert len(talk.payloads("Heartbeat")) == 1, "one at the interval that the boot's answer named"


@case("TC_002_CS", "Cold Boot Charge Point - Pending")
@virtually
async def test_a_pending_charge_point_can_be_configured_and_keeps_silent_until_it_is_accepted(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        talk = Talk(rig)
        rig.csms.boot_with("Pending", interval=20)
        await talk.was("CP BootNotification: Pending")
        await rig.call("ChangeConfiguration", key="MeterValueSampleInterval", value="30")
        await rig.call("GetConfiguration", key=["MeterValueSampleInterval"])
        await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1)
        await rig.call("TriggerMessage", requestedMessage="StatusNotification", connectorId=1)
        await rig.sleep(1)
        await rig.call("TriggerMessage", requestedMessage="BootNotification")
        await talk.was(
            "CP BootNotification: Pending",
            "CS ChangeConfiguration MeterValueSampleInterval 30: Accepted",
            "CS GetConfiguration",
            "CS RemoteStartTransaction 1 TAG1: Rejected",
            "CS TriggerMessage StatusNotification 1: Accepted",
            "CP StatusNotification 1 Available",
            "CS TriggerMessage BootNotification: Accepted",
            "CP BootNotification: Accepted",
            then=["CP StatusNotification 0 Available", "CP StatusNotification 1 Available"],
        )


@case("TC_013_CS", "Hard Reset Without transaction")
@virtually
async def test_a_hard_reset_begins_with_a_new_boot(tmp_path: Path) -> None:
    await _resets(tmp_path, "Hard")


@case("TC_014_CS", "Soft Reset Without Transaction")
@virtually
async def test_a_soft_reset_begins_with_a_new_boot(tmp_path: Path) -> None:
    await _resets(tmp_path, "Soft")


async def _resets(directory: Path, kind: str) -> None:
    async with Rig(directory) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("Reset", type=kind)
        assert await rig.ended() is Ending.RESTART
        await rig.start()
        await talk.was(
            f"CS Reset {kind}: Accepted",
            "CP BootNotification: Accepted",
            then=["CP StatusNotification 0 Available", "CP StatusNotification 1 Available"],
        )


@case("TC_015_CS", "Hard Reset With Transaction")
@virtually
async def test_a_hard_reset_ends_the_transaction_with_its_reason(tmp_path: Path) -> None:
    await _resets_with_transaction(tmp_path, "Hard")


@case("TC_016_CS", "Soft Reset With Transaction")
@virtually
async def test_a_soft_reset_ends_the_transaction_with_its_reason(tmp_path: Path) -> None:
    await _resets_with_transaction(tmp_path, "Soft")


async def _resets_with_transaction(directory: Path, kind: str) -> None:
    async with Rig(directory) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.call("Reset", type=kind)
        assert await rig.ended() is Ending.RESTART
        await rig.start()
        await talk.was(
            f"CS Reset {kind}: Accepted",
            "CP StatusNotification 1 Finishing",
            f"CP StopTransaction 1 {kind}Reset",
            "CP BootNotification: Accepted",
            then=["CP StatusNotification 0 Available", "CP StatusNotification 1 Finishing"],
        )
        assert (await rig.truth()).contactor == 0
        assert rig.csms.ledger.problems == []


@case("TC_032_2_CS", "Power failure - stop transaction(s) after going down")
@virtually
async def test_a_transaction_that_a_power_failure_cut_off_is_ended_after_the_next_boot(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.kill()
        await rig.plant.power("cut")
        await rig.sleep(60)
        await rig.start()
        await talk.was(
            "CP BootNotification: Accepted",
            then=["CP StatusNotification 0 Available", "CP StatusNotification 1 Preparing", "CP StopTransaction 1 PowerLoss"],
        )
        assert rig.csms.ledger.problems == []


@case("TC_034_CS", "Power Failure with Unavailable Status")
@virtually
async def test_a_connector_out_of_service_stays_so_after_a_power_failure(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("ChangeAvailability", connectorId=1, type="Inoperative")
        await talk.was("CS ChangeAvailability 1 Inoperative: Accepted", "CP StatusNotification 1 Unavailable")
        talk.again()
        await rig.kill()
        await rig.plant.power("cut")
        await rig.sleep(30)
        await rig.start()
        await talk.was(
            "CP BootNotification: Accepted",
            then=["CP StatusNotification 0 Available", "CP StatusNotification 1 Unavailable"],
        )
        talk.again()
        await rig.call("ChangeAvailability", connectorId=1, type="Operative")
        await talk.was("CS ChangeAvailability 1 Operative: Accepted", "CP StatusNotification 1 Available")
