"""What a session tells its owner, besides the messages themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .messages import BenchState, Command, Counters, Event, Hello, Log, Meter, Reply, Snapshot


class LostReason(StrEnum):
    """Why a session ended."""

    SUSPECT = "suspect"  # no answer within the tries allowed
    RESTARTED = "restarted"  # the coprocessor began anew
    CLOSED = "closed"  # the line is gone


class RefusalReason(StrEnum):
    """Why there is no session with a coprocessor that does answer."""

    OTHER_MAJOR = "other_major"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Established:
    """A session began. `restarted`: the coprocessor has begun anew since we last had a session with it."""

    hello: Hello
    restarted: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The session ended; the next one is being tried for already, unless the line is closed."""

    reason: LostReason


@dataclass(frozen=True, slots=True)
class Refused:
    """A coprocessor that we must not work with."""

    reason: RefusalReason
    hello: Hello


@dataclass(frozen=True, slots=True)
class CommandDone:
    """A command was answered, or never will be (`reply=None`)."""

    ticket: int
    command: Command
    reply: Reply | None


SessionEvent = Established | Lost | Refused | CommandDone | Event | Snapshot | Meter | Counters | BenchState | Log
