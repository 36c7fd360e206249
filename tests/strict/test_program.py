"""`cpctl start --sim`, the program itself, against the independent strict CSMS: whole sessions, and no frame refused by either side.

It is moved and looked at through its local API, as a user's script would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.kills.host import HostProcess
from tests.strict.server import StrictCsms

SPEED = 10
_WITHIN_S = 30.0


class Program:
    """A running `cpctl start --sim` and its local API."""

    def __init__(self, host: HostProcess, http: aiohttp.ClientSession) -> None:
        self.host = host
        self._http = http

    async def get(self, path: str) -> Any:
        """Read."""
        async with self._http.get(f"http://localhost/api/v1/{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, **body: object) -> Any:
        """Do."""
        async with self._http.post(f"http://localhost/api/v1/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the EVSE is so."""
        evse: dict[str, Any] = {}
        try:
            async with asyncio.timeout(_WITHIN_S):
                while True:
                    try:
                        evse = await self.get("evses/1")
                        if holds(evse):
                            return evse
                    except aiohttp.ClientError:
                        pass  # it is starting
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"it did not come to that: {evse}\n{self.host.tail()}") from None

    async def vehicle(self, state: str) -> None:
        """Move the vehicle."""
        await self.post("sim/evses/1/vehicle", state=state)

    async def tap(self, tag: str = "TAG1") -> None:
        """Hold a token to the reader."""
        await self.post("evses/1/token", id_token=tag)


@pytest.fixture
async def program(strict_csms: StrictCsms, tmp_path: Path) -> AsyncIterator[Program]:
    """Give the program, booted and idle."""
    state = tmp_path / "s"
    arguments = ["start", "--sim", "--speed", str(SPEED), "--state", str(state), "--csms", strict_csms.url, "--api", "127.0.0.1:0"]
    host = HostProcess(tmp_path, arguments)
    host.start()
    socket = next(iter([*state.glob("**/api.sock")]), None)
    async with asyncio.timeout(_WITHIN_S):
        while socket is None:
            await asyncio.sleep(0.05)
            socket = next(iter([*state.glob("**/api.sock")]), None)
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as http:
        running = Program(host, http)
        await running.until(lambda evse: evse["status"] == "Available")
        await strict_csms.wait_for("StatusNotification", where=lambda call: call["connectorId"] == 1)
        yield running
        assert host.stop() == 0, host.tail()


async def test_a_session_with_a_lower_limit_a_pause_and_a_resumption(program: Program, strict_csms: StrictCsms) -> None:
    csms = strict_csms
    await program.vehicle("C")
    await program.until(lambda evse: evse["status"] == "Preparing")
    await program.tap()
    await program.until(lambda evse: evse["status"] == "Charging" and evse["measured"]["power_w"] > 1000)

    assert await csms.send("ChangeConfiguration", {"key": "CurrentLimit", "value": "10"}) == {"status": "Accepted"}
    await program.until(lambda evse: 9 < max(evse["measured"]["current_a"]) <= 10)
    assert await csms.send("ChangeConfiguration", {"key": "CurrentLimit", "value": "0"}) == {"status": "Accepted"}
    paused = await program.until(lambda evse: evse["status"] == "SuspendedEVSE" and evse["measured"]["power_w"] == 0)
    assert any("CurrentLimit" in reason["text"] or "limit" in reason["code"] for reason in paused["why_not"])
    assert await csms.send("ChangeConfiguration", {"key": "CurrentLimit", "value": "16"}) == {"status": "Accepted"}
    await program.until(lambda evse: evse["status"] == "Charging" and max(evse["measured"]["current_a"]) > 15)
    await csms.wait_for("MeterValues")

    await program.tap()
    await program.until(lambda evse: evse["status"] == "Finishing" and evse["measured"]["power_w"] == 0)
    await program.vehicle("A")
    await program.until(lambda evse: evse["status"] == "Available")
    stop = await csms.wait_for("StopTransaction")
    (start,) = csms.received("StartTransaction")
    assert start["idTag"] == stop["idTag"] == "TAG1"
    assert stop["meterStop"] > start["meterStart"]
    assert stop.get("reason", "Local") == "Local"
    told = [call["status"] for call in csms.received("StatusNotification") if call["connectorId"] == 1]
    assert [status for status in told if status in ("Charging", "SuspendedEVSE", "Finishing")] == [
        "Charging",
        "SuspendedEVSE",
        "Charging",
        "Finishing",
    ]


async def test_a_remote_start_and_stop_and_everything_else_that_a_csms_asks(program: Program, strict_csms: StrictCsms) -> None:
    csms = strict_csms
    assert (await csms.send("GetConfiguration", {}))["configurationKey"]
    assert await csms.send("RemoteStopTransaction", {"transactionId": 4711}) == {"status": "Rejected"}
    assert await csms.send("RemoteStartTransaction", {"idTag": "TAG2", "connectorId": 1}) == {"status": "Accepted"}
    await program.vehicle("C")
    await program.until(lambda evse: evse["status"] == "Charging")
    await csms.wait_for("StartTransaction")
    number = int((await program.until(lambda evse: evse["session"]["transaction_id"].isdigit()))["session"]["transaction_id"])
    assert await csms.send("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}) == {"status": "Scheduled"}
    assert await csms.send("RemoteStopTransaction", {"transactionId": number}) == {"status": "Accepted"}
    stop = await csms.wait_for("StopTransaction")
    assert stop["reason"] == "Remote"
    await program.until(lambda evse: evse["measured"]["power_w"] == 0)
    await program.vehicle("A")
    await program.until(lambda evse: evse["status"] == "Unavailable")
    assert await csms.send("ChangeAvailability", {"connectorId": 0, "type": "Operative"}) == {"status": "Accepted"}
    assert await csms.send("ChangeAvailability", {"connectorId": 1, "type": "Operative"}) == {"status": "Accepted"}
    await program.until(lambda evse: evse["status"] == "Available")
    assert (await csms.send("UnlockConnector", {"connectorId": 1}))["status"] == "Unlocked"
    assert (await csms.send("UnlockConnector", {"connectorId": 9}))["status"] == "NotSupported"
    assert (await csms.send("ClearCache", {}))["status"] in ("Accepted", "Rejected")
    assert (await csms.send("DataTransfer", {"vendorId": "org.example"}))["status"] == "UnknownVendorId"


async def test_a_reset_in_a_charge_ends_it_and_begins_the_program_anew(program: Program, strict_csms: StrictCsms) -> None:
    csms = strict_csms
    await program.vehicle("C")
    await program.tap()
    await program.until(lambda evse: evse["status"] == "Charging")
    assert await csms.send("Reset", {"type": "Soft"}) == {"status": "Accepted"}
    stop = await csms.wait_for("StopTransaction")
    assert stop["reason"] == "SoftReset"
    await csms.wait_for("BootNotification", count=2)
    await program.until(lambda evse: evse["session"] is None and evse["pilot"] in ("B1", "B2", "C1"))
    assert len(csms.received("StopTransaction")) == len(csms.received("StartTransaction")) == 1
