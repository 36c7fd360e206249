"""Vendors' own messages (DataTransfer; OCPP 1.6, 4.3 and 5.6; 2.0.1 P01): who serves which, with nothing that one of them does reaching further."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import structlog

log = structlog.get_logger(__name__)

# A CSMS waits for its answer, and sends nothing else meanwhile.
TIMEOUT_S: Final = 10.0
# No frame of ours is to be larger than what we would take ourselves.
MAX_DATA_CHARS: Final = 128 * 1024


Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""A vendor's data: any JSON in 2.0.1, a text in 1.6."""


class DataStatus(StrEnum):
    """What became of a vendor's message."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE = "UnknownMessageId"
    UNKNOWN_VENDOR = "UnknownVendorId"


@dataclass(frozen=True, slots=True)
class DataAnswer:
    """The answer to a vendor's message; what `data` means is between the two ends. To a 1.6 CSMS all but a text goes as its JSON."""

    status: DataStatus
    data: Json = None


VendorHandler: TypeAlias = Callable[[str | None, Json], Awaitable[DataAnswer]]
"""Serves one vendor's messages: (messageId, data) to its answer. UNKNOWN_MESSAGE is for a messageId that it does not know."""


def text_of(data: Json) -> str | None:
    """Return a vendor's data as a text, which is all that 1.6 carries; None if there is none."""
    return data if data is None or isinstance(data, str) else json.dumps(data, separators=(",", ":"))


class Vendors:
    """Handlers by vendor id, which compares without regard to case (CiString)."""

    def __init__(self, handlers: Mapping[str, VendorHandler], *, timeout_s: float = TIMEOUT_S) -> None:
        self._handlers = {vendor.casefold(): handler for vendor, handler in handlers.items()}
        self._timeout_s = timeout_s

    async def serve(self, vendor: str, message: str | None, data: Json) -> DataAnswer:
        """Return a handler's answer. One that fails, takes too long or says too much has rejected the message."""
        handler = self._handlers.get(vendor.casefold())
        if handler is None:
            return DataAnswer(DataStatus.UNKNOWN_VENDOR)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await handler(message, data)
            size = len(text_of(answer.data) or "")
        except TimeoutError:
            log.error("vendor.too_slow", vendor=vendor, message=message, timeout_s=self._timeout_s)
        except Exception:
            log.exception("vendor.broken", vendor=vendor, message=message)
        else:
            if size <= MAX_DATA_CHARS:
                return answer
            log.error("vendor.answer_too_large", vendor=vendor, message=message, size=size)
        return DataAnswer(DataStatus.REJECTED)
