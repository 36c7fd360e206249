"""The host's side of the link as a machine without I/O: bytes and time in, frames and happenings out.

    session.opened(now)                      the line is open
    session.receive(data, now)               bytes came
    session.poll(now)                        the time named by `deadline()` has come
    for item in session.events(): ...        what happened, in order
    line.write(b"".join(session.data_to_send()))

Times are the host's monotonic clock in microseconds. What is to be sent is kept in a slot for each purpose, where the latest wins: a line that
takes nothing for a while costs no memory and delivers no old news.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from enum import StrEnum
from random import Random
from struct import pack
from typing import Final
from zlib import crc32

from .clock import ClockMap
from .counters import LinkCounters
from .event_order import EventOrder
from .frame import MAX_FRAME, OPENING, BadFrame, Drop, Frame, FrameDecoder, encode_frame
from .happenings import CommandDone, Established, Lost, LostReason, RefusalReason, Refused, SessionEvent
from .messages import (
    LAYOUT_HASH,
    MESSAGES,
    PROTOCOL_MAJOR,
    PROTOCOL_MINOR,
    BenchState,
    Build,
    Command,
    Counters,
    Event,
    EventAck,
    Hello,
    Kind,
    Lease,
    Log,
    Meter,
    Reboot,
    Reply,
    Role,
    Snapshot,
)
from .news import News
from .timeouts import RoundTrip
from .window import CommandWindow

#: HELLO is repeated while nobody answers, each time after twice as long.
HELLO_FIRST_US: Final = 100_000
HELLO_LAST_US: Final = 1_000_000
#: A HELLO that does not name our nonce is answered by ours, not more often than this.
HELLO_ANSWER_US: Final = 50_000
#: Silence after which a HELLO asks whether anybody is there; snapshots come much more often by default.
SILENCE_US: Final = 1_500_000
#: Such questions without an answer before the link is suspect.
PROBES: Final = 3
PROBE_US: Final = 300_000


class _State(StrEnum):
    CLOSED = "closed"
    GREETING = "greeting"
    UP = "up"
    UNFIT = "unfit"


def session_id(host_nonce: int, coprocessor_nonce: int) -> int:
    """Derive the session of two nonces; 0 is the session of HELLO only."""
    return crc32(pack("<II", host_nonce, coprocessor_nonce)) & 0xFFFF or 1


class Session:
    """The link as the host sees it, from one opening of the line to the next and over restarts of either side.

    `mark` is the (boot nonce, id) of the last event whose consequences are stored. `allow_simulated`: take firmware without real protections.
    `speed`: how much faster than life the clock runs, in a simulation; every wait for the other side is that much longer.
    """

    def __init__(
        self,
        *,
        random: Random,
        version: tuple[int, int, int] = (0, 0, 0),
        revision: str = "",
        allow_simulated: bool = False,
        mark: tuple[int, int] | None = None,
        speed: float = 1.0,
    ) -> None:
        self.counters = LinkCounters()
        self.round_trip = RoundTrip(speed)
        self._hello_first_us = round(HELLO_FIRST_US * speed)
        self._hello_last_us = round(HELLO_LAST_US * speed)
        self._silence_us = round(SILENCE_US * speed)
        self._probe_us = round(PROBE_US * speed)
        self.clock = ClockMap()
        self.peer: Hello | None = None  # the HELLO of the present session, or of the coprocessor that we refuse
        self._random = random
        self._version, self._revision = version, revision
        self._allow_simulated = allow_simulated
        self._state = _State.CLOSED
        self._decoder = FrameDecoder()
        self._order = EventOrder(mark)
        self._last_nonce = mark[0] if mark else 0
        self._events: deque[SessionEvent] = deque()
        self._outgoing: dict[Hashable, bytes] = {}
        self._window = CommandWindow(self._write_command, self.round_trip)
        self._nonce = 0
        self._peer_nonce = 0  # as last heard
        self._session = 0
        self._seq: dict[Kind, int] = {}
        self._heard_us = 0  # last sign of life in this session
        self._probes = 0
        self._hello_due_us = 0
        self._hello_wait_us = self._hello_first_us
        self._greeted_us = 0
        self._hello_sent_us = 0
        self._hello_sends = 0
        self._news = News(self.counters)

    # ------------------------------------------------------------ what the owner of the line calls

    @property
    def established(self) -> bool:
        """True while there is a session."""
        return self._state is _State.UP

    @property
    def boot_nonce(self) -> int:
        """The boot of the coprocessor that events are numbered in."""
        return self._order.boot_nonce

    def opened(self, now_us: int) -> None:
        """Begin with HELLO: the line is open."""
        self._decoder = FrameDecoder()
        self._outgoing = {"opening": OPENING}
        self._greet(now_us)

    def closed(self) -> None:
        """End: the line is gone."""
        self._lose(LostReason.CLOSED)
        self._state = _State.CLOSED

    def receive(self, data: bytes, now_us: int) -> None:
        """Take bytes as they came off the line."""
        self.counters.rx_bytes += len(data)
        for frame in self._decoder.feed(data):
            if isinstance(frame, BadFrame):
                self.counters.drop(frame.reason)
            else:
                self._take(frame, now_us)

    def poll(self, now_us: int) -> None:
        """Do what is due."""
        if self._state in (_State.GREETING, _State.UNFIT):
            if now_us >= self._hello_due_us:
                self._send_hello(now_us)
                self._hello_wait_us = min(self._hello_wait_us * 2, self._hello_last_us)
                self._hello_due_us = now_us + self._hello_wait_us
        elif self._state is _State.UP and now_us >= self._silence_due_us():
            self._probe(now_us)
        if not self._window.try_again(now_us):
            self._give_up(now_us)

    def deadline(self) -> int | None:
        """When `poll` is due next; None while the line is closed."""
        if self._state is _State.CLOSED:
            return None
        due = self._silence_due_us() if self._state is _State.UP else self._hello_due_us
        overdue = self._window.due_us
        return due if overdue is None else min(due, overdue)

    def data_to_send(self) -> list[bytes]:
        """Take the frames that wait to be written."""
        if not self._outgoing:
            return []
        frames = list(self._outgoing.values())
        self._outgoing.clear()
        self.counters.tx_frames += len(frames)
        self.counters.tx_bytes += sum(map(len, frames))
        return frames

    def events(self) -> list[SessionEvent]:
        """Take what has happened, in order."""
        happened = list(self._events)
        self._events.clear()
        return happened

    # ------------------------------------------------------------ what the adapter asks for

    def send_command(self, command: Command, now_us: int) -> int:
        """Queue a command; its `CommandDone` carries the number returned. Without a session it is done at once, unanswered."""
        ticket = self._window.ticket()
        if self._state is _State.UP or (self._state is _State.UNFIT and isinstance(command, Reboot)):
            done = self._window.add(ticket, command, now_us)
        else:
            done = CommandDone(ticket, command, None)
        if done is not None:
            self._events.append(done)
        return ticket

    def send_lease(self, lease: Lease) -> bool:
        """Send a lease, replacing one of the same EVSE that has not left yet; False without a session."""
        if self._state is not _State.UP:
            return False
        self._put(("lease", lease.evse), Kind.LEASE, lease.ID, lease.to_bytes())
        return True

    def ack_event(self, boot_nonce: int, event_id: int) -> None:
        """Acknowledge an event whose consequences are stored."""
        if self._order.commit(boot_nonce, event_id):
            self._send_ack()

    # ------------------------------------------------------------ HELLO

    def _greet(self, now_us: int) -> None:
        """Begin a new session with a nonce of its own."""
        self._state = _State.GREETING
        self._nonce = self._random.getrandbits(32) or 1
        self._session = 0
        self._hello_sends = 0
        self._greeted_us = now_us
        self._hello_wait_us = self._hello_first_us
        self._send_hello(now_us)
        self._hello_due_us = now_us + self._hello_wait_us

    def _send_hello(self, now_us: int) -> None:
        hello = Hello(
            role=Role.HOST,
            major=PROTOCOL_MAJOR,
            minor=PROTOCOL_MINOR,
            layout_hash=LAYOUT_HASH,
            nonce=self._nonce,
            peer_nonce=self._peer_nonce,
            max_frame=MAX_FRAME,
            version=self._version,
            revision=self._revision,
            chip="host",
            uptime_us=now_us,
        )
        self._outgoing["hello"] = encode_frame(Kind.HELLO, 0, self._hello_sends & 0xFF, Hello.ID, hello.to_bytes())
        self._hello_sends += 1
        self._hello_sent_us = now_us

    def _take_hello(self, hello: Hello, now_us: int) -> None:
        if hello.role != Role.COPROCESSOR or hello.nonce == 0:
            self.counters.drop(Drop.UNKNOWN_MESSAGE)  # our own echo, or no coprocessor
            return
        self._peer_nonce = hello.nonce
        is_other = self.peer is None or hello.nonce != self.peer.nonce
        if self._state is _State.UP and is_other:
            self._lose(LostReason.RESTARTED)
            self._greet(now_us)
        elif hello.peer_nonce != self._nonce:
            if now_us - self._hello_sent_us >= HELLO_ANSWER_US:
                self._send_hello(now_us)
        elif self._state is _State.GREETING or is_other:
            self._meet(hello, now_us)
        else:
            self._heard(now_us)

    def _meet(self, hello: Hello, now_us: int) -> None:
        self.peer = hello
        self._session = session_id(self._nonce, hello.nonce)
        self._seq.clear()
        self._news.new_session()
        if refusal := self._unfit(hello):
            self._state = _State.UNFIT
            self._hello_wait_us = self._hello_last_us
            self._hello_due_us = now_us + self._hello_last_us
            self._events.append(Refused(refusal, hello))
            return
        self._state = _State.UP
        self._heard(now_us)
        self.counters.sessions += 1
        restarted = self._last_nonce not in (0, hello.nonce)
        if hello.nonce != self._last_nonce:
            self.clock.reset()
            self._news.new_boot()
            self._last_nonce = hello.nonce
        # It answers one of our hellos, whichever: a bound all the same, so that events that waited are dated from the first one on.
        self.clock.sample(self._greeted_us, now_us, hello.uptime_us)
        self._order.boot(hello.nonce)
        if self._order.ack:
            self._send_ack()
        self._events.append(Established(hello, restarted))

    def _unfit(self, hello: Hello) -> RefusalReason | None:
        if hello.major != PROTOCOL_MAJOR:
            return RefusalReason.OTHER_MAJOR
        unreal = hello.build & (1 << Build.EMULATOR | 1 << Build.SIMULATED)
        return RefusalReason.SIMULATED if unreal and not self._allow_simulated else None

    # ------------------------------------------------------------ frames in

    def _take(self, frame: Frame, now_us: int) -> None:
        self.counters.rx_frames += 1
        kind_ok = frame.msg in MESSAGES and frame.kind == MESSAGES[frame.msg].KIND
        if frame.msg == Hello.ID and kind_ok:
            self._take_hello(Hello.from_bytes(frame.payload), now_us)
        elif frame.major != PROTOCOL_MAJOR and not self._keeps_its_form(frame):
            self.counters.drop(Drop.WRONG_VERSION)
        elif self._session == 0 or frame.session != self._session:
            self.counters.drop(Drop.WRONG_SESSION)
        elif not kind_ok:
            self.counters.drop(Drop.UNKNOWN_MESSAGE)
        else:
            self._heard(now_us)
            self._take_message(frame, now_us)

    def _keeps_its_form(self, frame: Frame) -> bool:
        """Log, and the answer to a reboot, read the same in every major version."""
        rebooting = isinstance(self._window.in_flight, Reboot)
        return frame.msg == Log.ID or (frame.msg == Reply.ID and rebooting)

    def _take_message(self, frame: Frame, now_us: int) -> None:
        if frame.msg == Snapshot.ID:
            snapshot = Snapshot.from_bytes(frame.payload)
            if self._news.telemetry(frame, snapshot.evse, snapshot.uptime_us):
                if snapshot.host_clock_us:
                    self.clock.sample(snapshot.host_clock_us, now_us, snapshot.uptime_us, snapshot.host_clock_age_us)
                self._events.append(snapshot)
        elif frame.msg == Meter.ID:
            meter = Meter.from_bytes(frame.payload)
            if self._news.telemetry(frame, meter.evse, meter.uptime_us):
                self._events.append(meter)
        elif frame.msg == Event.ID:
            self._take_event(Event.from_bytes(frame.payload))
        elif frame.msg == Reply.ID:
            self._take_reply(frame.seq, Reply.from_bytes(frame.payload), now_us)
        elif frame.msg == Log.ID:
            if self._news.log_line(frame.seq):
                self._events.append(Log.from_bytes(frame.payload))
        elif frame.msg == BenchState.ID:
            self._events.append(BenchState.from_bytes(frame.payload))
        elif frame.msg == Counters.ID:
            self._events.append(Counters.from_bytes(frame.payload))
        else:
            self.counters.drop(Drop.UNKNOWN_MESSAGE)  # a host's message: an echo

    def _take_event(self, event: Event) -> None:
        self._events.extend(self._order.take(event))
        self.counters.duplicates += self._order.duplicates
        self.counters.events_skipped += self._order.skipped
        self._order.duplicates = self._order.skipped = 0
        if event.id <= self._order.ack:
            self._send_ack()  # ours was lost

    # ------------------------------------------------------------ commands

    def _write_command(self, command: Command, seq: int | None) -> int:
        if seq is None:
            return self._put("command", Kind.COMMAND, command.ID, command.to_bytes())
        self.counters.resent += 1
        self._outgoing["command"] = encode_frame(Kind.COMMAND, self._session, seq, command.ID, command.to_bytes())
        return seq

    def _take_reply(self, seq: int, reply: Reply, now_us: int) -> None:
        done = self._window.answer(seq, reply, now_us)
        if done is None:
            self.counters.duplicates += 1
            return
        if self._window.in_flight is None:
            self._outgoing.pop("command", None)  # a repetition that has not left yet
        self._events.append(done)

    def _give_up(self, now_us: int) -> None:
        """Nobody answers: the session is over, or (one command is all that it was for) only the command."""
        if self._state is _State.UP:
            self._lose(LostReason.SUSPECT)
            self._greet(now_us)
        else:
            self._events.extend(self._window.fail())

    # ------------------------------------------------------------ life of the session

    def _heard(self, now_us: int) -> None:
        self._heard_us = now_us
        self._probes = 0

    def _silence_due_us(self) -> int:
        return self._heard_us + self._silence_us + self._probes * self._probe_us

    def _probe(self, now_us: int) -> None:
        """Ask by HELLO whether anybody is there: it resets nothing but sequence numbers."""
        if self._probes >= PROBES:
            self._lose(LostReason.SUSPECT)
            self._greet(now_us)
            return
        self._probes += 1
        self._send_hello(now_us)

    def _lose(self, reason: LostReason) -> None:
        was_up = self._state is _State.UP
        self._events.extend(self._window.fail())
        self._outgoing.clear()
        self._session = 0
        if was_up:
            self.counters.suspects += reason is LostReason.SUSPECT
            self._events.append(Lost(reason))

    def _send_ack(self) -> None:
        if self._state is _State.UP:
            self._put("ack", Kind.ACK, EventAck.ID, EventAck(self._order.ack).to_bytes())

    def _put(self, slot: Hashable, kind: Kind, msg: int, payload: bytes) -> int:
        seq = self._seq.get(kind, 0)
        self._seq[kind] = (seq + 1) & 0xFF
        self._outgoing[slot] = encode_frame(kind, self._session, seq, msg, payload)
        return seq
