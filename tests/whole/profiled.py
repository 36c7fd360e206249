"""A 2.0.1 station with a password, and CSMSs between which it can be moved."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from cpctl.sim.csms import EmbeddedCsms

from .rig import ID, Rig

PASSWORD = "hunter2hunter2hu"
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

    def __init__(self, directory: Path, *, security_profile: int = 1, ca_file: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        csms = {"security_profile": security_profile, **({} if ca_file is None else {"ca_file": ca_file})}
        if tls is not None:
            csms["url"] = "wss://placeholder"
        super().__init__(directory, ocpp="2.0.1", csms=csms, password=PASSWORD)
        self.csms = EmbeddedCsms(self.utc, Random(2), password=PASSWORD, tls=tls)

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
        return (await self.put("OCPPCommCtrlr", "NetworkConfigurationPriority", slots))[0]

    async def put(self, component: str, variable: str, value: str) -> tuple[str, str]:
        """Set a variable; return the status, and the reason where there is one."""
        entry = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
        (result,) = (await self.call("SetVariables", setVariableData=[entry]))["setVariableResult"]
        return result["attributeStatus"], result.get("attributeStatusInfo", {}).get("reasonCode", "")

    async def get(self, component: str, variable: str) -> str:
        """Ask for a variable's value."""
        entry = {"component": {"name": component}, "variable": {"name": variable}}
        (result,) = (await self.call("GetVariables", getVariableData=[entry]))["getVariableResult"]
        return str(result["attributeValue"])

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
