"""Everything that the station knows between two inputs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .anchors import Anchors
from .cache import TokenCache
from .evse import Evse
from .journal import Journal
from .model import IdToken, Stamp
from .network import Network
from .records import Availability, Claim, FirmwareMark, Transaction
from .settings import StationSettings
from .timers import Timers
from .turns import Turns
from .tx_points import TxPoints
from .variables import Variables


@dataclass(slots=True)
class Link:
    """State of the way to the coprocessor."""

    up: bool = False
    dead: bool = False  # down for longer than the configured time
    lost_at: Stamp | None = None
    code: str = "link.starting"
    text: str = "The coprocessor has not answered yet."
    boot_nonce: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about a token that the CSMS has not answered yet. `evse` 0: for whichever EVSE is plugged in next; `reader`: where it was shown."""

    number: int
    evse: int
    reader: int
    id_token: IdToken
    since: Stamp
    plug: int | None  # plugged in when it was presented
    requests: tuple[int, ...] = ()
    remote: bool = False
    remote_start_id: int | None = None
    group: IdToken | None = None
    evses: tuple[int, ...] = ()  # the only ones that the token is good for; empty: all


@dataclass(frozen=True, slots=True)
class Tap:
    """A token as last seen by a reader, and what became of it, once that is known."""

    at_ms: int
    accepted: bool | None = None


@dataclass(slots=True)
class State:
    """The station between two inputs. `lobby`: an accepted token that takes whichever EVSE is plugged in next."""

    settings: StationSettings
    variables: Variables
    cache: TokenCache
    points: TxPoints
    new_id: Callable[[], str]
    next_entry: int
    evses: dict[int, Evse]
    transactions: dict[str, Transaction]  # running, and ended ones whose end is not delivered
    availability: Availability  # of the station as a whole
    sessions: deque[str]  # keys of the stored ones, oldest first
    mark: FirmwareMark | None
    journal: Journal = field(default_factory=Journal)  # what waits in the outbox
    timers: Timers = field(default_factory=Timers)
    link: Link = field(default_factory=Link)
    turns: Turns = field(default_factory=Turns)
    asks: dict[int, Ask] = field(default_factory=dict)
    next_ask: int = 1
    unheard: dict[int, IdToken] = field(default_factory=dict)  # decided without the CSMS's word, which may still come
    taps: dict[tuple[int, str], Tap] = field(default_factory=dict)  # by reader and token, of the last moments
    lobby: Claim | None = None
    unplaced: Transaction | None = None  # the one that has begun with it, where the driver alone begins one
    csms_online: bool = False
    accepted: bool = False  # by the CSMS, the last time that it was asked
    store_failure: str | None = None
    restarting: bool = False
    resets_due: set[int] = field(default_factory=set)  # EVSEs, and 0 for the station, that are to be reset once nothing is running
    anchors: Anchors = field(default_factory=Anchors)
    previous_password: str = field(default="", repr=False)
    network: Network = field(default_factory=Network)
    reporting: bool = False  # statuses are told once there is something to tell
    reported: tuple[str, str | None, str] | None = None  # of the station as a whole
