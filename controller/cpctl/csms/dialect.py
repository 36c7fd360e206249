"""What an OCPP version and its handlers are to the dispatcher."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from .frames import ErrorCode, Payload
from .schemas import Schemas


@dataclass(frozen=True, slots=True)
class Followed:
    """An answer, and what is to be done once it is sent."""

    answer: Payload
    then: Callable[[], None]


Handler: TypeAlias = Callable[[Payload], Awaitable[Payload | Followed]]
"""Serves one action: its request's payload to its answer's, or HandlerRefusal."""


class HandlerRefusal(Exception):
    """Raised by a handler whose CALL is to be answered with a CALLERROR."""

    def __init__(self, code: ErrorCode, description: str = "") -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Admission(Enum):
    """What becomes of an incoming CALL before its handler is asked."""

    HANDLE = "handle"
    IGNORE = "ignore"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between OCPP versions at the level of OCPP-J."""

    schemas: Schemas
    urgent: frozenset[str] = frozenset()  # actions that lower risk: not refused for load with the others, and started before them
    spelling: Mapping[ErrorCode, str] = field(default_factory=dict)
    answers_unknown_types: bool = True  # 1.6 ignores messages of an unknown type
    unanswered: frozenset[int] = frozenset()  # types of message that are known and get no answer
    when_rejected: Admission = Admission.IGNORE  # what becomes of CALLs while the CSMS has rejected our boot

    def answers(self, unknown_type: int | None) -> bool:
        """Tell whether a message of a type beyond the three is answered with a CALLERROR."""
        return self.answers_unknown_types and unknown_type not in self.unanswered

    def spell(self, code: ErrorCode) -> str:
        """Spell an error code as this version does."""
        return self.spelling.get(code, code.value)
