"""Bad CALLs to the whole station over a real websocket: every way to spoil every operation is answered as the standard names it, and changes nothing.

What is spoiled comes from the schemas; what must follow is written down here from OCPP-J 1.6, 4.2.3, in the spelling that its errata (5.1, 5.2) keep.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.csms.schema_walk import FOLDER, Bad, Spoiled, schema_of, spoil, whole
from tests.whole.rig import ID, Rig, virtually

CODES = {
    Spoiled.MISSING: "OccurenceConstraintViolation",
    Spoiled.NULL: "TypeConstraintViolation",
    Spoiled.TYPE: "TypeConstraintViolation",
    Spoiled.LONG: "PropertyConstraintViolation",
    Spoiled.ENUM: "PropertyConstraintViolation",
    Spoiled.DECIMALS: "PropertyConstraintViolation",
    Spoiled.EXTRA: "FormationViolation",
}

# For each operation that is served: values with which it would do something, were nothing wrong with it.
SERVED: Mapping[str, Mapping[str, Any]] = {
    "ChangeAvailability": {"connectorId": 2},
    "ChangeConfiguration": {"key": "MeterValueSampleInterval", "value": "77"},
    "ClearCache": {},
    "DataTransfer": {"vendorId": "com.example"},
    "GetConfiguration": {"key": ["HeartbeatInterval"]},
    "RemoteStartTransaction": {"connectorId": 2, "idTag": "TAG2", "chargingProfilePurpose": "TxProfile", "limit": 16.0},
    "RemoteStopTransaction": {"transactionId": 1},
    "Reset": {"type": "Soft"},
    "TriggerMessage": {"connectorId": 1, "requestedMessage": "StatusNotification"},
    "UnlockConnector": {"connectorId": 1},
}
# What a negative number is refused with: no schema of 1.6 forbids one.
NEGATIVE = {
    "ChangeAvailability": "Rejected",
    "RemoteStartTransaction": "Rejected",
    "RemoteStopTransaction": "Rejected",
    "TriggerMessage": "Rejected",
    "UnlockConnector": "NotSupported",
}
# Passed over as a whole where there is no smart charging (5.11), so what is negative inside is nothing bad. Its form is checked all the same.
PASSED_OVER = "chargingProfile"

ACTIONS = sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith("Response"))
OUR_OWN = {
    "Authorize",
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
}


class Station:
    """A whole station in the middle of things: EVSE 1 charges, a vehicle waits at EVSE 2."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._numbers = count(1)

    async def prepare(self) -> None:
        """Bring it there."""
        await self.rig.online()
        await self.rig.charge(evse=1)
        await self.rig.plant.vehicle(2, state="C")
        await self.rig.status("Preparing", 2)
        await self.rig.sleep(5)

    async def ask(self, action: object, payload: object) -> list[Any]:
        """Send a CALL of any form; return its answer."""
        id = f"bad-{next(self._numbers)}"
        await self.rig.csms.send_text(ID, json.dumps([2, id, action, payload]))
        return await self._answer(id)

    async def _answer(self, id: str) -> list[Any]:
        found: list[list[Any]] = []

        def there() -> bool:
            found[:] = [frame for seen in list(self.rig.csms.frames)[-40:] if seen.received and (frame := json.loads(seen.text))[1] == id]
            return bool(found)

        await self.rig.csms.until(there, 70)
        return found[0]

    def state(self) -> dict[str, Any]:
        """Return all of the station that a CALL could change; what is measured changes by itself."""
        controller = self.rig.controller
        assert controller is not None
        evses: Any = controller.station.status()["evses"]
        shown = [{key: value for key, value in evse.items() if key != "measured"} for evse in evses]
        for evse in shown:
            evse["session"] = evse["session"] and {key: value for key, value in evse["session"].items() if key != "energy_wh"}
        return {
            "evses": shown,
            "variables": {definition.name: value for definition, value in controller.station.variables()},
            "charges": [(charge.id_tag, charge.stop) for charge in self.rig.charges],
            "connections": self.rig.csms.point(ID).connections,
            "boots": len(self.rig.csms.point(ID).boots),
            "connected": controller.csms.status()["connected"],
        }

    async def lives(self) -> None:
        """Check that the next proper CALL is answered."""
        assert (await self.ask("GetConfiguration", {"key": ["NumberOfConnectors"]}))[0] == 3


