"""The authorization cache, and vendors' own messages (C11, P01)."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.inputs import ClearCache
from cpctl.core.outputs import Decision
from cpctl.csms.adapter import Context
from cpctl.csms.dialect import Handler
from cpctl.csms.frames import Payload

from .mapping import refused


def table(context: Context) -> Mapping[str, Handler]:
    """Return these handlers by action."""
    data = Data(context)
    return {"ClearCache": data.clear_cache, "DataTransfer": data.data_transfer}


class Data:
    """Serves them."""

    def __init__(self, context: Context) -> None:
        self._inbox = context.inbox
        self._view = context.view
        self._vendors = context.vendors

    async def clear_cache(self, _call: Payload) -> Payload:
        """ClearCache (C11): of a cache that is switched off there is nothing to clear (C11.FR.04)."""
        if self._view.variable("AuthCacheCtrlr.Enabled") != "true":
            return refused("NotEnabled")
        outcome, _ = await self._inbox.request(ClearCache)
        return {"status": "Accepted" if outcome is Decision.ACCEPTED else "Rejected"}

    async def data_transfer(self, call: Payload) -> Payload:
        """DataTransfer (P01)."""
        answer = await self._vendors.serve(call["vendorId"], call.get("messageId"), call.get("data"))
        return {"status": answer.status.value} | ({} if answer.data is None else {"data": answer.data})
