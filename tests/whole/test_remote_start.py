"""A start by the CSMS where the vehicle has come first (F01)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conversation import Conversation
from tests.whole.rig import Rig, virtually
from tests.whole.words import in_every_version

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


@in_every_version
@pytest.mark.parametrize("asked", ["start", "stop"])
@virtually
async def test_the_answer_to_the_csms_goes_before_what_comes_of_its_call(tmp_path: Path, ocpp: str, asked: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        if asked == "stop":
            await rig.tap()
            await rig.status("Charging")
            await rig.pass_time(5)
        talk = Conversation(rig)
        action, call = rig.words.remote_start(1, "TAG1") if asked == "start" else rig.words.remote_stop(rig.charges[0].number)
        assert (await rig.call(action, **call))["status"] == "Accepted"
        await rig.pass_time(5)
        ((_, answered),) = talk.spans(action)
        first = rig.words.transaction_messages[0 if asked == "start" else -1]
        assert answered < talk.spans(first)[0][0]


@in_every_version
@virtually
async def test_a_finished_session_shows_the_id_that_the_csms_knows_its_transaction_by(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        assert rig.controller is not None
        (session,) = await rig.controller.services.sessions(None, 10)
        assert session["transaction_id"] == str(rig.charges[0].number)
