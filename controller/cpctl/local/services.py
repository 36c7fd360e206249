"""What the local API needs from the running station. The composition root implements it; everything returned is JSON-able.

A method raises `NotFound` for an EVSE, code or name that does not exist, and `Refused` with the station's reason where it said no.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Json = Mapping[str, object]


class Services(Protocol):
    """The station as the local API sees it."""

    async def health(self) -> Json:
        """Tell whether the station's and the link's loops turn: at least `{"ok": bool}`."""

    async def status(self) -> Json:
        """Give the whole state: station, csms, coprocessor, clock, evses."""

    def subscribe(self) -> AsyncIterator[Json]:
        """Yield the whole state now and whenever it has changed. A slow reader misses states in between, never the last."""

    async def evse(self, evse: int) -> Json:
        """Give the state of one EVSE."""

    async def present_token(self, evse: int, id_token: str, token_type: str) -> Json:
        """Present a token at an EVSE's reader, or (evse 0) at one that serves the whole station."""

    async def stop(self, evse: int) -> Json:
        """Stop the transaction of an EVSE."""

    async def unlock(self, evse: int) -> Json:
        """Unlock an EVSE's connector."""

    async def clear_faults(self, evse: int, code: str | None) -> Json:
        """Clear a latched fault by name or code, or all."""

    async def sessions(self, since: datetime | None, limit: int) -> Sequence[Json]:
        """List finished sessions, oldest first, at most the latest `limit`."""

    async def events(self, since: datetime | None, limit: int) -> Sequence[Json]:
        """List the event log, oldest first, at most the latest `limit`."""

    async def messages(self, since: datetime | None, limit: int) -> Sequence[Json]:
        """List OCPP messages with their answers, secrets redacted, oldest first, at most the latest `limit`."""

    async def variables(self) -> Sequence[Json]:
        """List the configuration variables with their values."""

    async def set_variable(self, name: str, value: str) -> Json:
        """Set a variable (1.6 key or Component.Variable) with the same validation as from the CSMS."""

    async def lend_port(self, seconds: int) -> Json:
        """Let go of the coprocessor's port for another program, for so long at most; `Refused` while a transaction runs. `{"port": str}`."""

    async def take_port_back(self) -> Json:
        """Use the coprocessor's port again."""

    async def call(self, action: str, payload: Json) -> Json:
        """Send a CALL as given; return its answer."""


@dataclass(frozen=True, slots=True)
class VehicleChange:
    """What is to change at the simulated vehicle; None leaves a thing as it is."""

    state: str | None = None
    current_a: float | None = None
    phases: int | None = None
    diode: bool | None = None
    cable_a: int | None = None
    soc: float | None = None
    parked: bool | None = None


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What is to change on the simulated wire; None leaves a thing as it is. Loss and corruption are percentages of frames."""

    loss: float | None = None
    corrupt: float | None = None
    delay_ms: int | None = None
    up: bool | None = None


class SimServices(Protocol):
    """What can be done to the simulated world. Each method returns once the input has been applied."""

    async def vehicle(self, evse: int, change: VehicleChange) -> Json:
        """Move the simulated vehicle of an EVSE."""

    async def fault(self, evse: int, fault: str, active: bool, code: str | None) -> Json:
        """Raise or end a fault of the catalogue at an EVSE; `other` takes a free `code`."""

    async def csms(self, up: bool) -> Json:
        """Cut or restore the network to the CSMS."""

    async def link(self, change: LinkChange) -> Json:
        """Make the serial wire worse or better."""

    async def clock(self, advance_s: float) -> Json:
        """Push the station's clock on."""

    async def power(self, cut: bool) -> Json:
        """Cut the supply of the whole charge point, host included, and give it back."""
