"""The plant protocol's client: drives the simulated vehicle, injects faults, moves the simulated clock, asks what is physically so.

The same frames as on the link, in session 0 and without HELLO, one command at a time; its reply repeats the command's seq.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from cpctl.core.faults import BY_NAME
from cpctl.errors import LinkError, SimError
from cpctl.link.frame import OPENING, Frame, FrameDecoder, encode_frame
from cpctl.link.line import Line, OpenLine
from cpctl.link.messages import (
    PlantAsk,
    PlantButton,
    PlantClock,
    PlantCommand,
    PlantFault,
    PlantPower,
    PlantPowerMode,
    PlantReply,
    PlantSensors,
    PlantState,
    PlantVehicle,
    Result,
    VehicleState,
)

#: Real seconds for an answer; a long advance of the clock is cut into parts that stay far below.
ANSWER_S = 5.0
ADVANCE_US = 60_000_000

_KEEP_U8, _KEEP_U16, _KEEP_I16, _KEEP_U32 = 0xFF, 0xFFFF, 0x7FFF, 0xFFFFFFFF


class PlantClient:
    """A plant at the far end of a line. `speed`: how much faster than life the loop's time runs, which stretches its time-outs."""

    def __init__(self, open_line: OpenLine, *, speed: float = 1.0) -> None:
        self._open_line = open_line
        self._timeout_s = ANSWER_S * speed
        self._line: Line | None = None
        self._decoder = FrameDecoder()
        self._seq = 0
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[PlantReply | PlantState] | None = None

    async def open(self) -> None:
        """Connect; SimError if nobody is there."""
        try:
            self._line = await self._open_line(self)
        except LinkError as error:
            raise SimError(error.reason, error.next_step) from error
        self._line.write(OPENING)

    async def close(self) -> None:
        """Disconnect."""
        if self._line is not None:
            await self._line.close()
            self._line = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    # ------------------------------------------------------------ what the plant can do

    async def vehicle(
        self,
        evse: int = 1,
        *,
        state: VehicleState | str | None = None,
        current_a: float | None = None,
        phases: int | None = None,
        diode: bool | None = None,
        cable_a: float | None = None,
        soc: float | None = None,
        capacity_kwh: float | None = None,
        parked: bool | None = None,
    ) -> None:
        """Change the vehicle of an EVSE; what is not given stays. `state` is A..E, `soc` 0..1, `cable_a=0` a cable that nobody knows."""
        await self._command(
            PlantVehicle(
                evse=evse,
                state=VehicleState.KEEP if state is None else _vehicle_state(state),
                current_ma=_KEEP_U32 if current_a is None else round(current_a * 1000),
                phases=_KEEP_U8 if phases is None else phases,
                diode=_KEEP_U8 if diode is None else int(diode),
                cable_da=_KEEP_U16 if cable_a is None else round(cable_a * 10),
                soc_pm=_KEEP_U16 if soc is None else round(soc * 1000),
                capacity_wh=_KEEP_U32 if capacity_kwh is None else round(capacity_kwh * 1000),
                parked=_KEEP_U8 if parked is None else int(parked),
            )
        )

    async def fault(self, evse: int, name: str, active: bool = True) -> None:
        """Inject or remove the cause of a fault, named as in the catalogue."""
        if name not in BY_NAME:
            raise SimError(f"There is no fault named {name}.", f"Known are: {', '.join(sorted(BY_NAME))}.")
        await self._command(PlantFault(evse, BY_NAME[name].bit, int(active)))

    async def sensors(self, evse: int = 1, *, temperature_c: float | None = None, excess_a: float | None = None) -> None:
        """Change what an EVSE's sensors feel; what is not given stays. `excess_a`: the vehicle draws this much more than is offered."""
        await self._command(
            PlantSensors(
                evse,
                _KEEP_I16 if temperature_c is None else round(temperature_c * 10),
                _KEEP_U32 if excess_a is None else round(excess_a * 1000),
            )
        )

    async def advance(self, us: int) -> None:
        """Run this much simulated time at once."""
        while us > 0:
            part = min(us, ADVANCE_US)
            await self._command(PlantClock(part))
            us -= part

    async def power(self, mode: PlantPowerMode | str) -> None:
        """Restart the simulated coprocessor: cut, brown_out, panic, watchdog."""
        if isinstance(mode, str):
            try:
                mode = PlantPowerMode[mode.upper()]
            except KeyError:
                raise SimError(f"There is no way to restart called {mode}.", "Use cut, brown_out, panic or watchdog.") from None
        await self._command(PlantPower(mode))

    async def button(self, held: bool) -> None:
        """Hold or release the board's button."""
        await self._command(PlantButton(int(held)))

    async def ask(self, evse: int = 1) -> PlantState:
        """Ask what is physically so at an EVSE."""
        answer = await self._exchange(PlantAsk(evse))
        if not isinstance(answer, PlantState):
            raise SimError(f"The simulator has no EVSE {evse}.")
        return answer

    # ------------------------------------------------------------ LineHandler

    def received(self, data: bytes) -> None:
        """Take bytes that came."""
        for frame in self._decoder.feed(data):
            if not isinstance(frame, Frame) or frame.seq != self._seq:
                continue
            if self._answer is None or self._answer.done():
                continue
            if frame.msg == PlantReply.ID:
                self._answer.set_result(PlantReply.from_bytes(frame.payload))
            elif frame.msg == PlantState.ID:
                self._answer.set_result(PlantState.from_bytes(frame.payload))

    def writable_again(self) -> None:
        """Need nothing: one command at a time is never too much."""

    def lost(self, error: LinkError) -> None:
        """Hear that the line is gone."""
        self._line = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(SimError("The simulated coprocessor is gone.", "Start the simulation again."))

    # ------------------------------------------------------------ exchange

    async def _command(self, command: PlantCommand) -> None:
        answer = await self._exchange(command)
        if isinstance(answer, PlantReply) and answer.result not in (Result.OK, Result.ACCEPTED):
            result = answer.result.name.lower() if isinstance(answer.result, Result) else str(answer.result)
            raise SimError(f"The simulator refused {type(command).__name__}: {result}.")

    async def _exchange(self, command: PlantCommand) -> PlantReply | PlantState:
        async with self._turn:
            if self._line is None:
                raise SimError("The simulated coprocessor is not connected.", "Start the simulation first.")
            self._seq = (self._seq + 1) & 0xFF
            self._answer = asyncio.get_running_loop().create_future()
            self._line.write(encode_frame(command.KIND, 0, self._seq, command.ID, command.to_bytes()))
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._answer
            except TimeoutError:
                raise SimError("The simulated coprocessor does not answer.", "Stop it and start it again.") from None


def _vehicle_state(state: VehicleState | str) -> VehicleState:
    if isinstance(state, VehicleState):
        return state
    try:
        return VehicleState[state.upper()]
    except KeyError:
        raise SimError(f"There is no vehicle state {state}.", "Use A, B, C, D or E.") from None
