"""The way to the CSMS fails as ways do, and the whole station goes on; passwords change, and are written nowhere."""

from __future__ import annotations

import base64
import io
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from tests.csms.network import DeadWire

from cpctl import log as cpctl_log

from .rig import ID, Rig, virtually

OLD = "old-password-of-the-file"
NEW = "00112233445566778899AABBCCDDEEFF"
NEW_BYTES = bytes.fromhex(NEW)


@asynccontextmanager
async def behind_a_wire(rig: Rig) -> AsyncIterator[DeadWire]:
    """Put a wire that can go dead between station and CSMS."""
    await rig.csms.start()
    wire = DeadWire(int(rig.csms.url.rsplit(":", 1)[1].split("/")[0]))
    await wire.start()
    rig.address = f"ws://127.0.0.1:{wire.port}/ocpp"
    async with rig:
        yield wire
        await wire.stop()


@virtually
async def test_a_pong_that_does_not_come_is_followed_by_a_new_connection_and_nothing_is_lost(tmp_path: Path) -> None:
    """Complained of elsewhere: no reconnect after a pong time-out."""
    rig = Rig(tmp_path, WebSocketPingInterval=30)
    async with behind_a_wire(rig) as wire:
        await rig.online()
        await rig.charge()
        await rig.pass_time(100)
        wire.dead = True  # no FIN, no RST: the peer has vanished
        await rig.until(lambda: rig.controller is not None and not rig.controller.csms.status()["connected"], 55)
        assert rig.controller is not None
        assert "no pong" in str(rig.controller.csms.status()["trouble"])
        assert rig.evse()["status"] == "Charging"
        await rig.pass_time(300)
        wire.dead = False
        await rig.until(lambda: rig.controller is not None and bool(rig.controller.csms.status()["connected"]), 400)
        await rig.finish()
        (charge,) = rig.charges
        assert len(charge.meter_values) >= 6
        assert rig.csms.ledger.problems == []
        assert len(rig.csms.point(ID).boots) == 1


@virtually
async def test_a_message_without_an_answer_finds_a_half_open_connection_where_no_pings_do(tmp_path: Path) -> None:
    rig = Rig(tmp_path, WebSocketPingInterval=0)
    async with behind_a_wire(rig) as wire:
        await rig.online()
        await rig.charge()
        wire.dead = True
        await rig.until(lambda: rig.controller is not None and not rig.controller.csms.status()["connected"], 60 + 30 + 20 + 5)
        wire.dead = False
        await rig.until(lambda: rig.controller is not None and bool(rig.controller.csms.status()["connected"]), 100)
        await rig.finish()
        assert rig.charges[0].repeats == 0
        assert rig.csms.ledger.problems == []


def guarded(directory: Path, password: str | bytes | None = OLD) -> Rig:
    rig = Rig(directory, csms={"security_profile": 1}, password=OLD)
    rig.csms.password = password
    return rig


async def codes(rig: Rig) -> list[object]:
    assert rig.controller is not None
    return [event["code"] for event in await rig.controller.services.events(None, 1000)]


async def set_key(rig: Rig, value: str) -> dict[str, object]:
    return await rig.call("ChangeConfiguration", key="AuthorizationKey", value=value)


@virtually
async def test_a_password_that_the_csms_sets_outlives_a_restart(tmp_path: Path) -> None:
    async with guarded(tmp_path) as rig:
        await rig.online()
        assert await set_key(rig, NEW) == {"status": "Accepted"}
        rig.csms.password = NEW_BYTES
        await rig.until(lambda: rig.csms.point(ID).connections == 2)
        await rig.kill()
        await rig.start()
        await rig.until(lambda: rig.csms.point(ID).connections == 3)
        assert rig.controller is not None
        assert rig.controller.station.previous_password() == ""
        assert (tmp_path / "cpctl.db").stat().st_mode & 0o077 == 0


