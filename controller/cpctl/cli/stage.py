"""Performs lines of the sim language on a running station, through the same local API that outside tests use."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from cpctl.errors import SimError

from .client import Client
from .facts import facts_of
from .script import Condition, Line, conditions, number, seconds

Json = dict[str, object]
Words = Sequence[str]

_POLL_S = 0.1
# A clock is pushed on in parts of so much: each is done in a second or two, and it can be told how far it has come.
_PUSH_S = 600.0
# How long `wait` waits when it is not told, in seconds of the station's time.
WAIT_S = 60.0
_ON_OFF = {"on": True, "off": False, "true": True, "false": False, "yes": True, "no": False}
_VEHICLE_KEYS = {"phases": "phases", "cable": "cable_a", "soc": "soc", "parked": "parked", "diode": "diode", "current": "current_a"}


class Unmet(SimError):
    """What was waited for or expected is not so."""


class Stage:
    """A station with a simulated world around it. `speed`: how many of its seconds pass in one of ours.

    `tell` hears how far a long command has come; `later(seconds, work)`, where somebody types, does what a line promises for afterwards.
    """

    def __init__(self, client: Client, speed: float = 1.0, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._speed = speed
        self._pause = pause
        self.tell: Callable[[str], None] = lambda text: None
        self.later: Callable[[float, Callable[[], None]], None] | None = None
        self._handlers: dict[str, Callable[[Words], Json]] = {
            "plug": self._plug,
            "charge": lambda words: self._vehicle(words, "C"),
            "pause": lambda words: self._vehicle(words, "B"),
            "unplug": lambda words: self._vehicle(words, "A"),
            "tap": self._tap,
            "stop": lambda words: self._press("stop", words),
            "unlock": lambda words: self._press("unlock", words),
            "clear": self._clear,
            "limit": self._limit,
            "set": self._set,
            "call": self._call,
            "fault": self._fault,
            "net": self._net,
            "link": self._link,
            "power": self._power,
            "clock": self._clock,
            "status": self._status,
            "expect": self._expect,
            "wait": self._wait,
            "sleep": self._sleep,
        }

    def perform(self, line: Line) -> Json:
        """Do what a line says; raise SimError or ApiError if that cannot be, or is not so."""
        return self._handlers[line.verb](line.words)

    # ------------------------------------------------------------ the vehicle

    def _plug(self, words: Words) -> Json:
        plain = [word for word in words if "=" not in word]
        body: Json = {"state": "B", **_vehicle_keys([word for word in words if "=" in word])}
        if len(plain) > 1:
            body["current_a"] = number(plain[1])
        _no_more(plain[2:])
        return self._client.post(f"/api/v1/sim/evses/{_evse(plain[:1])}/vehicle", body)

    def _vehicle(self, words: Words, state: str) -> Json:
        _no_more(words[1:])
        return self._client.post(f"/api/v1/sim/evses/{_evse(words)}/vehicle", {"state": state})

    # ------------------------------------------------------------ people

    def _tap(self, words: Words) -> Json:
        _no_more(words[2:])
        token = _need(words, 0, "tap TAG")
        return self._client.post(f"/api/v1/evses/{_evse(words[1:], default=0)}/token", {"id_token": token})

    def _press(self, what: str, words: Words) -> Json:
        _no_more(words[1:])
        return self._client.post(f"/api/v1/evses/{_evse(words)}/{what}")

    def _clear(self, words: Words) -> Json:
        name, rest = (words[0], words[1:]) if words and not words[0].isdigit() else (None, words)
        _no_more(rest[1:])
        return self._client.post(f"/api/v1/evses/{_evse(rest)}/faults/clear", {"code": name} if name else {})

    def _limit(self, words: Words) -> Json:
        _no_more(words[1:])
        amperes = _need(words, 0, "limit AMPERES|none")
        value = "" if amperes == "none" else f"{number(amperes):g}"
        return self._set(("ChargingStation.CurrentLimit", value))

    def _set(self, words: Words) -> Json:
        _no_more(words[2:])
        return self._client.put("/api/v1/variables", {"name": _need(words, 0, "set NAME VALUE"), "value": _need(words, 1, "set NAME VALUE")})

    def _call(self, words: Words) -> Json:
        action = _need(words, 0, "call ACTION [JSON]")
        try:
            payload = json.loads(words[1]) if len(words) > 1 else {}
        except ValueError as error:
            raise SimError(f"The payload is no JSON: {error}.") from None
        return self._client.post("/api/v1/ocpp/call", {"action": action, "payload": payload})

    # ------------------------------------------------------------ what goes wrong

    def _fault(self, words: Words) -> Json:
        name, rest = _need(words, 0, "fault NAME [on|off] [EVSE]"), words[1:]
        active = True
        if rest and rest[0] in _ON_OFF:
            active, rest = _ON_OFF[rest[0]], rest[1:]
        _no_more(rest[1:])
        return self._client.post(f"/api/v1/sim/evses/{_evse(rest)}/fault", {"fault": name, "active": active})

    def _net(self, words: Words) -> Json:
        _no_more(words[2:])
        match tuple(words[:1]):
            case ("drop" | "down",):
                length_s = seconds(words[1]) if len(words) > 1 else None
                answer = self._client.post("/api/v1/sim/csms", {"up": False})
                if length_s is None:
                    return answer
                if self.later is not None:
                    self.later(length_s / self._speed, self._restore)
                    return {**answer, "for_s": length_s}
                self._pause(length_s / self._speed)
                return self._client.post("/api/v1/sim/csms", {"up": True})
            case ("up",):
                _no_more(words[1:])
                return self._client.post("/api/v1/sim/csms", {"up": True})
            case _:
                raise SimError("What is to become of the network?", "Write net drop 30s, net drop or net up.")

    def _restore(self) -> None:
        self._client.post("/api/v1/sim/csms", {"up": True})
        self.tell("The network to the CSMS is back.")

    def _link(self, words: Words) -> Json:
        match tuple(words):
            case ("loss" | "corrupt" as what, percent):
                body: Json = {what: number(percent.removesuffix("%"))}
            case ("delay", delay):
                body = {"delay_ms": round(number(delay.removesuffix("ms")))}
            case ("down" | "up" as what,):
                body = {"up": what == "up"}
            case ("ok",):
                body = {"up": True, "loss": 0, "corrupt": 0, "delay_ms": 0}
            case _:
                raise SimError("What is to become of the link?", "Write link loss 20, link corrupt 5, link delay 50, link down, link up or link ok.")
        return self._client.post("/api/v1/sim/link", body)

    def _power(self, words: Words) -> Json:
        if tuple(words) != ("cut",):
            raise SimError("What is to become of the power?", "Write power cut.")
        answer = self._client.post("/api/v1/sim/power", {"cut": True})
        self._pause(_POLL_S * 3)  # the station is on its way down; whoever asks now would still reach it
        if not self._client.wait_until_served(WAIT_S):
            raise SimError("The station did not come back after the power cut.")
        return answer

    def _clock(self, words: Words) -> Json:
        _no_more(words[1:])
        wanted_s = seconds(_need(words, 0, "clock +TIME"))
        done_s = 0.0
        while True:
            part_s = min(_PUSH_S, wanted_s - done_s)
            self._client.post("/api/v1/sim/clock", {"advance_s": part_s})
            done_s += part_s
            if done_s >= wanted_s:
                return {"advanced_s": wanted_s}
            self.tell(f"{done_s / 60:g} of {wanted_s / 60:g} min")

    # ------------------------------------------------------------ looking and waiting

    def _status(self, words: Words) -> Json:
        _no_more(words)
        return self._client.get_object("/api/v1/status")

    def _expect(self, words: Words) -> Json:
        wanted = conditions(words)
        facts = self._facts()
        for condition in wanted:
            if not condition.holds(facts_of(facts, condition.evse)):
                raise Unmet(f"Expected {_written(condition)}, but it is {_shown(facts_of(facts, condition.evse)[condition.fact])}.")
        return _told(facts, wanted)

    def _wait(self, words: Words) -> Json:
        limit_s = WAIT_S
        if len(words) > 2 and words[-2] in ("in", "within"):
            limit_s, words = seconds(words[-1]), words[:-2]
        wanted = conditions(words)
        rest_s = limit_s
        while True:
            facts = self._facts()
            if all(condition.holds(facts_of(facts, condition.evse)) for condition in wanted):
                return _told(facts, wanted)
            if rest_s <= 0:
                trouble = _trouble(facts)
                missing = ", ".join(
                    f"{_written(condition)} (it is {_shown(facts_of(facts, condition.evse)[condition.fact])})"
                    for condition in wanted
                    if not condition.holds(facts_of(facts, condition.evse))
                )
                raise Unmet(f"Waited {limit_s:g} s in vain for {missing}.", trouble)
            self._pause(_POLL_S)
            rest_s -= _POLL_S * self._speed

    def _sleep(self, words: Words) -> Json:
        _no_more(words[1:])
        length_s = seconds(_need(words, 0, "sleep TIME"))
        self._pause(length_s / self._speed)
        return {"slept_s": length_s}

    def _facts(self) -> Json:
        return self._client.get_object("/api/v1/status")


def _trouble(facts: Json) -> str:
    """Say why the CSMS is not connected, where it is not."""
    csms = facts.get("csms")
    return str(csms.get("trouble") or "") if isinstance(csms, dict) and not csms.get("connected") else ""


def _told(facts: Json, wanted: list[Condition]) -> Json:
    return {
        f"{condition.evse}:{condition.fact}" if condition.evse else condition.fact: _shown(facts_of(facts, condition.evse)[condition.fact])
        for condition in wanted
    }


def _shown(value: object) -> object:
    return ",".join(sorted(map(str, value))) or "none" if isinstance(value, frozenset) else value


def _written(condition: Condition) -> str:
    evse = f"{condition.evse}:" if condition.evse else ""
    return f"{evse}{condition.fact}{condition.op}{condition.value}"


def _vehicle_keys(words: Words) -> Json:
    body: Json = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in _VEHICLE_KEYS:
            raise SimError(f"A vehicle has no {key!r}.", f"It has: {', '.join(_VEHICLE_KEYS)}.")
        if key in ("parked", "diode"):
            if value not in _ON_OFF:
                raise SimError(f"{key} is on or off.")
            body[_VEHICLE_KEYS[key]] = _ON_OFF[value]
        else:
            amount = number(value)
            body[_VEHICLE_KEYS[key]] = int(amount) if key in ("phases", "cable") else amount
    return body


def _evse(words: Words, default: int = 1) -> int:
    if not words:
        return default
    if not words[0].isdigit():
        raise SimError(f"{words[0]!r} is no number of an EVSE.")
    return int(words[0])


def _need(words: Words, index: int, usage: str) -> str:
    if len(words) <= index:
        raise SimError("Something is missing.", f"Write {usage}.")
    return words[index]


def _no_more(words: Words) -> None:
    if words:
        raise SimError(f"What does {words[0]!r} mean here?", "Type help for what there is.")
