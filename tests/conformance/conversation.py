"""The conversation between charge point and CSMS as it went over the wire, one line for each message with its answer.

A line is who spoke (`CP`, `CS`), the action, what tells this message from another of its kind, and what the answer said. What the latter two are is a
matter of the OCPP version.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from tests.whole.rig import Rig

# So long nothing more may come after what was expected.
SILENCE_S = 3.0

_CALL, _RESULT = 2, 3

Payload = dict[str, Any]


def fields(*names: str) -> Callable[[Payload], str]:
    """Tell messages apart by these fields; a dot reaches into an object."""

    def tell(call: Payload) -> str:
        found = (reach(call, name) for name in names)
        return " ".join(str(value) for value in found if value is not None)

    return tell


def reach(call: Any, path: str) -> Any:
    """Return what stands at a dotted path; None if there is nothing."""
    for name in path.split("."):
        call = call.get(name) if isinstance(call, dict) else None
    return call


class Conversation:
    """What is said from now on. A version says which actions are left `untold`, the `details` that tell messages of an action apart, and the `word` of an answer."""

    untold: Collection[str] = ()
    details: ClassVar[Mapping[str, Callable[[Payload], str]]] = {}

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._from = len(rig.csms.frames)

    def lines(self) -> list[str]:
        """Return what was said, in the order in which it was begun; a message without an answer has none."""
        return [self._line(who, action, call, answer) for who, action, call, answer in self._messages() if not self.leaves_out(action, call)]

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

    async def arrivals_s(self, action: str, within_s: float) -> list[float]:
        """Let so much time pass; return when in it messages of one kind arrived, to a tenth of a second."""
        found: list[float] = []
        for tenth in range(int(within_s * 10)):
            found += [tenth / 10] * (len(self.payloads(action)) - len(found))
            await self._rig.sleep(0.1)
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

    def leaves_out(self, action: str, call: Payload) -> bool:
        """Tell whether a message is looked at elsewhere."""
        return action in self.untold

    def word(self, answer: Payload) -> str:
        """Return what an answer says, in a word."""
        return str(answer.get("status", ""))

    def _line(self, who: str, action: str, call: Payload, answer: Payload | None) -> str:
        detail = self.details[action](call) if action in self.details else ""
        said = "" if answer is None else self.word(answer)
        return f"{who} {action}" + (f" {detail}" if detail else "") + (f": {said}" if said else "")
