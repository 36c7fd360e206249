"""One call of the station: the moment, the state, and the outputs as they gather."""

from __future__ import annotations

from .journal import capacity, gives_way, promised
from .model import Stamp
from .outputs import (
    Decision,
    Delete,
    DurableEvent,
    Effect,
    Forget,
    Note,
    Outcome,
    Output,
    Publish,
    Reply,
    Save,
    TransactionEnded,
    Withdraw,
)
from .records import Record, Transaction
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
        self.state.journal.remove(entry)
        self.outputs.append(Forget(entry))

    def publish(self, event: DurableEvent) -> int | None:
        """Put an event at the end of the outbox, thinning what is there as needed; return its entry number.

        None for what has no place there: an event of a silent transaction, and one that gives way where only such as don't are left.
        """
        state = self.state
        known = state.transactions.get(event.transaction_id)
        if (known is not None and known.silent) or not self._make_room(event):
            return None
        entry = state.next_entry
        state.next_entry += 1
        state.journal.add(entry, event)
        self.outputs.append(Publish(entry, event))
        return entry

    def _make_room(self, event: DurableEvent) -> bool:
        """Thin the outbox if the event, and the ends still to come, do not fit; False if the event is a meter value and there is no room for it."""
        journal, update = self.state.journal, gives_way(event)
        ends_to_come = promised(self.state) - isinstance(event, TransactionEnded)
        missing = len(journal) + 1 + ends_to_come - capacity(self.state)
        if missing <= 0:
            journal.lost = 0
            return True
        gone = tuple(journal.thin(missing))
        if gone:
            self.outputs += (Forget(entry) for entry in gone)
            self.do(Withdraw(gone))
            self.note(0, "outbox.thinned", f"The outbox is full: {len(gone)} meter values were taken out evenly, {journal.updates} are left in it.")
        if not update or len(gone) >= missing:
            return True
        journal.lost += 1
        if journal.lost.bit_count() == 1:  # 1, 2, 4, 8 ...: told, and never more than can be read
            self.note(event.evse, "outbox.full", f"The outbox is full of starts and ends: {journal.lost} meter values could not be kept.")
        return False

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
        placed = self.state.unplaced is not None and self.state.unplaced.id == transaction.id
        if transaction.evse == 0 or placed:
            self.state.unplaced = transaction if transaction.evse == 0 and transaction.ended is None else None
        evse = self.state.evses.get(transaction.evse)
        if evse is not None and (evse.transaction is None or evse.transaction.id == transaction.id):
            evse.transaction = None if transaction.ended else transaction
        self.save(f"transaction/{transaction.id}", transaction)

    def set_timer_in(self, timer: Timer, number: int, seconds: float) -> None:
        """Let a timer fall due so many seconds from now."""
        self.state.timers.set(timer, number, self.now.mono_ms + int(seconds * 1000))
