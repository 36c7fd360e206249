"""The rig with a host that dies at a chosen commit: right before it reaches the disk, or right after, before anybody hears of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

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

    at: int
    moment: Moment
    loop: asyncio.AbstractEventLoop
    dead: asyncio.Event
    commits: int = 0

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


class MortalRig(Rig):
    """A rig that buries its host when fate strikes, and brings up another after `away_s`."""

    def __init__(self, directory: Path, at: int, moment: Moment, away_s: float, *, seed: int = 1, **variables: Any) -> None:
        super().__init__(directory, seed=seed, **variables)
        loop = asyncio.get_running_loop()
        self.fate = Fate(at, moment, loop, asyncio.Event())
        self.deaths: list[float] = []
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

    def surroundings(self) -> Surroundings:
        return replace(super().surroundings(), open_store=lambda directory: MortalStore(directory, self.fate))

    async def _bury(self) -> None:
        await self.fate.dead.wait()
        self.deaths.append(asyncio.get_running_loop().time())
        await self.kill()
        await asyncio.sleep(self._away_s)
        await self.start()
