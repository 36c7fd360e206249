"""The rig with hosts that die at chosen commits: right before it reaches the disk, or right after, before anybody hears of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from tests.kills.blow import Blow
from tests.whole.rig import Rig

from cpctl.app.controller import Surroundings
from cpctl.core.outputs import Durable
from cpctl.store.sqlite import Store


class Moment(StrEnum):
    """Where in a commit the host dies."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Fate:
    """Counts commits over all lives of a host, and says which one is its last. `dead` is set from the store's thread."""

    loop: asyncio.AbstractEventLoop
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    at: int | None = None
    moment: Moment = Moment.BEFORE
    commits: int = 0

    def choose(self, ahead: int, moment: Moment) -> None:
        """Let the host die at the commit that is so many ahead."""
        self.dead = asyncio.Event()
        self.at, self.moment = self.commits + ahead, moment

    def spare(self) -> None:
        """Let no commit be the last any more."""
        self.at = None

    def strikes(self) -> bool:
        """Count a commit; True if it is the one."""
        self.commits += 1
        return self.commits == self.at


class MortalStore(Store):
    """A store whose host dies at the commit that fate chose: it never answers again."""

    fate: Fate

    def __init__(self, directory: Path, fate: Fate) -> None:
        self.fate = fate
        self._buried = threading.Event()
        super().__init__(directory)
        self._db.execute("PRAGMA synchronous=OFF")  # hosts die here, not machines: no need to wait for the disk

    def _write(self, changes: Sequence[Durable]) -> str | None:
        if not changes or not self.fate.strikes():
            return super()._write(changes)
        if self.fate.moment is Moment.AFTER:
            super()._write(changes)
        self.fate.loop.call_soon_threadsafe(self.fate.dead.set)
        self._buried.wait()
        return "the host is dead"

    def close(self, clean: bool) -> None:
        self._buried.set()
        super().close(clean)


class CommitRig(Rig):
    """A rig whose hosts die when fate strikes. Who buries them, and brings up another, is somebody else's."""

    def __init__(self, directory: Path, *, evses: int = 1, seed: int = 1, **variables: Any) -> None:
        super().__init__(directory, evses=evses, seed=seed, **variables)
        self.fate = Fate(asyncio.get_running_loop())

    def surroundings(self) -> Surroundings:
        return replace(super().surroundings(), open_store=lambda directory: MortalStore(directory, self.fate))


class MortalRig(CommitRig):
    """The same that buries its host when fate strikes, once, and brings up another after `away_s`."""

    def __init__(self, directory: Path, at: int, moment: Moment, away_s: float, *, seed: int = 1, **variables: Any) -> None:
        super().__init__(directory, seed=seed, **variables)
        self.fate.choose(at, moment)
        self.blows: list[Blow] = []
        self._away_s = away_s
        self._sexton: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._sexton = asyncio.ensure_future(self._bury())
        await super().__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._sexton is not None:
            self._sexton.cancel()
            with suppress(asyncio.CancelledError):
                await self._sexton
        await super().__aexit__(*error)

    async def _bury(self) -> None:
        await self.fate.dead.wait()
        self.blows.append(Blow(asyncio.get_running_loop().time()))
        await self.kill()
        await asyncio.sleep(self._away_s)
        await self.start()
