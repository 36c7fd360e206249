"""Commands on their way: one in flight, tried again under its number until it is answered; the others wait in order. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from .happenings import CommandDone
from .messages import Command, Reply
from .timeouts import TRIES, RoundTrip

#: Commands that wait behind the one in flight; the oldest gives way.
MAX_QUEUE: Final = 64


@dataclass(frozen=True, slots=True)
class _Flight:
    """The command in flight."""

    ticket: int
    command: Command
    seq: int
    tries: int
    sent_us: int
    due_us: int


class CommandWindow:
    """A window of one. `send(command, seq)` puts a command on the wire and returns its number, a new one where `seq` is None."""

    def __init__(self, send: Callable[[Command, int | None], int], round_trip: RoundTrip) -> None:
        self._send = send
        self._round_trip = round_trip
        self._tickets = count(1)
        self._queue: deque[tuple[int, Command]] = deque()
        self._flight: _Flight | None = None

    @property
    def in_flight(self) -> Command | None:
        """The command that waits for its answer."""
        return self._flight.command if self._flight else None

    @property
    def due_us(self) -> int | None:
        """When the command in flight is overdue."""
        return self._flight.due_us if self._flight else None

    def ticket(self) -> int:
        """Give the next command its number."""
        return next(self._tickets)

    def add(self, ticket: int, command: Command, now_us: int) -> CommandDone | None:
        """Queue a command; return the one that had to give way for it."""
        gone = None
        if len(self._queue) >= MAX_QUEUE:
            gone = CommandDone(*self._queue.popleft(), None)
        self._queue.append((ticket, command))
        self._launch(now_us)
        return gone

    def try_again(self, now_us: int) -> bool:
        """Repeat what is overdue; False if it was tried often enough."""
        flight = self._flight
        if flight is None or now_us < flight.due_us:
            return True
        if flight.tries >= TRIES:
            return False
        self._send(flight.command, flight.seq)
        tries = flight.tries + 1
        self._flight = replace(flight, tries=tries, due_us=now_us + self._round_trip.timeout_us(tries))
        return True

    def answer(self, seq: int, reply: Reply, now_us: int) -> CommandDone | None:
        """Take a reply, and let the next command go; None if nobody waited for it."""
        flight = self._flight
        if flight is None or seq != flight.seq or reply.command != flight.command.ID:
            return None
        if flight.tries == 1:
            self._round_trip.sample(now_us - flight.sent_us)
        self._flight = None
        self._launch(now_us)
        return CommandDone(flight.ticket, flight.command, reply)

    def fail(self) -> list[CommandDone]:
        """Give up everything."""
        waiting = [(self._flight.ticket, self._flight.command)] if self._flight else []
        given_up = [CommandDone(ticket, command, None) for ticket, command in (*waiting, *self._queue)]
        self._flight = None
        self._queue.clear()
        return given_up

    def _launch(self, now_us: int) -> None:
        if self._flight is None and self._queue:
            ticket, command = self._queue.popleft()
            seq = self._send(command, None)
            self._flight = _Flight(ticket, command, seq, 1, now_us, now_us + self._round_trip.timeout_us(1))
