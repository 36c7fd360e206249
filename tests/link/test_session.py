"""The session as the host runs it: HELLO, commands, events, silence, restarts. Time is a number that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from cpctl.link.frame import Drop
from cpctl.link.happenings import CommandDone, Established, Lost, LostReason, RefusalReason, Refused, SessionEvent
from cpctl.link.messages import (
    PROTOCOL_MAJOR,
    Build,
    Event,
    EventAck,
    Hello,
    Lease,
    Log,
    Reboot,
    Result,
    Role,
    SetLock,
    Snapshot,
    Wake,
)
from cpctl.link.session import Session

from .peer import Peer, event, snapshot

MS = 1000
SECOND = 1_000_000


class Wire:
    """A session and a peer joined by a perfect wire of 1 ms each way; `cut` holds back what the host sends."""

    def __init__(self, peer: Peer | None = None, *, mark: tuple[int, int] | None = None, allow_simulated: bool = False) -> None:
        self.peer = peer or Peer()
        self.now = 10 * SECOND
        self.session = Session(random=Random(1), mark=mark, allow_simulated=allow_simulated)
        self.happened: list[SessionEvent] = []
        self.cut: Callable[[bytes], bool] = lambda frame: False
        self.session.opened(self.now)
        self.settle()

    def settle(self) -> None:
        """Carry frames until both sides are quiet."""
        while frames := self.session.data_to_send():
            self.now += MS
            back = b"".join(self.peer.take(frame) for frame in frames if not self.cut(frame))
            self.now += MS
            self.session.receive(back, self.now)
            self.happened += self.session.events()
        self.happened += self.session.events()

    def hear(self, data: bytes) -> None:
        self.now += MS
        self.session.receive(data, self.now)
        self.settle()

    def wait(self, us: int) -> None:
        """Let time pass, and poll whenever the session asks for it."""
        end = self.now + us
        while (due := self.session.deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.session.poll(self.now)
            self.settle()
        self.now = max(self.now, end)

    def of(self, kind: type[SessionEvent]) -> list[SessionEvent]:
        return [item for item in self.happened if isinstance(item, kind)]


def test_hello_makes_a_session() -> None:
    wire = Wire()

    (established,) = wire.of(Established)
    assert isinstance(established, Established)
    assert not established.restarted
    assert established.hello.nonce == wire.peer.nonce
    assert wire.session.established


def test_hello_is_repeated_until_somebody_answers() -> None:
    wire = Wire(Peer(greets=False))
    wire.wait(5 * SECOND)
    assert not wire.session.established
    assert 5 <= len(wire.peer.of(Hello)) <= 12
    assert len({m.nonce for m in wire.peer.of(Hello) if isinstance(m, Hello)}) == 1

    wire.peer.greets = True
    wire.wait(SECOND)

    assert wire.session.established


def test_each_session_has_a_nonce_of_its_own() -> None:
    wire = Wire()
    wire.session.closed()
    wire.session.opened(wire.now)
    wire.settle()

    first, second = (m.nonce for m in wire.peer.of(Hello) if isinstance(m, Hello))
    assert first != second
    assert wire.session.established


def test_frames_of_another_session_are_dropped_and_counted() -> None:
    wire = Wire()

    wire.hear(wire.peer.say(snapshot(1), session=wire.peer.session ^ 1))

    assert not wire.of(Snapshot)
    assert wire.session.counters.dropped[Drop.WRONG_SESSION] == 1


def test_nothing_but_hello_is_taken_before_the_session() -> None:
    wire = Wire(Peer(greets=False))

    wire.hear(wire.peer.say(snapshot(1)) + wire.peer.say(event(1)))

    assert wire.happened == []
    assert wire.session.counters.dropped[Drop.WRONG_SESSION] == 2


def test_our_own_echo_makes_no_session() -> None:
    wire = Wire(Peer(greets=False))
    echo = wire.peer.say_hello(role=Role.HOST)

    wire.hear(echo)

    assert not wire.session.established
    assert wire.session.counters.dropped[Drop.UNKNOWN_MESSAGE] == 1


def test_another_major_is_refused_and_can_still_be_rebooted_and_heard() -> None:
    peer = Peer()
    peer.hello = Hello(role=Role.COPROCESSOR, major=2, minor=3, evse_count=1)
    wire = Wire(peer)
    (refused,) = wire.of(Refused)
    assert isinstance(refused, Refused)
    assert refused.reason is RefusalReason.OTHER_MAJOR
    assert not wire.session.send_lease(Lease(1, 1, 160, 3, 1000, wire.now))

    wire.hear(peer.say(Log(text="old firmware speaking"), major=2))
    ticket = wire.session.send_command(Reboot(1), wire.now)
    wire.session.send_command(Wake(1), wire.now)
    wire.settle()

    assert wire.of(Log) == [Log(text="old firmware speaking")]
    done = {d.ticket: d for d in wire.of(CommandDone) if isinstance(d, CommandDone)}
    assert done[ticket].reply is not None
    assert done[ticket + 1].reply is None
    assert not any(isinstance(m, Wake | Lease) for m in peer.heard)


def test_a_newer_firmware_takes_the_place_of_a_refused_one() -> None:
    peer = Peer()
    peer.hello = Hello(role=Role.COPROCESSOR, major=2)
    wire = Wire(peer)
    peer.restart()
    peer.hello = Hello(role=Role.COPROCESSOR, major=PROTOCOL_MAJOR, evse_count=1)

    wire.wait(5 * SECOND)

    assert wire.session.established


def test_emulator_and_simulated_builds_are_refused_unless_allowed() -> None:
    for bit in (Build.EMULATOR, Build.SIMULATED):
        peer = Peer(hello=Hello(role=Role.COPROCESSOR, major=PROTOCOL_MAJOR, build=1 << bit))
        assert [r.reason for r in Wire(peer).of(Refused) if isinstance(r, Refused)] == [RefusalReason.SIMULATED]

        assert Wire(Peer(hello=peer.hello), allow_simulated=True).session.established


def test_a_command_is_answered() -> None:
    wire = Wire()

    ticket = wire.session.send_command(SetLock(1, 1), wire.now)
    wire.settle()

    (done,) = wire.of(CommandDone)
    assert isinstance(done, CommandDone)
    assert done.ticket == ticket
    assert done.reply is not None
    assert done.reply.result is Result.OK


def test_commands_go_one_at_a_time_in_order() -> None:
    wire = Wire()
    wire.peer.answers = False
    for evse in (1, 2, 3):
        wire.session.send_command(Wake(evse), wire.now)
    wire.settle()
    assert wire.peer.heard[-1:] == [Wake(1)]

    wire.peer.answers = True
    wire.wait(SECOND)

    assert [m for m in wire.peer.heard if isinstance(m, Wake)] == [Wake(1), Wake(1), Wake(2), Wake(3)]
    assert wire.session.counters.resent == 1


def test_a_lost_reply_is_asked_for_again_under_the_same_number() -> None:
    wire = Wire()
    wire.session.send_command(Wake(1), wire.now)
    (first,) = wire.session.data_to_send()
    wire.wait(SECOND)

    assert wire.peer.heard[-1] == Wake(1)
    assert wire.session.counters.resent == 1
    wire.hear(wire.peer.take(first))  # the first try arrives after all, with its reply
    assert len(wire.of(CommandDone)) == 1
    assert wire.session.counters.duplicates == 1


def test_four_tries_without_an_answer_make_the_link_suspect() -> None:
    wire = Wire()
    wire.peer.answers = wire.peer.greets = False
    ticket = wire.session.send_command(Wake(1), wire.now)
    wire.session.send_command(Wake(2), wire.now)
    wire.settle()

    wire.wait(SECOND)

    assert len([m for m in wire.peer.heard if m == Wake(1)]) == 4
    assert wire.of(Lost) == [Lost(LostReason.SUSPECT)]
    assert [(d.ticket, d.reply) for d in wire.of(CommandDone) if isinstance(d, CommandDone)] == [(ticket, None), (ticket + 1, None)]
    assert not wire.session.established
    wire.peer.greets = True
    wire.wait(2 * SECOND)
    assert wire.session.established


def test_silence_is_asked_about_and_then_suspect() -> None:
    wire = Wire()
    wire.wait(3 * SECOND)
    assert wire.session.established, "a peer that answers HELLO is alive, however quiet"

    wire.peer.greets = False
    wire.wait(3 * SECOND)

    assert wire.of(Lost) == [Lost(LostReason.SUSPECT)]


def test_a_restarted_coprocessor_is_noticed_by_its_hello() -> None:
    wire = Wire()
    wire.peer.restart()

    wire.hear(wire.peer.say_hello())

    assert wire.of(Lost) == [Lost(LostReason.RESTARTED)]
    established = [e for e in wire.of(Established) if isinstance(e, Established)]
    assert [e.restarted for e in established] == [False, True]


def test_a_returning_host_knows_a_restart_by_its_mark() -> None:
    assert [e.restarted for e in Wire(mark=(0xC0C0, 5)).of(Established) if isinstance(e, Established)] == [False]
    assert [e.restarted for e in Wire(mark=(0xBEEF, 5)).of(Established) if isinstance(e, Established)] == [True]


def test_a_replayed_hello_of_the_coprocessor_ends_no_session() -> None:
    wire = Wire()
    old = wire.peer.say_hello()
    wire.session.closed()
    wire.session.opened(wire.now)
    wire.settle()

    wire.hear(old)

    assert wire.session.established
    assert wire.of(Lost) == [Lost(LostReason.CLOSED)]


def test_leases_leave_once_and_the_latest_wins() -> None:
    wire = Wire()
    for limit in (160, 100, 0):
        wire.session.send_lease(Lease(1, 7, limit, 3, 10_000, wire.now))
    wire.settle()

    assert [m.limit_da for m in wire.peer.of(Lease) if isinstance(m, Lease)] == [0]


def test_a_line_that_takes_nothing_costs_no_memory() -> None:
    wire = Wire()
    for n in range(10_000):
        wire.session.send_lease(Lease(1, 7, 160, 3, 10_000, wire.now))
        wire.session.send_command(Wake(1), wire.now)
        if n % 100 == 0:
            wire.session.poll(wire.now)

    assert len(wire.session.data_to_send()) <= 4


def test_events_are_delivered_once_in_order_and_acknowledged_when_told() -> None:
    wire = Wire()
    wire.hear(wire.peer.say(event(2)) + wire.peer.say(event(1)) + wire.peer.say(event(1)))

    assert [e.id for e in wire.of(Event) if isinstance(e, Event)] == [1, 2]
    assert wire.peer.of(EventAck) == []

    wire.session.ack_event(wire.session.boot_nonce, 1)
    wire.settle()
    assert wire.peer.of(EventAck) == [EventAck(1)]


def test_an_event_whose_ack_was_lost_is_acknowledged_again_and_not_delivered_again() -> None:
    wire = Wire()
    wire.hear(wire.peer.say(event(1)))
    wire.session.ack_event(wire.session.boot_nonce, 1)
    wire.session.data_to_send()

    wire.hear(wire.peer.say(event(1)))

    assert len(wire.of(Event)) == 1
    assert wire.peer.of(EventAck) == [EventAck(1)]


def test_a_returning_host_goes_on_after_its_mark() -> None:
    wire = Wire(mark=(0xC0C0, 5))
    assert wire.peer.of(EventAck) == [EventAck(5)]

    wire.hear(wire.peer.say(event(5)) + wire.peer.say(event(6)))

    assert [e.id for e in wire.of(Event) if isinstance(e, Event)] == [6]


def test_old_and_doubled_snapshots_are_dropped() -> None:
    wire = Wire()
    for uptime in (100, 200):
        wire.hear(wire.peer.say(snapshot(uptime)))
    again = wire.peer.say(snapshot(250))
    wire.hear(again + again)
    for uptime in (150, 300):
        wire.hear(wire.peer.say(snapshot(uptime)))

    assert [s.uptime_us for s in wire.of(Snapshot) if isinstance(s, Snapshot)] == [100, 200, 250, 300]
    assert (wire.session.counters.duplicates, wire.session.counters.stale) == (1, 1)


def test_two_snapshots_of_one_instant_are_both_news() -> None:
    wire = Wire()
    wire.hear(wire.peer.say(snapshot(100, plug=1)))
    wire.hear(wire.peer.say(snapshot(100, plug=2)))

    assert [s.plug for s in wire.of(Snapshot) if isinstance(s, Snapshot)] == [1, 2]


def test_snapshots_map_the_coprocessors_clock() -> None:
    wire = Wire()
    sent = wire.now
    wire.now += 3 * MS
    wire.hear(wire.peer.say(snapshot(5_000_000, host_clock_us=sent, host_clock_age_us=2 * MS)))

    mapped = wire.session.clock.to_host_us(5_000_000)
    error = wire.session.clock.error_us(wire.now)
    assert mapped is not None
    assert error is not None
    assert abs(mapped - (sent + 3 * MS)) <= error <= MS


def test_a_hello_that_had_to_be_repeated_maps_the_clock_as_well() -> None:
    wire = Wire()
    wire.session.closed()
    wire.peer.nonce += 1
    wire.cut = lambda frame: True
    wire.session.opened(wire.now)
    wire.settle()
    wire.cut = lambda frame: False
    wire.wait(SECOND)

    assert wire.session.established
    assert wire.session.clock.to_host_us(0) is not None
    assert (wire.session.clock.error_us(wire.now) or 0) > MS, "nobody knows which hello was answered"


def test_lost_log_lines_are_counted() -> None:
    wire = Wire()
    wire.hear(wire.peer.say(Log(text="one")))
    wire.peer.say(Log(text="lost"))
    wire.hear(wire.peer.say(Log(text="three")))

    assert [line.text for line in wire.of(Log) if isinstance(line, Log)] == ["one", "three"]
    assert wire.session.counters.logs_lost == 1


def test_a_closed_line_ends_everything_and_asks_for_no_time() -> None:
    wire = Wire()
    wire.peer.answers = False
    wire.session.send_command(Wake(1), wire.now)
    wire.session.closed()
    wire.settle()

    assert wire.of(Lost) == [Lost(LostReason.CLOSED)]
    assert wire.session.deadline() is None
    assert [d.reply for d in wire.of(CommandDone) if isinstance(d, CommandDone)] == [None]
