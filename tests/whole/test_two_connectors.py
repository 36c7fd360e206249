"""An EVSE with two connectors, of which one can be in use: what 1.6, which knows connectors alone, is told of it."""

from __future__ import annotations

from pathlib import Path

from cpctl.config import from_data

from .rig import ID, Rig, virtually


class TwoConnectors(Rig):
    """A charge point with one EVSE that has a socket and a fixed cable."""

    def reconfigure(self, evses: int) -> None:
        built = [{"id": 1, "connectors": [{"id": 1, "fixed_cable": False}, {"id": 2, "fixed_cable": True}]}]
        self._config = from_data({**self._data, "evse": built}, environment=self._environment)


def told(rig: Rig, connector: int) -> list[str]:
    """Return the statuses that the CSMS was told of a connector, in order."""
    return [call["status"] for call in rig.csms.point(ID).status_history if call["connectorId"] == connector]


@virtually
async def test_both_connectors_have_the_same_status_and_the_transaction_is_the_first_ones(tmp_path: Path) -> None:
    async with TwoConnectors(tmp_path) as rig:
        await rig.online()
        answer = await rig.call("GetConfiguration", key=["NumberOfConnectors"])
        assert answer["configurationKey"][0]["value"] == "2"
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        assert await rig.call("RemoteStartTransaction", connectorId=2, idTag="TAG1") == {"status": "Accepted"}
        await rig.status("Charging")
        await rig.finish()
        (charge,) = rig.charges
        assert charge.connector == 1
        assert told(rig, 1) == told(rig, 2) == ["Available", "Preparing", "Charging", "Finishing", "Available"]
        assert rig.csms.ledger.problems == []


@virtually
async def test_taking_one_connector_out_of_service_takes_the_other_along(tmp_path: Path) -> None:
    async with TwoConnectors(tmp_path) as rig:
        await rig.online()
        assert await rig.call("ChangeAvailability", connectorId=2, type="Inoperative") == {"status": "Accepted"}
        await rig.until(lambda: told(rig, 1)[-1] == told(rig, 2)[-1] == "Unavailable")
        assert told(rig, 0)[-1] == "Available"
        assert not await rig.accepts()
        assert await rig.call("ChangeAvailability", connectorId=1, type="Operative") == {"status": "Accepted"}
        await rig.until(lambda: told(rig, 1)[-1] == told(rig, 2)[-1] == "Available")


@virtually
async def test_the_lock_is_the_first_connectors_and_the_fixed_cable_has_none(tmp_path: Path) -> None:
    async with TwoConnectors(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        assert await rig.call("UnlockConnector", connectorId=2) == {"status": "NotSupported"}
        assert rig.evse()["status"] == "Charging"
        assert await rig.call("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
        await rig.until(lambda: rig.charges[0].reason == "UnlockCommand")
