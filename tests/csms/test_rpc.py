"""The dispatcher: every CALL gets its answer, the reader waits for nobody, and nothing the peer does ends it."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from tests.csms.wire import Peer

from cpctl.csms.dialect import Admission, HandlerRefusal
from cpctl.csms.errors import AnswerInvalid, CallInvalid, ConnectionLost
from cpctl.csms.frames import ErrorCode, Payload
from cpctl.csms.serving import MAX_RUNNING
from cpctl.errors import CallRefused, CallTimedOut, StoreError


async def accept(_call: Payload) -> Payload:
    return {"status": "Accepted"}


# ---------------------------------------------------------------- incoming


async def test_a_call_is_answered_by_its_handler() -> None:
    async def handle(call: Payload) -> Payload:
        return {"status": "Accepted" if call["type"] == "Soft" else "Rejected"}

    peer = Peer({"Reset": handle})
    assert await peer.ask([2, "a", "Reset", {"type": "Soft"}]) == [[3, "a", {"status": "Accepted"}]]
    assert await peer.ask([2, "b", "Reset", {"type": "Hard"}]) == [[3, "b", {"status": "Rejected"}]]
    await peer.close()


@pytest.mark.parametrize(
    ("frame", "id", "code"),
    [
        ("garbage", "-1", "FormationViolation"),
        ({"not": "an array"}, "-1", "FormationViolation"),
        ([2, 5, "Reset", {"type": "Soft"}], "-1", "FormationViolation"),
        ([2, "a", "Reset"], "a", "FormationViolation"),
        ([2, "a", "Reset", []], "a", "FormationViolation"),
        ([2, "x" * 37, "Reset", {"type": "Soft"}], "x" * 37, "FormationViolation"),
        ([2, "a", "Nonsense", {}], "a", "NotImplemented"),
        ([2, "a", "../../../etc/passwd", {}], "a", "NotImplemented"),
        ([2, "a", "reset", {"type": "Soft"}], "a", "NotImplemented"),
        ([2, "a", "ReserveNow", {}], "a", "NotSupported"),
        ([2, "a", "BootNotification", {}], "a", "NotSupported"),
        ([2, "a", "Reset", {"type": 1}], "a", "TypeConstraintViolation"),
        ([2, "a", "Reset", {"type": "Warm"}], "a", "PropertyConstraintViolation"),
        ([2, "a", "Reset", {}], "a", "OccurenceConstraintViolation"),
        ([2, "a", "Reset", {"type": "Soft", "x": 1}], "a", "FormationViolation"),
    ],
)
async def test_what_is_wrong_gets_its_callerror_and_the_next_call_its_answer(frame: object, id: str, code: str) -> None:
    peer = Peer({"Reset": accept})
    [[kind, answered, told, description, details]] = await peer.ask(frame)
    assert (kind, answered, told, details) == (4, id, code, {})
    assert description
    assert await peer.ask([2, "next", "Reset", {"type": "Soft"}]) == [[3, "next", {"status": "Accepted"}]]
    await peer.close()


@pytest.mark.parametrize(
    "frame", [[3, "unknown", {}], [4, "unknown", "GenericError", "", {}], [3, "x"], [4, 7], [9, "x", {}], [4, "-1", "RpcFrameworkError", "", {}]]
)
async def test_bad_answers_and_unknown_message_types_are_dropped(frame: list[object]) -> None:
    peer = Peer({"Reset": accept})
    assert await peer.ask(frame) == []
    assert len(await peer.ask([2, "next", "Reset", {"type": "Soft"}])) == 1
    await peer.close()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HandlerRefusal(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "too many"), "OccurenceConstraintViolation"),
        (StoreError("the disk is full"), "InternalError"),
        (ZeroDivisionError(), "InternalError"),
    ],
)
async def test_a_failing_handler_is_answered_for(error: Exception, code: str) -> None:
    async def fail(_call: Payload) -> Payload:
        raise error

    peer = Peer({"ClearCache": fail})
    [[kind, _, told, *_]] = await peer.ask([2, "a", "ClearCache", {}])
    assert (kind, told) == (4, code)
    await peer.close()


async def test_an_answer_of_ours_that_breaks_its_schema_is_not_sent() -> None:
    async def wrong(_call: Payload) -> Payload:
        return {"status": "Perhaps"}

    peer = Peer({"ClearCache": wrong})
    assert [answer[2] for answer in await peer.ask([2, "a", "ClearCache", {}])] == ["InternalError"]
    await peer.close()


async def test_a_handler_that_never_returns_is_given_up() -> None:
    async def hang(_call: Payload) -> Payload:
        await asyncio.sleep(1e6)
        return {}

    peer = Peer({"ClearCache": hang})
    peer.put([2, "a", "ClearCache", {}])
    await asyncio.sleep(100)
    assert [answer[2] for answer in peer.wire.sent] == ["InternalError"]
    await peer.close()


async def test_a_slow_handler_delays_nobody_and_urgent_calls_begin_first() -> None:
    order: list[str] = []
    gate = asyncio.Event()

    async def slow(_call: Payload) -> Payload:
        order.append("slow")
        await gate.wait()
        return {"status": "Accepted"}

    async def stop(_call: Payload) -> Payload:
        order.append("stop")
        return {"status": "Accepted"}

    peer = Peer({"ClearCache": slow, "RemoteStopTransaction": stop})
    answers = await peer.ask([2, "a", "ClearCache", {}], [2, "b", "ClearCache", {}], [2, "c", "RemoteStopTransaction", {"transactionId": 1}])
    assert order == ["stop", "slow", "slow"]
    assert answers == [[3, "c", {"status": "Accepted"}]]
    gate.set()
    await peer.settle()
    assert len(peer.wire.sent) == 3
    await peer.close()


async def test_too_many_calls_at_once_are_refused_but_a_stop_is_not() -> None:
    gate = asyncio.Event()

    async def slow(_call: Payload) -> Payload:
        await gate.wait()
        return {"status": "Accepted"}

    peer = Peer({"ClearCache": slow, "RemoteStopTransaction": accept})
    answers = await peer.ask(
        *([2, str(n), "ClearCache", {}] for n in range(MAX_RUNNING + 2)), [2, "stop", "RemoteStopTransaction", {"transactionId": 1}]
    )
    assert sorted(str(answer[2]) for answer in answers) == ["GenericError", "GenericError", "{'status': 'Accepted'}"]
    gate.set()
    await peer.settle()
    assert [answer[0] for answer in await peer.ask([2, "later", "ClearCache", {}])].count(3) == 1
    await peer.close()


async def test_a_peer_that_does_not_read_its_answers_costs_bounded_memory() -> None:
    peer = Peer({})
    peer.wire.blocked = asyncio.Event()
    peer.put(*("garbage" for _ in range(10_000)))
    await peer.settle()
    assert len(asyncio.all_tasks()) < 100
    peer.wire.blocked.set()
    await peer.close()


async def test_a_repeated_call_is_carried_out_once_and_answered_again() -> None:
    calls: list[Payload] = []

    async def handle(call: Payload) -> Payload:
        calls.append(call)
        return {"status": "Accepted"}

    peer = Peer({"ClearCache": handle})
    first = await peer.ask([2, "a", "ClearCache", {}])
    assert await peer.ask([2, "a", "ClearCache", {}]) == first
    assert len(calls) == 1
    await asyncio.sleep(120)  # a CSMS that counts its ids from 1 again each minute is served all the same
    await peer.ask([2, "a", "ClearCache", {}])
    assert len(calls) == 2
    await peer.close()


async def test_a_repeat_while_the_first_runs_is_answered_with_it() -> None:
    gate = asyncio.Event()

    async def slow(_call: Payload) -> Payload:
        await gate.wait()
        return {"status": "Accepted"}

    peer = Peer({"ClearCache": slow})
    assert await peer.ask([2, "a", "ClearCache", {}], [2, "a", "ClearCache", {}]) == []
    assert [answer[2] for answer in await peer.ask([2, "a", "Reset", {"type": "Soft"}])] == ["GenericError"]
    gate.set()
    await peer.settle()
    assert peer.wire.sent[-1] == [3, "a", {"status": "Accepted"}]
    await peer.close()


async def test_while_rejected_nothing_is_answered() -> None:
    peer = Peer({"ClearCache": accept}, admit=lambda _action: Admission.IGNORE)
    assert await peer.ask([2, "a", "ClearCache", {}], [2, "b", "Nonsense", {}]) == []
    await peer.close()


# ---------------------------------------------------------------- outgoing


async def test_one_call_of_ours_is_out_at_a_time() -> None:
    peer = Peer()
    first = asyncio.ensure_future(peer.rpc.request("Heartbeat", {}, timeout_s=10))
    second = asyncio.ensure_future(peer.rpc.request("Heartbeat", {}, timeout_s=10))
    await peer.settle()
    assert len(peer.wire.sent) == 1
    peer.put([3, peer.wire.sent[0][1], {"currentTime": "2026-01-01T00:00:00Z"}])
    assert (await first)["currentTime"]
    await peer.settle()
    assert len(peer.wire.sent) == 2
    assert peer.wire.sent[0][1] != peer.wire.sent[1][1]
    peer.put([4, peer.wire.sent[1][1], "InternalError", "no", {}])
    with pytest.raises(CallRefused) as refused:
        await second
    assert (refused.value.action, refused.value.code) == ("Heartbeat", "InternalError")
    await peer.close()


async def test_an_answer_that_comes_too_late_is_dropped() -> None:
    peer = Peer()
    with pytest.raises(CallTimedOut):
        await peer.rpc.request("Heartbeat", {}, timeout_s=5)
    later = asyncio.ensure_future(peer.rpc.request("Heartbeat", {}, timeout_s=5))
    await peer.settle()
    peer.put([3, peer.wire.sent[0][1], {"currentTime": "too late"}])
    peer.put([3, peer.wire.sent[1][1], {"currentTime": "in time"}])
    assert await later == {"currentTime": "in time"}
    await peer.close()


async def test_a_peer_that_does_not_take_our_call_times_it_out() -> None:
    peer = Peer()
    peer.wire.blocked = asyncio.Event()
    with pytest.raises(CallTimedOut):
        await peer.rpc.request("Heartbeat", {}, timeout_s=5)
    await peer.close()


async def test_all_that_waits_fails_at_once_when_the_connection_closes() -> None:
    peer = Peer()
    waiting = [asyncio.ensure_future(peer.rpc.request("Heartbeat", {}, timeout_s=1000)) for _ in range(3)]
    await peer.settle()
    before = asyncio.get_running_loop().time()
    await peer.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionLost] * 3
    assert asyncio.get_running_loop().time() - before < 1
    with pytest.raises(ConnectionLost):
        await peer.rpc.request("Heartbeat", {}, timeout_s=1000)


async def test_a_call_of_ours_that_breaks_its_schema_is_not_sent_unless_a_developer_wants_it() -> None:
    peer = Peer()
    with pytest.raises(CallInvalid):
        await peer.rpc.request("Authorize", {"idTag": 5}, timeout_s=5)
    assert peer.wire.sent == []
    asked = asyncio.ensure_future(peer.rpc.request("Authorize", {"idTag": 5}, timeout_s=5, validate=False))
    await peer.settle()
    assert peer.wire.sent[0][2:] == ["Authorize", {"idTag": 5}]
    await peer.close()
    await asyncio.gather(asked, return_exceptions=True)


@pytest.mark.parametrize(
    ("answer", "usable"),
    [
        ({"currentTime": "2026-01-01T00:00:00Z", "more": 1}, True),
        ({}, False),
        ({"currentTime": 7}, False),
        (7, False),
    ],
)
async def test_an_odd_answer_is_used_if_what_is_needed_is_there(answer: object, usable: bool) -> None:
    peer = Peer()
    asked = asyncio.ensure_future(peer.rpc.request("Heartbeat", {}, timeout_s=5))
    await peer.settle()
    peer.put([3, peer.wire.sent[0][1], answer])
    if usable:
        assert await asked == answer
    else:
        with pytest.raises(AnswerInvalid):
            await asked
    await peer.close()


# ---------------------------------------------------------------- what is seen of it


async def test_every_exchange_is_shown_with_its_answer_and_without_secrets() -> None:
    peer = Peer({"ChangeConfiguration": accept})
    await peer.ask([2, "a", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "geheim"}])
    [shown] = [one.as_json() for one in peer.exchanges]
    assert shown["direction"] == "in"
    assert shown["action"] == "ChangeConfiguration"
    assert shown["answer"] == {"status": "Accepted"}
    assert "geheim" not in json.dumps(shown)
    await peer.close()


async def test_frames_are_logged_for_debugging_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("cpctl.csms.frames")
    logger.setLevel(logging.DEBUG)
    try:
        peer = Peer({"ChangeConfiguration": accept})
        await peer.ask([2, "a", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "geheim"}], "ftp://me:geheim@host garbage")
        await peer.close()
    finally:
        logger.setLevel(logging.NOTSET)
    logged = capsys.readouterr().out
    assert "ChangeConfiguration" in logged
    assert "geheim" not in logged


async def test_a_stop_that_arrives_with_the_last_bytes_of_a_connection_is_carried_out() -> None:
    stopped: list[Payload] = []

    async def stop(call: Payload) -> Payload:
        stopped.append(call)
        await asyncio.sleep(1000)
        return {"status": "Accepted"}

    async def clear(call: Payload) -> Payload:
        stopped.append(call)
        return {"status": "Accepted"}

    peer = Peer({"RemoteStopTransaction": stop, "ClearCache": clear})
    peer.put([2, "a", "ClearCache", {}], [2, "b", "RemoteStopTransaction", {"transactionId": 1}])
    before = asyncio.get_running_loop().time()
    await peer.close()
    assert stopped == [{"transactionId": 1}, {}]
    assert asyncio.get_running_loop().time() - before < 1
