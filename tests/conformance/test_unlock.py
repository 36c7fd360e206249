"""UnlockConnector: for drivers whose cable is held."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk


@case("TC_017_1_CS", "Unlock connector - no session (Not fixed cable)")
@virtually
async def test_an_idle_socket_is_unlocked(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("UnlockConnector", connectorId=1)
        await talk.was("CS UnlockConnector 1: Unlocked")
        assert (await rig.truth()).locked == 0


@case("TC_017_2_CS", "Unlock connector - no session (Fixed cable)")
@virtually
async def test_a_fixed_cable_can_not_be_unlocked(tmp_path: Path) -> None:
    async with Rig(tmp_path, fixed_cable=True) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("UnlockConnector", connectorId=1)
        await talk.was("CS UnlockConnector 1: NotSupported")


@case("TC_018_1_CS", "Unlock Connector - With Charging Session (Not fixed cable)")
@virtually
async def test_unlocking_during_a_session_ends_it_first(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.call("UnlockConnector", connectorId=1)
        await talk.was(
            "CS UnlockConnector 1: Unlocked",
            "CP StatusNotification 1 Finishing",
            "CP StopTransaction 1 UnlockCommand",
        )
        truth = await rig.truth()
        assert (truth.contactor, truth.locked) == (0, 0)


@case("TC_018_2_CS", "Unlock Connector - With Charging Session (Fixed cable)")
@virtually
async def test_a_session_at_a_fixed_cable_goes_on(tmp_path: Path) -> None:
    async with Rig(tmp_path, fixed_cable=True) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await rig.call("UnlockConnector", connectorId=1)
        await talk.was("CS UnlockConnector 1: NotSupported")
        assert rig.evse()["status"] == "Charging"


@case("TC_030_CS", "Unlock Connector - Unlock Failure")
@virtually
async def test_a_lock_that_does_not_open_is_told_as_such(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.plant.fault(1, "lock")
        talk = Talk(rig)
        await rig.call("UnlockConnector", connectorId=1)
        await talk.was(
            "CS UnlockConnector 1: UnlockFailed",
            "CP StatusNotification 1 Finishing",
            "CP StopTransaction 1 UnlockCommand",
            "CP StatusNotification 1 Faulted ConnectorLockFailure",
        )
        assert (await rig.truth()).locked == 1


@case("TC_031_CS", "Unlock Connector - Unknown Connector")
@virtually
async def test_a_connector_that_there_is_not_can_not_be_unlocked(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("UnlockConnector", connectorId=5)
        await talk.was("CS UnlockConnector 5: NotSupported")
