"""Security and network profiles: the password, the CSMS's certificate, a better security profile, another CSMS, and back (A01, A05, B09, B10)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.csms.authority import Authority
from tests.csms.network import tcp
from tests.whole.profiled import NOWHERE, PASSWORD, Station, another_csms, profile
from tests.whole.rig import ID, virtually

from .cases import case


@case("TC_A_01_CS", "Basic Authentication - Valid username/password combination")
@virtually
async def test_the_station_is_known_by_its_id_and_password(tmp_path: Path) -> None:
    async with Station(tmp_path) as rig:
        await rig.connected_to(rig.csms)
        rig.csms.password = "another-password-1"
        rig.csms.cut(ID)
        await rig.sleep(600)
        assert not rig.connected, "the CSMS looks at the password"
        rig.csms.password = PASSWORD
        await rig.until(lambda: rig.connected, 600)


@case("TC_A_04_CS", "TLS - server-side certificate - Valid certificate")
@virtually
async def test_a_csms_with_a_valid_certificate_is_connected_to(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    async with Station(tmp_path / "state", security_profile=2, ca_file=authority.ca_file, tls=authority.server()) as rig:
        await rig.connected_to(rig.csms)
        assert await rig.get("SecurityCtrlr", "SecurityProfile") == "2"


@case("TC_B_45_CS", "Migrate to new ConnectionProfile - Success - Same CSMS Root")
@virtually
async def test_a_station_moves_to_another_csms_at_its_next_start(tmp_path: Path) -> None:
    """B10.FR.01, FR.04, FR.06."""
    async with Station(tmp_path) as rig, another_csms(rig) as other:
        await rig.online()
        assert await rig.set_profile(2, profile(other.url)) == "Accepted"
        assert await rig.order("2,1") == "RebootRequired"
        assert rig.values() == ("2,1", "1", "1"), "nothing changes before the start"
        assert rig.said_of(1) == [rig.csms.url, "1", "30", "OCPP20"]
        assert rig.said_of(2) == [other.url, "1", "30", "OCPP20"]
        assert rig.said_of(3) == [None] * 4
        await rig.reboot()
        await rig.connected_to(other)
        assert rig.values() == ("2,1", "2", "1")
        await rig.kill()  # and it stays there, whatever happens to the host
        await rig.start()
        await rig.connected_to(other, 2)
        assert len(rig.csms.point(ID).boots) == 1


@case("TC_B_46_CS", "Migrate to new ConnectionProfile - Fallback mechanism - Same CSMS Root")
@virtually
async def test_a_csms_that_does_not_answer_is_called_as_often_as_configured_then_the_next(tmp_path: Path) -> None:
    """B10.FR.03, FR.04."""
    calls: list[float] = []

    async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(asyncio.get_running_loop().time())
        writer.transport.abort()

    async with Station(tmp_path) as rig, tcp(count) as port:
        await rig.online()
        await rig.put("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "2")
        assert await rig.set_profile(2, profile(f"ws://127.0.0.1:{port}/ocpp")) == "Accepted"
        assert await rig.order("2,1") == "RebootRequired"
        await rig.reboot()
        await rig.connected_to(rig.csms, 2)
        assert len(calls) == 2
        assert rig.values() == ("2,1", "1", "1")


@case(
    "TC_B_49_CS",
    "Migrate to new ConnectionProfile - Fallback after NetworkProfileConnectionAttempts per NetworkConfigurationPriority failed - Same CSMS Root",
)
@virtually
async def test_when_nobody_answers_the_csms_that_last_did_is_called_again(tmp_path: Path) -> None:
    """B10.FR.07: even where it is left out of the order."""
    async with Station(tmp_path) as rig:
        await rig.online()
        for variable, value in (("NetworkProfileConnectionAttempts", "1"), ("RetryBackOffRepeatTimes", "0"), ("RetryBackOffRandomRange", "0")):
            assert await rig.put("OCPPCommCtrlr", variable, value) == ("Accepted", "")
        assert await rig.put("OCPPCommCtrlr", "RetryBackOffWaitMinimum", "20") == ("Accepted", "")
        assert await rig.set_profile(3, profile(NOWHERE)) == "Accepted"
        assert await rig.order("3") == "RebootRequired"
        for boots in (2, 3):
            assert await rig.call("Reset", type="OnIdle") == {"status": "Accepted"}
            await rig.ended()
            rig.csms.password = "another-password-1"  # refuses the first call
            await rig.start()
            await rig.sleep(30)  # 0 s: nobody; 20 s: refused
            assert not rig.connected
            rig.csms.password = PASSWORD
            await rig.sleep(15)  # 40 s
            assert rig.connected
            await rig.connected_to(rig.csms, boots)
            assert rig.values() == ("3", "1", "1")


@case("TC_A_19_CS", "Upgrade Charging Station Security Profile - Accepted")
@virtually
async def test_a_better_security_profile_that_has_proved_good_is_never_lowered_from_afar(tmp_path: Path) -> None:
    """A05.FR.04 to FR.06."""
    authority = Authority(tmp_path, "ours")
    async with Station(tmp_path / "state", ca_file=authority.ca_file) as rig, another_csms(rig, tls=authority.server()) as better:
        await rig.online()
        assert await rig.set_profile(2, profile(better.url, 2)) == "Accepted"
        assert await rig.set_profile(3, profile(NOWHERE, 1)) == "Accepted"
        assert await rig.order("2,1,3") == "RebootRequired"
        await rig.reboot()
        await rig.connected_to(better)
        await rig.sleep(1)
        rig.csms, former = better, rig.configured()
        assert await rig.get("SecurityCtrlr", "SecurityProfile") == "2"
        assert await rig.get("OCPPCommCtrlr", "NetworkConfigurationPriority") == "2"
        assert await rig.set_profile(3, profile(former.url, 1)) == "Rejected NoSecurityDowngrade"
        assert await rig.order("1") == "Rejected"
        await better.set_up(False)
        await rig.kill()
        await rig.start()
        await rig.sleep(3600)
        assert len(former.point(ID).boots) == 1, "not even where the better one is away for long"
        await better.set_up(True)
        await rig.connected_to(better, 2)
        assert rig.values() == ("2", "2", "2")
        rig.csms = former


@case("TC_A_22_CS", "Upgrade Charging Station Security Profile - Downgrade security profile - Rejected")
@virtually
async def test_a_profile_that_is_less_safe_than_the_present_one_is_refused(tmp_path: Path) -> None:
    """B09.FR.04, A05.FR.10."""
    authority = Authority(tmp_path, "ours")
    async with Station(tmp_path / "state", security_profile=2, ca_file=authority.ca_file, tls=authority.server()) as rig:
        await rig.connected_to(rig.csms)
        for less in (0, 1):
            assert await rig.set_profile(2, profile(NOWHERE, less)) == "Rejected NoSecurityDowngrade"
        assert await rig.order("2,1") == "Rejected"


@case("TC_A_20_CS", "Upgrade Charging Station Security Profile - No valid CSMSRootCertificate installed")
@virtually
async def test_a_better_security_profile_is_refused_without_what_it_takes(tmp_path: Path) -> None:
    """A05.FR.02, FR.03, B10.FR.02."""
    async with Station(tmp_path) as rig:
        await rig.online()
        assert await rig.order("2,1") == "Rejected", "there is nothing in the slot"
        assert await rig.set_profile(2, profile("wss://127.0.0.1:9/ocpp", 2)) == "Accepted"
        assert await rig.order("2,1") == "Rejected", "no certificate of an authority is installed"
        assert await rig.set_profile(2, profile("wss://127.0.0.1:9/ocpp", 3)) == "Accepted"
        assert await rig.order("2,1") == "Rejected", "nor one of our own"
        assert rig.values() == ("1", "1", "1")


@case("TC_B_43_CS", "Set new NetworkConnectionProfile - Rejected")
@virtually
async def test_a_profile_that_cannot_be_is_refused_with_the_reason(tmp_path: Path) -> None:
    """B09.FR.02, FR.05."""
    async with Station(tmp_path) as rig:
        await rig.online()
        good = profile("ws://csms.example/ocpp")
        for slot, data, answer in [
            (0, good, "Rejected InvalidConfSlot"),
            (4, good, "Rejected InvalidConfSlot"),
            (-1, good, "Rejected InvalidConfSlot"),
            (1, good, "Rejected InvalidConfSlot"),  # the configuration file's
            (2, good | {"ocppTransport": "SOAP"}, "Rejected InvalidNetworkConf"),
            (2, good | {"ocppVersion": "OCPP15"}, "Rejected InvalidNetworkConf"),
            (2, good | {"messageTimeout": 0}, "Rejected InvalidNetworkConf"),
            (2, good | {"messageTimeout": 100_000}, "Rejected InvalidNetworkConf"),
            (2, good | {"securityProfile": 4}, "Rejected InvalidNetworkConf"),
            (2, good | {"securityProfile": -1}, "Rejected InvalidNetworkConf"),
            (2, good | {"securityProfile": 2}, "Rejected InvalidNetworkConf"),  # ws://
            (2, good | {"securityProfile": 0}, "Rejected NoSecurityDowngrade"),
            (2, good | {"ocppCsmsUrl": "wss://csms.example/ocpp"}, "Rejected InvalidNetworkConf"),  # with profile 1
            (2, good | {"ocppCsmsUrl": "http://csms.example/"}, "Rejected InvalidNetworkConf"),
            (2, good | {"ocppCsmsUrl": "ws:///ocpp"}, "Rejected InvalidNetworkConf"),
            (2, good | {"ocppCsmsUrl": "ws://user:secret@csms.example/"}, "Rejected InvalidNetworkConf"),
            (2, good | {"ocppCsmsUrl": "ws://csms.example/#x"}, "Rejected InvalidNetworkConf"),
            (2, good | {"ocppCsmsUrl": "ws://csms.example:99999/"}, "Rejected InvalidNetworkConf"),
            (2, good | {"ocppCsmsUrl": "ws://[::1/"}, "Rejected InvalidNetworkConf"),
            (2, good | {"ocppCsmsUrl": ""}, "Rejected InvalidNetworkConf"),
            (2, good | {"apn": {"apn": "internet", "apnAuthentication": "AUTO"}}, "Rejected UnsupportedParam"),
            (2, good | {"ocppVersion": "OCPP16"}, "Accepted"),
            (3, good | {"ocppInterface": "Wireless3"}, "Accepted"),
        ]:
            assert await rig.set_profile(slot, data) == answer, (slot, data)
        for slots in ("", "0", "4", "2;3", "2 3", "first"):
            assert await rig.order(slots) == "Rejected", slots
        assert await rig.order("3, 2 ,1") == "RebootRequired"
        assert rig.values()[0] == "3,2,1"


@case("TC_A_10_CS", "Update Charging Station Password for HTTP Basic Authentication - Rejected")
@pytest.mark.parametrize("password", ["short", "", "has a\x07bell-in-it-all", "x" * 41])
@virtually
async def test_a_password_that_cannot_be_leaves_the_old_one(tmp_path: Path, password: str) -> None:
    """A01.FR.04."""
    async with Station(tmp_path) as rig:
        await rig.online()
        assert await rig.put("SecurityCtrlr", "BasicAuthPassword", password) == ("Rejected", "InvalidValue")
        rig.csms.cut(ID)
        await rig.until(lambda: rig.csms.point(ID).connections == 2 and rig.connected, 600)


@case("TC_A_09_CS", "Update Charging Station Password for HTTP Basic Authentication - Accepted")
@virtually
async def test_a_new_password_counts_from_the_connection_that_is_made_for_it_and_is_written_down_nowhere(tmp_path: Path) -> None:
    """A01.FR.01, FR.11, FR.12."""
    async with Station(tmp_path) as rig:
        await rig.online()
        assert await rig.put("SecurityCtrlr", "BasicAuthPassword", "a-brand-new-password") == ("Accepted", "")
        rig.csms.password = "a-brand-new-password"
        await rig.until(lambda: rig.csms.point(ID).connections == 2 and rig.connected, 60)
        assert rig.controller is not None
        lines = await rig.controller.services.events(None, 100)
        assert any(line["code"] == "password.changed" for line in lines)
        assert "brand-new" not in str(lines) + str(await rig.controller.services.messages(None, 100))
