"""What the core knows of the outbox: which entries wait there, how many may, and which meter values give way when it is full.

Starts and ends always have their place: one that begins is let in only if its end will fit too. Meter values are thinned evenly: the one whose
absence leaves the smallest gap goes first, so that after weeks offline what remains is spread over all of them. The oldest entry may be on its way
to the CSMS and is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from .model import Stamp
from .outputs import DurableEvent, TransactionUpdated

if TYPE_CHECKING:
    from .state import State

# Thinning takes this share of the meter values at once: seldom enough to be read in the event log and to cost nothing, too little to be uneven.
_BATCH_SHARE: Final = 16

# Between moments that cannot be compared (another boot, no clock): such a neighbour is needed.
_FAR_MS: Final = 1 << 62


@dataclass(slots=True)
class Journal:
    """The entries that wait, in their order."""

    waiting: dict[int, DurableEvent] = field(default_factory=dict)
    updates: int = 0  # how many of them may give way
    lost: int = 0  # meter values that found no place at all since the outbox was last less than full

    @classmethod
    def of(cls, outbox: Iterable[tuple[int, DurableEvent]]) -> Journal:
        """Take up what the store holds."""
        journal = cls()
        for entry, event in outbox:
            journal.add(entry, event)
        return journal

    def __len__(self) -> int:
        return len(self.waiting)

    def add(self, entry: int, event: DurableEvent) -> None:
        """Take note of a new entry, the last."""
        self.waiting[entry] = event
        self.updates += gives_way(event)

    def remove(self, entry: int) -> bool:
        """Take note that an entry waits no longer; False if it did not."""
        event = self.waiting.pop(entry, None)
        self.updates -= event is not None and gives_way(event)
        return event is not None

    @property
    def fixed(self) -> int:
        """How many entries cannot give way: starts, ends, what tells of a token, and the oldest."""
        oldest = self._oldest()
        return len(self.waiting) - self.updates + (oldest is not None and gives_way(oldest))

    def thin(self, needed: int) -> list[int]:
        """Take out at least `needed` meter values, or as many as there are; return their entries.

        A batch goes at once, and what came since the last thinning is brought to the spacing of the closest quarter of all.
        """
        batch = self.updates // _BATCH_SHARE
        gone: list[int] = []
        spacing = _Spacing(self.waiting)
        usual_ms = spacing.quarter_ms()
        while (best := spacing.closest()) is not None:
            gap_ms, entry = best
            cheap = gap_ms < _FAR_MS and (len(gone) < batch or gap_ms <= usual_ms)
            if len(gone) >= needed and not cheap:
                break
            spacing.take(entry)
            gone.append(entry)
        for entry in gone:
            self.remove(entry)
        return sorted(gone)

    def _oldest(self) -> DurableEvent | None:
        return next(iter(self.waiting.values()), None)


def gives_way(event: DurableEvent) -> bool:
    """Tell whether the outbox can do without an event: meter values, and how a charge went on, but not who was authorized for it (E04.FR.07, E04.FR.08)."""
    return isinstance(event, TransactionUpdated) and event.id_token is None and event.remote_start_id is None


class _Spacing:
    """Every meter value that may go, by the gap that it would leave between its neighbours in the same transaction; ties by age."""

    def __init__(self, waiting: dict[int, DurableEvent]) -> None:
        self._at: dict[int, Stamp] = {}
        self._before: dict[int, int | None] = {}
        self._after: dict[int, int | None] = {}
        last: dict[str, int] = {}
        for entry, event in waiting.items():
            previous = last.get(event.transaction_id)
            self._at[entry] = event.at
            self._before[entry], self._after[entry] = previous, None
            if previous is not None:
                self._after[previous] = entry
            last[event.transaction_id] = entry
        oldest = next(iter(waiting), None)
        self._may_go = {entry for entry, event in waiting.items() if gives_way(event) and entry != oldest}
        self._heap = [(self._gap_ms(entry), entry) for entry in self._may_go]
        heapify(self._heap)

    def quarter_ms(self) -> int:
        """Return the gap that a quarter of all gaps do not exceed."""
        gaps = sorted(_between_ms(self._at[before], self._at[entry]) for entry, before in self._before.items() if before is not None)
        return gaps[len(gaps) // 4] if gaps else 0

    def closest(self) -> tuple[int, int] | None:
        """Return the least gap and its entry; None if there is nothing left that may go."""
        while self._heap:
            gap_ms, entry = self._heap[0]
            if entry in self._may_go and gap_ms == self._gap_ms(entry):
                return gap_ms, entry
            heappop(self._heap)
        return None

    def take(self, entry: int) -> None:
        """Let an entry go: its neighbours become each other's."""
        self._may_go.discard(entry)
        before, after = self._before[entry], self._after[entry]
        for neighbour, links, other in ((before, self._after, after), (after, self._before, before)):
            if neighbour is not None:
                links[neighbour] = other
        for neighbour in (before, after):
            if neighbour in self._may_go:
                heappush(self._heap, (self._gap_ms(neighbour), neighbour))

    def _gap_ms(self, entry: int) -> int:
        before, after = self._before[entry], self._after[entry]
        return _FAR_MS if before is None or after is None else _between_ms(self._at[before], self._at[after])


def _between_ms(earlier: Stamp, later: Stamp) -> int:
    if earlier.boot == later.boot:
        return max(0, later.mono_ms - earlier.mono_ms)
    if earlier.utc_ms is not None and later.utc_ms is not None:
        return max(0, later.utc_ms - earlier.utc_ms)
    return _FAR_MS


# ---------------------------------------------------------------- how full it is


def capacity(state: State) -> int:
    """Return how many messages may wait."""
    return state.variables.integer("OCPPCommCtrlr.OutboxCapacity")


def promised(state: State) -> int:
    """Return how many messages are to come that must have their place, of transactions that run: the end, and the token where there was none yet."""
    running = (*(evse.transaction for evse in state.evses.values()), state.unplaced)
    return sum(1 if one.id_token is not None else 2 for one in running if one is not None and not one.silent)


def full(state: State) -> bool:
    """Tell whether one more start and its end would find no place, however much is thinned."""
    return state.journal.fixed + promised(state) + 2 > capacity(state)


def silently(state: State) -> bool:
    """Tell whether a transaction that finds no place is let go on without a record: as configured, and only while the CSMS is away."""
    return full(state) and not state.csms_online and state.variables.flag("TxCtrlr.SilentOfflineTransactions")
