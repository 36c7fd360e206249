"""Network profiles: by which the station connects to a CSMS, in which order, and down to which security profile (OCPP 2.0.1 A05, B09, B10).

The configuration file's is in the first slot and can't be overwritten. The others belong to that configuration: a file that names another CSMS, id or
security profile makes a new beginning. What was set is connected by from the next start on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .records import NetworkProfile, NetworkStanding, Record
from .settings import StationSettings
from .variables import Variables
from .variables_csms import CONFIGURED_SLOT

PRIORITY: Final = "OCPPCommCtrlr.NetworkConfigurationPriority"
STANDING_KEY: Final = "network/standing"


@dataclass(slots=True)
class Network:
    """The profiles there are by slot, the one by which the CSMS last accepted us, and the security profile below which none is used."""

    profiles: dict[int, NetworkProfile] = field(default_factory=dict)
    last_good: int = CONFIGURED_SLOT
    floor: int = 0

    def usable(self, slot: int) -> bool:
        """Tell whether there is a profile in a slot, and it is safe enough."""
        return slot in self.profiles and self.profiles[slot].security_profile >= self.floor


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """By which profiles to connect, in this order, over and over; `last_good` is the slot by which the CSMS last accepted us. Never empty.

    `known`: all that there are, those among them that are not used.
    """

    profiles: tuple[NetworkProfile, ...]
    last_good: int
    known: tuple[NetworkProfile, ...] = ()


def restored(settings: StationSettings, records: Mapping[str, Record]) -> Network:
    """Gather the profiles that belong to the present configuration."""
    owner = owner_of(settings)
    network = Network({CONFIGURED_SLOT: NetworkProfile(CONFIGURED_SLOT, "", settings.credentials.security_profile, owner)})
    for record in records.values():
        if isinstance(record, NetworkProfile) and record.owner == owner:
            network.profiles[record.slot] = record
    network.floor = settings.credentials.security_profile
    standing = records.get(STANDING_KEY)
    if isinstance(standing, NetworkStanding) and standing.owner == owner and standing.slot in network.profiles:
        network.last_good, network.floor = standing.slot, max(network.floor, standing.security_profile)
    return network


def plan(network: Network, variables: Variables) -> NetworkPlan:
    """Order the usable profiles as configured; the last good one comes at the end, if not sooner, so that a profile that fails locks nobody out (B10.FR.07)."""
    slots = [slot for slot in slots_of(variables.text(PRIORITY)) if network.usable(slot)]
    if network.last_good not in slots:
        slots.append(network.last_good)
    return NetworkPlan(tuple(network.profiles[slot] for slot in slots), network.last_good, tuple(network.profiles.values()))


def slots_of(priority: str) -> list[int]:
    """Read an order of slots."""
    return [int(slot) for slot in priority.split(",") if slot]


def owner_of(settings: StationSettings) -> str:
    """Name the configuration that profiles belong to; compared, never read."""
    return f"{settings.csms} {settings.credentials.security_profile}"
