"""One call of the station: the moment, the state, and the outputs as they gather."""

from __future__ import annotations

from .model import Record, Stamp, Transaction
from .outputs import Decision, Delete, DurableEvent, Effect, Forget, Note, Outcome, Output, Publish, Reply, Save
from .state import State
from .timers import Timer


class Turn:
    """What every part of the core works with while one input is handled."""

    def __init__(self, state: State, now: Stamp) -> None:
        self.state = state
        self.now = now
        self.outputs: list[Output] = []

    def save(self, key: str, record: Record) -> None:
        """Store a record."""
        self.outputs.append(Save(key, record))

    def delete(self, key: str) -> None:
        """Forget a record."""
        self.outputs.append(Delete(key))

    def forget(self, entry: int) -> None:
        """Take an entry out of the outbox."""
        self.outputs.append(Forget(entry))

    def publish(self, event: DurableEvent) -> int:
        """Put an event at the end of the outbox; return its entry number."""
        entry = self.state.next_entry
        self.state.next_entry += 1
        self.outputs.append(Publish(entry, event))
        return entry

    def note(self, evse: int, code: str, text: str, at: Stamp | None = None) -> None:
        """Write a line of the event log."""
        self.outputs.append(Note(at or self.now, evse, code, text))

    def do(self, effect: Effect) -> None:
        """Act on the world."""
        self.outputs.append(effect)

    def reply(self, request: int | None, outcome: Outcome, text: str = "") -> None:
        """Answer a request, where there is one."""
        if request is not None:
            self.outputs.append(Reply(request, outcome, text))

    def decide(self, requests: tuple[int, ...], accepted: bool, text: str = "") -> None:
        """Answer requests with yes or no."""
        for request in requests:
            self.reply(request, Decision.ACCEPTED if accepted else Decision.REJECTED, text)

    def keep(self, transaction: Transaction) -> None:
        """Store a transaction and let it be the present one of its EVSE while it runs."""
        self.state.transactions[transaction.id] = transaction
        evse = self.state.evses.get(transaction.evse)
        if evse is not None and (evse.transaction is None or evse.transaction.id == transaction.id):
            evse.transaction = None if transaction.ended else transaction
        self.save(f"transaction/{transaction.id}", transaction)

    def set_timer_in(self, timer: Timer, number: int, seconds: float) -> None:
        """Let a timer fall due so many seconds from now."""
        self.state.timers.set(timer, number, self.now.mono_ms + int(seconds * 1000))
