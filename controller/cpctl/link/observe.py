"""Translates what the coprocessor tells into the core's inputs. Unknown numbers keep a name of their own, nothing is guessed."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from cpctl.core import inputs, model
from cpctl.core.faults import BY_BIT

from .messages import Blocked, Contactor, Event, EventCode, Lock, Meter, MeterSource, Pilot, Snapshot

#: What Snapshot says where nothing is read.
_NO_CABLE: Final = 0xFFFF
_NO_TEMPERATURE: Final = 0x7FFF

_PILOTS: Final[dict[int, model.Pilot]] = {pilot: model.Pilot(pilot.name if len(pilot.name) <= 2 else pilot.name.lower()) for pilot in Pilot}
_LOCKS: Final[dict[int, model.LockState]] = {lock: model.LockState(lock.name.lower()) for lock in Lock}
_FAULT_EVENTS: Final = frozenset({EventCode.FAULT_RAISED, EventCode.FAULT_CLEARED})


def evse_observed(snapshot: Snapshot) -> inputs.EvseObserved:
    """Translate a snapshot."""
    return inputs.EvseObserved(
        evse=snapshot.evse,
        pilot=_PILOTS.get(snapshot.pilot, model.Pilot.INVALID),
        plug=snapshot.plug,
        energised=snapshot.contactor in (Contactor.CLOSED, Contactor.OPENING),
        offer_ma=snapshot.offer_da * 100,
        lease_ms=snapshot.lease_ms if snapshot.lease_da else 0,
        faults=frozenset(fault_name(bit) for bit in _bits(snapshot.faults)),
        blocked=frozenset(name_of(Blocked, bit) for bit in _bits(snapshot.blocked)),
        cable_ma=None if snapshot.cable_da == _NO_CABLE else snapshot.cable_da * 100,
        lock=_LOCKS.get(snapshot.lock, model.LockState.JAMMED),
        phases=snapshot.phases,
        wait_ms=snapshot.wait_ms,
        pilot_high_mv=snapshot.pilot_high_mv,
        pilot_low_mv=snapshot.pilot_low_mv,
        temperature_mc=None if snapshot.temperature_dc == _NO_TEMPERATURE else snapshot.temperature_dc * 100,
        cycles=snapshot.cycles,
        lease_ma=snapshot.lease_da * 100,
        heard_ms=snapshot.host_clock_us // 1000,
    )


def meter_read(meter: Meter) -> inputs.MeterRead | None:
    """Translate a meter's message; None where there is no meter."""
    if meter.source == MeterSource.NONE:
        return None
    return inputs.MeterRead(meter.evse, meter.meter_boot, meter.energy_mwh, meter.current_ma, meter.voltage_mv, meter.power_mw)


def coprocessor_event(event: Event, boot_nonce: int, age_ms: int) -> inputs.CoprocessorEvent:
    """Translate an event that happened `age_ms` ago."""
    return inputs.CoprocessorEvent(
        boot_nonce=boot_nonce,
        event_id=event.id,
        evse=event.evse,
        code=name_of(EventCode, event.code),
        plug=event.plug,
        age_ms=age_ms,
        fault=fault_name(event.value) if event.code in _FAULT_EVENTS else None,
        value=event.value,
        meter_boot=event.meter_boot or None,
        energy_mwh=event.energy_mwh,
        text=event.text,
    )


def fault_name(bit: int) -> str:
    """Name of a fault's bit; one that a newer firmware has is called by its number."""
    fault = BY_BIT.get(bit)
    return fault.name if fault else f"fault_{bit}"


def name_of(enum: type[IntEnum], value: int) -> str:
    """Name of an enum's value as the schema writes it, or `<enum>_<number>`."""
    try:
        return enum(value).name.lower()
    except ValueError:
        return f"{enum.__name__.lower()}_{value}"


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
