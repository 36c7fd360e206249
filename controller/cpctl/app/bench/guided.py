"""What needs a hand: the button, a tester at the socket, the emergency stop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from cpctl.link.messages import Bench, BenchAct, BenchInput, ClearFault, Pilot, Snapshot
from cpctl.link.visit import Visit

from .findings import Check, Outcome, bit_of
from .pilot import RAIL_MV, volts

# Time to do what is asked for.
HAND_S = 30.0
# The longest that the firmware shows its inputs for in one step.
SHOW_MS = 10_000

_TESTER: tuple[tuple[str, str, tuple[Pilot, ...]], ...] = (
    ("vehicle plugged in (B)", "Plug the tester in, state B.", (Pilot.B1, Pilot.B2)),
    ("vehicle asks (C)", "Switch the tester to state C.", (Pilot.C1, Pilot.C2)),
    ("vehicle unplugged (A)", "Unplug the tester.", (Pilot.A1, Pilot.A2)),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the board. `agrees` hears a question to be answered by yes or no, `volts` one for a voltage, `told` what to do now."""

    agrees: Callable[[str], bool]
    volts: Callable[[str, float], float]
    told: Callable[[str], None]


def true_rail_mv(person: Person, evse: int) -> int:
    """Ask for the positive rail as a voltmeter shows it, in mV."""
    return round(person.volts(f"EVSE {evse}: CP to PE by your voltmeter, nothing plugged in, in V", RAIL_MV / 1000) * 1000)


async def check_by_hand(visit: Visit, evse: int, person: Person) -> AsyncIterator[Check]:
    """Ask for each thing in turn and see whether it is seen."""
    if person.agrees(f"EVSE {evse}: test the button?"):
        person.told("Press the board's button now.")
        yield await _input(visit, evse, "button", BenchInput.BUTTON, 1)
    if person.agrees(f"EVSE {evse}: is there a tester (or a vehicle) to plug in?"):
        for name, text, wanted in _TESTER:
            person.told(text)
            seen = await visit.snapshot(evse, lambda now, wanted=wanted: now.pilot in wanted, HAND_S)  # type: ignore[misc]
            yield _seen(name, evse, seen)
    if person.agrees(f"EVSE {evse}: press the emergency stop?"):
        person.told("Press it now.")
        yield await _input(visit, evse, "emergency stop opens", BenchInput.STOP, 0)
        person.told("Release it.")
        yield await _input(visit, evse, "emergency stop closes", BenchInput.STOP, 1)
        await visit.ask(ClearFault(evse, bit_of("emergency_stop")))  # it latches, and this test has raised it


def _seen(name: str, evse: int, seen: Snapshot | None) -> Check:
    if seen is None:
        return Check(name, Outcome.FAILED, f"not seen within {HAND_S:.0f} s", evse, next_step="Check the wire from the socket to the board.")
    return Check(name, Outcome.OK, volts(seen.pilot_high_mv), evse)


async def _input(visit: Visit, evse: int, name: str, place: BenchInput, wanted: int) -> Check:
    for _ in range(round(HAND_S * 1000) // SHOW_MS):
        visit.bench.clear()
        await visit.ask(Bench(evse, BenchAct.LOOK, 0, SHOW_MS))
        if await visit.wait_for(lambda: any(state.inputs >> place & 1 == wanted for state in visit.bench) or None, SHOW_MS / 1000):
            await visit.ask(Bench(evse, BenchAct.LOOK, 0, 1))
            return Check(name, Outcome.OK, "seen", evse)
    return Check(name, Outcome.FAILED, f"not seen within {HAND_S:.0f} s", evse, next_step="Check its wire and active_low in the board file.")
