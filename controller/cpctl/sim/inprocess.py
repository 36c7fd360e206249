"""The simulated coprocessor inside this process: the compiled firmware core under the event loop's clock.

With a virtual loop a run is exact: the same seed gives the same bytes at the same times. The core is stepped by timers of the loop, in small steps
while bytes move and in larger ones when all is still; a step only delays when its bytes are seen, never what the core does inside of it.
"""

from __future__ import annotations

import asyncio
import ctypes
from pathlib import Path

from cpctl.errors import LinkError, SimError
from cpctl.link.line import Line, LineHandler, OpenLine

from .firmware_files import LIBRARY, firmware_file
from .plant import PlantClient

#: A reply is seen this long after the bytes that it answers were written.
PROMPT_S = 0.001
#: Step while bytes move, and for as long afterwards as `BUSY_S`.
BUSY_STEP_S = 0.010
BUSY_S = 0.03
#: Step when all is still: no snapshot or event is seen later than this.
STILL_STEP_S = 0.1

_READ_SIZE = 4096
_MAX_STEP_US = 1_000_000
_WORLD_MAX = 2048  # CP_SIM_WORLD_MAX


class _Library:
    """The functions of libcpsim (coprocessor_fw/ports/sim/cp_sim.h)."""

    def __init__(self, path: Path) -> None:
        lib = ctypes.CDLL(str(path))
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self.size = lib.cp_sim_size
        self.size.restype, self.size.argtypes = size, []
        self.init = lib.cp_sim_init
        self.init.restype, self.init.argtypes = None, [pointer, ctypes.c_uint8, ctypes.c_char_p, ctypes.c_uint32]
        self.step = lib.cp_sim_step
        self.step.restype, self.step.argtypes = None, [pointer, ctypes.c_uint32]
        self.save = lib.cp_sim_save
        self.save.restype, self.save.argtypes = size, [pointer, ctypes.c_char_p, size]
        self.load = lib.cp_sim_load
        self.load.restype, self.load.argtypes = ctypes.c_int, [pointer, ctypes.c_char_p, size]
        self.peak_ma = lib.cp_sim_peak_ma
        self.peak_ma.restype, self.peak_ma.argtypes = ctypes.c_uint32, [pointer]
        for name in ("link", "plant"):
            for verb in ("write", "read"):
                function = getattr(lib, f"cp_sim_{name}_{verb}")
                function.restype, function.argtypes = size, [pointer, ctypes.c_char_p, size]
                setattr(self, f"{name}_{verb}", function)


class SimulatedCoprocessor:
    """One board in memory. Power it with `start`, and off with `stop`; it steps only in between."""

    def __init__(
        self,
        *,
        evse_count: int = 1,
        mac: bytes = b"\x02\0\0\0\0\x01",
        seed: int = 1,
        world: bytes | None = None,
        library: Path | None = None,
        still_step_s: float = STILL_STEP_S,
    ) -> None:
        self._still_step_s = still_step_s
        self._lib = _Library(library or firmware_file(LIBRARY))
        self._memory = ctypes.create_string_buffer(self._lib.size())
        self._lib.init(self._memory, evse_count, mac, seed)
        if world is not None and not self._lib.load(self._memory, world, len(world)):
            raise SimError(f"The saved world is none for {evse_count} EVSEs.", "Delete it to start with a new board.")
        self._buffer = ctypes.create_string_buffer(_READ_SIZE)
        self._ends = {"link": _End(self, "link"), "plant": _End(self, "plant")}
        self._stepped_s: float | None = None  # loop time up to which the core has run; None while off
        self._busy_until_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def save(self) -> bytes:
        """Everything that survives the board's power: flash, vehicles, broken parts."""
        size = self._lib.save(self._memory, self._buffer, _WORLD_MAX)
        return self._buffer.raw[:size]

    def peak_ma(self) -> int:
        """Return the highest current that all vehicles together have drawn on one phase, at any tick since the last call."""
        return int(self._lib.peak_ma(self._memory))

    def start(self) -> None:
        """Let its time run with the loop's."""
        self._stepped_s = asyncio.get_running_loop().time()
        self._schedule(PROMPT_S)

    def stop(self) -> None:
        """Stand still; nothing is lost."""
        self._stepped_s = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def open_link(self) -> OpenLine:
        """Opener of the link's line."""
        return self._ends["link"].open

    def plant(self) -> PlantClient:
        """Make a client of the plant protocol, not yet open."""
        return PlantClient(self._ends["plant"].open)

    # ------------------------------------------------------------ between the core and its two ends

    def take(self, end: str, data: bytes) -> None:
        """Give bytes to the core; what it cannot take is lost, as in a UART."""
        getattr(self._lib, f"{end}_write")(self._memory, data, len(data))
        self._be_busy()
        self._schedule(PROMPT_S)

    def _be_busy(self) -> None:
        self._busy_until_s = asyncio.get_running_loop().time() + BUSY_S

    def _schedule(self, delay_s: float) -> None:
        if self._stepped_s is None:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + delay_s
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = loop.call_at(due, self._step)

    def _step(self) -> None:
        self._timer = None
        if self._stepped_s is None:
            return
        now_s = asyncio.get_running_loop().time()
        behind_us = round((now_s - self._stepped_s) * 1_000_000)
        self._stepped_s = now_s
        while behind_us > 0:
            step_us = min(behind_us, _MAX_STEP_US)
            self._lib.step(self._memory, step_us)
            behind_us -= step_us
            self._deliver()
        self._schedule(BUSY_STEP_S if now_s < self._busy_until_s else self._still_step_s)

    def _deliver(self) -> None:
        for name, end in self._ends.items():
            read = getattr(self._lib, f"{name}_read")
            while count := read(self._memory, self._buffer, _READ_SIZE):
                if name == "plant":
                    self._be_busy()
                end.deliver(self._buffer.raw[:count])


class _End:
    """One of the two lines of the board; a new opener takes it over, as a second plug into the same socket would."""

    def __init__(self, board: SimulatedCoprocessor, name: str) -> None:
        self._board = board
        self._name = name
        self._handler: LineHandler | None = None

    async def open(self, handler: LineHandler) -> Line:
        if self._handler is not None:
            self._handler.lost(LinkError("Somebody else opened this line."))
        self._handler = handler
        return _InProcessLine(self, handler)

    def deliver(self, data: bytes) -> None:
        if self._handler is not None:
            self._handler.received(data)

    def write(self, handler: LineHandler, data: bytes) -> None:
        if handler is self._handler:
            self._board.take(self._name, data)

    def release(self, handler: LineHandler) -> None:
        if handler is self._handler:
            self._handler = None


class _InProcessLine:
    """The user's hand on an end."""

    writable = True

    def __init__(self, end: _End, handler: LineHandler) -> None:
        self._end = end
        self._handler = handler

    def write(self, data: bytes) -> None:
        self._end.write(self._handler, data)

    async def close(self) -> None:
        self._end.release(self._handler)
