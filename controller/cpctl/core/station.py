"""The station: one pure function from inputs to outputs, and read access to its present state.

    outputs = station.handle(now, item)

No I/O, no clock, no randomness: the same inputs at the same stamps give the same outputs. The order within a call is always the same: timers that
are due, the input itself, then for each EVSE what follows from the facts (`settling`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

from . import (
    availability,
    claims,
    commands,
    dating,
    departure,
    happenings,
    lifecycle,
    live,
    lobby,
    metering,
    network_changes,
    password,
    presence,
    registration,
    remote_start,
    resets,
    sampling,
    site,
    tokens,
    transactions,
)
from .authorization import remember
from .evse import Evse
from .inputs import (
    BootRefused,
    ChangeAvailability,
    ClearCache,
    ClearFault,
    ClockSet,
    CoprocessorEvent,
    CoprocessorLost,
    CoprocessorReady,
    CsmsOffline,
    CsmsOnline,
    EventDelivered,
    EventFailed,
    EventGivenUp,
    EvseObserved,
    Input,
    LimitTold,
    LocalStop,
    MeterRead,
    PasswordAccepted,
    ProfileAccepted,
    ReadingsTold,
    RemoteStart,
    RemoteStop,
    Reset,
    SetNetworkProfile,
    SetVariable,
    Started,
    Stopping,
    StoreFailed,
    StoreRecovered,
    TakeSample,
    Tick,
    TokenAnswered,
    TokenPresented,
    Unlock,
)
from .journal import Journal
from .model import LockState, Stamp
from .network import NetworkPlan, plan
from .outputs import Attempted, DurableEvent, Output, UnlockOutcome
from .ports import TransactionStatus
from .records import Record
from .restore import restore
from .settings import StationSettings
from .settling import answer_unlock, report_station, settle
from .stamps import not_before
from .timers import Key, Timer
from .turn import Turn
from .variable_definition import Definition
from .views import evse_view


class Station:
    """The charging station's logic. One task owns it; nothing of it waits."""

    def __init__(
        self,
        settings: StationSettings,
        records: Mapping[str, Record],
        next_entry: int,
        new_id: Callable[[], str],
        outbox: Iterable[tuple[int, DurableEvent]] = (),
    ) -> None:
        """Start from the stored records and outbox; `next_entry` is the number of the next outbox entry, `new_id` makes transaction ids."""
        self._state = restore(settings, records, next_entry, new_id)
        self._state.journal = Journal.of(outbox)

    # ------------------------------------------------------------ inputs

    def handle(self, now: Stamp, item: Input) -> list[Output]:
        """Take an input; return what is to be stored, sent and done, in this order."""
        turn = Turn(self._state, self._in_order(now))
        concerned = list(self._state.evses.values())
        if isinstance(item, EvseObserved | MeterRead) and self._state.reporting and not self._is_due(now):
            # Several times a second, and mostly nothing new: only what it speaks of is looked at again.
            evse = self._state.evses.get(item.evse)
            if evse is None:
                return []
            known = evse.departed_at is None and evse.fresh and item in (evse.seen, evse.meter)
            if known and not site.awaited(self._state, evse):
                return []
            concerned = [evse]
        while (due := self._state.timers.take_due(now.mono_ms)) is not None:
            self._fire(turn, due)
        self._take(turn, item)
        settle(turn, concerned)
        if reset := resets.perform_due(turn):
            settle(turn, reset)
        report_station(turn)
        return turn.outputs

    def _in_order(self, now: Stamp) -> Stamp:
        """Return a moment with a date that is not before what a running transaction has told already."""
        for transaction in (*(evse.transaction for evse in self._state.evses.values()), self._state.unplaced):
            if transaction is not None:
                now = not_before(now, self._state.anchors.dated(transaction.last or transaction.started))
        return now

    def _is_due(self, now: Stamp) -> bool:
        deadline = self._state.timers.next()
        return deadline is not None and deadline <= now.mono_ms

    def deadline(self) -> int | None:
        """Return the monotonic time at which a `Tick` is wanted, in ms; None if nothing is pending."""
        return self._state.timers.next()

    def _take(self, turn: Turn, item: Input) -> None:
        match item:
            case Tick():
                pass
            case EvseObserved():
                self._observed(turn, item)
            case MeterRead():
                self._metered(turn, item)
            case CoprocessorEvent():
                happenings.happened(turn, item)
            case CoprocessorReady():
                lifecycle.link_up(turn, item)
            case CoprocessorLost():
                lifecycle.link_down(turn, item)
            case TokenPresented():
                tokens.present(turn, item)
            case LocalStop():
                commands.local_stop(turn, item)
            case LimitTold():
                commands.limit_told(turn, item)
            case ReadingsTold():
                commands.readings_told(turn, item)
            case CsmsOnline():
                lifecycle.csms_online(turn, item)
            case CsmsOffline():
                lifecycle.csms_offline(turn)
            case BootRefused():
                registration.refused(turn)
            case PasswordAccepted():
                password.accepted(turn, item.password)
            case ProfileAccepted():
                network_changes.accepted(turn, item)
            case TokenAnswered(ask, info):
                tokens.answered(turn, ask, info)
            case EventDelivered():
                self._delivered(turn, item)
            case EventFailed(entry, failures):
                if entry in self._state.journal.waiting:
                    turn.outputs.append(Attempted(entry, failures))
            case EventGivenUp(entry, error):
                transactions.given_up(turn, entry, error)
            case RemoteStart():
                remote_start.remote_start(turn, item)
            case RemoteStop():
                commands.remote_stop(turn, item)
            case Unlock():
                commands.unlock(turn, item)
            case ChangeAvailability():
                availability.change_availability(turn, item)
            case Reset():
                resets.reset(turn, item)
            case SetVariable():
                commands.set_variable(turn, item)
            case SetNetworkProfile():
                network_changes.set_profile(turn, item)
            case ClearFault():
                commands.clear_fault(turn, item)
            case ClearCache():
                commands.clear_cache(turn, item)
            case TakeSample():
                self._sample(turn, item)
            case Started():
                lifecycle.started(turn, item)
            case Stopping():
                lifecycle.stopping(turn, item)
            case ClockSet():
                dating.clock_set(turn, item)
            case StoreFailed():
                lifecycle.store_failed(turn, item)
            case StoreRecovered():
                lifecycle.store_recovered(turn)
            case _:
                assert_never(item)

    def _observed(self, turn: Turn, item: EvseObserved) -> None:
        evse = self._state.evses.get(item.evse)
        if evse is None or not self._state.link.up:
            return
        site.observed(turn, evse, item)
        presence.observe(turn, evse, item)
        if not self._state.reporting and all(one.seen is not None for one in self._state.evses.values()):
            self._state.reporting = True

    def _metered(self, turn: Turn, item: MeterRead) -> None:
        evse = self._state.evses.get(item.evse)
        if evse is not None:
            site.metered(turn, evse, item)
            presence.metered(turn, evse, item)

    def _sample(self, turn: Turn, item: TakeSample) -> None:
        evse = self._state.evses.get(item.evse)
        if evse is not None:
            sampling.take_triggered(turn, evse, item.in_transaction)

    def _delivered(self, turn: Turn, item: EventDelivered) -> None:
        event = self._state.journal.waiting.get(item.entry)
        transactions.delivered(turn, item.entry, item.csms_ref)
        if item.info is None or event is None or event.id_token is None:
            return
        remember(turn, event.id_token, item.info)
        transactions.judged(turn, event, item.info)

    def _fire(self, turn: Turn, due: Key) -> None:
        timer, number = due
        evse = self._state.evses.get(number)
        match timer:
            case Timer.ASK:
                tokens.unanswered(turn, number)
            case Timer.CLAIM if evse is None:
                lobby.expire(turn)
            case Timer.LINK_DEAD:
                lifecycle.link_died(turn)
            case Timer.FIRST_WORD:
                self._state.reporting = True
            case _ if evse is not None:
                _fire_on(turn, timer, evse)
            case _:
                pass

    # ------------------------------------------------------------ the present state

    def variable(self, name: str) -> str:
        """Return the value of `Component.Variable`; KeyError if there is none."""
        return self._state.variables.text(name)

    def variables(self) -> tuple[tuple[Definition, str], ...]:
        """Return every variable's definition with its value."""
        return self._state.variables.all()

    def dated(self, stamp: Stamp) -> Stamp:
        """Return a stamp with the best UTC there is for it; without any while it can't be dated."""
        return self._state.anchors.dated(stamp)

    def previous_password(self) -> str:
        """Return the password at the CSMS before the present one, while that is not proved; empty if there is none."""
        return self._state.previous_password

    def network(self) -> NetworkPlan:
        """Return by which network profiles to connect."""
        return plan(self._state.network, self._state.variables)

    def csms_ref(self, transaction_id: str) -> str | None:
        """Return the CSMS's id of a transaction, if it gave one."""
        transaction = self._state.transactions.get(transaction_id)
        return transaction.csms_ref if transaction is not None else None

    def live(self, name: str) -> str | None:
        """Return a value that changes by itself (`EVSE@1.AvailabilityState`); None if there is none, or nothing is known of it."""
        return live.value(self._state, name)

    def transaction(self, evse: int) -> str | None:
        """Return the own id of the transaction that runs on an EVSE; 0: of the one that has none yet."""
        found = self._state.evses.get(evse)
        transaction = found.transaction if found is not None else self._state.unplaced if evse == 0 else None
        return transaction.id if transaction is not None else None

    def transaction_status(self, transaction_id: str | None) -> TransactionStatus:
        """Tell of a transaction by its own id, or (None) whether any message of a transaction waits (E14)."""
        waiting = self._state.journal.waiting.values()
        if transaction_id is None:
            return TransactionStatus(None, bool(waiting))
        queued = any(event.transaction_id == transaction_id for event in waiting)
        known = self._state.transactions.get(transaction_id)
        if known is None and f"session/{transaction_id}" not in self._state.sessions:
            return TransactionStatus(None, queued)
        return TransactionStatus(known is not None and known.ended is None, queued)

    def status(self) -> Mapping[str, object]:
        """Return all EVSEs as the local API shows them: `{"evses": [...]}`."""
        return {"evses": [evse_view(self._state, evse) for evse in self._state.evses.values()]}

    def evse_status(self, number: int) -> Mapping[str, object]:
        """Return one EVSE as the local API shows it; KeyError if there is none."""
        return evse_view(self._state, self._state.evses[number])


