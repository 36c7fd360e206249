"""The control pilot with nothing plugged in: its two rails, its duties, and the calibration that they suggest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from statistics import fmean

from cpctl.link.messages import BenchAct, BenchState
from cpctl.link.visit import Visit

from .findings import Calibration, Check, EvseFindings, Outcome, PilotReading
from .steps import run_step

DUTIES_BP = (1000, 1600, 2500, 5000, 8500, 9600)
# IEC 61851-1 table A.1 [R]: +-12 V at 0.6 V; a pulse is right to 5 us of the period of 1 ms.
RAIL_MV = 12_000
RAIL_TOLERANCE_MV = 600
DUTY_TOLERANCE_BP = 50
# A reading that is further off moves the thresholds by more than half of their hysteresis.
CALIBRATED_MV = 100
# One that is this far off comes from a rail that is not there, or from a wrong part: no calibration shall hide that.
CALIBRATION_MAX_MV = 1000

# Two windows of 10 ms would do; the rails of a slow stage take longer.
SETTLE_MS = 100
STEP_MS = 400

_MEND_RAIL = "Mend the supply of the pilot stage first: a calibration would only hide it."
_MEASURE_CP = "Measure CP to PE with a voltmeter; see docs/hardware.md."


async def check_pilot(visit: Visit, found: EvseFindings, *, plus12_mv: int = RAIL_MV) -> AsyncIterator[Check]:
    """Drive the pilot in every way that it is ever driven and read it back; `plus12_mv`: what the positive rail truly is."""
    evse = found.evse
    steady, state = await _measure(visit, evse, BenchAct.STEADY)
    if isinstance(steady, str):
        yield await _not_driven(visit, evse, "CP +12 V", steady)
        return
    found.pilot.append(steady)
    if abs(plus12_mv - RAIL_MV) > RAIL_TOLERANCE_MV:
        yield Check("CP by voltmeter", Outcome.FAILED, volts(plus12_mv), evse, next_step=_MEND_RAIL)
    yield _rail("CP +12 V", evse, steady.high_mv, RAIL_MV, "state A")
    negative, _ = await _measure(visit, evse, BenchAct.NEGATIVE)
    if isinstance(negative, str):
        yield await _not_driven(visit, evse, "CP -12 V", negative)
        return
    found.pilot.append(negative)
    yield _rail("CP -12 V", evse, negative.high_mv, -RAIL_MV, "state F")
    for duty_bp in DUTIES_BP:
        reading, _ = await _measure(visit, evse, BenchAct.PWM, duty_bp)
        if isinstance(reading, str):
            yield await _not_driven(visit, evse, f"PWM {duty_bp / 100:.0f} %", reading)
            return
        found.pilot.append(reading)
        yield _duty(evse, reading, duty_bp)
    error_mv = (negative.high_mv + RAIL_MV, steady.high_mv - plus12_mv)
    if state is not None and max(map(abs, error_mv)) <= CALIBRATION_MAX_MV and abs(plus12_mv - RAIL_MV) <= RAIL_TOLERANCE_MV:
        found.calibration = _calibration(state, steady.high_mv, negative.high_mv, plus12_mv)
    yield _calibrated(evse, error_mv, found.calibration)


async def _measure(visit: Visit, evse: int, act: BenchAct, duty_bp: int = 0) -> tuple[PilotReading | str, BenchState | None]:
    """Drive the pilot so for a moment; the reading, or why there is none."""
    step = await run_step(visit, evse, act, duty_bp=duty_bp, ms=STEP_MS)
    states = step.settled(SETTLE_MS)
    if step.trouble or not states:
        return step.trouble or "nothing was heard", None
    measured = round(fmean(state.pilot_duty_bp for state in states))
    reading = PilotReading(
        act.name.lower(),
        round(fmean(state.pilot_high_mv for state in states)),
        round(fmean(state.pilot_low_mv for state in states)),
        duty_bp or None,
        measured or None,
    )
    return reading, states[-1]


async def _not_driven(visit: Visit, evse: int, name: str, trouble: str) -> Check:
    """Say why the pilot could not be driven, as the EVSE itself tells it."""
    from .hardware import standing_faults, withheld

    return Check(name, Outcome.FAILED, f"not driven: {await withheld(visit, evse) or trouble}", evse, await standing_faults(visit, evse))


def _rail(name: str, evse: int, mv: int, nominal_mv: int, letter: str) -> Check:
    ok = abs(mv - nominal_mv) <= RAIL_TOLERANCE_MV
    return Check(name, Outcome.OK if ok else Outcome.FAILED, f"{volts(mv)} {letter}", evse, next_step="" if ok else _MEASURE_CP)


def _duty(evse: int, reading: PilotReading, duty_bp: int) -> Check:
    levels = abs(reading.high_mv - RAIL_MV) <= RAIL_TOLERANCE_MV and abs(reading.low_mv + RAIL_MV) <= RAIL_TOLERANCE_MV
    exact = reading.measured_bp is None or abs(reading.measured_bp - duty_bp) <= DUTY_TOLERANCE_BP
    measured = "duty not measured by this board" if reading.measured_bp is None else f"measured {reading.measured_bp / 100:.2f} %"
    text = f"{volts(reading.high_mv)} / {volts(reading.low_mv)}, {measured}"
    advice = "" if levels and exact else "Set rise_us and fall_us of the calibration." if levels else _MEASURE_CP
    return Check(f"PWM {duty_bp / 100:.0f} %", Outcome.OK if levels and exact else Outcome.FAILED, text, evse, next_step=advice)


def _calibration(state: BenchState, high_mv: int, low_mv: int, plus12_mv: int) -> Calibration:
    """Lay a line through what the pin read at the two rails, and read it off at -12 and +12 V exactly."""
    span = state.plus12_mv - state.minus12_mv

    def pin_mv(reading_mv: int) -> float:
        return state.minus12_mv + (reading_mv + RAIL_MV) * span / (2 * RAIL_MV)

    low, high = pin_mv(low_mv), pin_mv(high_mv)
    slope = (high - low) / (plus12_mv + RAIL_MV)
    return Calibration(
        present=(state.minus12_mv, state.plus12_mv),
        suggested=(round(low), round(low + slope * 2 * RAIL_MV)),
        error_mv=(low_mv + RAIL_MV, high_mv - plus12_mv),
    )


def _calibrated(evse: int, error_mv: tuple[int, int], calibration: Calibration | None) -> Check:
    low, high = error_mv
    text = f"off by {low:+d} mV at -12 V, {high:+d} mV at +12 V"
    if calibration is None:
        return Check("calibration", Outcome.FAILED, f"{text}: too far to be calibrated away", evse, next_step=_MEND_RAIL)
    if max(abs(low), abs(high)) <= CALIBRATED_MV:
        return Check("calibration", Outcome.OK, text, evse)
    advice = f"If the rails truly are at 12 V, set for this EVSE: {calibration.line} and run cpctl commission."
    return Check("calibration", Outcome.FAILED, text, evse, next_step=advice)


def volts(mv: int) -> str:
    """Write a level as people read it."""
    return f"{mv / 1000:+.2f} V"
