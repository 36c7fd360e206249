"""How a program joins in the talk with the CSMS."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.library.house import House
from tests.whole.rig import virtually

from cpctl.chargepoint import DataAnswer, DataStatus, ErrorCode, HandlerRefusal
from cpctl.errors import CallRefused, CsmsError

Usual = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@virtually
async def test_an_operation_is_taken_over_added_to_or_refused() -> None:
    house = House()
    await house.csms.start()
    seen: list[dict[str, Any]] = []

    @house.station.on_request("ClearCache")
    async def instead(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        return {"status": "Rejected"}

    @house.station.on_request("TriggerMessage")
    async def beside(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        seen.append(payload)
        return await usual(payload)

    @house.station.on_request("GetConfiguration")
    async def never(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        raise HandlerRefusal(ErrorCode.SECURITY_ERROR, "not to you")

    @house.station.on_request("GetDiagnostics")
    async def added(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        return {"fileName": "log.txt"}

    async with house:
        await house.online()
        assert await house.call("ClearCache") == {"status": "Rejected"}
        beats = house.csms.point("CP001").heartbeats
        assert await house.call("TriggerMessage", requestedMessage="Heartbeat") == {"status": "Accepted"}
        await house.csms.until(lambda: house.csms.point("CP001").heartbeats == beats + 1)
        assert seen == [{"requestedMessage": "Heartbeat"}]
        with pytest.raises(CallRefused, match="not to you"):
            await house.call("GetConfiguration")
        assert await house.call("GetDiagnostics", location="ftp://x") == {"fileName": "log.txt"}


@virtually
async def test_an_override_that_fails_costs_its_answer_and_nothing_else() -> None:
    house = House()
    await house.csms.start()

    @house.station.on_request("ClearCache")
    async def fails(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        raise RuntimeError("a bug")

    @house.station.on_request("UnlockConnector")
    async def lies(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        return {"status": "Perhaps"}

    async with house:
        await house.online()
        for action, payload in (("ClearCache", {}), ("UnlockConnector", {"connectorId": 1})):
            with pytest.raises(CallRefused):
                await house.call(action, **payload)
        await house.charge()


@virtually
async def test_vendors_data_goes_both_ways() -> None:
    house = House()
    await house.csms.start()

    @house.station.on_data_transfer("com.example")
    async def serve(message: str | None, data: object) -> DataAnswer:
        return DataAnswer(DataStatus.ACCEPTED, f"{message} {data}")

    async with house:
        await house.online()
        answer = await house.call("DataTransfer", vendorId="com.example", messageId="colour", data="red")
        assert answer == {"status": "Accepted", "data": "colour red"}
        assert (await house.station.data_transfer("com.example", "colour")).status is DataStatus.UNKNOWN_VENDOR


@virtually
async def test_requests_of_the_programs_own_are_sent_and_answered() -> None:
    async with House() as house:
        await house.online()
        assert "currentTime" in await house.station.send_request("Heartbeat", {})
        house.csms.tokens["bad"] = "Expired"
        assert (await house.station.authorize("BAD")).status == "Expired"
        with pytest.raises(CsmsError):
            await house.station.send_request("Nonsense", {"a": 1})


@virtually
async def test_every_frame_can_be_overheard_and_a_listener_that_fails_is_no_harm() -> None:
    house = House()
    await house.csms.start()
    sent: list[str] = []
    received: list[str] = []
    house.station.on_send(sent.append)

    @house.station.on_receive
    def hear(text: str) -> None:
        received.append(text)
        raise RuntimeError("a bug")

    async with house:
        await house.online()
    assert json.loads(sent[0])[2] == "BootNotification"
    assert json.loads(received[0])[1] == json.loads(sent[0])[1]
    assert [frame.text for frame in house.csms.frames if frame.received] == sent


def test_importing_the_package_loads_nothing_of_the_library() -> None:
    code = "import sys, cpctl; assert not any(name.startswith('cpctl.') for name in sys.modules), sorted(sys.modules); from cpctl import ChargePoint"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2] / "controller")
    assert (done.returncode, done.stderr) == (0, "")
