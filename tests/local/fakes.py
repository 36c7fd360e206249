"""A station that remembers what it was asked, for tests of the API and of what talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from cpctl.errors import CsmsUnreachable, NotFound, Refused
from cpctl.local.services import Json, LinkChange, VehicleChange


class FakeStation:
    """Implements Services and SimServices on a few fields; `asked` lists the calls in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.state: dict[str, object] = {"station": {"id": "CP001"}, "csms": {"connected": True}, "evses": [evse_state("Available")]}
        self.well = True
        self.changed = asyncio.Condition()

    async def change(self, **parts: object) -> None:
        async with self.changed:
            self.state = {**self.state, **parts}
            self.changed.notify_all()

    async def health(self) -> Json:
        return {"ok": self.well}

    async def status(self) -> Json:
        return self.state

    async def subscribe(self) -> AsyncIterator[Json]:
        while True:
            seen = self.state
            yield seen
            async with self.changed:
                await self.changed.wait_for(lambda seen=seen: self.state is not seen)  # type: ignore[misc]

    async def evse(self, evse: int) -> Json:
        self._known(evse)
        return evse_state("Available")

    async def present_token(self, evse: int, id_token: str, token_type: str) -> Json:
        if evse:
            self._known(evse)
        self.asked.append(("token", evse, id_token, token_type))
        return {"status": "accepted"}

    async def stop(self, evse: int) -> Json:
        self._known(evse)
        raise Refused("No transaction runs at EVSE 1.")

    async def unlock(self, evse: int) -> Json:
        self.asked.append(("unlock", evse))
        return {"status": "unlocked"}

    async def clear_faults(self, evse: int, code: str | None) -> Json:
        self.asked.append(("clear", evse, code))
        return {"status": "accepted"}

    async def sessions(self, since: datetime | None, limit: int) -> Sequence[Json]:
        self.asked.append(("sessions", since, limit))
        return [{"id": "t1", "energy_wh": 1500}]

    async def events(self, since: datetime | None, limit: int) -> Sequence[Json]:
        return [{"time": "2031-05-04T12:00:00Z", "code": "plugged"}]

    async def messages(self, since: datetime | None, limit: int) -> Sequence[Json]:
        return [{"action": "Heartbeat", "payload": {}, "latency_ms": 3}]

    async def variables(self) -> Sequence[Json]:
        return [{"name": "OCPPCommCtrlr.HeartbeatInterval", "value": "300"}]

    async def set_variable(self, name: str, value: str) -> Json:
        self.asked.append(("set", name, value))
        return {"name": name, "value": value, "status": "accepted"}

    async def lend_port(self, seconds: int) -> Json:
        self.asked.append(("lend", seconds))
        return {"port": "/dev/ttyTest"}

    async def take_port_back(self) -> Json:
        self.asked.append(("take back",))
        return {"port": "/dev/ttyTest"}

    async def call(self, action: str, payload: Json) -> Json:
        if action == "Heartbeat":
            return {"currentTime": "2031-05-04T12:00:00Z"}
        raise CsmsUnreachable("ws://csms.example", "not connected")

    async def vehicle(self, evse: int, change: VehicleChange) -> Json:
        self._known(evse)
        self.asked.append(("vehicle", evse, change))
        if change.state is not None:
            status = {"A": "Available", "B": "Preparing", "C": "Charging"}.get(change.state, "Faulted")
            await self.change(evses=[evse_state(status)])
        return {"applied": True}

    async def fault(self, evse: int, fault: str, active: bool, code: str | None) -> Json:
        self.asked.append(("fault", evse, fault, active, code))
        return {"applied": True}

    async def csms(self, up: bool) -> Json:
        self.asked.append(("csms", up))
        return {"applied": True}

    async def link(self, change: LinkChange) -> Json:
        self.asked.append(("link", change))
        return {"applied": True}

    async def clock(self, advance_s: float) -> Json:
        self.asked.append(("clock", advance_s))
        return {"applied": True}

    async def power(self, cut: bool) -> Json:
        self.asked.append(("power", cut))
        return {"applied": True}

    def _known(self, evse: int) -> None:
        if evse != 1:
            raise NotFound(f"There is no EVSE {evse}.")


def evse_state(status: str) -> dict[str, object]:
    """The state of EVSE 1 as the API gives it."""
    charging = status == "Charging"
    return {
        "id": 1,
        "pilot": "C2" if charging else "A1",
        "status": status,
        "why_not": [] if charging else [{"code": "not_plugged", "text": "No vehicle is plugged in."}],
        "offer_a": 16.0 if charging else 0.0,
        "measured": {"current_a": [16.0, 16.0, 16.0], "voltage_v": [230.0, 230.0, 230.0], "power_w": 11040, "energy_wh": 1500},
        "session": {"transaction_id": "t1", "id_token": "TAG1", "started": "2031-05-04T12:00:00Z", "energy_wh": 1500} if charging else None,
        "faults": [],
    }
