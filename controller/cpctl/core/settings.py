"""The station as built and configured: from the configuration file, fixed for a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .variable_definition import Definition


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """A connector as built."""

    id: int
    type: str = "sType2"
    fixed_cable: bool = False


@dataclass(frozen=True, slots=True)
class EvseSettings:
    """An EVSE as built."""

    id: int
    max_current_ma: int
    phases: int = 3
    connectors: tuple[ConnectorSettings, ...] = (ConnectorSettings(1),)
    residual_current: bool = False  # a monitor of residual current is fitted
    temperature: bool = False  # a temperature sensor is fitted
    lock: bool = False  # the socket has a lock


class LapsePolicy(StrEnum):
    """What becomes of a transaction whose lease lapsed while the host was away, with the vehicle still plugged in."""

    RESUME = "resume"
    END = "end"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the configuration gives to prove who is who at the CSMS, and the security profile that it asks for."""

    security_profile: int = 0
    password: bool = False
    authority: bool = False  # a certificate of the CSMS's authority
    certificate: bool = False  # one of our own


@dataclass(frozen=True, slots=True)
class StationSettings:
    """The station as built and configured."""

    evses: tuple[EvseSettings, ...]
    on_lapse: LapsePolicy = LapsePolicy.RESUME
    site_max_ma: int | None = None  # per phase, of all EVSEs together
    link_dead_s: int = 120  # a link dead for longer ends the transaction and makes the EVSE faulted
    initial_variables: tuple[tuple[str, str], ...] = ()  # ("Component.Variable", value) at first start
    csms: str = ""  # which CSMS this is to, and under which id; compared, never read
    credentials: Credentials = Credentials()
    own_variables: tuple[Definition, ...] = ()  # of the program or the extensions around the station
    whole_transactions: bool = False  # as of `CsmsOnline`, until the CSMS is first connected
