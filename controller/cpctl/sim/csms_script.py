"""What the embedded CSMS can be told to do in place of answering as it should."""

from __future__ import annotations

from dataclasses import dataclass

from cpctl.csms.frames import Payload


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with this payload, without looking at the question."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with a CALLERROR."""

    code: str = "InternalError"
    description: str = "scripted"


@dataclass(frozen=True, slots=True)
class Silence:
    """Never answer."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Cut the connection; `processed` after taking the message in, so that only its answer is lost."""

    processed: bool = False


@dataclass(frozen=True, slots=True)
class Delay:
    """Answer as usual, but later."""

    seconds: float


Step = Answer | Refuse | Silence | Cut | Delay
