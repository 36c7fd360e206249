"""Coming back: when, how often, and without a storm; half-open connections are found."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from random import Random

import pytest
from tests.csms.network import DeadWire, frame, raw_websocket, tcp
from tests.csms.station import Point, eventually, started, status, updated

from cpctl.core.inputs import CsmsOffline, CsmsOnline, EventDelivered
from cpctl.core.model import ConnectorStatus
from cpctl.core.variable_table import definitions
from cpctl.csms.backoff import BackOff
from cpctl.csms.exchange import Exchange
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_script import Refuse


def test_the_wait_doubles_as_often_as_told_and_has_a_random_part() -> None:
    back_off = BackOff(Random(42))
    waits = [back_off.next(10, 5, 3) for _ in range(6)]
    assert 10 <= waits[0] <= 15
    assert [2 * before <= after <= 2 * before + 5 for before, after in pairwise(waits[:4])] == [True] * 3
    assert waits[3] == waits[4] == waits[5]
    back_off.reset()
    assert back_off.next(10, 5, 3) <= 15


def test_by_default_no_wait_is_longer_than_four_minutes() -> None:
    defaults = {one.name.rpartition(".")[2]: int(one.default) for one in definitions(()) if ".RetryBackOff" in one.name}
    variables = (defaults["RetryBackOffWaitMinimum"], defaults["RetryBackOffRandomRange"], defaults["RetryBackOffRepeatTimes"])
    fleet = [BackOff(Random(seed)) for seed in range(200)]
    longest = [max(station.next(*variables) for _ in range(20)) for station in fleet]
    assert max(longest) <= 240
    assert min(longest) >= 80, "nor does a fleet knock at a CSMS that is down as if it had just gone"


def test_two_hundred_stations_cut_off_at_once_do_not_come_back_as_a_storm() -> None:
    """Complained of elsewhere: a storm of reconnects without jitter."""
    fleet = [BackOff(Random(seed)) for seed in range(200)]
    for width, at_most in ((10, 30), (30, 20), (70, 10)):  # the range in which they come doubles with the wait, and their number in one second falls
        waits = [station.next(10, 10, 5) for station in fleet]
        assert max(Counter(int(wait) for wait in waits).values()) <= at_most
        assert max(waits) - min(waits) > 0.8 * width


def test_what_the_csms_wishes_is_kept_to_by_nobody_at_the_same_time() -> None:
    waits = [BackOff(Random(seed)).next(10, 10, 5, at_least_s=120) for seed in range(50)]
    assert all(120 <= wait <= 130 for wait in waits)
    assert len({int(wait) for wait in waits}) == 10
    assert BackOff(Random(1)).next(10, 10, 5, at_least_s=1e9) <= 3610


@pytest.mark.parametrize("variables", [(0, 0, 0), (0, 0, 16), (-5, -5, -5)])
def test_no_setting_makes_a_busy_loop(variables: tuple[int, int, int]) -> None:
    back_off = BackOff(Random(1))
    assert all(back_off.next(*variables) >= 0.1 for _ in range(50))


def test_no_setting_makes_it_wait_for_ever() -> None:
    back_off = BackOff(Random(1))
    assert all(back_off.next(3600, 3600, 10**6) <= 3600 for _ in range(200))


async def test_attempts_are_spaced_by_the_variables(make_point: Callable[..., Point]) -> None:
    attempts: list[float] = []

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attempts.append(asyncio.get_running_loop().time())
        writer.close()

    async with tcp(hang_up) as port:
        point = make_point(f"ws://127.0.0.1:{port}/ocpp")
        point.station.variables |= {
            "OCPPCommCtrlr.RetryBackOffWaitMinimum": "10",
            "OCPPCommCtrlr.RetryBackOffRandomRange": "4",
            "OCPPCommCtrlr.RetryBackOffRepeatTimes": "2",
        }
        await eventually(lambda: len(attempts) == 6, 600)
    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    assert 10 <= gaps[0] <= 14.1
    assert [2 * before <= after + 0.1 <= 2 * before + 4.2 for before, after in pairwise(gaps[:3])] == [True, True]
    assert gaps[3:] == pytest.approx([gaps[2]] * 2, abs=0.1)
    assert point.service.status()["connected"] is False
    assert "no WebSocket server" in str(point.service.status()["trouble"])


async def test_a_failure_that_lasts_is_logged_once(make_point: Callable[..., Point], capsys: pytest.CaptureFixture[str]) -> None:
    async with tcp(_hang_up) as port:
        pass
    make_point(f"ws://127.0.0.1:{port}/ocpp")
    await asyncio.sleep(3600)
    assert capsys.readouterr().out.count("csms.unreachable") == 1


async def test_a_reconnection_is_no_boot_and_tells_only_what_changed(csms: EmbeddedCsms, point: Point) -> None:
    point.service.report(status(1, ConnectorStatus.AVAILABLE))
    point.service.report(status(2, ConnectorStatus.AVAILABLE))
    await csms.until(lambda: len(csms.point("CP001").status_history) == 2)
    await csms.set_up(False)
    await eventually(lambda: not point.station.online)
    point.service.report(status(1, ConnectorStatus.PREPARING))
    point.service.report(status(1, ConnectorStatus.FAULTED, fault="pilot_short"))
    await csms.set_up(True)
    await csms.until(lambda: len(csms.point("CP001").status_history) == 3)
    await asyncio.sleep(60)
    assert [(one["connectorId"], one["status"]) for one in csms.point("CP001").status_history[2:]] == [(1, "Faulted")]
    assert len(csms.point("CP001").boots) == 1
    assert [type(item) for item in point.station.posted if isinstance(item, (CsmsOnline, CsmsOffline))] == [CsmsOnline, CsmsOffline, CsmsOnline]


async def test_a_csms_that_forgot_us_gets_a_new_boot_and_loses_nothing(csms: EmbeddedCsms, point: Point) -> None:
    csms.cut("CP001")
    await eventually(lambda: not point.station.online)
    csms.script("StartTransaction", Refuse("SecurityError"))
    point.enqueue(1, started())
    await eventually(lambda: bool(point.station.of(EventDelivered)))
    assert len(csms.point("CP001").boots) == 2
    assert len(csms.ledger.charges) == 1


@pytest.fixture
async def wire(csms: EmbeddedCsms) -> AsyncIterator[DeadWire]:
    made = DeadWire(int(csms.url.split(":")[2].split("/")[0]))
    await made.start()
    yield made
    await made.stop()


async def test_a_half_open_connection_is_found_by_its_pong_and_made_anew(
    csms: EmbeddedCsms, wire: DeadWire, make_point: Callable[..., Point]
) -> None:
    point = make_point(f"ws://127.0.0.1:{wire.port}/ocpp", pong_timeout_s=15.0)
    point.station.variables["OCPPCommCtrlr.WebSocketPingInterval"] = "30"
    await eventually(lambda: point.station.online)
    await asyncio.sleep(100)
    wire.dead = True
    died = asyncio.get_running_loop().time()
    await eventually(lambda: not point.station.online)
    assert asyncio.get_running_loop().time() - died <= 30 + 15 + 1
    assert "no pong" in str(point.service.status()["trouble"])
    wire.dead = False
    await eventually(lambda: point.station.online)
    assert csms.point("CP001").connections == 2


async def test_the_ping_interval_can_be_changed_while_connected(wire: DeadWire, make_point: Callable[..., Point]) -> None:
    point = make_point(f"ws://127.0.0.1:{wire.port}/ocpp", pong_timeout_s=5.0)
    point.station.variables["OCPPCommCtrlr.WebSocketPingInterval"] = "0"
    await eventually(lambda: point.station.online)
    wire.dead = True
    await asyncio.sleep(200)
    assert point.station.online  # no pings, nothing to say: nobody can know
    point.station.variables["OCPPCommCtrlr.WebSocketPingInterval"] = "10"
    point.service.variable_changed("OCPPCommCtrlr.WebSocketPingInterval", "10")
    await eventually(lambda: not point.station.online, 20)


async def test_silence_over_a_dead_wire_is_no_failed_attempt(csms: EmbeddedCsms, wire: DeadWire, make_point: Callable[..., Point]) -> None:
    point = make_point(f"ws://127.0.0.1:{wire.port}/ocpp", pong_timeout_s=5.0)
    point.station.variables |= {"OCPPCommCtrlr.WebSocketPingInterval": "0", "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "1"}
    await eventually(lambda: point.station.online)
    wire.dead = True
    point.enqueue(1, started())
    await eventually(lambda: not point.station.online)
    wire.dead = False
    point.enqueue(2, updated())
    await eventually(lambda: len(point.station.of(EventDelivered)) == 2)
    assert len(csms.ledger.charges) == 1


async def test_a_csms_that_hangs_up_after_every_boot_is_called_ever_less_often(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    calls: list[float] = []

    def hang_up(_id: str, exchange: Exchange) -> None:
        calls.append(asyncio.get_running_loop().time())
        asyncio.get_running_loop().call_soon(csms.cut, "CP001")

    csms.listen(hang_up)
    csms.boot_with(*["Pending"] * 5, interval=1)
    make_point(csms.url)
    await eventually(lambda: len(calls) == 5, 1000)
    gaps = [later - earlier for earlier, later in pairwise(calls)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 4 * gaps[0]


async def test_after_a_good_connection_the_first_wait_is_short_again(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.http_status = 503
    point = make_point(csms.url)
    await asyncio.sleep(500)
    csms.http_status = None
    await eventually(lambda: point.station.online, 1000)
    await asyncio.sleep(60)
    csms.cut("CP001")
    await eventually(lambda: not point.station.online)
    await eventually(lambda: point.station.online, 21)


async def test_a_csms_that_wants_to_be_left_alone_is(csms: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    csms.http_status, csms.http_headers = 503, {"Retry-After": "300"}
    point = make_point(csms.url)
    await eventually(lambda: point.service.status()["trouble"] is not None)
    csms.http_status = None
    await asyncio.sleep(299)
    assert csms.point("CP001").connections == 0
    await eventually(lambda: point.station.online, 15)


# ---------------------------------------------------------------- what may come over an open connection


BOOTED = '[3,"{id}",{"status":"Accepted","currentTime":"2030-01-01T00:00:00Z","interval":300}]'
BIG = b'[2,"big","DataTransfer",{"vendorId":"x","data":"' + b"y" * 1_000_000 + b'"}]'
ASK = b'[2,"a1","GetConfiguration",{"key":["HeartbeatInterval"]}]'


@pytest.mark.parametrize(
    "sent",
    [
        [frame(b"\x00\x01\x02", 2)],
        [frame(b"\x00\x01\x02", 2), frame(b"{"), frame(b"[]"), frame(b"\xc3\xa4"), frame(b"")],
        [frame(ASK[:9], fin=False), frame(b"", 9), frame(ASK[9:20], 0, fin=False), frame(b"", 10), frame(ASK[20:], 0)],
        [frame(BIG)],
        [frame(BIG[:500_000], fin=False), frame(BIG[500_000:], 0)],
        [*(frame(b"[" * 60_000) for _ in range(5))],
    ],
    ids=["binary", "garbage", "fragments with pings between", "a megabyte", "a megabyte in two", "nested without end"],
)
async def test_whatever_comes_in_a_right_frame_leaves_the_connection_and_is_answered_as_it_can_be(
    make_point: Callable[..., Point], sent: list[bytes]
) -> None:
    answers: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        boot = json.loads(await read_text(reader))
        writer.write(frame(BOOTED.replace("{id}", boot[1]).encode()))
        writer.writelines(sent)
        writer.write(frame(ASK.replace(b"a1", b"a2")))
        while '"a2"' not in (text := await read_text(reader)):
            answers.append(text)
        answers.append(text)
        await reader.read()

    async with raw_websocket(talk) as url:
        point = make_point(url)
        await eventually(lambda: bool(answers) and '[3,"a2"' in answers[-1].replace(" ", ""))
        assert point.station.online
        assert point.service.status()["trouble"] is None


@pytest.mark.parametrize(
    "sent",
    [
        frame(b"[2]", reserved=4),
        frame(b"\xff\xfe"),
        frame(b"x", 3),
        frame(b"x", 0),
        frame(b"x" * 2_000_000),
        b"\x81\x7f" + b"\xff" * 8,
    ],
    ids=["compressed", "no UTF-8", "unknown kind", "continues nothing", "two megabytes", "of absurd length"],
)
async def test_what_is_no_frame_of_ours_ends_the_connection_which_is_made_anew(make_point: Callable[..., Point], sent: bytes) -> None:
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        boot = json.loads(await read_text(reader))
        writer.write(frame(BOOTED.replace("{id}", boot[1]).encode()) if connections > 1 else sent)
        await reader.read()

    async with raw_websocket(talk) as url:
        point = make_point(url)
        await eventually(lambda: point.station.online)
    assert connections == 2


async def test_a_frame_that_comes_byte_by_byte_and_never_ends_is_found_by_its_missing_pong(make_point: Callable[..., Point]) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        boot = json.loads(await read_text(reader))
        writer.write(frame(BOOTED.replace("{id}", boot[1]).encode()))
        writer.write(b"\x81\x7e\xff\xff")
        while not reader.at_eof():
            writer.write(b"x")
            await asyncio.sleep(0.5)

    async with raw_websocket(drip) as url:
        point = make_point(url, pong_timeout_s=10.0)
        await eventually(lambda: point.station.online)
        await eventually(lambda: "no pong" in str(point.service.status()["trouble"]))


async def read_text(reader: asyncio.StreamReader) -> str:
    """Read the next text message of a client."""
    while True:
        first, length = await reader.readexactly(2)
        size = length & 0x7F
        if size >= 126:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
        mask = await reader.readexactly(4)
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(await reader.readexactly(size)))
        if first & 0x0F == 1:
            return payload.decode()


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
