"""A start by the CSMS where the vehicle has come first (F01)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.whole.rig import Rig, virtually

START: dict[str, Any] = {"remoteStartId": 7, "idToken": {"idToken": "TAG1", "type": "ISO14443"}}


@pytest.mark.parametrize("place", [{"evseId": 1}, {}], ids=["at an EVSE", "anywhere"])
def test_a_transaction_that_the_vehicle_began_is_told_in_the_answer_and_takes_the_token(tmp_path: Path, place: dict[str, int]) -> None:
    """F01.FR.13, F01.FR.19, F01.FR.25."""

    @virtually
    async def run() -> None:
        async with Rig(tmp_path, ocpp="2.0.1", **{"TxCtrlr.TxStartPoint": "EVConnected"}) as rig:
            await rig.online()
            await rig.plant.vehicle(1, state="C")
            await rig.until(lambda: bool(rig.charges))
            (charge,) = rig.charges
            assert charge.id_tag == ""
            assert await rig.call("RequestStartTransaction", **START, **place) == {"status": "Accepted", "transactionId": charge.number}
            await rig.status("Charging")
            await rig.until(lambda: charge.id_tag == "TAG1")
            (event,) = [one for one in charge.events.values() if "idToken" in one]
            assert (event["triggerReason"], event["transactionInfo"]["remoteStartId"]) == ("RemoteStart", 7)
            assert rig.csms.ledger.problems == []

    run()


@virtually
async def test_a_transaction_that_the_start_itself_begins_is_not_in_its_answer(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1", **{"AuthCtrlr.AuthorizeRemoteStart": "false"}) as rig:
        await rig.online()
        await rig.plant.vehicle(1, state="C")
        await rig.status("Preparing")
        assert await rig.call("RequestStartTransaction", **START, evseId=1) == {"status": "Accepted"}
        await rig.status("Charging")
