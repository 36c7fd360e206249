"""How much of the device model may be asked for, or set, in one message."""

from __future__ import annotations

import json

from cpctl.core.variables_csms import MAX_BYTES, MAX_ITEMS
from cpctl.csms.dialect import HandlerRefusal
from cpctl.csms.frames import ErrorCode, Payload


def check_size(call: Payload, items: int) -> None:
    """Refuse a CALL with more than was announced by ItemsPerMessage and BytesPerMessage (B06.FR.16, FR.17, B08.FR.17, FR.18)."""
    if items > MAX_ITEMS:
        raise HandlerRefusal(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, f"at most {MAX_ITEMS} entries at once")
    if len(json.dumps(call, separators=(",", ":"), ensure_ascii=False).encode()) > MAX_BYTES:
        raise HandlerRefusal(ErrorCode.FORMAT_VIOLATION, f"at most {MAX_BYTES} bytes at once")
