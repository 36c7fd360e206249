"""What is shown of the talk with the CSMS: whole exchanges for the local API, single frames for the log. Never a secret."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from cpctl.redact import redact, redact_text

from .frames import Call, CallError, CallResult, Malformed, Payload, parse

log = structlog.get_logger(__name__)
_switch = logging.getLogger("cpctl.csms.frames")

Direction = Literal["in", "out"]

_MAX_SHOWN = 500  # characters of a frame that cannot be read


@dataclass(frozen=True, slots=True)
class Exchange:
    """A CALL and what became of it. `answer` is the payload of the answer, or {"error", "description"}; None if there was none."""

    time: datetime | None
    direction: Direction
    action: str
    payload: Payload
    answer: Payload | None
    latency_s: float

    def as_json(self) -> dict[str, object]:
        """Show it as the local API lists it."""
        return {
            "time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z") if self.time else None,
            "direction": self.direction,
            "action": self.action,
            "payload": redact(self.payload),
            "answer": redact(self.answer),
            "latency_ms": round(self.latency_s * 1000, 1),
        }


def log_frame(direction: Direction, text: str | bytes) -> None:
    """Log a frame if somebody debugs; costs next to nothing if not."""
    if not _switch.isEnabledFor(logging.DEBUG):
        return
    try:
        frame = parse(text)
    except Malformed as error:
        log.debug("csms.frame", direction=direction, unreadable=error.reason, text=redact_text(str(text[:_MAX_SHOWN])))
        return
    match frame:
        case Call(id, action, payload):
            log.debug("csms.frame", direction=direction, kind="CALL", id=id, action=action, payload=redact(payload))
        case CallResult(id, payload):
            log.debug("csms.frame", direction=direction, kind="CALLRESULT", id=id, payload=redact(payload))
        case CallError(id, code, description):
            log.debug("csms.frame", direction=direction, kind="CALLERROR", id=id, code=code, description=redact_text(description))
