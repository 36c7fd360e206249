"""How a program fits its hardware to the station: a method for each input and output. All calls are for before the run."""

from __future__ import annotations

from collections.abc import Callable

from cpctl.core.model import Measurand
from cpctl.core.readings import UNITS
from cpctl.errors import NoSuchEvse

from .pins import PHASES, Fault, Flag, LimitOutput, LockOutput, MeterInput, Number, PerPhase, Pins


class Fittings:
    """Inputs are read some times a second, in the loop's thread: they return what is so now, and never wait. Outputs are called when something changes."""

    def __init__(self, evses: int) -> None:
        self._pins = {number: Pins() for number in range(1, evses + 1)}

    # ------------------------------------------------------------ state

    def set_plugged_input(self, plugged: Flag, evse: int = 1) -> None:
        """Read whether a vehicle is plugged in. Without it, one is taken to be there when the vehicle is ready, or while a token wants it."""
        self._of(evse).plugged = plugged

    def set_ev_ready_input(self, ready: Flag, evse: int = 1) -> None:
        """Read whether the vehicle asks for energy (pilot state C or D). Without it, it does while it is plugged in."""
        self._of(evse).ev_ready = ready

    def set_evse_ready_input(self, ready: Flag, evse: int = 1) -> None:
        """Read whether the EVSE offers what it is permitted to. Without it, it does."""
        self._of(evse).evse_ready = ready

    def set_occupied_input(self, occupied: Flag, evse: int = 1) -> None:
        """Read whether the place is taken, as by a vehicle that is not plugged in: the connector is Preparing then (2.0.1: Occupied), not Available."""
        self._of(evse).occupied = occupied

    def set_cable_input(self, rating_a: Number, evse: int = 1) -> None:
        """Read what the cable may carry, in A; None if it tells nothing."""
        self._of(evse).cable_a = rating_a

    def add_fault_input(self, fault: Fault, evse: int = 1) -> None:
        """Read the name of a fault; None while there is none. While there is one nothing is permitted.

        A name of the fault catalogue ("overcurrent") is told in the words of each OCPP version, one of 1.6's error codes as it is, any other by its name.
        """
        self._of(evse).faults.append(fault)

    # ------------------------------------------------------------ meters

    def set_energy_input(self, energy_wh: Number, evse: int = 1) -> None:
        """Read the meter's own register in Wh, which never runs backwards. Without it, energy is counted from the power for as long as the run lasts."""
        self._of(evse).energy_wh = energy_wh

    def set_power_input(self, power_w: Number, evse: int = 1) -> None:
        """Read the power drawn, in W."""
        self._of(evse).power_w = power_w

    def set_current_input(self, current_a: PerPhase, evse: int = 1) -> None:
        """Read the current drawn, in A: one for all phases, or one for each."""
        self._of(evse).current_a = current_a

    def set_voltage_input(self, voltage_v: PerPhase, evse: int = 1) -> None:
        """Read the voltage, in V: one for all phases, or one for each."""
        self._of(evse).voltage_v = voltage_v

    def set_temperature_input(self, temperature_c: Number, evse: int = 1) -> None:
        """Read the temperature of the EVSE, in °C."""
        self._of(evse).temperature_c = temperature_c

    def add_meter_input(self, read: Number, measurand: str, *, phase: int = 0, evse: int = 1) -> None:
        """Read any measurand in its unit (`UNITS`), of one phase (1..3) or of all (0); ValueError for one that the station has no place for.

        It is told to the CSMS where a list of measurands names it (`SampledDataCtrlr.TxUpdatedMeasurands`).
        """
        pins = self._of(evse)
        wanted = Measurand(measurand)
        if wanted not in UNITS or not 0 <= phase <= PHASES:
            raise ValueError(f"{measurand} of phase {phase} has no input; there are {', '.join(UNITS)}")
        match wanted, phase:
            case Measurand.ENERGY_IMPORT_REGISTER, 0:
                pins.energy_wh = read
            case Measurand.POWER_IMPORT, 0:
                pins.power_w = read
            case Measurand.CURRENT_IMPORT, 0:
                pins.current_a = read
            case Measurand.VOLTAGE, 0:
                pins.voltage_v = read
            case Measurand.TEMPERATURE, 0:
                pins.temperature_c = read
            case _:
                pins.further.append(MeterInput(read, wanted, UNITS[wanted], phase))

    # ------------------------------------------------------------ outputs

    def on_limit(self, output: LimitOutput, evse: int = 1) -> LimitOutput:
        """Call `output(W, A, phases)` with what may be given from now on: the lowest of all limits where energy is permitted, zeros where not.

        It is the one gate: give energy only while A is above 0, and never more. What it was told holds until it is told otherwise; when the run ends it is
        told zeros. One that raises is told again with each look.
        """
        self._of(evse).limit.append(output)
        return output

    def on_lock(self, output: LockOutput, evse: int = 1) -> LockOutput:
        """Call `output()` to lock the socket, before a transaction begins; False says that it has not moved. It may be a coroutine function."""
        self._of(evse).lock = output
        return output

    def on_unlock(self, output: LockOutput, evse: int = 1) -> LockOutput:
        """Call `output()` to unlock the socket, after a transaction or when the CSMS asks; its result, as of `on_lock`, is what the CSMS hears.

        With it the EVSE has a lock: the CSMS may unlock it, and energy is permitted only while it is locked.
        """
        self._of(evse).unlock = output
        return output

    def on_available(self, output: Callable[[bool], None], evse: int = 1) -> Callable[[bool], None]:
        """Call `output(available)` when the EVSE is put in or taken out of service."""
        self._of(evse).available = output
        return output

    def on_clear_fault(self, output: Callable[[str | None], None], evse: int = 1) -> Callable[[str | None], None]:
        """Call `output(fault)` when somebody clears a latched fault, or (None) all of them."""
        self._of(evse).clear_fault = output
        return output

    # ------------------------------------------------------------ helpers

    def _of(self, evse: int) -> Pins:
        if evse not in self._pins:
            raise NoSuchEvse(evse, len(self._pins))
        return self._pins[evse]
