"""Vendors' own messages (DataTransfer; OCPP 1.6, 4.3 and 5.6; 2.0.1 P01): who serves which, with nothing that one of them does reaching further."""

from __future__ import annotations

import asyncio
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


class DataStatus(StrEnum):
    """What became of a vendor's message."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE = "UnknownMessageId"
    UNKNOWN_VENDOR = "UnknownVendorId"


@dataclass(frozen=True, slots=True)
class DataAnswer:
    """The answer to a vendor's message; what `data` means is between the two ends."""

    status: DataStatus
    data: str | None = None


VendorHandler: TypeAlias = Callable[[str | None, str | None], Awaitable[DataAnswer]]
"""Serves one vendor's messages: (messageId, data) to its answer. UNKNOWN_MESSAGE is for a messageId that it does not know."""


class Vendors:
    """Handlers by vendor id, which compares without regard to case (CiString)."""

    def __init__(self, handlers: Mapping[str, VendorHandler], *, timeout_s: float = TIMEOUT_S) -> None:
        self._handlers = {vendor.casefold(): handler for vendor, handler in handlers.items()}
        self._timeout_s = timeout_s

    async def serve(self, vendor: str, message: str | None, data: str | None) -> DataAnswer:
        """Return a handler's answer. One that fails, takes too long or says too much has rejected the message."""
        handler = self._handlers.get(vendor.casefold())
        if handler is None:
            return DataAnswer(DataStatus.UNKNOWN_VENDOR)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await handler(message, data)
            size = len(answer.data or "")
        except TimeoutError:
            log.error("vendor.too_slow", vendor=vendor, message=message, timeout_s=self._timeout_s)
        except Exception:
            log.exception("vendor.broken", vendor=vendor, message=message)
        else:
            if size <= MAX_DATA_CHARS:
                return answer
            log.error("vendor.answer_too_large", vendor=vendor, message=message, size=size)
        return DataAnswer(DataStatus.REJECTED)
