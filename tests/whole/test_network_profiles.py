"""Network profiles from the CSMS's call to the next start: moved to another CSMS, to a better security profile, and back from where nobody is (A05, B09, B10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.csms.authority import Authority

from cpctl.sim.csms import EmbeddedCsms

from .rig import ID, Rig, virtually

PASSWORD = "hunter2hunter2hu"
COMM = {"name": "OCPPCommCtrlr"}
NOWHERE = "ws://127.0.0.1:9/ocpp"


def profile(url: str, security_profile: int = 1, **more: object) -> dict[str, Any]:
    """A NetworkConnectionProfileType."""
    return {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": security_profile,
        "ocppInterface": "Wired0",
        **more,
    }


class Station(Rig):
    """A 2.0.1 station whose CSMS knows it by a password."""

    def __init__(self, directory: Path, *, security_profile: int = 1, ca_file: str | None = None, **variables: object) -> None:
        csms = {"security_profile": security_profile, **({} if ca_file is None else {"ca_file": ca_file})}
        super().__init__(directory, ocpp="2.0.1", csms=csms, password=PASSWORD, **variables)
        self.csms.password = PASSWORD

    def configured(self) -> EmbeddedCsms:
        """Let the configuration go on naming the present CSMS, whichever is spoken for from now on; return it."""
        self.address = self.csms.url
        return self.csms

    async def set_profile(self, slot: int, data: dict[str, Any]) -> str:
        """Set a profile; return the status, and the reason where there is one."""
        answer = await self.call("SetNetworkProfile", configurationSlot=slot, connectionData=data)
        return " ".join((answer["status"], *filter(None, [answer.get("statusInfo", {}).get("reasonCode")])))

    async def order(self, slots: str) -> str:
        """Set the order of the profiles; return the status."""
        entry = {"component": COMM, "variable": {"name": "NetworkConfigurationPriority"}, "attributeValue": slots}
        (result,) = (await self.call("SetVariables", setVariableData=[entry]))["setVariableResult"]
        return str(result["attributeStatus"])

    async def reboot(self) -> None:
        """Let the CSMS reset the station, and let it start."""
        assert await self.call("Reset", type="Immediate") == {"status": "Accepted"}
        await self.ended()
        await self.start()

    async def connected_to(self, csms: EmbeddedCsms, boots: int = 1) -> None:
        """Wait until a CSMS has accepted the station."""
        await self.until(lambda: len(csms.point(ID).boots) >= boots and self.connected, 600)

    @property
    def connected(self) -> bool:
        """Tell whether a CSMS has accepted the station."""
        return self.controller is not None and bool(self.controller.csms.status()["connected"])

    def said_of(self, slot: int) -> list[str | None]:
        """Return what the device model says of a profile (OCPP 2.1, B09.FR.09)."""
        assert self.controller is not None
        names = ("OcppCsmsUrl", "SecurityProfile", "MessageTimeout", "OcppVersion")
        return [self.controller.csms.live(f"NetworkConfiguration[{slot}].{name}") for name in names]

    def values(self) -> tuple[str, str, str]:
        """Return order, profile in use, and security profile, as the device model has them."""
        assert self.controller is not None
        live = self.controller.csms.live
        return (
            self.controller.station.variable("OCPPCommCtrlr.NetworkConfigurationPriority"),
            live("OCPPCommCtrlr.ActiveNetworkProfile") or "",
            live("SecurityCtrlr.SecurityProfile") or "",
        )


@asynccontextmanager
async def another_csms(rig: Rig, **options: Any) -> AsyncIterator[EmbeddedCsms]:
    server = EmbeddedCsms(rig.utc, Random(5), **{"password": PASSWORD, **options})
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@virtually
async def test_a_station_moves_to_another_csms_at_its_next_start(tmp_path: Path) -> None:
    """TC_B_45, B10.FR.01, FR.04, FR.06."""
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


@virtually
async def test_a_profile_that_leads_nowhere_is_tried_as_often_as_configured_at_each_start(tmp_path: Path) -> None:
    """TC_B_46, TC_B_49, B10.FR.03, FR.07."""
    async with Station(tmp_path) as rig:
        await rig.online()
        assert await rig.set_profile(3, profile(NOWHERE)) == "Accepted"
        assert await rig.order("3") == "RebootRequired", "even where the working one is left out of the order"
        for boots in (2, 3):
            await rig.reboot()
            await rig.connected_to(rig.csms, boots)
            assert rig.values() == ("3", "1", "1")


@virtually
async def test_a_better_security_profile_that_has_proved_good_is_never_lowered_from_afar(tmp_path: Path) -> None:
    """TC_A_19, TC_A_22, A05.FR.04 to FR.06, B09.FR.04."""
    authority = Authority(tmp_path, "ours")
    async with Station(tmp_path / "state", ca_file=authority.ca_file) as rig, another_csms(rig, tls=authority.server()) as better:
        await rig.online()
        assert await rig.set_profile(2, profile(better.url, 2)) == "Accepted"
        assert await rig.set_profile(3, profile(NOWHERE, 1)) == "Accepted"
        assert await rig.order("2,1,3") == "RebootRequired"
        await rig.reboot()
        await rig.connected_to(better)
        await rig.sleep(1)
        assert rig.values() == ("2", "2", "2")
        rig.csms, former = better, rig.configured()
        assert await rig.set_profile(3, profile(former.url, 1)) == "Rejected NoSecurityDowngrade"
        assert await rig.set_profile(3, profile(former.url, 0)) == "Rejected NoSecurityDowngrade"
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


@virtually
async def test_a_better_security_profile_is_refused_without_what_it_takes(tmp_path: Path) -> None:
    """TC_A_20, A05.FR.02, FR.03, B10.FR.02."""
    async with Station(tmp_path) as rig:
        await rig.online()
        assert await rig.order("2,1") == "Rejected", "there is nothing in the slot"
        assert await rig.set_profile(2, profile("wss://127.0.0.1:9/ocpp", 2)) == "Accepted"
        assert await rig.order("2,1") == "Rejected", "no certificate of an authority is installed"
        assert await rig.set_profile(2, profile("wss://127.0.0.1:9/ocpp", 3)) == "Accepted"
        assert await rig.order("2,1") == "Rejected", "nor one of our own"
        assert rig.values() == ("1", "1", "1")


@virtually
async def test_a_profile_that_cannot_be_is_refused_with_the_reason(tmp_path: Path) -> None:
    """TC_B_43, B09.FR.02, FR.05."""
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


@virtually
async def test_the_profile_in_use_is_not_overwritten(tmp_path: Path) -> None:
    """It is the one that the station comes back to."""
    async with Station(tmp_path) as rig, another_csms(rig) as other:
        await rig.online()
        await rig.set_profile(2, profile(other.url))
        await rig.order("2")
        await rig.reboot()
        await rig.connected_to(other)
        await rig.sleep(1)
        rig.csms, former = other, rig.configured()
        assert await rig.set_profile(2, profile(NOWHERE)) == "Rejected InvalidConfSlot"
        assert await rig.set_profile(3, profile(NOWHERE)) == "Accepted"
        assert await rig.order("3") == "RebootRequired"
        await rig.reboot()
        await rig.connected_to(other, 2)
        assert rig.values() == ("3", "2", "1")
        rig.csms = former


@virtually
async def test_a_configuration_of_another_csms_is_a_new_beginning(tmp_path: Path) -> None:
    async with Station(tmp_path) as rig, another_csms(rig) as other, another_csms(rig) as third:
        await rig.online()
        await rig.set_profile(2, profile(other.url))
        await rig.order("2,1")
        await rig.reboot()
        await rig.connected_to(other)
        await rig.kill()
        rig.address = third.url
        await rig.start()
        await rig.connected_to(third)
        assert len(other.point(ID).boots) == 1


@virtually
async def test_the_profile_brings_its_own_time_out_and_version(tmp_path: Path) -> None:
    async with Station(tmp_path) as rig, another_csms(rig) as other:
        await rig.online()
        await rig.set_profile(2, profile(other.url) | {"messageTimeout": 7, "ocppVersion": "OCPP16"})
        await rig.order("2,1")
        await rig.reboot()
        await rig.connected_to(other)
        assert rig.controller is not None
        assert rig.controller.csms.status()["version"] == "1.6"
        assert rig.controller.csms.live("OCPPCommCtrlr.MessageTimeout[Default]") == "7"


@virtually
async def test_a_change_of_profiles_outlives_a_kill_at_any_time_after_its_answer(tmp_path: Path) -> None:
    async with Station(tmp_path) as rig, another_csms(rig) as other:
        await rig.online()
        assert await rig.set_profile(2, profile(other.url)) == "Accepted"
        await rig.kill()
        await rig.start()
        await rig.connected_to(rig.csms, 2)
        assert await rig.order("2,1") == "RebootRequired"
        await rig.kill()
        await rig.start()
        await rig.connected_to(other)


@pytest.mark.parametrize("password", ["short", "", "has a\x07bell-in-it-all", "x" * 41])
@virtually
async def test_a_password_that_cannot_be_leaves_the_old_one(tmp_path: Path, password: str) -> None:
    """TC_A_10, A01.FR.04."""
    async with Station(tmp_path) as rig:
        await rig.online()
        entry = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": password}
        (result,) = (await rig.call("SetVariables", setVariableData=[entry]))["setVariableResult"]
        assert (result["attributeStatus"], result["attributeStatusInfo"]["reasonCode"]) == ("Rejected", "InvalidValue")
        assert not password or password not in str(result["attributeStatusInfo"])
        rig.csms.cut(ID)
        await rig.until(lambda: rig.csms.point(ID).connections == 2 and rig.connected, 600)


@virtually
async def test_a_new_password_counts_from_the_connection_that_is_made_for_it_and_is_written_down_nowhere(tmp_path: Path) -> None:
    """TC_A_01, TC_A_09, A01.FR.01, FR.11, FR.12."""
    async with Station(tmp_path) as rig:
        await rig.online()
        entry = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": "a-brand-new-password"}
        (result,) = (await rig.call("SetVariables", setVariableData=[entry]))["setVariableResult"]
        assert result["attributeStatus"] == "Accepted"
        rig.csms.password = "a-brand-new-password"
        await rig.until(lambda: rig.csms.point(ID).connections == 2 and rig.connected, 60)
        assert rig.controller is not None
        lines = await rig.controller.services.events(None, 100)
        assert any(line["code"] == "password.changed" for line in lines)
        assert "brand-new" not in str(lines) + str(await rig.controller.services.messages(None, 100))
