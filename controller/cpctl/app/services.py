"""The running station as the local API sees it: `local.services.Services`, answered from the core, the store and the adapters."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cpctl.clock import ClockSource
from cpctl.core.faults import BY_CODE, BY_NAME
from cpctl.core.inputs import ClearFault, Input, LocalStop, SetVariable, TokenPresented, Unlock
from cpctl.core.model import IdToken, IdTokenType, Stamp
from cpctl.core.outputs import Decision, Outcome, SetOutcome, UnlockOutcome
from cpctl.core.records import Session
from cpctl.core.variable_definition import Definition, Mutability
from cpctl.csms.exchange import Exchange
from cpctl.csms.v16.variables import VARIABLES
from cpctl.errors import NoSuchEvse, NotFound, Refused
from cpctl.store.sqlite import NOTES_KEPT
from cpctl.version import VERSION

from .variables import named

if TYPE_CHECKING:
    from .controller import Controller

Json = dict[str, object]

MESSAGES_KEPT = 2000
# The stream shows a change at once, and then at most so often.
_STREAM_PAUSE_S = 0.2

_GOOD: frozenset[Outcome] = frozenset(
    {Decision.ACCEPTED, Decision.SCHEDULED, UnlockOutcome.UNLOCKED, SetOutcome.ACCEPTED, SetOutcome.REBOOT_REQUIRED}
)
_KEY_OF = {name: key for key, name in VARIABLES.items()}


class StationServices:
    """Services of one run."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._station = controller.station
        self._messages: deque[Exchange] = deque(maxlen=MESSAGES_KEPT)
        self._watchers: set[asyncio.Event] = set()
        controller.runtime.on_change = self._changed
        self.on_exchange: Callable[[Exchange], None] = lambda exchange: None

    # ------------------------------------------------------------ looking

    async def health(self) -> Json:
        """Tell whether the station's and the link's loops turn."""
        return {"ok": self._controller.alive(), "coprocessor": self._controller.coprocessor.info.connected}

    async def status(self) -> Json:
        """Give the whole state."""
        config, clock, link = self._controller.config, self._controller.clock, self._controller.coprocessor.info
        identity = self._controller.csms_settings.id
        now = clock.now()
        utc = clock.utc(now) or (clock.guess(now) if clock.source is ClockSource.SAVED else None)
        return {
            "station": {
                "id": identity,
                "vendor": config.station.vendor,
                "model": config.station.model,
                "serial": config.station.serial,
                "version": VERSION,
            },
            "csms": self._controller.csms.status(),
            "coprocessor": {
                "connected": link.connected and link.state == "ready",
                "firmware": link.firmware,
                "protocol": link.protocol,
                "mac": link.mac,
                "link": link.as_dict(),
            },
            "clock": {"utc": None if utc is None else _iso(utc), "source": clock.source.value},
            "extensions": self._controller.extensions.status(),
            "evses": [self._evse(settings.id) for settings in self._controller.settings.evses],
        }

    async def subscribe(self) -> AsyncIterator[Json]:
        """Yield the whole state now and whenever it has changed."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        last: Json | None = None
        try:
            while True:
                changed.clear()
                state = await self.status()
                if state != last:
                    last = state
                    yield state
                await changed.wait()
                await asyncio.sleep(_STREAM_PAUSE_S)
        finally:
            self._watchers.discard(changed)

    async def evse(self, evse: int) -> Json:
        """Give the state of one EVSE."""
        self._check(evse)
        return self._evse(evse)

    async def sessions(self, since: datetime | None, limit: int) -> Sequence[Json]:
        """List finished sessions, oldest first."""
        shown = [self._session(session) for session in await self._controller.store.sessions()]
        return _listed(shown, "stopped", since, limit)

    async def events(self, since: datetime | None, limit: int) -> Sequence[Json]:
        """List the event log, oldest first."""
        lines: list[Json] = [
            {"id": line.id, "time": self._date(line.note.at), "evse": line.note.evse, "code": line.note.code, "text": line.note.text}
            for line in await self._controller.store.notes(limit=limit if since is None else NOTES_KEPT)
        ]
        return _listed(lines, "time", since, limit)

    async def messages(self, since: datetime | None, limit: int) -> Sequence[Json]:
        """List OCPP messages with their answers, oldest first."""
        return _listed([exchange.as_json() for exchange in self._messages], "time", since, limit)

    async def variables(self) -> Sequence[Json]:
        """List the variables of the device model with their present values."""
        return [
            {
                "name": definition.name,
                "key": _KEY_OF.get(definition.name) or definition.key or None,
                "value": self._shown(definition, value),
                "unit": definition.unit,
                "type": definition.kind.value,
                "mutability": definition.mutability.value,
                "meaning": definition.meaning,
            }
            for definition, value in self._station.variables()
        ]

    # ------------------------------------------------------------ doing

    async def present_token(self, evse: int, id_token: str, token_type: str) -> Json:
        """Present a token at a reader."""
        if evse:
            self._check(evse)
        token = IdToken(id_token, IdTokenType(token_type))
        return await self._ask(lambda request: TokenPresented(evse, token, request))

    async def stop(self, evse: int) -> Json:
        """Stop the transaction of an EVSE."""
        self._check(evse)
        return await self._ask(lambda request: LocalStop(evse, request))

    async def unlock(self, evse: int) -> Json:
        """Unlock an EVSE's connector."""
        self._check(evse)
        return await self._ask(lambda request: Unlock(request, evse))

    async def clear_faults(self, evse: int, code: str | None) -> Json:
        """Clear a latched fault by name or code, or all."""
        self._check(evse)
        fault = None if code is None else BY_NAME.get(code) or BY_CODE.get(code)
        if code is not None and fault is None:
            raise NotFound(f"There is no fault {code!r}.", "Use a name or code of the fault catalogue.", field="code")
        return await self._ask(lambda request: ClearFault(request, evse, fault.name if fault else None))

    async def set_variable(self, name: str, value: str) -> Json:
        """Set a variable by its 1.6 key or its Component.Variable."""
        own = {definition.key.casefold(): definition.name for definition in self._controller.settings.own_variables if definition.key}
        variable, wanted = (own[name.casefold()], value) if name.casefold() in own else named(name, value)
        variable = {definition.name.casefold(): definition.name for definition, _ in self._station.variables()}.get(variable.casefold(), variable)
        outcome, text = await self._controller.request(lambda request: SetVariable(request, variable, wanted, local=True))
        if outcome is SetOutcome.UNKNOWN:
            raise NotFound(f"There is no variable {name!r}.", "cpctl variables, or GET /api/v1/variables, lists them.", field="name")
        shown = {definition.name: value for definition, value in self._station.variables() if definition.mutability is not Mutability.WRITE_ONLY}
        if outcome not in _GOOD:
            given = repr(value) if variable in shown else "that"
            raise Refused(f"{name} may not be {given}: {(text or outcome.value).rstrip('.')}.", field="value")
        return {"name": variable, "value": shown.get(variable), "outcome": outcome.value}

    async def lend_port(self, seconds: int) -> Json:
        """Let go of the coprocessor's port, if nothing runs that would miss it."""
        for settings in self._controller.settings.evses:
            if self._evse(settings.id)["session"] is not None:
                raise Refused(f"A transaction is running on EVSE {settings.id}.", "End it first, or wait for its end.")
        await self._controller.coprocessor.lend_port(seconds)
        return {"port": self._controller.config.coprocessor.port, "seconds": seconds}

    async def take_port_back(self) -> Json:
        """Use the coprocessor's port again."""
        self._controller.coprocessor.take_port_back()
        return {"port": self._controller.config.coprocessor.port}

    async def call(self, action: str, payload: Mapping[str, object]) -> Json:
        """Send a CALL as given."""
        return dict(await self._controller.csms.call(action, payload))

    # ------------------------------------------------------------ what happens

    def exchanged(self, exchange: Exchange) -> None:
        """Keep a message for the list."""
        self._messages.append(exchange)
        self.on_exchange(exchange)

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher.set()

    # ------------------------------------------------------------ helpers

    async def _ask(self, make: Callable[[int], Input]) -> Json:
        outcome, text = await self._controller.request(make)
        if outcome not in _GOOD:
            raise Refused(text or f"The station said {outcome.value}.")
        return {"outcome": outcome.value, "text": text}

    def _shown(self, definition: Definition, value: str) -> str | None:
        """Return what may be shown of a variable: nothing of a secret, nothing where nothing is known."""
        if definition.mutability is Mutability.WRITE_ONLY:
            return None
        return self._controller.csms.live(definition.name) if definition.live else value

    def _check(self, evse: int) -> None:
        count = len(self._controller.settings.evses)
        if not 1 <= evse <= count:
            raise NoSuchEvse(evse, count)

    def _evse(self, evse: int) -> Json:
        return dict(self._station.evse_status(evse))

    def _session(self, session: Session) -> Json:
        return {
            "id": session.id,
            "evse": session.evse,
            "id_token": session.id_token,
            "started": self._date(session.started),
            "stopped": self._date(session.stopped),
            "reason": session.reason.value,
            "energy_wh": session.energy_mwh / 1000,
            "transaction_id": session.transaction_id,
        }

    def _date(self, stamp: Stamp) -> str | None:
        moment = self._controller.clock.utc(stamp)
        return None if moment is None else _iso(moment)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _listed(rows: list[Json], key: str, since: datetime | None, limit: int) -> list[Json]:
    """Return the latest rows, or, so that a reader can follow, the first ones since a moment."""
    if since is None:
        return rows[-limit:]
    return [row for row in rows if (at := row[key]) is None or datetime.fromisoformat(str(at)) >= since][:limit]
