"""What is fitted: self-tests, inputs as they are now, the lock, and how fast the firmware decides to open."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cpctl.link.messages import (
    BenchAct,
    BenchInput,
    BenchState,
    BenchTest,
    BenchTrial,
    Blocked,
    Contactor,
    Lock,
    Power,
    Result,
    SelfTest,
    SetLock,
    Snapshot,
)
from cpctl.link.observe import name_of
from cpctl.link.visit import Visit

from .findings import Check, EvseFindings, Outcome, Reaction, bit_of, bits_in
from .steps import run_step

# A monitor takes at most 2 s to trip and 2 s to go back.
SELF_TEST_MS = 6000
# After a start the monitor settles and is tested.
REST_S = 12.0
LOCK_S = 4.0
OPEN_OHM = 0xFFFFFFFF
_NO_TEMPERATURE = 0x7FFF
_UNTRIED, _NEVER = 0xFFFF, 0xFFFE

# From the input to the decision; the contactor's own drop-out comes on top.
LIMITS_MS = {
    BenchTrial.VEHICLE_LEFT: 100,
    BenchTrial.PILOT_SHORT: 3000,
    BenchTrial.RCM: 20,
    BenchTrial.EMERGENCY_STOP: 20,
    BenchTrial.PROTECTIVE_EARTH: 100,
}

# The fault that stands when an input is not as it should be.
_INPUTS = (
    (BenchInput.FEEDBACK, "contactor feedback", ("open", "closed"), "contactor_welded", 0),
    (BenchInput.EARTH, "protective earth", ("LOST", "present"), "protective_earth", 1),
    (BenchInput.STOP, "emergency stop", ("pressed", "not pressed"), "emergency_stop", 1),
)


async def settle(visit: Visit, evse: int) -> Snapshot | None:
    """Wait until the tests at the firmware's start are over; the snapshot then, or the last one."""
    busy = 1 << Blocked.SELF_TEST | 1 << Blocked.BOOTING
    return await visit.snapshot(evse, lambda seen: not seen.blocked & busy or seen.faults != 0, REST_S) or visit.snapshots.get(evse)


async def standing_faults(visit: Visit, evse: int) -> tuple[int, ...]:
    """List the faults that stand now."""
    seen = await visit.snapshot(evse)
    return bits_in(seen.faults) if seen else ()


async def withheld(visit: Visit, evse: int) -> str:
    """Say in words why the EVSE takes no bench test."""
    seen = visit.snapshots.get(evse) or await visit.snapshot(evse)
    if seen is None:
        return "the EVSE does not show itself"
    reasons = [
        ("the contactor is not open", seen.contactor != Contactor.OPEN),
        ("a vehicle is plugged in", not seen.blocked >> Blocked.NOT_PLUGGED & 1),
        ("a lease is held", seen.lease_ms > 0),
        ("it is out of service", bool(seen.blocked >> Blocked.UNAVAILABLE & 1)),
        ("it is locked out", seen.power == Power.LOCKED_OUT),
        ("a fault stands", seen.faults != 0),
    ]
    return ", ".join(text for text, so in reasons if so)


async def check_self_tests(visit: Visit, evse: int) -> AsyncIterator[Check]:
    """Run the firmware's own tests: of the pilot's negative rail, and of the residual-current monitor."""
    reply = await visit.ask(SelfTest(evse))
    if reply is None or reply.result != Result.ACCEPTED:
        why = await withheld(visit, evse) or (name_of(Result, reply.result) if reply else "no answer")
        yield Check("self-test", Outcome.FAILED, f"not run: {why}", evse, await standing_faults(visit, evse))
        return
    state = await _tested(visit, evse)
    if state is None:
        yield Check("self-test", Outcome.FAILED, "its end was not heard", evse, next_step="Run it again; see cpctl status.")
        return
    yield _test("pilot self-test", evse, state.self_test, "the negative rail is there", "self_test")
    took = (
        f"it tripped {state.rcm_took_ms} ms after its test output"
        if state.rcm_test == BenchTest.PASSED
        else "no trip, or it did not go back, in time"
    )
    yield _test("RCM test", evse, state.rcm_test, took, "rcm_self_test")


