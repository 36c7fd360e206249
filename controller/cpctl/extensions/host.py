"""The extensions of a run: loaded by name, asked for limits and readings each second, told of in the status."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cpctl.core.inputs import Input, LimitTold, ReadingsTold, TokenPresented
from cpctl.core.model import IdToken, Measurand, Reading
from cpctl.core.readings import UNITS
from cpctl.csms.vendors import VendorHandler

from .declared import Declared
from .extension import Extension, Settings
from .loaded import Failed, Loaded

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "cpctl.extensions"

_ASK_S = 1.0
# What it told last holds for so long while it fails; its fallback after that.
HOLD_S = 60.0

Post = Callable[[Input], None]


class Extensions:
    """Those that the configuration names, in its order; with the same name only once."""

    def __init__(self, allow: Sequence[str], settings: Mapping[str, Settings], timeout_s: float) -> None:
        """Load them; none that fails keeps the others, or the station, from starting."""
        offered = _offered() if allow else {}
        self._loaded = [Loaded(name, timeout_s) for name in dict.fromkeys(allow)]
        for one in self._loaded:
            one.load(offered.get(one.name), settings.get(one.name, {}))

    @property
    def vendors(self) -> dict[str, VendorHandler]:
        """Handlers of DataTransfer by vendor id; of two for one vendor the first one named counts."""
        return {vendor: handler for one in reversed(self._loaded) for vendor, handler in one.vendors.items()}

    @property
    def declared(self) -> tuple[Declared, ...]:
        """The variables that they declare; of two by one name the first counts."""
        named = {variable.definition.name: variable for one in reversed(self._loaded) for variable in one.offer.variables}
        return tuple(named.values())

    @property
    def measurands(self) -> frozenset[Measurand]:
        """What they measure; a word that is no measurand is left out."""
        known = {measurand.value: measurand for measurand in UNITS}
        named = (name for one in self._loaded for name in one.offer.measures)
        return frozenset(known[name] for name in named if name in known)

    def status(self) -> list[dict[str, object]]:
        """Show how each is."""
        return [one.status() for one in self._loaded]

    async def run(self, post: Post, evses: Iterable[int]) -> None:
        """Let them work until cancelled."""
        numbers = tuple(evses)
        working = [one for one in self._loaded if one.extension is not None]
        async with asyncio.TaskGroup() as tasks:
            for one in working:
                tasks.create_task(_Run(one, post, numbers).live(), name=f"extension-{one.name}")


class _Run:
    """One extension at work."""

    def __init__(self, loaded: Loaded, post: Post, evses: tuple[int, ...]) -> None:
        self._loaded = loaded
        self._post = post
        self._evses = evses
        self._limits: dict[int, float | None] = {}
        self._readings: dict[int, tuple[Reading, ...]] = {}
        self._heard: dict[int, float] = {}

    async def live(self) -> None:
        loaded, offer = self._loaded, self._loaded.offer
        loaded.open_reader(self._present)
        try:
            await self._quietly("start", lambda one: one.start(loaded))
            for evse in self._evses:
                self._heard[evse] = asyncio.get_running_loop().time()
            while True:
                while loaded.notices:
                    await self._quietly("on_change", loaded.notices.popleft())
                for evse in self._evses:
                    if offer.tells_limits:
                        await self._ask_limit(evse)
                    if offer.measures:
                        await self._ask_readings(evse)
                await asyncio.sleep(_ASK_S)
        finally:
            loaded.open_reader(None)
            await self._quietly("stop", lambda one: one.stop())

    async def _quietly(self, what: str, work: Callable[[Extension], None]) -> None:
        try:
            await self._loaded.call(what, work)
        except Failed:
            pass

    async def _ask_limit(self, evse: int) -> None:
        now_s = asyncio.get_running_loop().time()
        try:
            limit_a = await self._loaded.call("limit_a", lambda one: _checked(one.limit_a(evse)))
        except Failed:
            if now_s - self._heard[evse] < HOLD_S:
                return
            limit_a = self._loaded.offer.fallback_a
        else:
            self._heard[evse] = now_s
        if evse not in self._limits or self._limits[evse] != limit_a:
            self._limits[evse] = limit_a
            told = None if limit_a is None else max(0, int(limit_a * 1000))
            self._post(LimitTold(f"extension {self._loaded.name}", evse, told, f"the extension {self._loaded.name}"))

    async def _ask_readings(self, evse: int) -> None:
        try:
            readings = await self._loaded.call("readings", lambda one: _readings(one.readings(evse)))
        except Failed:
            readings = ()
        if self._readings.get(evse, ()) == readings:
            return
        self._readings[evse] = readings
        self._post(ReadingsTold(f"extension {self._loaded.name}", evse, readings))

    def _present(self, evse: int, id_token: IdToken) -> None:
        self._post(TokenPresented(evse, id_token))


def _offered() -> dict[str, EntryPoint]:
    """Return what the installed packages offer, by name."""
    from importlib.metadata import entry_points  # late: it takes longer to load than most of the station, and few have extensions

    return {one.name: one for one in entry_points(group=GROUP)}


def _checked(limit_a: float | None) -> float | None:
    """Return a limit that is one; ValueError for what is no number."""
    if limit_a is not None and not math.isfinite(limit_a):
        raise ValueError(f"{limit_a} is no limit")
    return limit_a


def _readings(given: Mapping[str, float]) -> tuple[Reading, ...]:
    """Return readings of what it measured; ValueError where that is none."""
    measured = {Measurand(name): value for name, value in given.items()}
    if strange := [name for name, value in measured.items() if name not in UNITS or not math.isfinite(value)]:
        raise ValueError(f"{', '.join(strange)} can't be told")
    return tuple(Reading(name, round(value * 1000), UNITS[name]) for name, value in measured.items())
