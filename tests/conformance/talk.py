"""The conversation between charge point and CSMS as it went over the wire, one line for each message with its answer.

A line is who spoke (`CP`, `CS`), the action, what tells this message from another of its kind, and what the answer said:

    CP StartTransaction 1 TAG1: Accepted
    CS Reset Hard: Accepted

Heartbeats and meter values are left out: their tests look at them by themselves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Any

from tests.whole.rig import ID
from tests.whole.rig import Rig as WholeRig

# So long nothing more may come after what was expected.
SILENCE_S = 3.0

_UNTOLD = {"Heartbeat", "MeterValues"}


class Rig(WholeRig):
    """A charge point whose CSMS, where it is there, has heard of a status before the test goes on: a socket takes no time, and yet some turns of the loop."""

    async def status(self, wanted: str, evse: int = 1, within_s: float = 60.0) -> None:
        """Wait until an EVSE has a status, and the CSMS has been told."""
        await super().status(wanted, evse, within_s)
        if self.controller is not None and self.controller.csms.status()["connected"]:
            await self.until(lambda: self._told(evse) == wanted, within_s)

    def _told(self, connector: int) -> object:
        told = [call["status"] for call in self.csms.point(ID).status_history if call["connectorId"] == connector]
        return told[-1] if told else None


class Talk:
    """What is said from now on."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._from = len(rig.csms.frames)

    def lines(self) -> list[str]:
        """Return what was said, in the order in which it was begun; a message without an answer has none."""
        return [_line(who, action, call, answer) for who, action, call, answer in self._messages() if action not in _UNTOLD]

    def payloads(self, action: str) -> list[dict[str, Any]]:
        """Return the payloads of the messages of one kind."""
        return [call for _, said, call, _ in self._messages() if said == action]

    def own(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what the charge point said, (action, payload), in the order in which it was sent."""
        yield from ((action, call) for who, action, call, _ in self._messages() if who == "CP")

    def spans(self, action: str) -> list[tuple[int, int]]:
        """Return of each message of one kind which frame it was, and which frame its answer."""
        asked: dict[str, int] = {}
        found: list[tuple[int, int]] = []
        for number, frame in enumerate(islice(self._rig.csms.frames, self._from, None)):
            kind, id, *rest = json.loads(frame.text)
            if kind == _CALL and rest[0] == action:
                asked[id] = number
            elif kind != _CALL and id in asked:
                found.append((asked[id], number))
        return found

    async def was(self, *expected: str, then: Collection[str] = (), within_s: float = 60.0) -> None:
        """Wait until exactly this was said in this order, `then` that in any order, and nothing more after it."""

        def so() -> bool:
            first, rest = said[: len(expected)], said[len(expected) :]
            return first == list(expected) and sorted(rest) == sorted(then)

        said = self.lines()
        try:
            async with asyncio.timeout(within_s):
                while not so():
                    self._rig.complain()
                    await self._rig.sleep(0.1)
                    said = self.lines()
        except TimeoutError:
            pass  # what differs is shown below
        await self._rig.sleep(SILENCE_S)
        said = self.lines()
        assert so(), "this was said:\n" + "\n".join(said)

    def again(self) -> None:
        """Listen anew: what was said up to here has been looked at."""
        self._from = len(self._rig.csms.frames)

    def _messages(self) -> Iterator[Any]:
        calls: dict[tuple[bool, str], list[Any]] = {}
        for frame in islice(self._rig.csms.frames, self._from, None):
            kind, id, *rest = json.loads(frame.text)
            if kind == _CALL:
                calls[frame.received, id] = ["CP" if frame.received else "CS", rest[0], rest[1], None]
            elif (asked := calls.get((not frame.received, id))) is not None:
                asked[3] = rest[0] if kind == _RESULT else {"status": rest[0]}
        yield from calls.values()


_CALL, _RESULT = 2, 3


def _line(who: str, action: str, call: dict[str, Any], answer: dict[str, Any] | None) -> str:
    detail = _DETAILS.get(action, lambda _call: "")(call)
    said = "" if answer is None else _word(answer)
    return f"{who} {action}" + (f" {detail}" if detail else "") + (f": {said}" if said else "")


def _word(answer: dict[str, Any]) -> str:
    """Return the status that an answer carries, if any."""
    status = answer.get("status") or answer.get("idTagInfo", {}).get("status", "")
    return str(status)


def _status(call: dict[str, Any]) -> str:
    words = [str(call["connectorId"]), call["status"]]
    if call["errorCode"] != "NoError":
        words.append(call["errorCode"])
    elif call.get("info"):
        words.append(f"({call['info']})")
    return " ".join(words)


def _fields(*names: str) -> Callable[[dict[str, Any]], str]:
    return lambda call: " ".join(str(call[name]) for name in names if name in call)


_DETAILS: dict[str, Callable[[dict[str, Any]], str]] = {
    "Authorize": _fields("idTag"),
    "ChangeAvailability": _fields("connectorId", "type"),
    "ChangeConfiguration": _fields("key", "value"),
    "RemoteStartTransaction": _fields("connectorId", "idTag"),
    "RemoteStopTransaction": _fields("transactionId"),
    "Reset": _fields("type"),
    "StartTransaction": _fields("connectorId", "idTag"),
    "StatusNotification": _status,
    "StopTransaction": _fields("transactionId", "reason", "idTag"),
    "TriggerMessage": _fields("requestedMessage", "connectorId"),
    "UnlockConnector": _fields("connectorId"),
}
