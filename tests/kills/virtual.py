"""The rig as a world for campaigns, in virtual time: hosts that die at random instants, or at commits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.kills.mortal import CommitRig, Moment
from tests.whole.rig import ID, Rig

from cpctl.errors import ControllerError
from cpctl.sim.csms_ledger import Charge

#: Whoever asks a host that dies hears nothing; a person turns away sooner.
_HEARD_WITHIN_S = 2.0
#: Between two kills; a visit with all its waits takes about as long, so they fall everywhere in it, and in the start of the host too.
_UP_S = (0.1, 30.0)
#: So many commits a host lives for, at most; a visit has some twenty.
_COMMITS = 14
#: A host that commits nothing for so long dies all the same.
_STILL_S = 60.0


class RigWorld:
    """A rig as drivers see it, and as those see it who torment it. Its host dies at random instants."""

    id = ID
    # What the coprocessor keeps it resends each second; half a second more the host waits for a vehicle's last energy.
    hearing_s = 1.5

    def __init__(self, rig: Rig, directory: Path, evses: int = 1) -> None:
        self._rig = rig
        self.plant = rig.plant
        self.words = rig.words
        self.csms = rig.csms
        self.database = directory / "cpctl.db"
        self.evses = evses

    # ------------------------------------------------------------ Scene

    async def look(self, evse: int) -> Mapping[str, Any] | None:
        """Look at the display; None while it is dark."""
        self._rig.complain()
        return self._rig.evse(evse) if self._rig.controller is not None else None

    async def tap(self, evse: int, tag: str) -> None:
        """Hold a token to the reader."""
        with suppress(TimeoutError, ControllerError):
            async with asyncio.timeout(_HEARD_WITHIN_S):
                if self._rig.controller is not None:
                    await self._rig.tap(tag, evse)

    async def call(self, action: str, payload: Mapping[str, Any]) -> None:
        """Send a CALL from the CSMS."""
        with suppress(ControllerError):
            await self._rig.csms.call(ID, action, dict(payload), timeout_s=_HEARD_WITHIN_S)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def now(self) -> float:
        """Return the time."""
        return asyncio.get_running_loop().time()

    def date(self, at: float) -> datetime | None:
        """Return a past moment as a date."""
        return self._rig.utc() - timedelta(seconds=self.now() - at)

    def charges(self) -> list[Charge]:
        """Return what the CSMS knows."""
        return self.csms.ledger.charges

    # ------------------------------------------------------------ World

    async def fell(self, random: Random, *, host: bool) -> None:
        """Wait for a random instant, and let the host vanish then if it is to."""
        await asyncio.sleep(random.uniform(*_UP_S))
        if host:
            await self._rig.kill()

    async def start(self) -> None:
        """Start the host."""
        await self._rig.start()

    async def network(self, up: bool) -> None:
        """Let the CSMS be reachable, or not."""
        await self._rig.csms.set_up(up)

    async def idle(self) -> bool:
        """Tell whether the host lives, has nothing left to tell, and every EVSE is available."""
        controller = self._rig.controller
        if controller is None or controller.csms.status()["queued"] or any(charge.stop is None for charge in self.charges()):
            return False
        return all(self._rig.evse(evse)["status"] == "Available" for evse in range(1, self.evses + 1))


class CommitWorld(RigWorld):
    """The same with a host that dies at commits: right before one reaches the disk, or right after, before anybody hears of it."""

    def __init__(self, rig: CommitRig, directory: Path, evses: int = 1) -> None:
        super().__init__(rig, directory, evses)
        self._fate = rig.fate

    async def fell(self, random: Random, *, host: bool) -> None:
        """Wait for some commit, and let the host die of it if it is to."""
        if not host:
            await super().fell(random, host=False)
            return
        self._fate.choose(random.randint(1, _COMMITS), random.choice(list(Moment)))
        with suppress(TimeoutError):
            async with asyncio.timeout(_STILL_S):
                await self._fate.dead.wait()
        self._fate.spare()
        await self._rig.kill()
