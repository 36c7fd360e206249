"""OCPP-J frames: text to values and back. Sans-I/O; whatever comes in, `parse` returns a frame or raises `Malformed`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, NoReturn, TypeAlias

Payload: TypeAlias = dict[str, Any]
"""A message's content: a JSON object whose shape the version's schema has checked."""

CALL = 2
CALL_RESULT = 3
CALL_ERROR = 4

MAX_ID_LENGTH = 36  # OCPP-J 1.6, 4.1.4
MAX_ECHOED_ID = 255  # a longer one is the peer's problem: we answer as if it had been unreadable
MAX_DESCRIPTION = 255
# Larger than anything that a charge point is sent in earnest (a local list of 1000 tokens takes about 120 KB).
MAX_FRAME_CHARS = 256 * 1024

MAX_INTEGER_CHARS = 19  # all that fits has fewer than 64 bits; OCPP's integers have 32

UNREADABLE_ID = "-1"  # the id in an answer to a frame whose id could not be read


class ErrorCode(StrEnum):
    """Why a CALL failed, in OCPP 2.0.1's spelling; a version's dialect may spell otherwise."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


@dataclass(frozen=True, slots=True)
class Call:
    """A request."""

    id: str
    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class CallResult:
    """An answer."""

    id: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class CallError:
    """A refusal, for an answer."""

    id: str
    code: str
    description: str
    details: Payload


Frame = Call | CallResult | CallError


class Malformed(Exception):
    """A frame that breaks OCPP-J: why, the code for it, its id where readable, its type where readable."""

    def __init__(self, reason: str, code: ErrorCode, *, id: str | None = None, type: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.id = id
        self.type = type

    @property
    def answerable(self) -> bool:
        """False for a bad answer: answering an answer could go on for ever."""
        return self.type not in (CALL_RESULT, CALL_ERROR)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _integer(text: str) -> int:
    if len(text) > MAX_INTEGER_CHARS:
        raise ValueError("an integer beyond 64 bits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError("a number beyond all bounds")
    return value


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number).decode
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_CALL_START = re.compile(r'\s*\[\s*2\s*,\s*"([^"\\]{0,36})"')


def parse(text: str | bytes) -> Frame:
    """Read one frame; `Malformed` if it is none."""
    if not isinstance(text, str):
        raise Malformed("a binary frame", ErrorCode.RPC_FRAMEWORK_ERROR)
    if len(text) > MAX_FRAME_CHARS:
        start = _CALL_START.match(text)
        raise Malformed(
            f"a frame of {len(text)} characters, the limit is {MAX_FRAME_CHARS}",
            ErrorCode.FORMAT_VIOLATION,
            id=start.group(1) if start else None,
        )
    try:
        parts = _decode(text)
        if "\\ud" in text or "\\uD" in text:  # half a surrogate pair is no text: nobody else could take it
            json.dumps(parts, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Malformed("not JSON", ErrorCode.RPC_FRAMEWORK_ERROR) from None
    if not isinstance(parts, list):
        raise Malformed("not an array", ErrorCode.RPC_FRAMEWORK_ERROR)
    kind = parts[0] if parts else None
    if not isinstance(kind, int) or isinstance(kind, bool):
        raise Malformed("no message type", ErrorCode.RPC_FRAMEWORK_ERROR)
    id = parts[1] if len(parts) > 1 and isinstance(parts[1], str) and len(parts[1]) <= MAX_ECHOED_ID else None
    if kind == CALL:
        return _parse_call(parts, id)
    if kind == CALL_RESULT:
        return _parse_result(parts, id)
    if kind == CALL_ERROR:
        return _parse_error(parts, id)
    raise Malformed("an unknown message type", ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, id=id, type=kind)


def _parse_call(parts: list[Any], id: str | None) -> Call:
    if id is None:
        raise Malformed("no usable message id", ErrorCode.RPC_FRAMEWORK_ERROR, type=CALL)
    if len(id) > MAX_ID_LENGTH:
        raise Malformed(f"a message id of {len(id)} characters", ErrorCode.FORMAT_VIOLATION, id=id, type=CALL)
    if len(parts) != 4:
        raise Malformed(f"a CALL of {len(parts)} elements", ErrorCode.FORMAT_VIOLATION, id=id, type=CALL)
    action, payload = parts[2], parts[3]
    if not isinstance(action, str):
        raise Malformed("an action that is no string", ErrorCode.FORMAT_VIOLATION, id=id, type=CALL)
    if payload is None:  # allowed for an empty payload (OCPP-J 1.6, 4.2.1)
        payload = {}
    if not isinstance(payload, dict):
        raise Malformed("a payload that is no object", ErrorCode.FORMAT_VIOLATION, id=id, type=CALL)
    return Call(id, action, payload)


def _parse_result(parts: list[Any], id: str | None) -> CallResult:
    payload = parts[2] if len(parts) == 3 else ...
    if payload is None:
        payload = {}
    if id is None or not isinstance(payload, dict):
        raise Malformed("an unusable CALLRESULT", ErrorCode.FORMAT_VIOLATION, id=id, type=CALL_RESULT)
    return CallResult(id, payload)


def _parse_error(parts: list[Any], id: str | None) -> CallError:
    """Read a CALLERROR; a missing description or missing details are no reason to lose the refusal itself."""
    code = parts[2] if len(parts) > 2 else None
    if id is None or not isinstance(code, str):
        raise Malformed("an unusable CALLERROR", ErrorCode.FORMAT_VIOLATION, id=id, type=CALL_ERROR)
    description = parts[3] if len(parts) > 3 and isinstance(parts[3], str) else ""
    details = parts[4] if len(parts) > 4 and isinstance(parts[4], dict) else {}
    return CallError(id, code[:MAX_DESCRIPTION], description[:MAX_DESCRIPTION], details)


def call(id: str, action: str, payload: Payload) -> str:
    """Write a CALL."""
    return _encode((CALL, id, action, payload))


def call_result(id: str, payload: Payload) -> str:
    """Write a CALLRESULT."""
    return _encode((CALL_RESULT, id, payload))


def call_error(id: str, code: str, description: str) -> str:
    """Write a CALLERROR without details."""
    return _encode((CALL_ERROR, id, code, description[:MAX_DESCRIPTION], {}))
