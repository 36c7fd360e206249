"""Variables of what the station is made of: itself, its EVSEs and connectors, the coprocessor and what it watches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .model import Pilot
from .settings import EvseSettings
from .variable_definition import Definition, Kind, fact, flag, live, seconds

AVAILABILITY_STATES: Final = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")

# How the phases of the connector lie on those of the supply (OCPP 1.6, 9.1.7).
ROTATIONS: Final = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")

NOMINAL_V: Final = 230

_INTEGER, _DECIMAL, _BOOLEAN, _STRING = Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN, Kind.STRING


def hardware_variables(evses: Sequence[EvseSettings]) -> tuple[Definition, ...]:
    """Return their definitions for a station with these EVSEs."""
    return (*_station(evses), *_coprocessor(), *(one for evse in evses for one in (*_evse(evse), *_parts(evse), *_connectors(evse))))


def _station(evses: Sequence[EvseSettings]) -> Iterator[Definition]:
    phases = [evse.phases for evse in evses for _ in evse.connectors]
    yield fact("ChargingStation.Available", _BOOLEAN, "true", "the station is there")
    yield live("ChargingStation.AvailabilityState", Kind.OPTION_LIST, "state of the station as a whole", values=AVAILABILITY_STATES)
    yield live("ChargingStation.Problem", _BOOLEAN, "something is wrong with the station or one of its parts")
    yield fact("ChargingStation.SupplyPhases", _INTEGER, str(max(phases, default=1)), "phases of the supply")
    yield live("ChargingStation.VendorName", _STRING, "who made the station", "", None, 50)
    yield live("ChargingStation.Model", _STRING, "the station's model", "", None, 20)
    yield live("ChargingStation.SerialNumber", _STRING, "the station's serial number", "", None, 25)
    yield live("ChargingStation.FirmwareVersion", _STRING, "version of the software", "", None, 50)
    yield fact("ChargingStation.EvseCount", _INTEGER, str(len(evses)), "EVSEs of the station")
    yield fact("ChargingStation.ConnectorCount", _INTEGER, str(len(phases)), "connectors of the station")
    yield seconds(
        "ChargingStation.MinimumStatusDuration", 0, "time for which a status must be stable before it is told; faults are told at once", 0, 600
    )
    yield _limit("ChargingStation.CurrentLimit", "operator's limit of each EVSE and phase; 0 pauses, empty: none")
    yield _limit(
        "ChargingStation.SiteCurrentLimit",
        "operator's limit of the whole station and each phase, shared by its EVSEs; lowers the configured one; empty: none",
    )
    yield Definition(
        "CustomizationCtrlr.ConnectorPhaseRotation",
        Kind.MEMBER_LIST,
        ",".join(f"{number}.{'RST' if count == 3 else 'NotApplicable'}" for number, count in enumerate(phases, 1)),
        "how each connector's phases lie on the supply's; 0: the supply's on the grid's",
        values=tuple(f"{number}.{rotation}" for number in range(len(phases) + 1) for rotation in ROTATIONS),
        one_of_each=True,
    )
    yield _unlock_on_disconnect(evses)


def _limit(name: str, meaning: str) -> Definition:
    return Definition(name, _DECIMAL, "", meaning, "A", 0, 1000, may_be_empty=True)


def _unlock_on_disconnect(evses: Sequence[EvseSettings]) -> Definition:
    """Define it as a fact where all cables are fixed and nothing can be unlocked (OCPP 1.6 errata, 3.84)."""
    name, meaning = "OCPPCommCtrlr.UnlockOnEVSideDisconnect", "unlock the cable at the station when the vehicle's end is unplugged"
    if all(connector.fixed_cable for evse in evses for connector in evse.connectors):
        return fact(name, _BOOLEAN, "false", meaning)
    return flag(name, True, meaning)


def _coprocessor() -> Iterator[Definition]:
    """Define the coprocessor, and the link to it since the service began."""
    yield live("Coprocessor.Active", _BOOLEAN, "it answers and is fit to be used")
    yield live("Coprocessor.Problem", _BOOLEAN, "it does not answer, or is not fit to be used")
    yield live("Coprocessor.FirmwareVersion", _STRING, "version of its firmware")
    yield live("Coprocessor.SerialNumber", _STRING, "its MAC address")
    yield live("Coprocessor.FramesReceived", _INTEGER, "frames heard from it")
    yield live("Coprocessor.FramesSent", _INTEGER, "frames sent to it")
    yield live("Coprocessor.CrcErrors", _INTEGER, "frames from it whose checksum was wrong")
    yield live("Coprocessor.Retries", _INTEGER, "commands sent again for want of an answer")
    yield live("Coprocessor.Connects", _INTEGER, "how often the link came up")
    yield live("Coprocessor.RoundTrip", _INTEGER, "time from a question to its answer, smoothed", "us")


def _evse(evse: EvseSettings) -> Iterator[Definition]:
    at = f"EVSE@{evse.id}"
    yield fact(f"{at}.Available", _BOOLEAN, "true", "the EVSE is there")
    yield live(f"{at}.AvailabilityState", Kind.OPTION_LIST, "state of the EVSE", values=AVAILABILITY_STATES)
    yield live(f"{at}.Problem", _BOOLEAN, "the EVSE is faulted")
    yield fact(f"{at}.AllowReset", _BOOLEAN, "true", "it can be reset alone")
    yield fact(f"{at}.SupplyPhases", _INTEGER, str(evse.phases), "phases that feed it")
    yield live(f"{at}.Power", _DECIMAL, "power that the vehicle draws", "W", 0, evse.max_current_ma * NOMINAL_V * evse.phases // 1000)


def _parts(evse: EvseSettings) -> Iterator[Definition]:
    pilot, contactor, monitor, sensor, lock = (
        f"{name}@{evse.id}" for name in ("ControlPilot", "Contactor", "RCD", "TemperatureSensor", "ConnectorPlugRetentionLock")
    )
    yield live(f"{pilot}.State", Kind.OPTION_LIST, "state of the control pilot (IEC 61851-1); 1 steady, 2 PWM", values=tuple(Pilot))
    yield live(f"{pilot}.VoltageHigh", _DECIMAL, "its upper level", "V")
    yield live(f"{pilot}.VoltageLow", _DECIMAL, "its lower level", "V")
    yield live(f"{pilot}.Problem", _BOOLEAN, "no vehicle makes such levels")
    yield live(f"{contactor}.Active", _BOOLEAN, "it is closed")
    yield live(f"{contactor}.Cycles", _INTEGER, "how often it has closed")
    yield live(f"{contactor}.Problem", _BOOLEAN, "it did not close, or may be welded")
    if evse.residual_current:
        yield live(f"{monitor}.Tripped", _BOOLEAN, "residual current has opened the contactor")
        yield live(f"{monitor}.Problem", _BOOLEAN, "it has tripped, or failed its self-test")
    if evse.temperature:
        yield live(f"{sensor}.Temperature", _DECIMAL, "temperature at the EVSE", "Celsius")
        yield live(f"{sensor}.Problem", _BOOLEAN, "it is too hot, or the sensor is broken")
    if evse.lock:
        yield live(f"{lock}.Active", _BOOLEAN, "the plug is locked in the socket")
        yield live(f"{lock}.State", Kind.OPTION_LIST, "what the lock does", values=("unlocked", "locked", "moving", "jammed"))
        yield live(f"{lock}.Problem", _BOOLEAN, "it did not reach its position")


def _connectors(evse: EvseSettings) -> Iterator[Definition]:
    for connector in evse.connectors:
        at = f"Connector@{evse.id}.{connector.id}"
        yield fact(f"{at}.Available", _BOOLEAN, "true", "the connector is there")
        yield live(f"{at}.AvailabilityState", Kind.OPTION_LIST, "state of the connector", values=AVAILABILITY_STATES)
        yield live(f"{at}.Problem", _BOOLEAN, "its EVSE is faulted")
        yield fact(f"{at}.ConnectorType", _STRING, connector.type, "type of socket or plug")
        yield fact(f"{at}.ChargeProtocol", _STRING, "CPPWM", "how the vehicle is spoken to: by the control pilot's PWM")
        yield fact(f"{at}.SupplyPhases", _INTEGER, str(evse.phases), "phases that feed it")