async def _tested(visit: Visit, evse: int) -> BenchState | None:
    waiting = (BenchTest.WAITS, BenchTest.RUNNING)
    for _ in range(SELF_TEST_MS // 200):
        step = await run_step(visit, evse, BenchAct.LOOK, ms=200)
        if step.last is None:
            return None
        if step.last.self_test not in waiting and step.last.rcm_test not in waiting:
            return step.last
    return step.last


def _test(name: str, evse: int, test: int, text: str, fault: str) -> Check:
    match test:
        case BenchTest.PASSED:
            return Check(name, Outcome.OK, text, evse)
        case BenchTest.NOT_FITTED:
            return Check(name, Outcome.SKIPPED, "none fitted", evse)
        case BenchTest.FAILED:
            return Check(name, Outcome.FAILED, text if fault != "self_test" else "the negative rail is missing or weak", evse, (bit_of(fault),))
        case _:
            return Check(name, Outcome.FAILED, "it did not come to an end", evse, next_step="Unplug the vehicle, clear the faults, and run it again.")


async def check_inputs(visit: Visit, evse: int) -> AsyncIterator[Check]:
    """Look at every input as it is now."""
    step = await run_step(visit, evse, BenchAct.LOOK, ms=200)
    seen = await visit.snapshot(evse)
    state = step.last
    if state is None or seen is None:
        yield Check("inputs", Outcome.FAILED, f"not seen: {step.trouble}", evse)
        return
    for place, name, words, fault, good in _INPUTS:
        value = state.inputs >> place & 1
        if not state.fitted >> place & 1:
            yield Check(name, Outcome.SKIPPED, "none fitted", evse)
        else:
            yield Check(name, *_judged(value == good, words[value], evse, fault))
    ohm = "open" if state.proximity_ohm == OPEN_OHM else f"{state.proximity_ohm} ohm"
    yield Check("proximity", *_judged(not seen.faults >> bit_of("proximity") & 1, ohm, evse, "proximity"))
    yield _temperature(evse, seen, state)


def _judged(ok: bool, text: str, evse: int, fault: str) -> tuple[Outcome, str, int, tuple[int, ...]]:
    return Outcome.OK if ok else Outcome.FAILED, text, evse, () if ok else (bit_of(fault),)


def _temperature(evse: int, seen: Snapshot, state: BenchState) -> Check:
    broken = bit_of("temperature_sensor")
    if seen.faults >> broken & 1:
        return Check("temperature", Outcome.FAILED, f"{state.temperature_mv} mV at the sensor", evse, (broken,))
    if seen.temperature_dc == _NO_TEMPERATURE:
        return Check("temperature", Outcome.SKIPPED, "no sensor is read", evse)
    hot = bit_of("over_temperature")
    return Check("temperature", *_judged(not seen.faults >> hot & 1, f"{seen.temperature_dc / 10:.1f} °C", evse, "over_temperature"))


async def check_faults(visit: Visit, evse: int) -> Check:
    """Look whether any fault stands, be it one that the test itself has brought to light."""
    standing = await standing_faults(visit, evse)
    text = f"{len(standing)} stand" if standing else "none stands"
    return Check("faults", Outcome.FAILED if standing else Outcome.OK, text, evse, standing)


async def check_lock(visit: Visit, evse: int, *, move: bool) -> Check:
    """Look at the socket's lock; where that was asked for, lock and unlock it."""
    seen = await visit.snapshot(evse)
    if seen is None or seen.lock == Lock.NOT_FITTED:
        return Check("lock", Outcome.SKIPPED, "none fitted", evse)
    if not move:
        jammed = seen.lock == Lock.JAMMED
        return Check("lock", *_judged(not jammed, f"{name_of(Lock, seen.lock)}; not moved (--lock moves it)", evse, "lock"))
    for wanted in (Lock.LOCKED, Lock.UNLOCKED):
        reply = await visit.ask(SetLock(evse, int(wanted is Lock.LOCKED)))
        if reply is None or reply.result != Result.OK:
            return Check("lock", Outcome.FAILED, f"refused: {name_of(Result, reply.result) if reply else 'no answer'}", evse)
        if await visit.snapshot(evse, lambda now, wanted=wanted: now.lock == wanted, LOCK_S) is None:  # type: ignore[misc]
            return Check("lock", Outcome.FAILED, f"does not become {wanted.name.lower()}", evse, (bit_of("lock"),))
    return Check("lock", Outcome.OK, "locked and unlocked", evse)


async def check_reactions(visit: Visit, found: EvseFindings) -> AsyncIterator[Check]:
    """Have the firmware measure how soon it decides to open, on a copy of its core; the contactor stays open."""
    step = await run_step(visit, found.evse, BenchAct.TRIP)
    if step.trouble or step.last is None:
        why = await withheld(visit, found.evse) or step.trouble
        yield Check("reaction", Outcome.FAILED, f"not measured: {why}", found.evse, await standing_faults(visit, found.evse))
        return
    for trial, limit_ms in LIMITS_MS.items():
        cause = trial.name.lower().replace("_", " ").replace("rcm", "residual current")
        took_ms = step.last.trip_ms[trial]
        if took_ms == _UNTRIED:
            yield Check(f"reaction: {cause}", Outcome.SKIPPED, "not fitted", found.evse)
            continue
        reaction = Reaction(cause, None if took_ms == _NEVER else took_ms, step.last.tick_gap_us, limit_ms)
        found.reactions.append(reaction)
        yield _reacted(found.evse, reaction)


def _reacted(evse: int, reaction: Reaction) -> Check:
    name = f"reaction: {reaction.cause}"
    if reaction.bound_ms is None:
        return Check(name, Outcome.FAILED, "the core did not open", evse, next_step="Do not use this firmware; report it.")
    text = f"decides to open in ≤ {reaction.bound_ms:.1f} ms (limit {reaction.limit_ms} ms), a tick each {reaction.tick_us / 1000:.1f} ms at most"
    advice = "" if reaction.ok else "The safety task is held up: report it with the firmware's version."
    return Check(name, Outcome.OK if reaction.ok else Outcome.FAILED, text, evse, next_step=advice)
