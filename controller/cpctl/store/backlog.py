"""Changes on their way to the disk: in order, and bounded by what they change when the disk does not take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from cpctl.core.outputs import Attempted, Delete, Durable, Forget, Note, Publish, Save

Done = Callable[[], None]

# From so many on, what later changes have overtaken is taken out. A group that the disk takes at once is never that long.
COALESCE_AT: Final = 1000
# Lines of the event log that outlast a failing disk: the first, which say what began, and the latest.
NOTES_HELD: Final = 1000


class Backlog:
    """What is committed and not yet on its way, and who waits for it."""

    def __init__(self) -> None:
        self._changes: list[Durable] = []
        self._done: list[Done] = []
        self._coalesce_at = COALESCE_AT

    def __len__(self) -> int:
        return len(self._changes) + len(self._done)

    def add(self, changes: Sequence[Durable], done: Done | None) -> None:
        """Take changes after all earlier ones."""
        self._changes += changes
        if done is not None:
            self._done.append(done)
        if len(self._changes) >= self._coalesce_at:
            self._changes = coalesced(self._changes)
            self._coalesce_at = COALESCE_AT + 2 * len(self._changes)

    def take(self) -> tuple[list[Durable], list[Done]]:
        """Hand everything over."""
        taken = self._changes, self._done
        self._changes, self._done, self._coalesce_at = [], [], COALESCE_AT
        return taken


def coalesced(changes: Sequence[Durable]) -> list[Durable]:
    """Leave out what later changes make needless: as one transaction, what is left has the same effect, but for lines of a very long log."""
    records: dict[str, Durable] = {}
    published: dict[int, Durable] = {}
    attempted: dict[int, Durable] = {}
    forgotten: dict[int, Durable] = {}
    unborn = 0  # the highest number that was published and forgotten before any of it was on disk
    notes: list[Durable] = []
    for change in changes:
        match change:
            case Save(key) | Delete(key):
                records[key] = change
            case Publish(entry):
                published[entry] = change
            case Attempted(entry):
                attempted[entry] = change
            case Forget(entry):
                attempted.pop(entry, None)
                if published.pop(entry, None) is None:
                    forgotten[entry] = change
                else:
                    unborn = max(unborn, entry)
            case Note():
                notes.append(change)
    if unborn:  # its number must not be given again
        forgotten[unborn] = Forget(unborn)
    if len(notes) > NOTES_HELD:
        notes = notes[: NOTES_HELD // 2] + notes[-NOTES_HELD // 2 :]
    return [*records.values(), *published.values(), *attempted.values(), *forgotten.values(), *notes]
