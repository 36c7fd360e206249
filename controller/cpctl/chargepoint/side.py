"""One EVSE as the callbacks tell it: plug-ins counted, what is permitted kept to the plug-in that it is for, energy counted where no meter does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cpctl.core.inputs import EvseObserved, MeterRead
from cpctl.core.model import LockState, Measurand, Pilot
from cpctl.core.records import Claim, Record, Register, Served, Transaction
from cpctl.core.settings import EvseSettings

from . import pins as inputs
from .pins import InputError, Pins

# What a meter's own register counts from: its zero. One origin for all runs, so that what it counts while we are away is counted.
_METERS_ORIGIN = 1
NOMINAL_MV = 230_000
# A permission here lives in the same process and needs no renewal; it is shown as a lease that does not end soon.
_LEASE_MS = 10_000


@dataclass(slots=True)
class Side:
    """State of one EVSE. `plug` counts plug-ins from the stored ones on; `limit_ma` holds for `granted` alone."""

    settings: EvseSettings
    pins: Pins
    plug: int
    known: bool  # its register is in the store already
    plugged: bool | None = None  # None before the first look
    granted: int | None = None
    limit_ma: int = 0
    phases: int = 3
    lock: LockState = LockState.NOT_FITTED
    told: tuple[float, float, int] | None = None  # as the limit's outputs were last told
    counted_mwh: float = 0.0
    counted_at: float | None = None
    voltage_mv: tuple[int, int, int] = (0, 0, 0)
    complained: set[str] = field(default_factory=set)  # meters whose failing is logged

    @property
    def permitted_ma(self) -> int:
        """What may flow now, per phase: the limit of this plug-in's permission, or nothing."""
        return self.limit_ma if self.plugged and self.granted == self.plug else 0

    def observe(self, otherwise: bool, heard_ms: int) -> EvseObserved:
        """Read the state inputs. `otherwise`: whether a vehicle is taken to be there where no input tells. InputError if one can't be read."""
        pins = self.pins
        wants = inputs.flag("ev_ready", pins.ev_ready, otherwise=True)
        if pins.plugged is not None:
            plugged = inputs.flag("plugged", pins.plugged, otherwise=False)
        else:
            plugged = wants if pins.ev_ready is not None else otherwise
        occupied = inputs.flag("occupied", pins.occupied, otherwise=False)
        given = inputs.flag("evse_ready", pins.evse_ready, otherwise=True)
        faults = inputs.faults(pins.faults)
        cable_ma = inputs.milli("cable", pins.cable_a)
        temperature_mc = inputs.milli("temperature", pins.temperature_c)
        self._take_plug(plugged)
        offer_ma = self.permitted_ma if given and not faults else 0
        return EvseObserved(
            evse=self.settings.id,
            pilot=_pilot(plugged, wants, offer_ma > 0),
            plug=self.plug,
            energised=offer_ma > 0 and wants,
            offer_ma=offer_ma,
            lease_ms=_LEASE_MS if self.permitted_ma else 0,
            faults=faults,
            blocked=frozenset(),
            cable_ma=cable_ma,
            lock=self.lock,
            phases=self.phases,
            temperature_mc=temperature_mc,
            lease_ma=self.permitted_ma,
            heard_ms=heard_ms,
            occupied=occupied,
        )

    def _take_plug(self, plugged: bool) -> None:
        """Count a plug-in. A vehicle that is there at the first look is taken for the one that was there when the last run ended."""
        if plugged and self.plugged is False:
            self.plug += 1
        if not plugged:
            self.granted, self.limit_ma = None, 0
        self.plugged = plugged

    # ------------------------------------------------------------ meters

    def read_meter(self, now_s: float, nonce: int) -> tuple[MeterRead, ...]:
        """Read the meters; nothing where there is none. Energy is counted from the power where no input tells it. InputError if one can't be read."""
        pins, phases = self.pins, self.settings.phases
        energy_mwh, power_mw = inputs.milli("energy", pins.energy_wh), inputs.milli("power", pins.power_w)
        current_ma = inputs.milli_per_phase("current", pins.current_a, phases)
        voltage_mv = inputs.milli_per_phase("voltage", pins.voltage_v, phases)
        further = inputs.further(pins.further)
        lacks = {
            Measurand.CURRENT_IMPORT: current_ma,
            Measurand.VOLTAGE: voltage_mv,
            Measurand.POWER_IMPORT: power_mw,
        }
        unmeasured = frozenset(name for name, value in lacks.items() if value is None)
        if energy_mwh is None and len(unmeasured) == len(lacks) and not further:
            return ()
        self.voltage_mv = voltage_mv or (0, 0, 0)
        nominal = voltage_mv if voltage_mv and any(voltage_mv) else _in_use(NOMINAL_MV, phases)
        if power_mw is None and current_ma is not None:
            power_mw = sum(one * volts // 1000 for one, volts in zip(current_ma, nominal, strict=True))
        if current_ma is None and power_mw is not None:
            current_ma = _in_use(power_mw * 1000 // max(1, sum(nominal[:phases])), phases)
        self._count(power_mw, now_s)
        if energy_mwh is not None and energy_mwh < 0:
            raise InputError("energy", "fell below zero")
        if pins.energy_wh is None:
            origin, total_mwh = nonce, int(self.counted_mwh)
        elif energy_mwh is not None:
            origin, total_mwh = _METERS_ORIGIN, energy_mwh
        else:
            return ()  # a register that says nothing at the moment: what it counts is told once it does
        read = MeterRead(
            self.settings.id,
            origin,
            total_mwh,
            current_ma or (0, 0, 0),
            voltage_mv or (0, 0, 0),
            power_mw or 0,
            unmeasured=unmeasured,
            further=further,
        )
        return (read,) if self.known or origin != _METERS_ORIGIN else (self._from_zero(read), read)

    def _from_zero(self, read: MeterRead) -> MeterRead:
        """Say that the meter has counted from zero, so that the register that the CSMS is told is the meter's own."""
        self.known = True
        return MeterRead(read.evse, read.meter_boot, 0, read.current_ma, read.voltage_mv, read.power_mw, unmeasured=read.unmeasured)

    def _count(self, power_mw: int | None, now_s: float) -> None:
        """Count energy by power and time."""
        if power_mw is not None and self.counted_at is not None:
            self.counted_mwh += max(0, power_mw) * (now_s - self.counted_at) / 3600
        self.counted_at = now_s


def sides(settings: Iterable[EvseSettings], pins: Mapping[int, Pins], records: Mapping[str, Record]) -> dict[int, Side]:
    """Make the EVSEs' states from the records that the run found."""
    registers = {record.evse for record in records.values() if isinstance(record, Register) and record.meter_boot == _METERS_ORIGIN}
    made = {}
    for built in settings:
        fitted = pins[built.id].unlock is not None
        lock = LockState.UNLOCKED if fitted else LockState.NOT_FITTED
        made[built.id] = Side(built, pins[built.id], _last_plug(built.id, records), built.id in registers, phases=built.phases, lock=lock)
    return made


def _last_plug(evse: int, records: Mapping[str, Record]) -> int:
    """Return the latest plug-in that a record speaks of; 1 where none does."""
    found = [record.plug for record in records.values() if isinstance(record, Transaction | Claim | Served) and record.evse == evse]
    return max((plug for plug in found if plug is not None), default=1)


def _pilot(plugged: bool, wants: bool, offered: bool) -> Pilot:
    if not plugged:
        return Pilot.A1
    if wants:
        return Pilot.C2 if offered else Pilot.C1
    return Pilot.B2 if offered else Pilot.B1


def _in_use(value: int, phases: int) -> tuple[int, int, int]:
    return (value, value, value) if phases == inputs.PHASES else (value, 0, 0)
