"""The station's one inbox: feeds inputs to the pure core, keeps its timers, commits its changes, runs its effects.

The rule of order: what lowers risk is run at once; what raises it waits for the commit of its own batch and of all before it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, assert_never

import structlog

from cpctl.clock import Clock
from cpctl.core.inputs import Input, StoreFailed, StoreRecovered, Tick
from cpctl.core.model import Stamp
from cpctl.core.outputs import (
    AskToken,
    Attempted,
    ClearFaultAt,
    Delete,
    Durable,
    DurableEvent,
    Effect,
    Forget,
    Grant,
    LockConnector,
    Measured,
    Note,
    Outcome,
    Output,
    Publish,
    Reply,
    Report,
    Restart,
    Restrict,
    Save,
    SetPilotAvailable,
    UnlockConnector,
    VariableChanged,
    Withdraw,
)
from cpctl.core.ports import Coprocessor, Csms
from cpctl.errors import StoreError

log = structlog.get_logger(__name__)

# Longer than any question to the CSMS may take (MessageTimeout is some 30 s): whoever asks later than that has a disk that does not write.
_REPLY_TIMEOUT_S = 120.0
# Effects that may wait for a disk that does not write. Whoever asks for more, and he can ask for any number, is refused at once.
_MAX_HELD = 1000


class Core(Protocol):
    """What decides: `core.station.Station`."""

    def handle(self, now: Stamp, item: Input) -> Sequence[Output]:
        """Take an input; return what it asks for."""

    def deadline(self) -> int | None:
        """Return the monotonic ms at which a `Tick` is due, if one is."""


class Store(Protocol):
    """Where changes become durable: `store.sqlite.Store`."""

    def commit(self, changes: Sequence[Durable], done: Callable[[], None] | None = None) -> None:
        """Put changes on disk after all earlier ones, then call `done`."""


class Runtime:
    """Owner of the station. Not re-entrant from outside its loop; everything happens in the loop's thread."""

    def __init__(
        self,
        station: Core,
        store: Store,
        clock: Clock,
        coprocessor: Coprocessor,
        csms: Csms,
        restart: Callable[[Restart], None],
    ) -> None:
        """Join the station to its ports; `restart` is called when it asks for a restart of the host."""
        self._station = station
        self._store = store
        self._clock = clock
        self._coprocessor = coprocessor
        self._csms = csms
        self._restart = restart
        self._inbox: deque[tuple[Input, Callable[[], None] | None]] = deque()
        self._draining = False
        self._order = 0
        self._grants: dict[int, tuple[int, Grant]] = {}
        self._unlocks: dict[int, int] = {}
        self._unlanded: dict[int, DurableEvent] = {}  # published and not on disk yet
        self._held = 0  # effects that wait for the disk
        self._trouble: str | None = None  # why it does not write, while it does not
        self._requests: dict[int, asyncio.Future[tuple[Outcome, str]]] = {}
        self._next_request = 1
        self._timer: asyncio.TimerHandle | None = None
        self._failed = False
        self._failure: asyncio.Future[None] | None = None
        self.on_change: Callable[[], None] = lambda: None

    # ------------------------------------------------------------ the inbox

    def post(self, item: Input, committed: Callable[[], None] | None = None) -> None:
        """Feed an input; `committed` is called once everything that it caused is on disk."""
        if self._failed:
            return
        self._inbox.append((item, committed))
        if self._draining:
            return
        self._draining = True
        try:
            while self._inbox:
                self._turn(*self._inbox.popleft())
            self._set_timer()
            self.on_change()
        except Exception as error:  # noqa: BLE001  # whatever it is, it must end in a restart from what is stored
            self._fail(error)
        finally:
            self._draining = False

    async def request(self, make: Callable[[int], Input]) -> tuple[Outcome, str]:
        """Feed the command, or other input with a request number, that `make(request)` builds; return its outcome and text, after the commit where it must be."""
        if self._held >= _MAX_HELD:
            raise self._unkept()
        number = self._next_request
        self._next_request += 1
        future: asyncio.Future[tuple[Outcome, str]] = asyncio.get_running_loop().create_future()
        self._requests[number] = future
        try:
            self.post(make(number))
            if self._trouble is not None and not future.done():
                raise self._unkept()
            async with asyncio.timeout(_REPLY_TIMEOUT_S):
                return await future
        except TimeoutError as error:
            raise StoreError("The station has not put on disk in time what was asked for.", "Look at free space and at the log.") from error
        finally:
            del self._requests[number]

    def store_trouble(self, reason: str | None) -> None:
        """Take the store's word that commits fail (reason), or work again (None). Whoever waits for one hears that nothing can be promised now."""
        self._trouble = reason
        self.post(StoreFailed(reason) if reason is not None else StoreRecovered())
        for future in self._requests.values() if reason is not None else ():
            if not future.done():
                future.set_exception(self._unkept())

    def _unkept(self) -> StoreError:
        reason = self._trouble or "it is slower than what is asked of it"
        return StoreError(f"The disk takes no records: {reason}.", "Look at free space and at the log. What was asked for may be done once it does.")

    def alive(self, within_s: float = 5.0) -> bool:
        """Tell whether the station's own timer has been served lately and nothing has failed."""
        loop = asyncio.get_running_loop()
        due = self._station.deadline()
        overdue = due is not None and loop.time() - due / 1000 > within_s
        return not overdue and not self._failed

    async def run(self) -> None:
        """Wait until the station fails, which raises what it failed with; cancelled at the end of the program."""
        self._failure = asyncio.get_running_loop().create_future()
        await self._failure

    def _fail(self, error: Exception) -> None:
        """Take a fault in our own logic: hear nothing more, so that the program ends and begins anew from what is stored."""
        log.error("station.failed", exc_info=error)
        self._failed = True
        self._inbox.clear()
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)

    # ------------------------------------------------------------ one turn

    def _turn(self, item: Input, committed: Callable[[], None] | None) -> None:
        outputs = self._station.handle(self._clock.now(), item)
        changes, at_once, after = _sort(outputs)
        for effect in at_once:
            self._run(effect)
        held = [self._hold(effect) for effect in after]
        published = {output.entry: output.event for output in changes if isinstance(output, Publish)}
        if not (held or published or committed):
            if changes:
                self._store.commit(changes)
            return
        self._held += len(held)
        self._unlanded |= published

        def landed() -> None:
            for entry in published:
                if (event := self._unlanded.pop(entry, None)) is not None:
                    self._csms.enqueue(entry, event)
            self._held -= len(held)
            for run in held:
                run()
            if committed:
                committed()

        self._store.commit(changes, landed)

    def _hold(self, effect: Effect) -> Callable[[], None]:
        """Keep an effect for after the commit; a newer one for the same contactor or lock overtakes it."""
        self._order += 1
        order = self._order
        match effect:
            case Grant(evse):
                self._grants[evse] = (order, effect)
                return lambda: self._grant(evse, order)
            case UnlockConnector(evse):
                self._unlocks[evse] = order
                return lambda: self._unlock(evse, order)
            case _:
                return lambda: self._run(effect)

    def _grant(self, evse: int, order: int) -> None:
        held_order, grant = self._grants.get(evse, (0, None))
        if grant is not None and held_order == order:
            del self._grants[evse]
            self._coprocessor.grant(grant.evse, grant.plug, grant.limit_ma, grant.phases)

    def _restrict(self, effect: Restrict) -> None:
        """Lower what stands, and what still waits for its commit."""
        order, grant = self._grants.pop(effect.evse, (0, None))
        if grant is not None and grant.plug == effect.plug and effect.limit_ma > 0:
            lowered = replace(grant, limit_ma=min(grant.limit_ma, effect.limit_ma), phases=effect.phases)
            self._grants[effect.evse] = (order, lowered)
        self._coprocessor.restrict(effect.evse, effect.plug, effect.limit_ma, effect.phases)

    def _unlock(self, evse: int, order: int) -> None:
        if self._unlocks.get(evse) == order:
            self._coprocessor.lock(evse, False)

    def _run(self, effect: Effect) -> None:
        match effect:
            case Restrict():
                self._restrict(effect)
            case LockConnector(evse):
                self._unlocks.pop(evse, None)
                self._coprocessor.lock(evse, True)
            case SetPilotAvailable(evse, available):
                self._coprocessor.set_available(evse, available)
            case ClearFaultAt(evse, fault):
                self._coprocessor.clear_fault(evse, fault)
            case AskToken(ask, evse, id_token):
                self._csms.ask_token(ask, evse, id_token)
            case Report(event):
                self._csms.report(event)
            case Measured():
                self._csms.measured(effect)
            case Withdraw(entries):
                for entry in entries:
                    self._unlanded.pop(entry, None)
                self._csms.withdraw(entries)
            case VariableChanged(name, value):
                self._csms.variable_changed(name, value)
            case Restart():
                self._restart(effect)
            case Reply(request, outcome, text):
                future = self._requests.get(request)
                if future is not None and not future.done():
                    future.set_result((outcome, text))
            case Grant() | UnlockConnector():
                raise AssertionError("held until its commit")
            case _:
                assert_never(effect)

    # ------------------------------------------------------------ time

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._station.deadline()
        if deadline is not None and not self._failed:
            # Half a millisecond late, so that the core's whole milliseconds have passed.
            self._timer = asyncio.get_running_loop().call_at(deadline / 1000 + 0.0005, self.post, Tick())


def _sort(outputs: Sequence[Output]) -> tuple[list[Durable], list[Effect], list[Effect]]:
    """Part outputs into changes for the disk, effects for now, and effects for after the commit."""
    changes: list[Durable] = []
    now: list[Effect] = []
    after: list[Effect] = []
    for output in outputs:
        match output:
            case Save() | Delete() | Forget() | Attempted() | Publish() | Note():
                changes.append(output)
            case _:
                (after if output.raises_risk else now).append(output)
    return changes, now, after
