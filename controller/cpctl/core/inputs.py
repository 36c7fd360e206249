"""Everything that can be fed to `Station.handle`: what the coprocessor saw, what people did, what the CSMS asked or answered.

A command from the CSMS or the local API carries `request`, a number that its `Reply` output repeats.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .model import IdToken, LockState, Measurand, Pilot, Reading, StopReason, TokenInfo
from .records import ClockAnchor

# ---------------------------------------------------------------- time and life cycle


@dataclass(frozen=True, slots=True)
class Started:
    """The host has started with the records that it found; `clean` if the last run ended in order."""

    clean: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """The deadline that `Station.deadline()` named has come."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The host ends in order; running charges are left to the hand-over lease (`keep`) or ended."""

    keep: bool = True


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The host's clock became known or was set; at the start also that it is not known yet."""

    anchor: ClockAnchor


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """Commits fail; grant nothing new until `StoreRecovered`."""

    reason: str


@dataclass(frozen=True, slots=True)
class StoreRecovered:
    """Commits work again."""


# ---------------------------------------------------------------- coprocessor


@dataclass(frozen=True, slots=True)
class CoprocessorReady:
    """The link is up and the coprocessor fit to be used. `restarted`: it has begun anew since we last saw it."""

    boot_nonce: int
    restarted: bool
    evse_count: int


@dataclass(frozen=True, slots=True)
class CoprocessorLost:
    """The link is down or the coprocessor not fit; `code` is stable, `text` is for people (and names the next step)."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class EvseObserved:
    """State of an EVSE as its coprocessor reports it, at each snapshot. Replicated state: repeats are harmless."""

    evse: int
    pilot: Pilot
    plug: int
    energised: bool
    offer_ma: int
    lease_ms: int
    faults: frozenset[str]  # names of the fault catalogue
    blocked: frozenset[str]  # names of the link schema's Blocked bits: why the firmware keeps the contactor open
    cable_ma: int | None = None
    lock: LockState = LockState.NOT_FITTED
    phases: int = 3
    wait_ms: int = 0
    pilot_high_mv: int = 0
    pilot_low_mv: int = 0
    temperature_mc: int | None = None  # 0.001 degrees Celsius
    cycles: int = 0
    lease_ma: int = 0  # limit of the lease that it holds
    heard_ms: int = 0  # our monotonic ms when the last lease was sent that it has heard
    occupied: bool = False  # the place is taken, whether anything is plugged in or not


@dataclass(frozen=True, slots=True)
class MeterRead:
    """The coprocessor's meter: cumulative since `meter_boot`.

    `unmeasured` names what of the other values is only worked out from the rest, or not known at all: it serves here, and is told to nobody.
    """

    evse: int
    meter_boot: int
    energy_mwh: int
    current_ma: tuple[int, int, int]
    voltage_mv: tuple[int, int, int]
    power_mw: int
    unmeasured: frozenset[Measurand] = frozenset()
    further: tuple[Reading, ...] = ()  # of other measurands

    @property
    def shows_draw(self) -> bool:
        """True if it tells whether the vehicle draws."""
        return not self.unmeasured.issuperset({Measurand.CURRENT_IMPORT, Measurand.POWER_IMPORT})


@dataclass(frozen=True, slots=True)
class CoprocessorEvent:
    """Something that happened at the coprocessor, delivered once, in order; acknowledged after the commit of its consequences.

    `code` is a name of the link schema's EventCode (`plugged`, `unplugged`, `fault_raised` ...), `fault` set where it speaks of one.
    `age_ms`: how long ago it happened. `meter` is the register then, where the coprocessor has one.
    """

    boot_nonce: int
    event_id: int
    evse: int
    code: str
    plug: int
    age_ms: int
    fault: str | None = None
    value: int = 0
    meter_boot: int | None = None
    energy_mwh: int = 0
    text: str = ""


# ---------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class TokenPresented:
    """A token was held to the reader of an EVSE, or (evse 0) to one that serves the whole station.

    `info`: the word on it, where whoever presents it has decided already; nobody is asked then.
    """

    evse: int
    id_token: IdToken
    request: int | None = None
    info: TokenInfo | None = None


@dataclass(frozen=True, slots=True)
class LocalStop:
    """Somebody with the right to do so pressed stop at the station or its page, or the program around it stops for a reason of its own."""

    evse: int
    request: int | None = None
    reason: StopReason = StopReason.LOCAL
    id_token: IdToken | None = None


@dataclass(frozen=True, slots=True)
class ReadingsTold:
    """What a source beside the coprocessor measures at an EVSE now; it tells what the EVSE's own meter does not."""

    source: str
    evse: int
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class LimitTold:
    """A source beside the CSMS has a limit for an EVSE and each phase; None takes it back. It can lower what is offered, never raise it."""

    source: str  # constant name, one limit each
    evse: int
    limit_ma: int | None
    text: str = ""  # where it comes from, for people


# ---------------------------------------------------------------- CSMS: connection and answers


@dataclass(frozen=True, slots=True)
class CsmsOnline:
    """The CSMS has accepted our boot and is connected.

    `whole_transactions`: it can only be told of a transaction that has both a token and a vehicle (OCPP 1.6), so none starts before it has them.
    """

    whole_transactions: bool = False


