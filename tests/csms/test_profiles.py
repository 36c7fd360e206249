"""Network profiles that lead nowhere: each gets its attempts, then the one that last worked is used again (B10, A05)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random

import pytest
from tests.csms.authority import Authority
from tests.csms.network import tcp
from tests.csms.station import FakeStation, Point, eventually, utc_now

from cpctl.core.inputs import Command, ProfileAccepted, SetNetworkProfile, SetVariable
from cpctl.core.network import NetworkPlan
from cpctl.core.outputs import Outcome
from cpctl.core.records import NetworkProfile
from cpctl.csms.profiles import Profiles
from cpctl.csms.settings import CsmsSettings
from cpctl.errors import StoreError
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_script import Cut, Silence

PASSWORD = "hunter2hunter2hu"
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture
async def home() -> AsyncIterator[EmbeddedCsms]:
    """The CSMS of the configuration file, with security profile 1."""
    server = EmbeddedCsms(utc_now, Random(1), password=PASSWORD)
    await server.start()
    yield server
    await server.stop()


def plan(url: str, security_profile: int = 1, *more: NetworkProfile) -> NetworkPlan:
    """The new profile first, then any other, then the configuration's, by which the CSMS last accepted us."""
    return NetworkPlan((NetworkProfile(2, url, security_profile, ""), *more, NetworkProfile(1, "", 1, "")), 1)


def station_with(network: NetworkPlan, attempts: int = 2) -> FakeStation:
    station = FakeStation()
    station.plan = network
    station.variables[ATTEMPTS] = str(attempts)
    return station


# ---------------------------------------------------------------- where a profile leads nowhere


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    async with tcp(_cut) as port:
        closed = port
    yield f"ws://127.0.0.1:{closed}/ocpp"


async def _cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@asynccontextmanager
async def somebody_else() -> AsyncIterator[str]:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with tcp(say) as port:
        yield f"ws://127.0.0.1:{port}/ocpp"


@asynccontextmanager
async def another_password() -> AsyncIterator[str]:
    server = EmbeddedCsms(utc_now, Random(2), password="another-password-1")
    yield await server.start()
    await server.stop()


@asynccontextmanager
async def no_answer_to_a_boot() -> AsyncIterator[str]:
    server = EmbeddedCsms(utc_now, Random(2))
    server.insist(Silence(), "BootNotification")
    yield await server.start()
    await server.stop()


@asynccontextmanager
async def somebody_who_rejects_us() -> AsyncIterator[str]:
    server = EmbeddedCsms(utc_now, Random(2))
    server.boot_with(*["Rejected"] * 100)
    yield await server.start()
    await server.stop()


@asynccontextmanager
async def a_cut_at_the_boot() -> AsyncIterator[str]:
    server = EmbeddedCsms(utc_now, Random(2))
    server.insist(Cut(), "BootNotification")
    yield await server.start()
    await server.stop()


