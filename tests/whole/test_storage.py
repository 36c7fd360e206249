"""A disk that is full or read-only: nothing new begins, what runs goes on, what was promised is kept, and all of it is told in the end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpctl.errors import CallRefused, StoreError
from cpctl.store.sqlite import Store

from .rig import Rig, virtually
from .small_disk import SmallDisk, may_have_a_namespace, may_mount, small_disk

MOUNTS = may_mount()
needs_mount = pytest.mark.skipif(not MOUNTS, reason="only root may mount a small file system; for others the last test does it in a namespace")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


def why(rig: Rig) -> list[str]:
    return [reason["code"] for reason in rig.evse()["why_not"]]


async def failing(rig: Rig) -> None:
    """Wait until the disk has refused a commit."""
    assert rig.controller is not None
    store = rig.controller.store
    await rig.until(lambda: store.trouble is not None, 3600)


@needs_mount
@virtually
async def test_a_full_disk_refuses_new_transactions_and_says_so_until_there_is_space_again(disk: SmallDisk) -> None:
    async with Rig(disk.state) as rig:
        await rig.online()
        await rig.plant.vehicle(1, state="C")
        await rig.status("Preparing")
        disk.fill()
        with pytest.raises(StoreError, match="takes no records"):  # the first finds out
            await rig.tap()
        assert why(rig)[0] == "store_failed"
        await rig.pass_time(60)
        assert (await rig.truth()).contactor == 0
        with pytest.raises(CallRefused, match="InternalError"):
            await rig.call("ChangeConfiguration", key="HeartbeatInterval", value="77")
        assert rig.charges == []
        disk.free()
        await rig.until(lambda: "store_failed" not in why(rig))
        await rig.tap()
        await rig.status("Charging")
        await rig.pass_time(60)
        await rig.finish()
        assert len(rig.charges) == 1
        assert rig.csms.ledger.problems == []


@needs_mount
@virtually
async def test_a_charge_that_runs_goes_on_over_a_full_disk_can_be_stopped_at_once_and_is_told_in_full_later(disk: SmallDisk) -> None:
    async with Rig(disk.state) as rig:
        await rig.online()
        await rig.charge()
        await rig.until(lambda: bool(rig.charges))
        disk.fill()
        await failing(rig)
        await rig.pass_time(600)
        assert (await rig.truth()).contactor == 1
        told = len(rig.charges[0].meter_values)
        with pytest.raises(StoreError, match="takes no records"):
            await rig.tap()
        await rig.until_true(lambda truth: truth.contactor == 0, within_s=10)
        await rig.plant.vehicle(1, state="A")
        await rig.pass_time(60)
        assert rig.charges[0].stop is None, "it is not on disk yet"
        disk.free()
        await rig.until(lambda: rig.charges[0].stop is not None)
        (charge,) = rig.charges
        assert len(charge.meter_values) >= told + 9
        assert charge.reason == "Local"
        assert abs((charge.meter_stop or 0) - charge.meter_start - (await rig.truth()).energy_mwh / 1000) <= 5, (
            "it stopped at once, but for the moment that the contactor takes"
        )
        assert rig.csms.ledger.problems == []
        await rig.charge()
        await rig.finish()


@needs_mount
@virtually
async def test_what_was_promised_before_the_disk_was_full_is_there_after_a_kill(disk: SmallDisk) -> None:
    async with Rig(disk.state) as rig:
        await rig.online()
        await rig.charge()
        await rig.until(lambda: bool(rig.charges))
        await rig.csms.set_up(False)
        await rig.pass_time(300)
        disk.fill()
        await failing(rig)
        await rig.pass_time(120)
        await rig.kill()
        disk.free()
        await rig.start()
        await rig.csms.set_up(True)
        await rig.until(lambda: rig.evse()["status"] == "Charging", 600)
        await rig.finish()
        (charge,) = rig.charges
        assert len(charge.meter_values) >= 5
        assert rig.csms.ledger.problems == []


@needs_mount
@virtually
async def test_a_host_that_is_told_to_end_on_a_full_disk_says_what_was_not_written(disk: SmallDisk) -> None:
    async with Rig(disk.state) as rig:
        await rig.online()
        disk.fill()
        await rig.plant.vehicle(1, state="C")
        await rig.status("Preparing")
        with pytest.raises(StoreError):
            await rig.tap()
        with pytest.raises(StoreError, match=r"did not take the last changes in time\. Look at free space"):
            await rig.stop()
        disk.free()
        await rig.start()
        await rig.online()
        await rig.charge("TAG2")
        await rig.finish("TAG2")


@needs_mount
@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize(
    ("trouble", "said"),
    [("full", "Free some space: df -h"), ("read-only", "Read-only file system")],
)
def test_a_start_on_an_unusable_disk_says_in_words_what_to_do(disk: SmallDisk, tmp_path: Path, trouble: str, said: str, simulated: bool) -> None:
    disk.state.mkdir()
    disk.fill()
    if trouble == "read-only":
        disk.read_only()
    config = tmp_path / "cpctl.toml"
    config.write_text('[station]\nvendor = "T"\nmodel = "M"\n[csms]\nurl = "ws://127.0.0.1:9/ocpp"\nid = "CP1"\n[[evse]]\nid = 1\n')
    command = [sys.executable, "-m", "cpctl", "start", "--config", str(config), "--state", str(disk.state), *(["--sim"] if simulated else [])]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("damage", "said"),
    [("directory", "See who may write there"), ("garbage", "Move the file away")],
)
def test_a_database_that_cannot_be_opened_names_the_next_step(tmp_path: Path, damage: str, said: str) -> None:
    if damage == "directory":
        (tmp_path / "cpctl.db").mkdir()
    else:
        (tmp_path / "cpctl.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreError, match=said):
        Store(tmp_path)


@pytest.mark.skipif(MOUNTS, reason="the tests above have run as root")
@pytest.mark.skipif(not may_have_a_namespace(), reason="this user may neither mount a small file system nor be root in a namespace of his own")
def test_for_users_who_are_not_root_all_of_this_holds_in_a_namespace() -> None:
    command = ["unshare", "-rm", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600, env={**os.environ})
    assert ended.returncode == 0, ended.stdout
