"""A CSMS that sends nonsense, or is not there, while a vehicle charges: the right CALLERROR, the session goes on, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cpctl.csms.connection import MAX_MESSAGE_BYTES
from cpctl.sim.csms_script import Delay, Silence

from .rig import ID, Rig, virtually

NONSENSE = [
    ("no JSON {", "-1", "FormationViolation"),
    ("", "-1", "FormationViolation"),
    ('"text"', "-1", "FormationViolation"),
    ('{"an": "object"}', "-1", "FormationViolation"),
    ("[]", "-1", "FormationViolation"),
    ('[2, 17, "Reset", {"type": "Hard"}]', "-1", "FormationViolation"),
    ('[2, "n1", "Reset"]', "n1", "FormationViolation"),
    ('[2, "n2", "Reset", "Hard"]', "n2", "FormationViolation"),
    ('[2, "n3", "SelfDestruct", {}]', "n3", "NotImplemented"),
    ('[2, "n4", "Reset", {"type": 7}]', "n4", "TypeConstraintViolation"),
    ('[2, "n5", "Reset", {"type": "Lukewarm"}]', "n5", "PropertyConstraintViolation"),
    ('[2, "n6", "Reset", {}]', "n6", "OccurenceConstraintViolation"),
    ('[2, "n7", "RemoteStopTransaction", {"transactionId": "1"}]', "n7", "TypeConstraintViolation"),
    ('[2, "n8", "ChangeConfiguration", {"key": "' + "k" * 60 + '", "value": "0"}]', "n8", "PropertyConstraintViolation"),
    ('[2, "n9", "ChangeConfiguration", {"key": "CurrentLimit", "value": "' + "0" * 100_000 + '"}]', "n9", "PropertyConstraintViolation"),
]
DROPPED = [
    '[3, "never asked", {"status": "Accepted"}]',
    '[4, "never asked", "InternalError", "", {}]',
    '[5, "what", {}]',
    '[3, "never asked"]',
]


async def settle(rig: Rig) -> None:
    """Let what was sent be taken and answered."""
    await rig.pass_time(1)


def answers(rig: Rig, id: str) -> list[Any]:
    """Return what the charge point answered to a message id."""
    frames = [json.loads(seen.text) for seen in rig.csms.frames if seen.received]
    return [frame for frame in frames if frame[0] in (3, 4) and frame[1] == id]


async def ends_right(rig: Rig) -> None:
    """End the session, and check that it was one, all of it told, and never interrupted."""
    await rig.finish()
    await rig.until(lambda: rig.controller is not None and rig.controller.csms.status()["queued"] == 0, 900)
    (charge,) = rig.charges
    truth = await rig.truth()
    assert (truth.closings, truth.openings) == (1, 1)
    assert rig.csms.ledger.problems == []
    assert charge.reason == "Local"
    # A whole watt-hour, and what flows between the meter's last message and the vehicle's letting go.
    assert -1 <= truth.energy_mwh / 1000 - (charge.meter_stop - charge.meter_start) <= 7.2


@virtually
async def test_nonsense_gets_its_callerror_and_disturbs_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        for text, id, code in NONSENSE:
            before = len(answers(rig, id))
            await rig.csms.send_text(ID, text)
            await settle(rig)
            (answer,) = answers(rig, id)[before:]
            assert (answer[0], answer[2]) == (4, code), f"to {text[:60]}"
        for text in DROPPED:
            said = sum(seen.received for seen in rig.csms.frames)
            await rig.csms.send_text(ID, text)
            await asyncio.sleep(0.1)
            assert sum(seen.received for seen in rig.csms.frames) == said, f"to {text}"
        assert rig.csms.point(ID).connections == 1
        assert (await rig.call("GetConfiguration", key=["HeartbeatInterval"]))["configurationKey"]
        await ends_right(rig)


@virtually
async def test_a_call_that_comes_twice_is_carried_out_once(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.until(lambda: bool(rig.charges))
        stop = json.dumps([2, "twice", "RemoteStopTransaction", {"transactionId": rig.charges[0].number}])
        await rig.csms.send_text(ID, stop)
        await rig.csms.send_text(ID, stop)
        await rig.status("Finishing")
        await settle(rig)
        await rig.csms.send_text(ID, stop)
        await settle(rig)
        heard = answers(rig, "twice")
        assert len(heard) >= 2
        assert all(answer == [3, "twice", {"status": "Accepted"}] for answer in heard)
        await rig.until(lambda: rig.charges[0].stop is not None)
        assert (rig.charges[0].reason, rig.charges[0].repeats) == ("Remote", 0)


@virtually
async def test_a_message_beyond_all_bounds_costs_the_connection_and_nothing_else(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.csms.send_text(ID, "[" + " " * (MAX_MESSAGE_BYTES + 10))
        await rig.until(lambda: rig.csms.point(ID).connections == 2, 120)
        await rig.pass_time(60)
        assert len(rig.csms.point(ID).boots) == 1
        await ends_right(rig)


@pytest.mark.parametrize("action", ["StartTransaction", "StopTransaction", "MeterValues"])
@virtually
async def test_an_answer_that_comes_too_late_is_dropped_and_its_message_sent_again_as_it_was(tmp_path: Path, action: str) -> None:
    async with Rig(tmp_path, TransactionMessageRetryInterval=5) as rig:
        await rig.online()
        rig.csms.script(action, Delay(45.0))
        await rig.charge()
        await rig.pass_time(200)
        await ends_right(rig)
        await rig.pass_time(60)
        sent = [json.loads(seen.text) for seen in rig.csms.frames if seen.received and f'"{action}"' in seen.text]
        assert len(sent) >= 2
        assert sent[0][3] == sent[1][3]
        assert sent[0][1] != sent[1][1]
        assert rig.charges[0].repeats == 1


@virtually
async def test_a_csms_that_never_answers_a_meter_value_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    async with Rig(tmp_path, TransactionMessageRetryInterval=5) as rig:
        await rig.online()
        rig.csms.script("MeterValues", *[Silence()] * 3)
        await rig.charge()
        await rig.pass_time(120)
        await ends_right(rig)
        assert rig.csms.point(ID).connections == 1


# ---------------------------------------------------------------- a CSMS that is none


async def refuses(rig: Rig, status: int) -> None:
    rig.csms.http_status = status
    rig.csms.cut(ID)


async def speaks_another_version(rig: Rig) -> None:
    rig.csms.subprotocols = ("ocpp2.0.1",)
    rig.csms.cut(ID)


async def comes_back(rig: Rig) -> None:
    rig.csms.http_status = None
    rig.csms.subprotocols = ("ocpp1.6",)


ABSENCES: dict[str, Callable[[Rig], Awaitable[None]]] = {
    "401": lambda rig: refuses(rig, 401),
    "404": lambda rig: refuses(rig, 404),
    "503": lambda rig: refuses(rig, 503),
    "another subprotocol": speaks_another_version,
}


@pytest.mark.parametrize("how", list(ABSENCES))
@virtually
async def test_a_charge_outlasts_a_csms_that_does_not_want_us(tmp_path: Path, how: str) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await ABSENCES[how](rig)
        await rig.pass_time(600)
        assert rig.controller is not None
        assert rig.controller.csms.status()["connected"] is False
        assert rig.evse()["status"] == "Charging"
        await comes_back(rig)
        await rig.until(lambda: rig.controller is not None and bool(rig.controller.csms.status()["connected"]), 900)
        await ends_right(rig)
        assert len(rig.charges[0].meter_values) >= 9, "what was measured meanwhile is told as well"


HANDSHAKE_FAILURE = b"\x15\x03\x03\x00\x02\x02\x28"


@pytest.mark.parametrize("answer", [None, HANDSHAKE_FAILURE, b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
@virtually
async def test_a_charge_begins_and_ends_though_something_else_answers_at_the_csmss_address(tmp_path: Path, answer: bytes | None) -> None:
    async def be_something_else(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is None:
            await reader.read()  # says nothing until the other side gives up
        else:
            writer.write(answer)
        writer.close()

    async with Rig(tmp_path, AllowOfflineTxForUnknownId=True) as rig:
        await rig.online()
        place = urlsplit(rig.csms.url)
        await rig.csms.set_up(False)
        impostor = await asyncio.start_server(be_something_else, place.hostname, place.port)
        await rig.charge()
        await rig.pass_time(600)
        await rig.finish(told=False)
        assert rig.charges == []
        impostor.close()
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None, 1800)
        (charge,) = rig.charges
        assert rig.csms.ledger.problems == []
        assert len(charge.meter_values) >= 9
        assert charge.started < charge.meter_values[0]["meterValue"][0]["timestamp"] < charge.stopped
