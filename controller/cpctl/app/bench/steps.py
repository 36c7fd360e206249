"""One step of the firmware's own bench test: ask for it, and gather what it shows until it ends."""

from __future__ import annotations

from dataclasses import dataclass

from cpctl.link.messages import Bench, BenchAct, BenchPhase, BenchState, Result
from cpctl.link.observe import name_of
from cpctl.link.visit import Visit

# Bench states come every 50 ms; a step may end some of them late on a slow line.
LATE_S = 3.0
# The firmware plays a charge through for each reaction, at the pace of its ticks.
TRIP_S = 60.0
_ENDED = (BenchPhase.DONE, BenchPhase.STOPPED)


@dataclass(frozen=True, slots=True)
class Step:
    """How a step went: what it showed, in order, and why not to its end if `trouble` says so."""

    states: tuple[BenchState, ...]
    trouble: str = ""

    @property
    def last(self) -> BenchState | None:
        """What it showed last."""
        return self.states[-1] if self.states else None

    def settled(self, settle_ms: int) -> list[BenchState]:
        """Pick what was shown while it ran, without its first moments."""
        return [state for state in self.states if state.phase == BenchPhase.RUNNING and state.ran_ms >= settle_ms]


async def run_step(visit: Visit, evse: int, act: BenchAct, *, duty_bp: int = 0, ms: int = 500) -> Step:
    """Run one step to its end."""
    visit.bench.clear()
    reply = await visit.ask(Bench(evse, act, duty_bp, ms))
    if reply is None:
        return Step((), "no answer")
    if reply.result == Result.UNKNOWN_COMMAND:
        return Step((), "the firmware is older than the bench test: run cpctl flash")
    if reply.result != Result.ACCEPTED:
        return Step((), name_of(Result, reply.result))
    within_s = TRIP_S if act is BenchAct.TRIP else ms / 1000 + LATE_S
    ended = await visit.wait_for(lambda: ended_state(visit, act), within_s)
    trouble = "no end of it was heard" if ended is None else "it was stopped" if ended.phase == BenchPhase.STOPPED else ""
    return Step(tuple(state for state in visit.bench if state.act == act), trouble)


def ended_state(visit: Visit, act: BenchAct) -> BenchState | None:
    """Tell the state that says that this step is over."""
    last = visit.bench[-1] if visit.bench else None
    return last if last is not None and last.act == act and last.phase in _ENDED else None
