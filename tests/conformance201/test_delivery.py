"""Transactions while the CSMS is away, messages that it does not take, and what it may ask of a transaction (E04, E08, E11 to E14)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.whole.rig import virtually

from cpctl.sim.csms_script import Refuse, Silence, Step

from .cases import case
from .talk import Rig, Talk

RETRYING = {"MessageTimeout": 5, "TransactionMessageAttempts": 3, "TransactionMessageRetryInterval": 10}


async def status(rig: Rig, transaction: object = None) -> dict[str, Any]:
    """Ask for the status of a transaction, or of the queue."""
    return await rig.call("GetTransactionStatus", **({} if transaction is None else {"transactionId": str(transaction)}))


async def away(rig: Rig, seconds: float) -> None:
    """Let the CSMS be away for a while."""
    await rig.csms.set_up(False)
    await rig.pass_time(seconds)


# ---------------------------------------------------------------- offline


@case("TC_E_40_CS", "Offline Behaviour - Connection loss during transaction")
@virtually
async def test_a_charge_goes_on_without_the_csms_and_is_told_later(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"SampledDataCtrlr.TxUpdatedInterval": 30}) as rig:
        await rig.online()
        await rig.charge()
        talk = Talk(rig)
        await away(rig, 100)
        assert rig.evse()["status"] == "Charging"
        await rig.csms.set_up(True)
        await rig.until(lambda: len(talk.events()) >= 3, 300)
        assert [event["triggerReason"] for event in talk.events()[:3]] == ["MeterValuePeriodic"] * 3
        assert all(event["offline"] is True for event in talk.events()[:3])
        assert rig.csms.ledger.problems == [], "no gap in seqNo"


@case("TC_E_43_CS", "Offline Behaviour - Transaction during offline period")
@virtually
async def test_a_whole_offline_transaction_is_told_later(tmp_path: Path) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.csms.set_up(False)
        await rig.charge()
        await rig.pass_time(60)
        await rig.finish(told=False)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None, 300)
        events = talk.events()
        assert [events[0]["eventType"], events[-1]["eventType"]] == ["Started", "Ended"]
        assert all(event["offline"] is True for event in events)
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert rig.csms.ledger.problems == []


@case("TC_E_44_CS", "Offline Behaviour - Stop transaction during offline period")
@case("TC_E_45_CS", "Offline Behaviour - Stop transaction during offline period - Same GroupId")
@pytest.mark.parametrize("tag", ["TAG1", "TAG2"])
@virtually
async def test_an_offline_stop_is_told_later(tmp_path: Path, tag: str) -> None:
    async with Rig(tmp_path, **{"AuthCacheCtrlr.Enabled": "true", "AuthCtrlr.LocalPreAuthorize": "true"}) as rig:
        rig.csms.parents |= {"tag1": "FAMILY", "tag2": "FAMILY"}
        await rig.online()
        assert await rig.accepts("TAG2")  # learnt
        assert await rig.accepts("TAG2")  # taken back
        await rig.charge()
        await rig.until(lambda: bool(rig.charges))
        await rig.pass_time(5)
        talk = Talk(rig)
        await away(rig, 1)
        await rig.tap(tag)
        await rig.status("Finishing")
        await rig.plant.vehicle(state="A")
        await rig.status("Available")
        await rig.csms.set_up(True)
        await rig.until(lambda: rig.charges[0].stop is not None, 300)
        ended = talk.events()[-1]
        assert (ended["eventType"], ended["triggerReason"], ended["offline"]) == ("Ended", "StopAuthorized", True)
        assert ended["transactionInfo"].get("stoppedReason", "Local") == "Local"
        assert ended["idToken"]["idToken"] == tag


# ---------------------------------------------------------------- messages that are not taken


@case("TC_E_41_CS", "Retry sending transaction message when failed - Max retry count reached")
@case("TC_E_50_CS", "Retry sending transaction message when failed - Max retry count reached - CallError")
@pytest.mark.parametrize("mishap", [Silence(), Refuse()], ids=["silence", "callerror"])
@virtually
async def test_a_message_that_is_never_taken_is_put_aside_after_the_configured_attempts(tmp_path: Path, mishap: Step) -> None:
    async with Rig(tmp_path, MeterValueSampleInterval=0, **RETRYING) as rig:
        await rig.online()
        talk = Talk(rig)
        rig.csms.script("TransactionEvent", *[mishap] * 3)
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.tap()
        tried_s = await talk.arrivals_s("TransactionEvent", 120)
        first, second, third, later, *_ = talk.events()
        assert first == second == third, "the same message each time"
        assert later["seqNo"] > first["seqNo"], "and then the next"
        assert tried_s[1] - tried_s[0] >= 10
        assert tried_s[2] - tried_s[1] >= 20, "twice the interval after the second"


@case("TC_E_42_CS", "Retry sending transaction message when failed - Success before reaching the max retry count")
@case("TC_E_51_CS", "Retry sending transaction message when failed - Success before reaching the max retry count - CallError")
@pytest.mark.parametrize("mishap", [Silence(), Refuse()], ids=["silence", "callerror"])
@virtually
async def test_a_message_that_is_taken_at_last_is_not_sent_again(tmp_path: Path, mishap: Step) -> None:
    async with Rig(tmp_path, MeterValueSampleInterval=0, **RETRYING) as rig:
        await rig.online()
        talk = Talk(rig)
        rig.csms.script("TransactionEvent", mishap)
        await rig.charge()
        await rig.pass_time(120)
        first, second, *others = talk.events()
        assert first == second
        assert [event["seqNo"] for event in others] == list(range(1, len(others) + 1))
        assert rig.csms.ledger.problems == []


# ---------------------------------------------------------------- what is asked of a transaction


@case("TC_E_28_CS", "Check Transaction status - TransactionId unknown")
@virtually
async def test_an_unknown_transaction_is_not_ongoing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await status(rig, "3f2a") == {"ongoingIndicator": False, "messagesInQueue": False}


@case("TC_E_29_CS", "Check Transaction status - Transaction with id ongoing - with message in queue")
@case("TC_E_33_CS", "Check Transaction status - Without transactionId - with message in queue")
@virtually
async def test_messages_that_wait_are_told_of_with_the_transaction_and_without(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"SampledDataCtrlr.TxUpdatedInterval": 30}, **RETRYING) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(5)
        await away(rig, 65)
        rig.csms.insist(Silence(), "TransactionEvent")
        await rig.csms.set_up(True)
        await rig.online()
        assert await status(rig, rig.charges[0].number) == {"ongoingIndicator": True, "messagesInQueue": True}
        assert await status(rig) == {"messagesInQueue": True}
        talk = Talk(rig)
        rig.csms.insist(None, "TransactionEvent")
        await rig.until(lambda: bool(talk.events()))
        assert talk.events()[0]["eventType"] == "Updated"
        assert talk.events()[0]["offline"] is True
        assert talk.events()[0]["meterValue"]


@case("TC_E_30_CS", "Check Transaction status - Transaction with id ongoing - without message in queue")
@case("TC_E_34_CS", "Check Transaction status - Without transactionId - without message in queue")
@virtually
async def test_nothing_waits_where_everything_was_told(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await status(rig) == {"messagesInQueue": False}
        await rig.charge()
        await rig.pass_time(5)
        assert await status(rig, rig.charges[0].number) == {"ongoingIndicator": True, "messagesInQueue": False}


@case("TC_E_31_CS", "Check Transaction status - Transaction with id ended - with message in queue")
@case("TC_E_32_CS", "Check Transaction status - Transaction with id ended - without message in queue")
@virtually
async def test_an_ended_transaction_may_still_have_messages_that_wait(tmp_path: Path) -> None:
    async with Rig(tmp_path, **RETRYING) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(5)
        number = rig.charges[0].number
        await rig.csms.set_up(False)
        await rig.finish(told=False)
        rig.csms.insist(Silence(), "TransactionEvent")
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.controller and rig.controller.csms.status()["connected"]), 300)
        assert await status(rig, number) == {"ongoingIndicator": False, "messagesInQueue": True}
        rig.csms.insist(None, "TransactionEvent")
        await rig.until(lambda: rig.charges[0].stop is not None, 300)
        await rig.pass_time(2)
        assert await status(rig, number) == {"ongoingIndicator": False, "messagesInQueue": False}
