"""What is known of one EVSE at a moment: facts as observed, what runs on it, what it was last told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from .drawn import Drawn
from .exposure import Exposure
from .inputs import EvseObserved, LimitTold, MeterRead, ReadingsTold
from .model import IdToken, LockState, Stamp
from .records import Availability, Claim, Register, Transaction
from .settings import EvseSettings


@dataclass(frozen=True, slots=True)
class Permission:
    """What an EVSE may give, as last told to the coprocessor; `limit_ma=0` means nothing."""

    plug: int
    limit_ma: int
    phases: int


# A status as it is told: with its fault, an explanation, whether a vehicle is there, where that is told, and what its connectors serve.
Told: TypeAlias = tuple[str, str | None, str, tuple[bool, ...]]


@dataclass(frozen=True, slots=True)
class UnlockWish:
    """Requests that wait for the socket to be unlocked."""

    requests: tuple[int, ...]


@dataclass(slots=True)
class Evse:
    """Facts of one EVSE. `register`, `availability`, `transaction`, `claim`, `held_for` and `finished_plug` are durable, each as its own record."""

    settings: EvseSettings
    register: Register
    availability: Availability
    connectors: dict[int, Availability] = field(default_factory=dict)  # those of which anything was said
    transaction: Transaction | None = None  # running; an ended one is no longer here

    # observed
    seen: EvseObserved | None = None  # the last snapshot, though it may be of a link that is down now
    fresh: bool = False  # the last snapshot is of the present link
    meter: MeterRead | None = None
    plugged: bool = False
    plugged_at: Stamp | None = None
    faults: dict[str, Stamp] = field(default_factory=dict)
    drawing: bool = False  # current flows, or did a moment ago

    exposure: Exposure = field(default_factory=Exposure)
    drawn: Drawn = field(default_factory=Drawn)
    share_ma: int | None = None  # of the site's limit; None where there is none
    share_text: str = ""
    told_limits: dict[str, LimitTold] = field(default_factory=dict)  # by source
    told_readings: dict[str, ReadingsTold] = field(default_factory=dict)  # by source

    # people
    claim: Claim | None = None
    refusal: str | None = None  # why the last token was refused, shown for a while
    finished_plug: int | None = None  # this plug-in has had its transaction
    missed_plug: int | None = None  # this plug-in got no token in time
    vended_plug: int | None = None  # this plug-in was given energy without a token, or was to be

    # course of the transaction
    unverified: bool = False  # host, coprocessor or link came back, and its plug-in has not been seen again yet
    host_was_away: bool = False  # it was the host, so that its permission may have run out
    uncounted: bool = False  # host or coprocessor have started, and the meter has not been heard yet
    departed_at: Stamp | None = None  # its vehicle was found gone, then or at the latest then; the last word on it is awaited
    charged: bool = False  # energy has flowed in it, or it was told to be suspended: its preparation is over
    parted: bool = False  # it ended because the vehicle was unplugged
    settling: bool = False  # newly permitted: the vehicle gets a moment to respond before it is called suspended
    register_dirty: bool = False
    saved_mwh: int = field(init=False)  # the register's total as it is on disk

    resetting: bool = False  # out of service for a moment

    # last told
    permitted: Permission | None = None
    retell: bool = False  # the link is new: tell the permission again
    pilot_available: bool | None = None
    lock_told: bool | None = None
    held_for: IdToken | None = None  # the cable stays locked until this token is presented
    reported: Told | None = None
    changed: tuple[Told, Stamp] | None = None  # another status than reported, not yet stable, and since when
    unlock: UnlockWish | None = None

    def __post_init__(self) -> None:
        self.saved_mwh = self.register.total_mwh

    @property
    def id(self) -> int:
        """Number of the EVSE, 1..n."""
        return self.settings.id

    @property
    def connector(self) -> int:
        """The connector that transactions are booked on."""
        return self.settings.connectors[0].id

    @property
    def plug(self) -> int | None:
        """Count of the plug-in that is seen now; None with nothing plugged in or nothing known."""
        return self.seen.plug if self.seen is not None and self.plugged else None

    def serves(self, connector: int) -> bool:
        """Tell whether a connector is in service, as far as itself is concerned."""
        said = self.connectors.get(connector)
        return said is None or said.operative

    @property
    def spent(self) -> bool:
        """True if the plug-in has had its transaction, or got no token in time: who taps at a reader for all means another one."""
        return self.plugged and self.plug in (self.finished_plug, self.missed_plug)

    @property
    def grave_faults(self) -> list[str]:
        """Faults that make the EVSE faulted, in a constant order."""
        return [name for name in sorted(self.faults) if name not in PASSING]

    @property
    def lockable(self) -> bool:
        """True if there is a socket with a lock."""
        fixed = self.settings.connectors[0].fixed_cable
        return not fixed and self.seen is not None and self.seen.lock is not LockState.NOT_FITTED

    @property
    def secured(self) -> bool:
        """True if the plug can't be drawn under load, or there is no lock to see to it."""
        return not self.lockable or (self.seen is not None and self.seen.lock is LockState.LOCKED)

    @property
    def cable_left(self) -> bool:
        """True while a cable whose vehicle has gone is in the socket: kept for its owner, or not released yet."""
        parted = self.parted or (self.transaction is not None and self.transaction.parted)
        still_locked = parted and self.lockable and self.seen is not None and self.seen.lock is not LockState.UNLOCKED
        return not self.plugged and (self.cable_held or still_locked)

    @property
    def cable_held(self) -> bool:
        """True if a cable without a vehicle is kept locked in the socket."""
        return self.held_for is not None and not self.plugged


# A single opening under load is told and holds energy back for a while, but nobody has to come for it.
PASSING = frozenset({"opened_under_load"})
