"""Drives a station through its inputs: a clock by hand, a store that is a dict, and a coprocessor that does what the tests say.

`Drive` also holds what must be true after every step, whatever the test is about: see `check`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

from cpctl.core.inputs import (
    CoprocessorEvent,
    CoprocessorReady,
    CsmsOnline,
    EventDelivered,
    EvseObserved,
    Input,
    MeterRead,
    SetVariable,
    Started,
    Tick,
    TokenAnswered,
    TokenPresented,
)
from cpctl.core.model import ConnectorStatus, IdToken, LockState, Pilot, Stamp, TokenInfo, TokenStatus
from cpctl.core.outputs import (
    AskToken,
    Delete,
    DurableEvent,
    Forget,
    Grant,
    Note,
    Outcome,
    Output,
    Publish,
    Reply,
    Report,
    Restrict,
    Save,
    TransactionEnded,
    TransactionStarted,
    UnlockConnector,
)
from cpctl.core.records import Record, Session, Transaction
from cpctl.core.settings import ConnectorSettings, EvseSettings, StationSettings
from cpctl.core.station import Station
from cpctl.core.taps import REPEAT_MS

NOON_2030 = 1_893_499_200_000
TAG = IdToken("TAG1")
OTHER = IdToken("TAG2")
ACCEPTED = TokenInfo(TokenStatus.ACCEPTED)
INVALID = TokenInfo(TokenStatus.INVALID)

T = TypeVar("T")


@dataclass
class Disk:
    """What survives a crash of the host: records, the outbox, and what of it was delivered."""

    records: dict[str, Record] = field(default_factory=dict)
    outbox: dict[int, DurableEvent] = field(default_factory=dict)
    published: list[DurableEvent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    next_entry: int = 1

    def commit(self, outputs: list[Output]) -> None:
        """Take the durable outputs of one call as one transaction."""
        for output in outputs:
            match output:
                case Save(key, record):
                    self.records[key] = record
                case Delete(key):
                    self.records.pop(key, None)
                case Publish(entry, event):
                    assert entry == self.next_entry, "entries grow by one"
                    self.next_entry += 1
                    self.outbox[entry] = event
                    self.published.append(event)
                case Forget(entry):
                    self.outbox.pop(entry, None)
                case Note():
                    self.notes.append(output)
                case _:
                    pass


@dataclass
class Seat:
    """One EVSE as the coprocessor has it."""

    plug: int = 0
    pilot: Pilot = Pilot.A1
    granted: tuple[int, int] = (0, 0)  # plug, mA as leased
    energised: bool = False
    faults: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    lock: LockState = LockState.NOT_FITTED
    cable_ma: int | None = None
    wait_ms: int = 0
    meter_boot: int = 7
    energy_mwh: int = 0
    current_ma: int = 16_000


class Drive:
    """A station with everything around it. Methods are what happens in the world; each returns the outputs of its last call."""

    def __init__(
        self,
        evses: int = 1,
        *,
        fixed_cable: bool = True,
        online: bool = True,
        start: bool = True,
        whole: bool = True,
        built: tuple[EvseSettings, ...] = (),
        **settings: object,
    ) -> None:
        connectors = (ConnectorSettings(1, fixed_cable=fixed_cable),)
        built = built or tuple(EvseSettings(n, 32_000, 3, connectors) for n in range(1, evses + 1))
        self.settings = replace(StationSettings(built, whole_transactions=whole), **settings)  # type: ignore[arg-type]
        self.disk = Disk()
        self.seats = {n: Seat() for n in range(1, evses + 1)}
        self.boot, self.ms = 1, 1_000
        self.dated = True
        self.nonce, self.event_id = 100, 0
        self.ids: Iterator[int] = count(1)
        self.requests = count(1)
        self.replies: dict[int, list[tuple[Outcome, str]]] = {}
        self.outputs: list[Output] = []  # of all calls of this run
        self.asks: deque[AskToken] = deque()
        self.tapped: dict[tuple[int, str], int] = {}
        self.station = self._station()
        if start:
            self.begin(online=online)
            self.outputs.clear()

    def _station(self) -> Station:
        return Station(self.settings, dict(self.disk.records), self.disk.next_entry, lambda: f"tx-{next(self.ids)}", self.disk.outbox.items())

    # ------------------------------------------------------------ the host

    @property
    def now(self) -> Stamp:
        return Stamp(self.boot, self.ms, NOON_2030 + self.ms if self.dated else None)

    def feed(self, item: Input) -> list[Output]:
        """Hand an input to the station, store and do what it says."""
        outputs = self.station.handle(self.now, item)
        self.disk.commit(outputs)
        self.outputs += outputs
        for output in outputs:
            match output:
                case Grant(evse, plug, limit_ma) | Restrict(evse, plug, limit_ma):
                    self.seats[evse].granted = (plug, limit_ma)
                case AskToken():
                    self.asks.append(output)
                case Reply(request, outcome, text):
                    self.replies.setdefault(request, []).append((outcome, text))
                case _:
                    pass
        return outputs

    def request(self) -> int:
        """Return a fresh request number."""
        return next(self.requests)

    def begin(self, *, online: bool = True, link: bool = True, clean: bool = True) -> None:
        """Start the host: store read, link up, first snapshots, CSMS."""
        self.feed(Started(clean))
        if link:
            self.link()
            self.observe()
        if online:
            self.feed(CsmsOnline(self.settings.whole_transactions))

    def crash(self, away_s: float = 1, *, online: bool = True, link: bool = True) -> None:
        """Kill the host and start it again from what is on disk."""
        self.ms += int(away_s * 1000)
        self.outputs, self.replies = [], {}
        self.asks.clear()
        self.station = self._station()
        self.begin(online=online, link=link, clean=False)

    def run(self, seconds: float) -> list[Output]:
        """Let time pass; timers are served when they are due."""
        end = self.ms + int(seconds * 1000)
        gathered: list[Output] = []
        while (due := self.station.deadline()) is not None and due <= end:
            self.ms = max(self.ms, due)
            gathered += self.feed(Tick())
        self.ms = end
        return gathered

    # ------------------------------------------------------------ the coprocessor

    def link(self, *, restarted: bool = False) -> list[Output]:
        return self.feed(CoprocessorReady(self.nonce, restarted, len(self.seats)))

    def snapshot(self, evse: int = 1) -> EvseObserved:
        seat = self.seats[evse]
        plug, limit_ma = seat.granted
        leased = limit_ma > 0 and plug == seat.plug
        return EvseObserved(
            evse=evse,
            pilot=seat.pilot,
            plug=seat.plug,
            energised=seat.energised,
            offer_ma=limit_ma if leased and seat.pilot.plugged else 0,
            lease_ms=9_000 if leased else 0,
            faults=seat.faults,
            blocked=seat.blocked,
            cable_ma=seat.cable_ma,
            lock=seat.lock,
            wait_ms=seat.wait_ms,
            lease_ma=limit_ma if leased else 0,
            heard_ms=self.ms,
        )

    def observe(self, *evses: int) -> list[Output]:
        """Send a snapshot and a meter message of some EVSEs, or of all."""
        outputs: list[Output] = []
        for evse in evses or tuple(self.seats):
            outputs += self.feed(self.snapshot(evse))
            outputs += self.feed(self.reading(evse))
        return outputs

    def reading(self, evse: int = 1) -> MeterRead:
        seat = self.seats[evse]
        flow = seat.current_ma if seat.energised else 0
        return MeterRead(evse, seat.meter_boot, seat.energy_mwh, (flow, flow, flow), (230_000,) * 3, flow * 3 * 230)

    def plug(self, evse: int = 1, pilot: Pilot = Pilot.B1) -> list[Output]:
        seat = self.seats[evse]
        seat.plug += 1
        seat.pilot = pilot
        return self.observe(evse)

    def unplug(self, evse: int = 1, *, event: bool = False) -> list[Output]:
        seat = self.seats[evse]
        seat.pilot, seat.energised = Pilot.A1, False
        outputs = self.observe(evse)
        return outputs + (self.event("unplugged", evse) if event else [])

    def event(self, code: str, evse: int = 1, *, age_ms: int = 0, **values: object) -> list[Output]:
        self.event_id += 1
        seat = self.seats[evse]
        made = CoprocessorEvent(self.nonce, self.event_id, evse, code, seat.plug, age_ms, meter_boot=seat.meter_boot, energy_mwh=seat.energy_mwh)
        return self.feed(replace(made, **values))  # type: ignore[arg-type]

    def draw(self, evse: int = 1, *, wh: int = 0) -> list[Output]:
        """Let the vehicle close its switch and, if it is permitted, draw so much."""
        seat = self.seats[evse]
        plug, limit_ma = seat.granted
        permitted = limit_ma > 0 and plug == seat.plug
        seat.pilot = Pilot.C2 if permitted else Pilot.C1
        seat.energised = permitted
        if permitted:
            seat.energy_mwh += wh * 1000
        return self.observe(evse)

    # ------------------------------------------------------------ people and CSMS

    def tap(self, token: IdToken = TAG, evse: int = 1, *, at_once: bool = False) -> int:
        """Present a token, again not before its reader takes it for another presentation (unless `at_once`); return the request's number."""
        shown = (evse if len(self.seats) > 1 else 1, token.value.casefold())
        last_ms = self.tapped.get(shown, self.ms - REPEAT_MS)
        if not at_once and self.ms - last_ms < REPEAT_MS:
            self.run((last_ms + REPEAT_MS - self.ms) / 1000)
        self.tapped[shown] = self.ms
        request = self.request()
        self.feed(TokenPresented(evse, token, request))
        return request

    def send_token(self, token: IdToken = TAG, evse: int = 1) -> None:
        """Present a token and have it accepted."""
        self.tap(token, evse)
        if self.asks:
            self.answer()

    def answer(self, info: TokenInfo | None = ACCEPTED) -> list[Output]:
        """Answer the oldest open question about a token."""
        return self.feed(TokenAnswered(self.asks.popleft().ask, info))

    def deliver(self, *, ref: str | None = None, info: TokenInfo | None = None) -> list[Output]:
        """Let the CSMS confirm the oldest entry of the outbox."""
        entry = min(self.disk.outbox)
        return self.feed(EventDelivered(entry, ref, info))

    def charge(self, evse: int = 1, token: IdToken = TAG) -> None:
        """Plug in, authorize, and draw 1 kWh."""
        self.plug(evse)
        self.tap(token, evse)
        if self.asks:
            self.answer()
        self.run(1)
        self.draw(evse, wh=1000)

    def send(self, make: Callable[..., Input], *values: object, **named: object) -> int:
        """Send a command built of these values and a fresh request number; return the number."""
        request = self.request()
        self.feed(make(*values, request=request, **named))
        return request

    def ask(self, make: Callable[..., Input], *values: object, **named: object) -> Outcome:
        """Send a command and return its answer, which must be given at once."""
        return self.outcome(self.send(make, *values, **named))

    def set(self, name: str, value: str) -> Outcome:
        """Set a variable."""
        return self.ask(SetVariable, name=name, value=value)

    # ------------------------------------------------------------ reads

    def status(self, evse: int = 1) -> str:
        return str(self.station.evse_status(evse)["status"])

    def why(self, evse: int = 1) -> list[str]:
        reasons = self.station.evse_status(evse)["why_not"]
        assert isinstance(reasons, list)
        return [reason["code"] for reason in reasons]

    def limit_ma(self, evse: int = 1) -> int:
        """Return what the coprocessor has been permitted for the present plug-in."""
        plug, limit_ma = self.seats[evse].granted
        return limit_ma if plug == self.seats[evse].plug else 0

    def told(self, evse: int = 1) -> list[ConnectorStatus]:
        """Return the statuses that were reported, in order."""
        return [output.event.status for output in self.outputs if isinstance(output, Report) and output.event.evse == evse]

    def events(self, kind: type[T]) -> list[T]:
        return [event for event in self.disk.published if isinstance(event, kind)]

    @property
    def started(self) -> list[TransactionStarted]:
        return self.events(TransactionStarted)

    @property
    def ended(self) -> list[TransactionEnded]:
        return self.events(TransactionEnded)

    def running(self, evse: int = 1) -> Transaction | None:
        """Return the running transaction of an EVSE, as it is on disk."""
        for record in self.disk.records.values():
            if isinstance(record, Transaction) and record.evse == evse and record.ended is None:
                return record
        return None

    def session(self, transaction_id: str) -> Session:
        """Return the stored session of a transaction."""
        record = self.disk.records[f"session/{transaction_id}"]
        assert isinstance(record, Session)
        return record

    def noted(self, code: str) -> bool:
        """Tell whether the event log has such a line."""
        return any(note.code == code for note in self.disk.notes)

    def has(self, kind: type[Output]) -> bool:
        """Tell whether this run has had such an output."""
        return any(isinstance(output, kind) for output in self.outputs)

    def has_unlocked(self) -> bool:
        """Tell whether this run has asked for the socket to be unlocked."""
        return any(isinstance(output, UnlockConnector) for output in self.outputs)

    def outcome(self, request: int) -> Outcome:
        """Return the one answer to a request."""
        assert len(self.replies.get(request, [])) == 1, "every request is answered exactly once"
        return self.replies[request][0][0]
