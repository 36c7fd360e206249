"""Values that change by themselves, by the names of the device model: what the hardware shows, and what state it is in.

A name is `Component@evse.connector.Variable`, with those parts of the place that the component has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from .evse import Evse
from .facts import facts_of
from .model import ConnectorStatus
from .state import State
from .status import connector_status

_NAME: Final = re.compile(r"(?P<component>[A-Za-z]+)(?:@(?P<evse>[0-9]{1,3})(?:\.(?P<connector>[0-9]{1,3}))?)?\.(?P<variable>[A-Za-z]+)")


def value(state: State, name: str) -> str | None:
    """Return the present value of a name; None if there is none such, or nothing is known of it."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    what = f"{match['component']}.{match['variable']}"
    if match["evse"] is None:
        station = _STATION.get(what)
        return None if station is None else station(state)
    evse = state.evses.get(int(match["evse"]))
    of_evse = (_EVSE if match["connector"] is None else _CONNECTOR).get(what)
    if evse is None or of_evse is None:
        return None
    if match["connector"] is not None and int(match["connector"]) not in (connector.id for connector in evse.settings.connectors):
        return None
    return of_evse(state, evse)


def _station_state(state: State) -> str:
    if state.link.dead:
        return "Faulted"
    return "Available" if state.availability.operative else "Unavailable"


def _availability(state: State, evse: Evse) -> str:
    status = connector_status(facts_of(state, evse))
    if status in (ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE, ConnectorStatus.RESERVED):
        return status.value
    return "Occupied" if evse.plugged or evse.cable_left else "Available"


def _whether(fact: bool) -> str:
    return "true" if fact else "false"


def _thousandth(milli: int | None) -> str | None:
    return None if milli is None else f"{milli / 1000:g}"


_STATION: Final[Mapping[str, Callable[[State], str | None]]] = {
    "ChargingStation.AvailabilityState": _station_state,
    "ChargingStation.Problem": lambda state: _whether(state.link.dead or any(evse.grave_faults for evse in state.evses.values())),
}
_EVSE: Final[Mapping[str, Callable[[State, Evse], str | None]]] = {
    "EVSE.AvailabilityState": _availability,
    "EVSE.Available": lambda state, evse: _whether(evse.availability.operative and state.availability.operative),
    "EVSE.Problem": lambda _, evse: _whether(bool(evse.grave_faults)),
    "ControlPilot.State": lambda _, evse: evse.seen.pilot.value if evse.seen is not None else None,
    "ControlPilot.VoltageHigh": lambda _, evse: _thousandth(evse.seen.pilot_high_mv) if evse.seen is not None else None,
    "ControlPilot.VoltageLow": lambda _, evse: _thousandth(evse.seen.pilot_low_mv) if evse.seen is not None else None,
    "Contactor.Closed": lambda _, evse: _whether(evse.seen.energised) if evse.seen is not None else None,
    "Contactor.Cycles": lambda _, evse: str(evse.seen.cycles) if evse.seen is not None else None,
    "EVSE.Temperature": lambda _, evse: _thousandth(evse.seen.temperature_mc) if evse.seen is not None else None,
    "EVSE.Power": lambda _, evse: str(evse.meter.power_mw // 1000) if evse.meter is not None else None,
}
_CONNECTOR: Final[Mapping[str, Callable[[State, Evse], str | None]]] = {
    "Connector.AvailabilityState": _availability,
    "Connector.Locked": lambda _, evse: evse.seen.lock.value if evse.seen is not None else None,
    "Connector.Problem": lambda _, evse: _whether(bool(evse.grave_faults)),
}
