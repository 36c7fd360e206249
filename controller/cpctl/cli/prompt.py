"""The prompt of `cpctl sim`, and its scenarios: both perform the same lines, one as they are typed, the other from a file."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cpctl.errors import ApiError, ConfigError, ConfigProblem, ControllerError, SimError

from . import script, show
from .client import Client
from .simulated import SimulatedStation

_FOLLOW_S = 0.3
# More of a payload than fits a line or two is for `cpctl messages`.
_MAX_PAYLOAD = 200


def read_scenario(path: Path) -> list[script.Line]:
    """Read a scenario; ConfigError if it cannot be read or a line is no command."""
    try:
        return script.parse_all(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError([ConfigProblem(str(path), 0, "", error.strerror or "cannot be read")]) from None
    except UnicodeDecodeError:
        raise ConfigError([ConfigProblem(str(path), 0, "", "is not UTF-8 text")]) from None
    except SimError as error:
        raise ConfigError([ConfigProblem(str(path), 0, "", str(error))]) from None


def run_scenario(station: SimulatedStation, lines: Sequence[script.Line], as_json: bool) -> bool:
    """Perform the lines in order up to the first that fails; True if none did."""
    for line in lines:
        started = time.monotonic()
        answer: object = None
        failure = ""
        try:
            answer = station.stage.perform(line)
        except (SimError, ApiError) as error:
            failure = str(error)
        elapsed_ms = round((time.monotonic() - started) * 1000)
        if as_json:
            outcome = {"error": failure} if failure else {"answer": answer}
            print(
                json.dumps({"line": line.number, "step": line.text, "ok": not failure, "ms": elapsed_ms, **outcome}, ensure_ascii=False), flush=True
            )
        else:
            print(f"{'FAIL' if failure else 'ok':4} {line.number:4}  {line.text}" + (f"\n           {failure}" if failure else ""), flush=True)
        if failure:
            return False
    return True


def interactive(station: SimulatedStation) -> bool:
    """Read lines from the terminal until it ends or `quit` is typed; failures are told and forgotten."""
    print(f"Simulated charge point; log and state in {station.state}. Type help, or quit.")
    station.stage.tell = _tell
    station.stage.later = _later
    follower = Follower(station.client)
    follower.start()
    try:
        while not station.ended:
            try:
                text = input("sim> ").strip()
            except EOFError:
                print()
                return True
            if text in ("quit", "exit"):
                return True
            _perform(station, text)
    except KeyboardInterrupt:
        print()
        return True
    finally:
        follower.stop()
    print("The station has ended; its log says why.")
    return False


def _perform(station: SimulatedStation, text: str) -> None:
    if text in ("help", "?"):
        print(f"{script.LANGUAGE}{'quit':40}leave; the station ends")
        return
    try:
        line = script.parse(text)
        if line is None:
            return
        answer = station.stage.perform(line)
    except ControllerError as error:
        print(f"  {error}")
        return
    if line.verb == "status":
        print("\n".join(show.status_lines(answer)))
    elif line.verb in ("wait", "expect", "call"):
        print(f"  {json.dumps(answer, ensure_ascii=False)}")
    else:
        print("  " + " ".join(part for part in (_done(line, answer), _standing(station)) if part))


# What a command has done, where its answer does not say it.
_DONE = {
    "plug": "The vehicle is plugged in.",
    "charge": "The vehicle asks for energy.",
    "pause": "The vehicle asks for no energy.",
    "unplug": "No vehicle is plugged in.",
    "stop": "Stopped.",
    "unlock": "Unlocked.",
    "clear": "The board was asked to clear what is latched.",
    "limit": "The limit is set.",
    "fault": "The fault's cause is {there}.",
    "link": "The link is changed.",
    "power": "The power was cut and is back.",
    "clock": "The clock is pushed on.",
    "sleep": "",
}


def _done(line: script.Line, answer: show.Json) -> str:
    """Say in a sentence what a line has done."""
    if text := answer.get("text"):
        return str(text)
    match line.verb:
        case "net":
            back = f", and comes back in {answer['for_s']:g} s" if "for_s" in answer else ""
            up = "up; the station calls again when its present wait is over"
            return f"The network to the CSMS is {up if answer.get('up') else 'cut'}{back}."
        case "set":
            return f"{answer.get('name')} = {answer.get('value')} ({answer.get('outcome')})."
        case "fault":
            return _DONE["fault"].format(there="gone" if "off" in line.words else "there")
        case _:
            return _DONE.get(line.verb, "Done.")


def _standing(station: SimulatedStation) -> str:
    try:
        return show.standing(station.client.get_object("/api/v1/status"))
    except ApiError:
        return ""


def _tell(text: str) -> None:
    print(f"  {text}", flush=True)


def _later(seconds: float, work: Callable[[], None]) -> None:
    """Do it in so many seconds, while the prompt takes further lines; not at all if the prompt has ended by then."""

    def attempt() -> None:
        try:
            work()
        except ApiError as error:
            _tell(str(error))

    timer = threading.Timer(seconds, attempt)
    timer.daemon = True
    timer.start()


class Follower(threading.Thread):
    """Prints each OCPP message with its answer as it comes, while somebody sits at the prompt."""

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._ended = threading.Event()
        self._seen: set[str] = set()

    def stop(self) -> None:
        """End following."""
        self._ended.set()
        self.join(2.0)

    def run(self) -> None:
        """Follow until stopped. A station that is away for a moment is simply asked again."""
        while not self._ended.wait(_FOLLOW_S):
            try:
                rows = self._client.get_list("/api/v1/messages", limit=50)
            except ApiError:
                continue
            keys = [json.dumps(row, sort_keys=True) for row in rows]
            for key, row in zip(keys, rows, strict=True):
                if key not in self._seen:
                    print(message_line(row), flush=True)
            self._seen = set(keys)


def message_line(message: show.Json) -> str:
    """Write a message and its answer in one line: an arrow for who asked, then what was answered, then how long it took."""
    sent = str(message.get("direction")) in ("out", "sent", "->")
    asked, answered = ("→", "←") if sent else ("←", "→")
    latency = message.get("latency_ms")
    took = f"  {latency:.0f} ms" if isinstance(latency, int | float) else ""
    return f"  {asked} {message.get('action')} {_short(message.get('payload'))}  {answered} {_short(message.get('answer'))}{took}"


def _short(payload: object) -> str:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _MAX_PAYLOAD else f"{text[:_MAX_PAYLOAD]}…"
