"""Transactions as a program begins, ends and sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cpctl.core.inputs import LimitTold, LocalStop, TokenPresented
from cpctl.core.model import ConnectorStatus, IdToken, StopReason, TokenInfo, TokenStatus
from cpctl.core.outputs import Decision

from .present import Present, token_of

# Among the reasons why nothing is charged: a token waits for its transaction, or for the word on it.
WAITING = frozenset({"waiting_for_cable", "locking", "starting"})
_ASKING = frozenset({"token_asked"})


@dataclass(frozen=True, slots=True)
class Transaction:
    """A running transaction: the CSMS's id of it once it has given one, else our own."""

    id: str
    id_token: str | None
    started: datetime | None
    energy_wh: float


class Charging(Present):
    """All of it is for while the station runs; Refused if it does not, NoSuchEvse for a number that no EVSE has."""

    async def begin_transaction(self, id_token: str | IdToken, evse: int = 1) -> bool:
        """Authorize a token and begin its transaction as soon as everything is there for it; tell whether it was accepted.

        False as well where a transaction or another token has the EVSE.
        """
        return await self._begin(token_of(id_token), None, evse)

    async def begin_transaction_authorized(self, id_token: str | IdToken, parent_id_token: str | IdToken | None = None, evse: int = 1) -> bool:
        """Do the same with a token that the program has authorized itself; nobody is asked."""
        group = token_of(parent_id_token) if parent_id_token is not None else None
        return await self._begin(token_of(id_token), TokenInfo(TokenStatus.ACCEPTED, group), evse)

    async def end_transaction(self, id_token: str | IdToken | None = None, reason: str = "Local", evse: int = 1) -> bool:
        """End the transaction, or what waits to become one; tell whether it was ended.

        With a token only if it may: the one that began it, or one of its group, about which the CSMS is asked. `reason` is a word of the standard
        (`StopReason`); ValueError if it is none.
        """
        why = StopReason(reason)
        if id_token is None:
            return await self._stop(LocalStop(self._checked(evse), reason=why))
        token, running = token_of(id_token), self.transaction(evse)
        if running is not None and running.id_token is not None and token.matches(IdToken(running.id_token)):
            return await self._stop(LocalStop(evse, reason=why, id_token=token))
        if not self.is_transaction_active(evse):
            return False
        await self._accepted(TokenPresented(evse, token))
        return not self.is_transaction_active(evse)

    async def end_transaction_authorized(self, id_token: str | IdToken | None = None, reason: str = "Local", evse: int = 1) -> bool:
        """Do the same for a token that the program has authorized itself to end it."""
        token = token_of(id_token) if id_token is not None else None
        return await self._stop(LocalStop(self._checked(evse), reason=StopReason(reason), id_token=token))

    async def present_token(self, id_token: str | IdToken, evse: int = 0) -> bool:
        """Hold a token to the reader of an EVSE, or (0) to one for all: it begins, ends, or takes back, as a card does. Tell whether it was accepted."""
        return await self._accepted(TokenPresented(evse and self._checked(evse), token_of(id_token)))

    def set_limit(self, limit_a: float | None, evse: int = 1, *, source: str = "program") -> None:
        """Lower what the EVSE may give, per phase; None takes the word of this source back. It never raises a limit of somebody else."""
        told = None if limit_a is None else max(0, int(limit_a * 1000))
        self._running().post(LimitTold(source, self._checked(evse), told, f"the limit of {source}"))

    # ------------------------------------------------------------ the present state

    def transaction(self, evse: int = 1) -> Transaction | None:
        """Return the transaction that runs."""
        session = self._shown(evse)["session"]
        if session is None:
            return None
        started = datetime.fromisoformat(session["started"]) if session["started"] else None
        return Transaction(session["transaction_id"], session["id_token"], started, session["energy_wh"])

    def is_transaction_running(self, evse: int = 1) -> bool:
        """Tell whether a transaction has begun and not ended."""
        return self._shown(evse)["session"] is not None

    def is_transaction_active(self, evse: int = 1) -> bool:
        """Tell whether a transaction runs and is to go on, or a token waits for what it still needs to become one."""
        codes = self._codes(evse)
        if self.is_transaction_running(evse):
            return "stopped" not in codes
        return bool(codes & (WAITING | _ASKING)) or self.permits_charge(evse)

    def permits_charge(self, evse: int = 1) -> bool:
        """Tell whether energy may flow now."""
        return self.limit(evse)[1] > 0

    def limit(self, evse: int = 1) -> tuple[float, float, int]:
        """Return what may be given now as (W, A, phases), as `on_limit` is told; zeros for nothing."""
        hardware = self._hardware
        return hardware.permitted(self._checked(evse)) if hardware is not None else (0.0, 0.0, 0)

    def is_operative(self, evse: int = 1) -> bool:
        """Tell whether the EVSE is in service and has no fault."""
        shown = self._shown(evse)
        return not shown["faults"] and shown["status"] not in (ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED)

    def status(self, evse: int = 1) -> ConnectorStatus:
        """Return the connector's status in the words of OCPP 1.6, which tell more than those of later versions."""
        return ConnectorStatus(self._shown(evse)["status"])

    def why_not(self, evse: int = 1) -> tuple[str, ...]:
        """Say in words everything that keeps the EVSE from charging; nothing exactly while it charges."""
        return tuple(reason["text"] for reason in self._shown(evse)["why_not"])

    # ------------------------------------------------------------ helpers

    async def _begin(self, id_token: IdToken, info: TokenInfo | None, evse: int) -> bool:
        running = self.transaction(evse)
        if self.is_transaction_active(evse) if running is None else running.id_token is not None:
            return False  # one that began with the vehicle waits for a token still (2.0.1, E02)
        return await self._accepted(TokenPresented(evse, id_token, info=info)) and self.is_transaction_active(evse)

    async def _accepted(self, item: TokenPresented) -> bool:
        outcome, _ = await self._running().request(lambda request: TokenPresented(item.evse, item.id_token, request, item.info))
        return outcome is Decision.ACCEPTED

    async def _stop(self, item: LocalStop) -> bool:
        outcome, _ = await self._running().request(lambda request: LocalStop(item.evse, request, item.reason, item.id_token))
        return outcome is Decision.ACCEPTED

    def _shown(self, evse: int) -> Mapping[str, Any]:
        return self._running().station.evse_status(self._checked(evse))

    def _codes(self, evse: int) -> frozenset[str]:
        return frozenset(reason["code"] for reason in self._shown(evse)["why_not"])