@dataclass(frozen=True, slots=True)
class CsmsOffline:
    """The CSMS is not connected, or has not accepted our boot."""


@dataclass(frozen=True, slots=True)
class BootRefused:
    """The CSMS has answered our boot with Pending or Rejected."""


@dataclass(frozen=True, slots=True)
class PasswordAccepted:
    """The CSMS has let us in with this password, which ends a change of it."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProfileAccepted:
    """The CSMS has accepted our boot on a connection by the network profile in this slot."""

    slot: int


@dataclass(frozen=True, slots=True)
class TokenAnswered:
    """Answer to an `AskToken` effect; `info=None` when the CSMS could not be asked (offline, time-out, error)."""

    ask: int
    info: TokenInfo | None


@dataclass(frozen=True, slots=True)
class EventDelivered:
    """The CSMS has confirmed outbox entry `entry`; for a transaction's start possibly with its own id, for any with a word on the token."""

    entry: int
    csms_ref: str | None = None
    info: TokenInfo | None = None


@dataclass(frozen=True, slots=True)
class EventFailed:
    """Outbox entry `entry` was refused or not answered, for the `failures`-th time; it is tried again."""

    entry: int
    failures: int


@dataclass(frozen=True, slots=True)
class EventGivenUp:
    """Outbox entry `entry` was refused or timed out as often as configured; it is put aside and noted, never silently dropped."""

    entry: int
    error: str


# ---------------------------------------------------------------- commands (CSMS, local API)


@dataclass(frozen=True, slots=True)
class RemoteStart:
    """Start a transaction (1.6 RemoteStartTransaction; 2.0.1 F01/F02). `evse=None`: wherever it fits. Outcome: `Decision`.

    With an acceptance comes the id of the transaction that was there already and takes the token (F01.FR.13), where one was.
    """

    request: int
    evse: int | None
    id_token: IdToken
    remote_start_id: int | None = None
    group: IdToken | None = None


@dataclass(frozen=True, slots=True)
class RemoteStop:
    """Stop the transaction whose own id or CSMS reference is `reference` (F03). Outcome: `Decision`."""

    request: int
    reference: str


@dataclass(frozen=True, slots=True)
class Unlock:
    """Unlock a connector (F05). Its transaction is ended (1.6 UnlockConnector), or forbids it. Outcome: `UnlockOutcome`."""

    request: int
    evse: int
    connector: int = 1
    ends_transaction: bool = True


@dataclass(frozen=True, slots=True)
class ChangeAvailability:
    """Make a connector, an EVSE (connector 0), or the whole station (evse 0) operative or not (G03, G04). Outcome: `Decision`.

    `shared`: the word on the station is one on every EVSE too, as OCPP 1.6 has it (5.2); 2.0.1 keeps them apart.
    """

    request: int
    evse: int
    operative: bool
    shared: bool = False
    connector: int = 0


@dataclass(frozen=True, slots=True)
class Reset:
    """Restart the station, or an EVSE alone, ending transactions first (B11, B12). `immediate=False` (soft) lets them end in order. Outcome: `Decision`.

    `waits`: one that is not immediate comes once they have ended by themselves (OnIdle).
    """

    request: int
    immediate: bool
    evse: int = 0
    waits: bool = True


@dataclass(frozen=True, slots=True)
class SetVariable:
    """Set a configuration variable. `local` if from the station's own API. Outcome: `SetOutcome`."""

    request: int
    name: str
    value: str
    local: bool = False


@dataclass(frozen=True, slots=True)
class SetNetworkProfile:
    """Keep in a slot how to connect to a CSMS (B09), as in `NetworkProfile`. Outcome: `ProfileOutcome`."""

    request: int
    slot: int
    url: str
    security_profile: int
    versions: tuple[str, ...] = ()
    message_timeout_s: int | None = None


@dataclass(frozen=True, slots=True)
class ClearFault:
    """Clear a latched fault by its name, or all (None). Outcome: `Decision`."""

    request: int
    evse: int
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ClearCache:
    """Empty the authorization cache, and it only (C11). Outcome: `Decision`."""

    request: int


@dataclass(frozen=True, slots=True)
class TakeSample:
    """Measure an EVSE now and tell the CSMS (1.6 TriggerMessage; 2.0.1 F06). `in_transaction`: as an event of the transaction that runs there, if one does."""

    evse: int
    in_transaction: bool = False


Command = RemoteStart | RemoteStop | Unlock | ChangeAvailability | Reset | SetVariable | SetNetworkProfile | ClearFault | ClearCache

Input = (
    Started
    | Tick
    | Stopping
    | ClockSet
    | StoreFailed
    | StoreRecovered
    | CoprocessorReady
    | CoprocessorLost
    | EvseObserved
    | MeterRead
    | CoprocessorEvent
    | TokenPresented
    | LocalStop
    | LimitTold
    | ReadingsTold
    | CsmsOnline
    | CsmsOffline
    | BootRefused
    | PasswordAccepted
    | ProfileAccepted
    | TokenAnswered
    | EventDelivered
    | EventFailed
    | EventGivenUp
    | TakeSample
    | Command
)
