"""Network profiles beyond the standard's cases: what is in use, another configuration, a kill (A05, B09, B10)."""

from __future__ import annotations

from pathlib import Path

from .profiled import NOWHERE, Station, another_csms, profile
from .rig import ID, virtually


@virtually
async def test_the_profile_in_use_is_not_overwritten(tmp_path: Path) -> None:
    """It is the one that the station comes back to."""
    async with Station(tmp_path) as rig, another_csms(rig) as other:
        await rig.online()
        await rig.set_profile(2, profile(other.url))
        await rig.order("2")
        await rig.reboot()
        await rig.connected_to(other)
        await rig.sleep(1)
        rig.csms, former = other, rig.configured()
        assert await rig.set_profile(2, profile(NOWHERE)) == "Rejected InvalidConfSlot"
        assert await rig.set_profile(3, profile(NOWHERE)) == "Accepted"
        assert await rig.order("3") == "RebootRequired"
        await rig.reboot()
        await rig.connected_to(other, 2)
        assert rig.values() == ("3", "2", "1")
        rig.csms = former


@virtually
async def test_a_configuration_of_another_csms_is_a_new_beginning(tmp_path: Path) -> None:
    async with Station(tmp_path) as rig, another_csms(rig) as other, another_csms(rig) as third:
        await rig.online()
        await rig.set_profile(2, profile(other.url))
        await rig.order("2,1")
        await rig.reboot()
        await rig.connected_to(other)
        await rig.kill()
        rig.address = third.url
        await rig.start()
        await rig.connected_to(third)
        assert len(other.point(ID).boots) == 1


@virtually
async def test_the_profile_brings_its_own_time_out_and_version(tmp_path: Path) -> None:
    async with Station(tmp_path) as rig, another_csms(rig) as other:
        await rig.online()
        await rig.set_profile(2, profile(other.url) | {"messageTimeout": 7, "ocppVersion": "OCPP16"})
        await rig.order("2,1")
        await rig.reboot()
        await rig.connected_to(other)
        assert rig.controller is not None
        assert rig.controller.csms.status()["version"] == "1.6"
        assert rig.controller.csms.live("OCPPCommCtrlr.MessageTimeout[Default]") == "7"


@virtually
async def test_a_change_of_profiles_outlives_a_kill_at_any_time_after_its_answer(tmp_path: Path) -> None:
    async with Station(tmp_path) as rig, another_csms(rig) as other:
        await rig.online()
        assert await rig.set_profile(2, profile(other.url)) == "Accepted"
        await rig.kill()
        await rig.start()
        await rig.connected_to(rig.csms, 2)
        assert await rig.order("2,1") == "RebootRequired"
        await rig.kill()
        await rig.start()
        await rig.connected_to(other)