@virtually
async def test_a_password_that_the_csms_set_and_forgot_gives_way_to_the_one_before_it_even_over_a_restart(tmp_path: Path) -> None:
    async with guarded(tmp_path) as rig:
        await rig.online()
        await set_key(rig, "the-first-new-password")
        rig.csms.password = "the-first-new-password"
        await rig.until(lambda: rig.csms.point(ID).connections == 2)
        await rig.online()
        await set_key(rig, NEW)
        await rig.kill()  # before it could be tried, and the CSMS has not kept it
        await rig.start()
        await rig.until(lambda: rig.csms.point(ID).connections == 3, 100)
        await rig.until(lambda: rig.controller is not None and rig.controller.station.previous_password() == "")
        assert rig.controller is not None
        assert rig.controller.station.variable("SecurityCtrlr.BasicAuthPassword") == "the-first-new-password"
        assert "password.restored" in await codes(rig)


@virtually
async def test_a_station_that_was_set_up_anew_at_the_csms_is_let_in_with_the_password_of_its_file(tmp_path: Path) -> None:
    async with guarded(tmp_path) as rig:
        await rig.online()
        await set_key(rig, NEW)
        rig.csms.password = NEW_BYTES
        await rig.until(lambda: rig.csms.point(ID).connections == 2)
        await rig.pass_time(60)
        rig.csms.password = OLD
        rig.csms.cut(ID)
        await rig.until(lambda: rig.csms.point(ID).connections == 3, 300)


@pytest.mark.parametrize("value", ["short-of-sixteen", "x" * 40, NEW])
@virtually
async def test_a_password_of_16_to_40_characters_is_taken(tmp_path: Path, value: str) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await set_key(rig, value) == {"status": "Accepted"}


@pytest.mark.parametrize("value", ["", "fifteen-letters", "x" * 41, "  with-spaces-around-it  ", "käse-käse-käse-käse", "with\nanew-line-in-it"])
@virtually
async def test_any_other_password_is_rejected(tmp_path: Path, value: str) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await set_key(rig, value) == {"status": "Rejected"}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, at the most talkative level."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    stream = io.StringIO()
    cpctl_log.configure("debug", stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_no_password_is_ever_written_to_a_log_a_message_list_an_event_or_an_answer(tmp_path: Path, written: io.StringIO) -> None:
    shown: list[object] = []

    @virtually
    async def talk() -> None:
        async with guarded(tmp_path, "not yet") as rig:
            await rig.pass_time(30)  # refused for a while
            rig.csms.password = OLD
            await rig.online()
            shown.append(await set_key(rig, NEW))
            for text in (
                f'[2,"m1","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{NEW}"',
                f'[2,"m0","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{NEW * 20}"}}]',
                f'[2,"m2","ChangeConfiguration",{{"key":"AuthorizationKey","val":"{NEW}"}}]',
                f'[2,"m3","ChangeConfiguration",{{"key":"AuthorizationKey","value":["{NEW}"]}}]',
                f'[2,"m4","ChangeConfiguration",{{"key":"authorizationkey ","value":"{NEW}"}}]',
            ):
                await rig.csms.send_text(ID, text)
            rig.csms.password = NEW_BYTES
            await rig.until(lambda: rig.csms.point(ID).connections == 2)
            await rig.pass_time(5)
            shown.append(await rig.call("GetConfiguration"))
            assert rig.controller is not None
            services = rig.controller.services
            with pytest.raises(Exception, match="AuthorizationKey may not be that") as refused:
                await services.set_variable("AuthorizationKey", NEW[:10])
            shown.append(str(refused.value))
            shown.append(await services.set_variable("AuthorizationKey", NEW))
            for look in (services.messages, services.events, services.sessions):
                shown.append(await look(None, 10_000))
            shown.extend((await services.variables(), await services.status(), repr(rig.controller.csms_settings)))

    talk()
    everything = written.getvalue() + json.dumps(shown)
    assert "ChangeConfiguration" in everything
    assert "csms.frame" in everything
    header = base64.b64encode(f"{ID}:{OLD}".encode()).decode()
    for secret in (OLD, NEW, NEW.lower(), NEW[:10], header, base64.b64encode(ID.encode() + b":" + NEW_BYTES).decode(), repr(NEW_BYTES)):
        assert secret not in everything
    with sqlite3.connect(tmp_path / "cpctl.db") as db:
        notes = str(db.execute("SELECT * FROM note").fetchall())
    assert "password.changed" in notes
    assert NEW not in notes
