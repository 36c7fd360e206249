"""The electrical side of a station that is embedded in a program: `core.ports.Coprocessor` made of that program's callbacks.

Inputs are read at least every `period_s`, and at once after `changed()`. What is permitted holds for the plug-in that it was permitted for; it is taken
back when the vehicle leaves, when an input can't be read, and when the run ends, so that an output is never left at what nobody stands for any more.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Final

import structlog

from cpctl.core import inputs
from cpctl.core.model import LockState
from cpctl.core.records import Record
from cpctl.core.settings import EvseSettings
from cpctl.errors import Refused
from cpctl.link.coprocessor import Post
from cpctl.link.info import LinkInfo

from .pins import InputError, LockOutput, Pins
from .side import NOMINAL_MV, Side, sides

log = structlog.get_logger(__name__)

# A lock that has not moved by then has not moved: the CSMS that asked waits some ten seconds.
LOCK_TIMEOUT_S: Final = 10.0
# An output that failed is told again with each look, and complained of this often.
_COMPLAIN_S: Final = 60.0


class Hardware:
    """A run's electrical side. `wanted(evse)` tells whether a token or a transaction is there: the vehicle, where no input could tell."""

    def __init__(
        self,
        evses: Sequence[EvseSettings],
        pins: Mapping[int, Pins],
        post: Post,
        records: Mapping[str, Record],
        random: Random,
        wanted: Callable[[int], bool],
        period_s: float,
    ) -> None:
        self._sides = sides(evses, pins, records)
        self._post = post
        self._wanted = wanted
        self._period_s = period_s
        self._nonce = random.getrandbits(31) | 1 << 31  # never the meters' own origin
        self._look = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._trouble: str | None = None
        self._ready = False
        self._over = False
        self._looked_s = 0.0
        self._complained_s = -_COMPLAIN_S

    async def run(self) -> None:
        """Look at the inputs until cancelled; nothing is permitted afterwards."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                while True:
                    self._look.clear()
                    self._look_once(loop.time())
                    try:
                        async with asyncio.timeout(self._period_s):
                            await self._look.wait()
                    except TimeoutError:
                        pass
        finally:
            self._tasks = None
            self.hand_over()

    def changed(self) -> None:
        """Look at once; call it in the loop's thread."""
        self._look.set()

    def permitted(self, evse: int) -> tuple[float, float, int]:
        """Return what may be given now, as (W, A, phases); zeros for nothing."""
        return _limit(self._sides[evse])

    # ------------------------------------------------------------ core.ports.Coprocessor

    def grant(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        """Permit energy to this plug-in until told otherwise."""
        side = self._sides[evse]
        if self._ready and not self._over and side.plug == plug and side.plugged:
            side.granted, side.limit_ma, side.phases = plug, limit_ma, phases
            self._tell(side)

    def restrict(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        """Lower the permission at once; 0 stops."""
        side = self._sides[evse]
        if side.granted == plug or limit_ma == 0:
            side.limit_ma, side.phases = min(side.limit_ma, limit_ma), phases
            self._tell(side)

    def lock(self, evse: int, locked: bool) -> None:
        """Lock or unlock the socket, if there is a lock; never unlock it while energy is permitted."""
        side = self._sides[evse]
        if side.lock is LockState.NOT_FITTED or self._tasks is None or (side.permitted_ma and not locked):
            return
        side.lock = LockState.MOVING
        self._tasks.create_task(self._move_lock(side, locked), name=f"lock-{evse}")

    def set_available(self, evse: int, available: bool) -> None:
        """Show whether the EVSE is in service."""
        if (output := self._sides[evse].pins.available) is not None:
            self._call("available", partial(output, available))

    def clear_fault(self, evse: int, fault: str | None) -> None:
        """Clear a latched fault by its name, or all."""
        if (output := self._sides[evse].pins.clear_fault) is not None:
            self._call("clear_fault", partial(output, fault))
            self._look.set()

    # ------------------------------------------------------------ a run's side

    @property
    def info(self) -> LinkInfo:
        """How the inputs are: there is no link."""
        return LinkInfo(
            connected=self._ready,
            state="ready" if self._ready else "input_failed" if self._trouble else "starting",
            text=self._trouble or "",
            firmware=None,
            revision=None,
            chip=None,
            protocol=None,
            mac=None,
            config_crc=None,
            config_pending=False,
            reset_reason=None,
            boot_count=None,
            round_trip_us=None,
            timeout_us=0,
            clock_error_us=None,
            host={},
            coprocessor={},
        )

    def alive(self, within_s: float = 5.0) -> bool:
        """Tell whether the inputs are still looked at."""
        return self._over or asyncio.get_running_loop().time() - self._looked_s < within_s + self._period_s

    def hand_over(self) -> None:
        """Take back everything: callbacks of a program that ends obey nobody."""
        self._over = True
        for side in self._sides.values():
            side.granted, side.limit_ma = None, 0
            self._tell(side)

    async def lend_port(self, seconds: float) -> None:
        """Refuse: there is no port."""
        raise Refused("This station has no port: its hardware is the program's own.")

    def take_port_back(self) -> None:
        """Do nothing: there is no port."""

    # ------------------------------------------------------------ inputs

    def _look_once(self, now_s: float) -> None:
        """Read all inputs and feed what they show; where one can't be read, nothing is known of any EVSE."""
        self._looked_s = now_s
        try:
            seen = [side.observe(self._wanted(number), int(now_s * 1000)) for number, side in self._sides.items()]
        except InputError as error:
            self._lost(str(error))
            return
        if not self._ready:
            self._ready, self._trouble = True, None
            self._post(inputs.CoprocessorReady(self._nonce, False, len(self._sides)))
        for observed, side in zip(seen, self._sides.values(), strict=True):
            self._tell(side)
            self._post(observed)
            for read in self._meter(side, now_s):
                self._post(read)

    def _meter(self, side: Side, now_s: float) -> tuple[inputs.MeterRead, ...]:
        """Read the meters; one that fails costs its values and no more."""
        try:
            read = side.read_meter(now_s, self._nonce)
        except InputError as error:
            if error.name not in side.complained:
                side.complained.add(error.name)
                log.error("hardware.meter_failed", evse=side.settings.id, meter=error.name, reason=error.reason)
            return ()
        side.complained.clear()
        return read

    def _lost(self, reason: str) -> None:
        for side in self._sides.values():
            side.granted, side.limit_ma = None, 0
            self._tell(side)
        self._ready = False
        if self._trouble != reason:
            self._trouble = reason
            log.error("hardware.input_failed", reason=reason)
            self._post(inputs.CoprocessorLost("input_failed", f"An input of the hardware can't be read: {reason}."))

    # ------------------------------------------------------------ outputs

    def _tell(self, side: Side) -> None:
        """Tell the limit's outputs what holds, if it is another than they were told; one that failed is told again at the next look."""
        limit = _limit(side)
        if limit == side.told:
            return
        told = [self._call("limit", partial(output, *limit)) for output in side.pins.limit]  # every one, whatever becomes of another
        if all(told):
            side.told = limit
            self._look.set()

    def _call(self, name: str, output: Callable[[], object]) -> bool:
        try:
            given = output()
            if inspect.iscoroutine(given):
                given.close()
                raise TypeError("it is a coroutine function, which nobody awaits here")
        except Exception:
            if self._looked_s - self._complained_s >= _COMPLAIN_S:
                self._complained_s = self._looked_s
                log.exception("hardware.output_failed", output=name)
            return False
        return True

    async def _move_lock(self, side: Side, locked: bool) -> None:
        moved = await _moved(side.pins.lock if locked else side.pins.unlock)
        side.lock = (LockState.LOCKED if locked else LockState.UNLOCKED) if moved else LockState.JAMMED
        self._look.set()


async def _moved(output: LockOutput | None) -> bool:
    """Move the lock; tell whether it has moved. An output that is not there has nothing to do."""
    if output is None:
        return True
    try:
        given = output()
        if inspect.isawaitable(given):
            async with asyncio.timeout(LOCK_TIMEOUT_S):
                given = await given
    except TimeoutError:
        log.error("hardware.lock_too_slow", timeout_s=LOCK_TIMEOUT_S)
        return False
    except Exception:
        log.exception("hardware.lock_failed")
        return False
    return given is not False


def _limit(side: Side) -> tuple[float, float, int]:
    """Return what may be given as (W, A, phases), power by the voltage that is measured."""
    ma = side.permitted_ma
    if ma == 0:
        return 0.0, 0.0, 0
    measured = [volts for volts in side.voltage_mv[: side.phases] if volts]
    mv = sum(measured) // len(measured) if measured else NOMINAL_MV
    return round(ma * mv * side.phases / 1e6, 1), ma / 1000, side.phases
