"""Events in their order, each once, acknowledged when their consequences are safe. No I/O.

Ids count up from 1 within a boot of the coprocessor. A gap is waited for, since what is missing is resent; only `Event.oldest` says that
something will never come.
"""

from __future__ import annotations

from .messages import Event

#: Twice the coprocessor's ring: an id further ahead than this is no event of ours.
MAX_AHEAD = 64


class EventOrder:
    """What has been heard, delivered and stored of the events of one boot.

    `mark` is the (boot nonce, id) of the last event whose consequences are in the store.
    """

    def __init__(self, mark: tuple[int, int] | None = None) -> None:
        self.boot_nonce, self._stored = mark or (0, 0)
        self._next = self._stored + 1
        self._known = mark is not None  # False: the first event heard tells where to begin
        self._held: dict[int, Event] = {}
        self._committed: set[int] = set()
        self.skipped = 0
        self.duplicates = 0

    @property
    def ack(self) -> int:
        """Id up to which everything is stored; 0 if nothing is."""
        return self._stored

    def boot(self, nonce: int) -> bool:
        """Learn the coprocessor's boot; True if it is another one than before, so that everything begins anew."""
        if nonce == self.boot_nonce:
            return False
        self._known = self._known or self.boot_nonce != 0
        self.boot_nonce, self._stored, self._next = nonce, 0, 1
        self._held.clear()
        self._committed.clear()
        return True

    def take(self, event: Event) -> list[Event]:
        """Take an event as it came; return those that can now be delivered, in order."""
        if not self._known:
            self._begin(event.oldest or event.id)
        if event.id < self._next:
            self.duplicates += 1
            return []
        if event.id >= self._next + MAX_AHEAD and event.oldest <= self._next:
            return []
        if event.id in self._held:
            self.duplicates += 1
        self._held[event.id] = event
        out: list[Event] = []
        while self._held:
            if self._next in self._held:
                out.append(self._held.pop(self._next))
            elif self._next < event.oldest:
                self.skipped += 1
                self._committed.add(self._next)
            else:
                break
            self._next += 1
        self._settle()
        return out

    def commit(self, boot_nonce: int, event_id: int) -> bool:
        """Note that the consequences of a delivered event are stored; True if `ack` moved."""
        if boot_nonce != self.boot_nonce or not self._stored < event_id < self._next:
            return False
        self._committed.add(event_id)
        return self._settle()

    def _begin(self, event_id: int) -> None:
        self._known = True
        self._next = event_id
        self._stored = event_id - 1

    def _settle(self) -> bool:
        before = self._stored
        while self._stored + 1 in self._committed:
            self._stored += 1
            self._committed.discard(self._stored)
        return self._stored != before