def spoiled(action: str) -> Iterator[Bad]:
    schema = schema_of(action)
    payload = whole(schema, SERVED[action])
    yield from (bad for bad in spoil(schema, payload) if not (bad.what is Spoiled.NEGATIVE and PASSED_OVER in bad.path))
    yield from (Bad(Spoiled.EXTRA, "payload", wrong) for wrong in ([], [payload], "x", 1, True))  # no object is no PDU


@pytest.mark.parametrize("action", SERVED)
def test_a_spoiled_call_is_refused_by_the_code_for_it_and_changes_nothing(tmp_path: Path, action: str) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, evses=2) as rig:
            station = Station(rig)
            await station.prepare()
            before = station.state()
            for bad in spoiled(action):
                answer = await station.ask(action, bad.payload)
                expected = (3, {"status": NEGATIVE[action]}) if bad.what is Spoiled.NEGATIVE else (4, CODES[bad.what])
                assert (answer[0], answer[2]) == expected, f"{bad}: {answer}"
                assert station.state() == before, str(bad)
                await station.lives()

    run()


def test_every_operation_that_a_csms_can_call_is_either_served_or_refused_as_what_it_is(tmp_path: Path) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, evses=2) as rig:
            station = Station(rig)
            await station.prepare()
            before = station.state()
            for action in sorted(set(ACTIONS) - SERVED.keys()):
                assert (await station.ask(action, {}))[2] == "NotSupported", action
            for action in ("NoSuchAction", "reset", "Reset ", "", "ÄÖÜ", "x" * 300):
                assert (await station.ask(action, {}))[2] == "NotImplemented", action
            for wrong in (None, 7, ["Reset"], {"Reset": 1}):
                assert (await station.ask(wrong, {}))[2] == "FormationViolation"
            assert station.state() == before
            await station.lives()

    run()


def test_what_is_served_is_what_the_handlers_say(tmp_path: Path) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path) as rig:
            await rig.online()
            station = Station(rig)
            known = {action for action in ACTIONS if (await station.ask(action, {"no such": "field"}))[2] != "NotSupported"}
            assert known == SERVED.keys()
            assert known & OUR_OWN == set()

    run()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('[2,"a","Reset",{"type":"Soft"}', ["-1", "FormationViolation"]),
        ("Reset", ["-1", "FormationViolation"]),
        ("{}", ["-1", "FormationViolation"]),
        ("[]", ["-1", "FormationViolation"]),
        ('["2","a","Reset",{"type":"Soft"}]', ["-1", "FormationViolation"]),
        ('[2,7,"Reset",{"type":"Soft"}]', ["-1", "FormationViolation"]),
        ('[2,"a","Reset"]', ["a", "FormationViolation"]),
        ('[2,"a","Reset",{"type":"Soft"},{}]', ["a", "FormationViolation"]),
        (f'[2,"{"i" * 37}","Reset",{{"type":"Soft"}}]', ["i" * 37, "FormationViolation"]),
        ('[2,"a","Reset",{"type":NaN}]', ["-1", "FormationViolation"]),
        ('[2,"a","Reset",null]', ["a", "OccurenceConstraintViolation"]),
        ('[5,"a",{"type":"Soft"}]', None),
        ('[3,"a",{"status":"Accepted"}]', None),
        ('[4,"a","GenericError","",{}]', None),
        ('[3,"a"]', None),
    ],
)
def test_a_frame_that_is_none_is_answered_where_it_can_be_and_changes_nothing(tmp_path: Path, text: str, answer: list[str] | None) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, evses=2) as rig:
            station = Station(rig)
            await station.prepare()
            before = station.state()
            rig.csms.frames.clear()
            await rig.csms.send_text(ID, text)
            await station.lives()
            answers = [frame for seen in rig.csms.frames if seen.received and (frame := json.loads(seen.text))[0] == 4]
            assert [frame[1:3] for frame in answers] == ([] if answer is None else [answer])
            assert station.state() == before

    run()