def _fire_on(turn: Turn, timer: Timer, evse: Evse) -> None:
    match timer:
        case Timer.CLAIM:
            claims.expire_claim(turn, evse)
        case Timer.TOKEN:
            claims.nobody_came(turn, evse)
        case Timer.SAMPLE | Timer.KEPT_SAMPLE:
            sampling.take_periodic(turn, evse, timer)
        case Timer.ALIGNED | Timer.KEPT_ALIGNED:
            sampling.take_aligned(turn, evse, timer)
        case Timer.REGISTER:
            metering.save_register(turn, evse)
        case Timer.SETTLING:
            evse.settling = False
        case Timer.NO_DRAW:
            evse.drawing = False
        case Timer.REFUSAL:
            evse.refusal = None
        case Timer.LOCK:
            if evse.seen is None or evse.seen.lock is not LockState.JAMMED:
                evse.lock_told = None
        case Timer.UNLOCK:
            answer_unlock(turn, evse, UnlockOutcome.FAILED)
        case Timer.COUNT:
            transactions.counted(turn, evse)
        case Timer.RESET:
            evse.resetting = False
        case Timer.VEHICLE:
            transactions.no_vehicle_came(turn, evse)
        case Timer.DEPARTURE:
            departure.conclude_departure(turn, evse)
        case _:
            pass
