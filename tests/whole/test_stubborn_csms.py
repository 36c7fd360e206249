"""CSMS as they are met in the wild: they refuse, forget, fall silent, mix up and repeat. Nothing is lost, nothing blocks, nothing is made up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cpctl.csms.exchange import Exchange
from cpctl.sim.csms_ledger import Charge, Ledger
from cpctl.sim.csms_script import Answer, Cut, Delay, Refuse, Silence, Step

from .rig import ID, Rig, virtually

# Three attempts at a message, the second after 10 s, the third 20 s later; an answer may take 10 s.
PATIENCE: dict[str, Any] = {"TransactionMessageAttempts": 3, "TransactionMessageRetryInterval": 10, "MessageTimeout": 10}
NONSENSE = Answer({"transactionId": "seven", "idTagInfo": 3})


def calls(rig: Rig, action: str) -> list[dict[str, Any]]:
    """Return the payloads of an action as they came over the wire, repeats included."""
    frames = [json.loads(seen.text) for seen in rig.csms.frames if seen.received]
    return [frame[3] for frame in frames if frame[0] == 2 and frame[2] == action]


def queued(rig: Rig) -> int:
    assert rig.controller is not None
    return int(str(rig.controller.csms.status()["queued"]))


async def delivered(rig: Rig, within_s: float = 600) -> None:
    """Wait until nothing waits for the CSMS any more."""
    await rig.until(lambda: queued(rig) == 0, within_s)


async def put_aside(rig: Rig) -> list[str]:
    """Return what the event log says of messages that were put aside."""
    assert rig.controller is not None
    return [line.note.text for line in await rig.controller.store.notes(limit=1000) if line.note.code == "message.given_up"]


async def session(rig: Rig, minutes: float = 3) -> None:
    """Let a vehicle charge and leave."""
    await rig.charge()
    await rig.pass_time(60 * minutes)
    await rig.finish(told=False)


def sound(rig: Rig, charges: int) -> Charge:
    """Check that the CSMS knows so many whole transactions and that all of it adds up; return the last."""
    assert rig.csms.ledger.problems == []
    assert rig.csms.ledger.orphans == []
    assert [charge.stop is not None for charge in rig.charges] == [True] * charges
    last: Charge = rig.charges[-1]
    return last


# ---------------------------------------------------------------- what operators complain of


@pytest.mark.parametrize(
    "mishaps",
    [
        [Refuse("InternalError"), Refuse("GenericError")],
        [Silence(), Silence()],
        [Cut(processed=False), Cut(processed=True), Cut(processed=False)],
        [Answer({"idTagInfo": {"status": 7}}), Refuse()],
    ],
    ids=["refused", "unanswered", "cut off", "answered with nonsense"],
)
@virtually
async def test_complaint_lost_or_refused_stop_transaction(tmp_path: Path, mishaps: Sequence[Step]) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.script("StopTransaction", *mishaps)
        await session(rig)
        await delivered(rig)
        charge = sound(rig, 1)
        assert charge.reason == "Local"
        stops = calls(rig, "StopTransaction")
        assert len(stops) == len(mishaps) + 1
        assert all(stop == stops[0] for stop in stops)
        assert await put_aside(rig) == []


@virtually
async def test_complaint_lost_stop_transaction_because_the_host_was_restarted_between_attempts(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.script("StopTransaction", Refuse(), Refuse())
        await session(rig)
        await rig.until(lambda: len(calls(rig, "StopTransaction")) == 2, 100)
        await rig.kill()
        await rig.start()
        await rig.online()
        await delivered(rig)
        sound(rig, 1)
        assert len(calls(rig, "StopTransaction")) == 3


@pytest.mark.parametrize("restarted", [False, True])
@virtually
async def test_complaint_transaction_id_minus_one_merely_because_the_start_was_offline(tmp_path: Path, restarted: bool) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True, **PATIENCE) as rig:
        await rig.online()
        await rig.csms.set_up(False)
        await session(rig)
        await rig.charge()
        await rig.pass_time(150)
        if restarted:
            await rig.kill()
            await rig.start()
            await rig.status("Charging")
        await rig.csms.set_up(True)
        await rig.online()
        await rig.finish()
        sound(rig, 2)
        assert {call["transactionId"] for action in ("MeterValues", "StopTransaction") for call in calls(rig, action)} == {1, 2}


@pytest.mark.parametrize("action", ["StartTransaction", "MeterValues", "StopTransaction"])
@virtually
async def test_complaint_a_queue_blocked_for_ever_by_one_refused_message(tmp_path: Path, action: str) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.script(action, *[Refuse()] * 3)
        await session(rig)
        await session(rig)
        await delivered(rig)
        assert len(await put_aside(rig)) == 1
        assert rig.charges[-1].stop is not None
        assert len(rig.charges[-1].meter_values) >= 2


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("started", ["before", "offline"])
@virtually
async def test_complaint_remote_stop_ignored_when_offline_came_between(tmp_path: Path, started: str, restarted: bool) -> None:
    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True, **PATIENCE) as rig:
        await rig.online()
        if started == "before":
            await rig.charge()
            await rig.until(lambda: bool(rig.charges))
        await rig.csms.set_up(False)
        if started == "offline":
            await rig.charge()
        await rig.pass_time(300)
        if restarted:
            await rig.kill()
            await rig.start()
            await rig.status("Charging")
        await rig.csms.set_up(True)
        await rig.online()
        await rig.until(lambda: bool(rig.charges))
        await rig.pass_time(1)
        answer = await rig.call("RemoteStopTransaction", transactionId=rig.charges[0].number)
        assert answer == {"status": "Accepted"}
        await rig.until_true(lambda truth: truth.contactor == 0)
        await delivered(rig)
        assert sound(rig, 1).reason == "Remote"


# ---------------------------------------------------------------- refuses for ever


@virtually
async def test_a_csms_that_refuses_everything_for_ever_gets_each_message_as_often_as_configured_and_the_driver_charges(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.insist(Refuse(), "StartTransaction", "MeterValues", "StopTransaction", "Heartbeat", "StatusNotification")
        await session(rig, minutes=2)
        assert (await rig.truth()).energy_mwh > 0
        await delivered(rig)
        said = await put_aside(rig)
        assert len(said) == len(calls(rig, "StartTransaction") + calls(rig, "MeterValues") + calls(rig, "StopTransaction")) / 3
        assert all("refused" in text for text in said)
        assert {call["transactionId"] for call in calls(rig, "MeterValues") + calls(rig, "StopTransaction")} == {-1}
        rig.csms.insist(None, "StartTransaction", "MeterValues", "StopTransaction", "Heartbeat", "StatusNotification")
        await session(rig)
        await delivered(rig)
        assert sound(rig, 1).number == 1


@virtually
async def test_a_start_that_is_given_up_lets_its_meter_values_and_its_stop_go_with_minus_one_and_the_next_start_be_its_own(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.script("StartTransaction", *[Refuse()] * 3)
        await session(rig)
        await session(rig)
        await delivered(rig)
        assert len(await put_aside(rig)) == 1
        orphans = [payload for _, payload in rig.csms.ledger.orphans]
        assert len(orphans) >= 3
        assert {payload["transactionId"] for payload in orphans} == {-1}
        (charge,) = rig.charges
        assert charge.stop is not None
        assert rig.csms.ledger.problems == []


@virtually
async def test_attempts_are_counted_over_restarts_of_the_host(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{**PATIENCE, "TransactionMessageAttempts": 4}) as rig:
        await rig.online()
        rig.csms.insist(Refuse(), "StopTransaction")
        await session(rig)
        for attempts in (1, 2, 3):
            await rig.until(lambda attempts=attempts: len(calls(rig, "StopTransaction")) == attempts, 200)  # type: ignore[misc]
            await rig.pass_time(1)
            await rig.kill()
            await rig.start()
            await rig.online()
        await delivered(rig)
        assert len(calls(rig, "StopTransaction")) == 4
        assert len(await put_aside(rig)) == 1


# ---------------------------------------------------------------- silent, late, twice, gone


@virtually
async def test_a_csms_that_never_answers_a_start_is_asked_as_often_as_configured_and_keeps_its_connection(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.insist(Silence(), "StartTransaction")
        await session(rig)
        await delivered(rig)
        assert len(calls(rig, "StartTransaction")) == 3
        assert "did not answer" in (await put_aside(rig))[0]
        assert rig.csms.point(ID).connections == 1


@virtually
async def test_an_answer_that_comes_after_its_time_is_no_answer_and_the_repeat_brings_the_number(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        for action in ("StartTransaction", "MeterValues", "StopTransaction"):
            rig.csms.script(action, Delay(15))
        await session(rig)
        await delivered(rig)
        assert sound(rig, 1).repeats == 3, "each was taken in late, and then its repeat"
        assert await put_aside(rig) == []


@virtually
async def test_a_csms_that_answers_everything_twice_is_understood_once(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        answered: set[asyncio.Future[None]] = set()

        def again(point: str, _: Exchange) -> None:
            if rig.csms.frames and not rig.csms.frames[-1].received:
                answered.add(asyncio.ensure_future(rig.csms.send_text(point, rig.csms.frames[-1].text)))

        rig.csms.listen(again)
        await rig.online()
        await session(rig)
        await session(rig)
        await delivered(rig)
        assert sound(rig, 2).repeats == 0
        assert len(answered) > 10
        assert rig.csms.point(ID).connections == 1


@virtually
async def test_a_csms_that_closes_after_each_message_gets_all_of_them_in_the_end(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{**PATIENCE, "TransactionMessageAttempts": 1}) as rig:
        await rig.online()
        closing: set[asyncio.Future[None]] = set()

        def close(point: str, exchange: Exchange) -> None:
            socket = rig.csms.point(point).socket
            if exchange.action in ("StartTransaction", "MeterValues", "StopTransaction") and socket is not None:
                closing.add(asyncio.ensure_future(socket.close()))

        rig.csms.listen(close)
        await session(rig, minutes=5)
        await delivered(rig, 6_000)
        assert len(sound(rig, 1).meter_values) >= 4
        assert len(closing) >= 6
        assert await put_aside(rig) == []


# ---------------------------------------------------------------- forgets, and numbers anew


@virtually
async def test_a_csms_that_forgets_in_mid_transaction_still_gets_its_end_and_gives_the_next_its_own_number(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        await rig.charge()
        await rig.until(lambda: bool(rig.charges))
        old = rig.charges[0].number
        await rig.csms.set_up(False)
        rig.csms.ledger = Ledger(1000)
        await rig.csms.set_up(True)
        await rig.online()
        await rig.pass_time(120)
        await rig.finish(told=False)
        await delivered(rig)
        assert calls(rig, "StopTransaction")[-1]["transactionId"] == old
        await session(rig)
        await delivered(rig)
        (charge,) = rig.charges
        assert charge.number == calls(rig, "StopTransaction")[-1]["transactionId"] == 1000


@virtually
async def test_a_csms_that_restarts_before_it_could_answer_a_start_gives_another_number_and_only_that_one_is_used(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.script("StartTransaction", Cut(processed=True))
        await rig.charge()
        await rig.until(lambda: bool(rig.charges))
        await rig.csms.set_up(False)
        rig.csms.ledger = Ledger(1000)
        await rig.pass_time(100)
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges), 600)
        await rig.finish()
        assert sound(rig, 1).number == 1000
        assert {call["transactionId"] for call in calls(rig, "MeterValues") + calls(rig, "StopTransaction")} == {1000}


@virtually
async def test_a_csms_that_answers_with_wrong_types_is_asked_again_and_what_it_said_is_not_believed(tmp_path: Path) -> None:
    async with Rig(tmp_path, **PATIENCE) as rig:
        await rig.online()
        rig.csms.script("StartTransaction", NONSENSE, Answer({"transactionId": 4.5, "idTagInfo": {"status": "Accepted"}}))
        rig.csms.script("StopTransaction", Answer({"idTagInfo": "Accepted"}))
        await session(rig)
        await delivered(rig)
        assert sound(rig, 1).number == 1
        assert {call["transactionId"] for call in calls(rig, "MeterValues") + calls(rig, "StopTransaction")} == {1}
