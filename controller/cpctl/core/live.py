"""Values that change by themselves, by the names of the device model: what the hardware shows, and what state it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from .evse import Evse
from .facts import is_taken, status_of
from .model import ConnectorStatus, LockState
from .state import State
from .variable_name import VariableName, parse


def value(state: State, name: str) -> str | None:
    """Return the present value of a variable's name; None if there is none such, or nothing is known of it."""
    path = parse(name)
    part = path.component
    if not part.evse:
        station = _STATION.get(_key(path))
        return None if station is None else station(state)
    evse = state.evses.get(part.evse)
    of_evse = (_CONNECTOR if part.connector else _EVSE).get(_key(path))
    if evse is None or of_evse is None:
        return None
    if part.connector and part.connector not in (connector.id for connector in evse.settings.connectors):
        return None
    return of_evse(state, evse)


def _key(path: VariableName) -> str:
    return f"{path.component.name}.{path.name}"


def _station_state(state: State) -> str:
    if state.link.dead:
        return "Faulted"
    return "Available" if state.availability.operative else "Unavailable"


def _availability(state: State, evse: Evse) -> str:
    status = status_of(state, evse)
    if status in (ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE, ConnectorStatus.RESERVED):
        return status.value
    return "Occupied" if is_taken(evse) else "Available"


def _whether(fact: bool) -> str:
    return "true" if fact else "false"


def _thousandth(milli: int) -> str:
    """Write a number of thousandths without an exponent."""
    return f"{milli / 1000:.3f}".rstrip("0").rstrip(".")


def _faulty(*names: str) -> Callable[[State, Evse], str | None]:
    """Make the value that tells whether one of these faults is there."""
    return lambda _, evse: _whether(not evse.faults.keys().isdisjoint(names))


def _locked(_: State, evse: Evse) -> str | None:
    return _whether(evse.seen.lock is LockState.LOCKED) if evse.seen is not None else None


def _temperature(_: State, evse: Evse) -> str | None:
    return _thousandth(evse.seen.temperature_mc) if evse.seen is not None and evse.seen.temperature_mc is not None else None


def _grave(_: State, evse: Evse) -> str:
    return _whether(bool(evse.grave_faults))


_STATION: Final[Mapping[str, Callable[[State], str | None]]] = {
    "AuthCacheCtrlr.Storage": lambda state: str(state.cache.size),
    "ChargingStation.AvailabilityState": _station_state,
    "ChargingStation.Problem": lambda state: _whether(state.link.dead or any(evse.grave_faults for evse in state.evses.values())),
}
_EVSE: Final[Mapping[str, Callable[[State, Evse], str | None]]] = {
    "ConnectorPlugRetentionLock.Active": _locked,
    "ConnectorPlugRetentionLock.Problem": _faulty("lock"),
    "ConnectorPlugRetentionLock.State": lambda _, evse: evse.seen.lock.value if evse.seen is not None else None,
    "Contactor.Active": lambda _, evse: _whether(evse.seen.energised) if evse.seen is not None else None,
    "Contactor.Cycles": lambda _, evse: str(evse.seen.cycles) if evse.seen is not None else None,
    "Contactor.Problem": _faulty("contactor_welded", "contactor_open"),
    "ControlPilot.Problem": _faulty("pilot_short", "pilot_invalid", "diode_missing"),
    "ControlPilot.State": lambda _, evse: evse.seen.pilot.value if evse.seen is not None else None,
    "ControlPilot.VoltageHigh": lambda _, evse: _thousandth(evse.seen.pilot_high_mv) if evse.seen is not None else None,
    "ControlPilot.VoltageLow": lambda _, evse: _thousandth(evse.seen.pilot_low_mv) if evse.seen is not None else None,
    "EVSE.AvailabilityState": _availability,
    "EVSE.Power": lambda _, evse: _thousandth(evse.meter.power_mw) if evse.meter is not None else None,
    "EVSE.Problem": _grave,
    "RCD.Problem": _faulty("rcm", "rcm_self_test", "rcm_lockout"),
    "RCD.Tripped": _faulty("rcm", "rcm_lockout"),
    "TemperatureSensor.Problem": _faulty("over_temperature", "temperature_sensor"),
    "TemperatureSensor.Temperature": _temperature,
}
_CONNECTOR: Final[Mapping[str, Callable[[State, Evse], str | None]]] = {
    "Connector.AvailabilityState": _availability,
    "Connector.Problem": _grave,
}