@pytest.mark.parametrize("trap", [nobody, somebody_else, another_password, no_answer_to_a_boot, somebody_who_rejects_us, a_cut_at_the_boot])
async def test_a_profile_that_leads_nowhere_is_left_for_the_one_that_last_worked(
    home: EmbeddedCsms, make_point: Callable[..., Point], trap: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    async with trap() as url:
        point = make_point(home.url, station=station_with(plan(url)), versions=("2.0.1",), security_profile=1, password=PASSWORD)
        await eventually(lambda: point.station.online, 600)
    assert point.service.live("OCPPCommCtrlr.ActiveNetworkProfile") == "1"
    assert home.point("CP001").connections == 1
    assert point.station.of(ProfileAccepted) == [], "nothing new has proved good"


async def test_a_server_whose_certificate_is_not_trusted_locks_nobody_out(
    home: EmbeddedCsms, make_point: Callable[..., Point], authority: Authority, stranger: Authority
) -> None:
    server = EmbeddedCsms(utc_now, Random(2), password=PASSWORD, tls=stranger.server())
    url = await server.start()
    point = make_point(
        home.url, station=station_with(plan(url, 2)), versions=("2.0.1",), security_profile=1, password=PASSWORD, ca_file=authority.ca_file
    )
    await eventually(lambda: point.station.online, 600)
    assert point.service.live("SecurityCtrlr.SecurityProfile") == "1"
    assert server.point("CP001").connections == 0
    await server.stop()


@pytest.mark.parametrize("attempts", [1, 3])
async def test_each_profile_gets_the_attempts_that_are_configured(home: EmbeddedCsms, make_point: Callable[..., Point], attempts: int) -> None:
    knocks: list[int] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocks.append(len(knocks))
        await _cut(reader, writer)

    async with tcp(count) as port:
        station = station_with(plan(f"ws://127.0.0.1:{port}/ocpp"), attempts)
        point = make_point(home.url, station=station, versions=("2.0.1",), security_profile=1, password=PASSWORD)
        await eventually(lambda: point.station.online, 600)
    assert len(knocks) == attempts  # B10.FR.03


async def test_all_profiles_are_tried_again_until_one_leads_somewhere(home: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    url = home.url
    await home.set_up(False)
    async with nobody() as nowhere:
        third = NetworkProfile(3, nowhere, 1, "")
        point = make_point(url, station=station_with(plan(nowhere, 1, third), 1), versions=("2.0.1",), security_profile=1, password=PASSWORD)
        await asyncio.sleep(2000)
        assert not point.station.online
        await home.set_up(True)
        await eventually(lambda: point.station.online, 1500)  # B10.FR.09


# ---------------------------------------------------------------- where it leads somewhere


async def test_a_new_csms_is_told_who_we_are_and_proves_the_profile_good(
    home: EmbeddedCsms, make_point: Callable[..., Point], authority: Authority
) -> None:
    server = EmbeddedCsms(utc_now, Random(2), password=PASSWORD, tls=authority.server())
    url = await server.start()
    point = make_point(
        home.url, station=station_with(plan(url, 2)), versions=("2.0.1",), security_profile=1, password=PASSWORD, ca_file=authority.ca_file
    )
    await eventually(lambda: point.station.online)
    assert [item for item in point.station.posted if isinstance(item, ProfileAccepted)] == [ProfileAccepted(2)]
    assert len(server.point("CP001").boots) == 1
    assert home.point("CP001").connections == 0
    values = {name: point.service.live(name) for name in ("OCPPCommCtrlr.ActiveNetworkProfile", "SecurityCtrlr.SecurityProfile")}
    assert list(values.values()) == ["2", "2"]

    # A05.FR.06: what is less safe is not used again, however long the safer one is away.
    await server.set_up(False)
    await asyncio.sleep(5000)
    assert home.point("CP001").connections == 0
    await server.set_up(True)
    await eventually(lambda: point.station.online, 1500)
    await server.stop()


async def test_a_new_csms_that_lets_us_wait_is_waited_for(home: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    server = EmbeddedCsms(utc_now, Random(2), password=PASSWORD)
    server.boot_with(*["Pending"] * 20, interval=60)
    url = await server.start()
    point = make_point(home.url, station=station_with(plan(url)), versions=("2.0.1",), security_profile=1, password=PASSWORD)
    await eventually(lambda: point.station.online, 3000)
    assert home.point("CP001").connections == 0
    assert server.point("CP001").connections == 1
    await server.stop()


async def test_after_a_switch_while_running_a_boot_is_sent_to_whoever_is_there(home: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    server = EmbeddedCsms(utc_now, Random(2), password=PASSWORD)
    url = await server.start()
    point = make_point(home.url, station=station_with(plan(url)), versions=("2.0.1",), security_profile=1, password=PASSWORD)
    await eventually(lambda: point.station.online)
    await server.stop()
    await eventually(lambda: home.point("CP001").connections == 1, 600)
    await eventually(lambda: point.station.online)
    assert len(home.point("CP001").boots) == 1  # B10.FR.10


def test_a_profile_says_what_it_changes_and_nothing_else() -> None:
    configured = CsmsSettings("ws://a.example", "CP001", versions=("2.1", "2.0.1", "1.6"), password=PASSWORD, vendor="V")
    said = NetworkProfile(3, "wss://b.example/x", 2, "", ("2.0.1", "2.1"), 12)
    used = Profiles(configured, NetworkPlan((said,), 3), lambda: 1).settings
    assert (used.slot, used.url, used.security_profile, used.versions, used.message_timeout_s) == (3, "wss://b.example/x", 2, ("2.1", "2.0.1"), 12)
    assert (used.id, used.password, used.vendor) == ("CP001", PASSWORD, "V")


# ---------------------------------------------------------------- where it cannot be kept


class FullDisk(FakeStation):
    """Promises nothing that has to be on disk."""

    async def request(self, make: Callable[[int], Command]) -> tuple[Outcome, str]:
        if isinstance(make(0), SetNetworkProfile | SetVariable):
            raise StoreError("The disk takes no records.", "Look at free space.")
        return await super().request(make)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_what_cannot_be_kept_is_not_promised(csms: EmbeddedCsms, make_point: Callable[..., Point], version: str) -> None:
    point = make_point(csms.url, station=FullDisk(), versions=(version,))
    await eventually(lambda: point.station.online)
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "ws://csms.example/ocpp",
        "messageTimeout": 30,
        "securityProfile": 1,
        "ocppInterface": "Wired0",
    }
    answer = await csms.call("CP001", "SetNetworkProfile", {"configurationSlot": 2, "connectionData": data})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Failed", "InternalError")  # B09.FR.03
    entry = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}, "attributeValue": "5"}
    (result,) = (await csms.call("CP001", "SetVariables", {"setVariableData": [entry]}))["setVariableResult"]
    assert (result["attributeStatus"], result["attributeStatusInfo"]["reasonCode"]) == ("Rejected", "InternalError")  # B05.FR.09


@pytest.mark.parametrize(
    "more",
    [
        {"identity": "CP002"},
        {"basicAuthPassword": "s3cret-s3cret-s3cret"},
        {"apn": {"apn": "internet", "apnAuthentication": "AUTO", "apnPassword": "s3cret"}},
        {"vpn": {"server": "vpn.example", "user": "u", "password": "s3cret", "key": "s3cret", "type": "IKEv2"}},
    ],
)
async def test_a_network_of_its_own_is_refused_and_its_secrets_shown_nowhere(
    csms: EmbeddedCsms, make_point: Callable[..., Point], more: dict[str, object]
) -> None:
    point = make_point(csms.url, versions=("2.1",))
    await eventually(lambda: point.station.online)
    data = {"ocppTransport": "JSON", "ocppCsmsUrl": "ws://a.example", "messageTimeout": 30, "securityProfile": 1, "ocppInterface": "Any", **more}
    answer = await csms.call("CP001", "SetNetworkProfile", {"configurationSlot": 2, "connectionData": data})
    assert answer["statusInfo"]["reasonCode"] == "UnsupportedParam"
    assert point.station.of(SetNetworkProfile) == []
    assert "s3cret" not in str([exchange.as_json() for exchange in point.exchanges])
