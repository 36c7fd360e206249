"""The EVSE's energy register, and samples of what is measured.

The register adds the coprocessor's deltas and never runs backwards. It is saved with every event of a transaction and, while energy flows, at
least every `REGISTER_SAVE_S`, and sooner when a tenth of what the transaction has drawn is not saved yet (never for less than `UNSAVED_MWH`). So a
power cut of host and coprocessor together loses at most the lesser of the two, and what came after the last meter message; a restart of the host
alone nothing (the coprocessor's own count goes on), a restart of the coprocessor alone at most what came after its last meter message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from .evse import Evse
from .inputs import MeterRead
from .model import Measurand, Reading, ReadingContext, Sample, Stamp
from .records import Register
from .timers import Timer
from .turn import Turn
from .variables import Wanted
from .variables_charging import MAX_STOP_SAMPLES

REGISTER_SAVE_S: Final = 60

# A tenth of the energy drawn makes some thirty saves more in a whole charge, most of them in its first minutes; this bounds their number at its start.
UNSAVED_MWH: Final = 20_000

# Below this a vehicle is said to draw nothing: chargers' standby is some tens of milliamperes.
DRAW_MIN_MA: Final = 500

# Used for the power on offer where no voltage is measured.
NOMINAL_MV: Final = 230_000


def advance(register: Register, meter_boot: int, meter_mwh: int) -> Register:
    """Add what the meter counted since; another `meter_boot`, or a count that fell, is a new origin and adds nothing."""
    if register.meter_boot != meter_boot or meter_mwh < register.meter_mwh:
        return replace(register, meter_boot=meter_boot, meter_mwh=meter_mwh)
    return replace(register, total_mwh=register.total_mwh + meter_mwh - register.meter_mwh, meter_mwh=meter_mwh)


def total_at(register: Register, meter_boot: int | None, meter_mwh: int) -> int:
    """Return the register at the moment when the meter showed `meter_mwh`, which may be past; now's where that can't be told."""
    if meter_boot is None or register.meter_boot != meter_boot:
        return register.total_mwh
    return max(0, register.total_mwh + meter_mwh - register.meter_mwh)


def reach(evse: Evse, meter_boot: int | None, meter_mwh: int) -> None:
    """Advance the register to what the meter is known to have shown: what is told of it must be in it, whatever becomes of the meter next."""
    register = evse.register
    if meter_boot is not None and register.meter_boot == meter_boot and meter_mwh > register.meter_mwh:
        evse.register = advance(register, meter_boot, meter_mwh)
        evse.register_dirty = True


def take(turn: Turn, evse: Evse, read: MeterRead) -> None:
    """Take a meter message."""
    before = evse.register
    if before.meter_boot == read.meter_boot and read.energy_mwh < before.meter_mwh:
        turn.note(evse.id, "meter.backwards", f"The meter fell from {before.meter_mwh} to {read.energy_mwh} mWh; counting goes on from there.")
    evse.meter = read
    evse.register = advance(before, read.meter_boot, read.energy_mwh)
    if evse.register == before:
        return
    if evse.register.total_mwh == before.total_mwh:
        # Only the origin is new. What is counted from it would be lost with it, were the host to vanish before the next save.
        _save(turn, evse)
        return
    evse.register_dirty = True
    if _much_unsaved(evse):
        save_register(turn, evse)
    elif not turn.state.timers.running(Timer.REGISTER, evse.id):
        turn.set_timer_in(Timer.REGISTER, evse.id, REGISTER_SAVE_S)


def save_register(turn: Turn, evse: Evse) -> None:
    """Store the register if it has moved since."""
    turn.state.timers.clear(Timer.REGISTER, evse.id)
    if evse.register_dirty:
        evse.register = replace(evse.register, at=turn.now)
        evse.register_dirty = False
        _save(turn, evse)


def _save(turn: Turn, evse: Evse) -> None:
    evse.saved_mwh = evse.register.total_mwh
    turn.save(f"register/{evse.id}", evse.register)


def _much_unsaved(evse: Evse) -> bool:
    total_mwh, transaction = evse.register.total_mwh, evse.transaction
    drawn_mwh = total_mwh - transaction.meter_start_mwh if transaction is not None else 0
    return total_mwh - evse.saved_mwh >= max(UNSAVED_MWH, drawn_mwh // 10)


def sample(evse: Evse, wanted: Iterable[Wanted], at: Stamp, context: ReadingContext, total_mwh: int | None = None) -> Sample:
    """Measure now: what was asked for and can be given. `total_mwh` where the register of another moment is meant."""
    readings: dict[Reading, None] = {}
    for one in wanted:
        for reading in _readings(evse, one.measurand, evse.register.total_mwh if total_mwh is None else total_mwh):
            if one.phase in (0, reading.phase):
                readings[reading] = None
    return Sample(at, context, tuple(readings))


def _readings(evse: Evse, measurand: Measurand, total_mwh: int) -> list[Reading]:
    meter, seen = evse.meter, evse.seen
    match measurand:
        case Measurand.ENERGY_IMPORT_REGISTER:
            return [Reading(measurand, total_mwh, "Wh")]
        case Measurand.POWER_IMPORT | Measurand.CURRENT_IMPORT | Measurand.VOLTAGE if meter and measurand in meter.unmeasured:
            return _told(evse, measurand)
        case Measurand.POWER_IMPORT if meter:
            return [Reading(measurand, meter.power_mw, "W")]
        case Measurand.CURRENT_IMPORT if meter:
            return _per_phase(evse, measurand, meter.current_ma, "A")
        case Measurand.VOLTAGE if meter:
            return _per_phase(evse, measurand, meter.voltage_mv, "V")
        case Measurand.CURRENT_OFFERED if seen:
            return [Reading(measurand, seen.offer_ma, "A")]
        case Measurand.POWER_OFFERED if seen:
            voltage = sum(meter.voltage_mv[: seen.phases]) if meter and any(meter.voltage_mv) else NOMINAL_MV * seen.phases
            return [Reading(measurand, seen.offer_ma * voltage // 1000, "W")]
        case Measurand.TEMPERATURE if seen and seen.temperature_mc is not None:
            return [Reading(measurand, seen.temperature_mc, "Celsius")]
        case _:
            further = [reading for reading in meter.further if reading.measurand is measurand] if meter else []
            return further or _told(evse, measurand)


def _told(evse: Evse, measurand: Measurand) -> list[Reading]:
    """Return what others measure of it: the first of them, by name."""
    every = ([reading for reading in told.readings if reading.measurand is measurand] for _, told in sorted(evse.told_readings.items()))
    return next((readings for readings in every if readings), [])


def _per_phase(evse: Evse, measurand: Measurand, values: tuple[int, int, int], unit: str) -> list[Reading]:
    return [Reading(measurand, value, unit, phase) for phase, value in enumerate(values[: evse.settings.phases], start=1)]


# ---------------------------------------------------------------- samples kept for a transaction's end


def boundary_sample(turn: Turn, evse: Evse, at: Stamp, context: ReadingContext, register_mwh: int) -> tuple[Sample, ...]:
    """Measure at a transaction's begin or end whatever its end reports, sampled or clock-aligned (OCPP 1.6 errata, 3.14); nothing if it reports nothing.

    Of a past moment the register is known, and nothing of current or voltage then.
    """
    variables = turn.state.variables
    wanted = [one for name in STOP_LISTS for one in variables.measurands(name)]
    if at != turn.now or not evse.fresh:
        wanted = [one for one in wanted if one.measurand is Measurand.ENERGY_IMPORT_REGISTER]
    taken = sample(evse, wanted, at, context, register_mwh)
    return (taken,) if taken.readings else ()


STOP_LISTS: Final = ("SampledDataCtrlr.TxEndedMeasurands", "AlignedDataCtrlr.TxEndedMeasurands")


def add_bounded(samples: tuple[Sample, ...], new: Sample) -> tuple[Sample, ...]:
    """Append a sample; where there are too many then, one goes from where they are densest. First and last always stay, and room for the end is kept."""
    samples = (*samples, new)
    if len(samples) < MAX_STOP_SAMPLES:
        return samples
    crowd = Counter(one.context for one in samples).most_common(1)[0][0]
    alike = [number for number, one in enumerate(samples) if one.context is crowd]
    inner = zip(alike, alike[1:], alike[2:], strict=False)
    # Whose absence leaves the smallest gap between its neighbours of the same kind.
    gaps = [(_time_ms(samples[after]) - _time_ms(samples[before]), number) for before, number, after in inner]
    _, least = min(gaps)
    return samples[:least] + samples[least + 1 :]


def _time_ms(one: Sample) -> int:
    return one.at.mono_ms if one.at.utc_ms is None else one.at.utc_ms
