"""What a station says of why it has started, after each way in which the run before can have ended (B01.FR.09)."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import ID, Rig, virtually


def reasons(rig: Rig) -> list[str]:
    """Return the reasons of all boots so far."""
    return [boot["reason"] for boot in rig.csms.point(ID).boots]


async def booted(rig: Rig, times: int) -> None:
    """Wait until the CSMS has seen so many boots."""
    await rig.csms.until(lambda: len(rig.csms.point(ID).boots) == times)


@virtually
async def test_a_boot_names_what_ended_the_run_before(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1") as rig:
        await booted(rig, 1)

        assert await rig.reset(immediate=True) == "Accepted"
        await rig.ended()
        await rig.start()
        await booted(rig, 2)

        await rig.kill()
        await rig.start()
        await booted(rig, 3)

        await rig.stop()
        await rig.start()
        await booted(rig, 4)

        await rig.kill()
        rig.machine = "the machine after a power cut"
        await rig.start()
        await booted(rig, 5)

        assert reasons(rig) == ["PowerUp", "RemoteReset", "ApplicationReset", "LocalReset", "PowerUp"]


@virtually
async def test_a_reset_that_was_carried_out_is_no_reason_for_the_boot_after_the_next(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1") as rig:
        await booted(rig, 1)
        assert await rig.reset(immediate=True) == "Accepted"
        await rig.ended()
        await rig.start()
        await booted(rig, 2)
        await rig.stop()
        await rig.start()
        await booted(rig, 3)
        assert reasons(rig) == ["PowerUp", "RemoteReset", "LocalReset"]


@virtually
async def test_a_reset_that_had_to_wait_for_a_transaction_is_a_scheduled_one(tmp_path: Path) -> None:
    """B12.FR.01; one that found nothing running is the CSMS's own (B11)."""
    async with Rig(tmp_path, ocpp="2.0.1") as rig:
        await rig.online()
        await rig.charge()
        assert await rig.reset(immediate=False) == "Scheduled"
        await rig.sleep(100)
        assert len(reasons(rig)) == 1
        await rig.tap()
        await rig.plant.vehicle(1, state="A")
        await rig.ended()
        await rig.start()
        await booted(rig, 2)
        await rig.online()
        assert await rig.reset(immediate=False) == "Accepted"
        await rig.ended()
        await rig.start()
        await booted(rig, 3)
        assert reasons(rig) == ["PowerUp", "ScheduledReset", "RemoteReset"]
