"""Any inputs in any order: never an exception, never an unfounded permission, every request answered once, no state that stays."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from itertools import count
from typing import assert_never

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpctl.core import inputs as i
from cpctl.core.model import ConnectorStatus, IdToken, LockState, Pilot, Stamp, TokenInfo, TokenStatus
from cpctl.core.outputs import AskToken, Grant, Output, Reply, Restrict, TransactionEnded, TransactionStarted, TransactionUpdated
from cpctl.core.records import Availability, Claim, Record, Transaction
from cpctl.core.settings import ConnectorSettings, EvseSettings, LapsePolicy, StationSettings
from cpctl.core.station import Station

from .drive import NOON_2030, Disk

EVSES = 2
MAX_MA = 32_000

tokens = st.sampled_from([IdToken("A"), IdToken("a"), IdToken("B"), IdToken("C")])
groups = st.sampled_from([None, None, IdToken("G")])
infos = st.builds(TokenInfo, st.sampled_from([TokenStatus.ACCEPTED, TokenStatus.ACCEPTED, TokenStatus.INVALID, TokenStatus.CONCURRENT_TX]), groups)
evse_numbers = st.sampled_from([1, 1, 1, 2, 2, 0, 3, -1])
requests = st.just(0)  # numbered when fed
pilots = st.sampled_from([Pilot.A1, Pilot.B1, Pilot.B2, Pilot.C1, Pilot.C2, Pilot.C2, *Pilot])
fault_sets = st.sampled_from(
    [frozenset[str]()] * 6 + [frozenset({"rcm"}), frozenset({"pilot_short"}), frozenset({"opened_under_load"}), frozenset({"lock", "fault_30"})]
)
blocked_sets = st.sampled_from(
    [frozenset[str]()] * 4 + [frozenset({"reclose_wait"}), frozenset({"not_commissioned"}), frozenset({"no_lease", "fault"})]
)

plugs = st.sampled_from([0, 1, 2, 3, 4, 65_536, 65_537])

observed = st.builds(
    i.EvseObserved,
    evse=evse_numbers,
    pilot=pilots,
    plug=plugs,
    energised=st.booleans(),
    offer_ma=st.sampled_from([0, 6_000, 16_000]),
    lease_ms=st.sampled_from([0, 5_000]),
    faults=fault_sets,
    blocked=blocked_sets,
    cable_ma=st.sampled_from([None, None, 0, 13_000, 20_000]),
    lock=st.sampled_from([LockState.LOCKED, LockState.LOCKED, *LockState]),
    wait_ms=st.integers(0, 30_000),
)
metered = st.builds(
    i.MeterRead,
    evse=evse_numbers,
    meter_boot=st.integers(0, 2),
    energy_mwh=st.integers(0, 50_000_000),
    current_ma=st.tuples(*[st.sampled_from([0, 10_000])] * 3),
    voltage_mv=st.just((230_000, 230_000, 230_000)),
    power_mw=st.integers(0, 22_000_000),
)
happened = st.builds(
    i.CoprocessorEvent,
    boot_nonce=st.integers(1, 2),
    event_id=st.integers(1, 50),
    evse=evse_numbers,
    code=st.sampled_from(["boot", "plugged", "unplugged", "fault_raised", "lease_expired", "nonsense"]),
    plug=plugs,
    age_ms=st.integers(-10, 1_000_000),
    fault=st.none(),
    meter_boot=st.sampled_from([None, 0, 1]),
    energy_mwh=st.integers(0, 50_000_000),
)
settable = st.sampled_from(
    [
        ("ChargingStation.CurrentLimit", "0"),
        ("ChargingStation.CurrentLimit", "10"),
        ("ChargingStation.CurrentLimit", ""),
        ("TxCtrlr.StopTxOnEVSideDisconnect", "false"),
        ("TxCtrlr.StopTxOnInvalidId", "false"),
        ("TxCtrlr.MaxEnergyOnInvalidId", "1000"),
        ("TxCtrlr.TxStartPoint", "EnergyTransfer"),
        ("TxCtrlr.TxStartPoint", "EnergyTransfer"),
        ("TxCtrlr.TxStartPoint", "PowerPathClosed"),
        ("TxCtrlr.TxStartPoint", "EVConnected"),
        ("TxCtrlr.TxStartPoint", "Authorized"),
        ("TxCtrlr.TxStartPoint", "EVConnected,Authorized"),
        ("TxCtrlr.TxStopPoint", "EVConnected"),
        ("TxCtrlr.TxStopPoint", "Authorized"),
        ("TxCtrlr.TxStopPoint", "EnergyTransfer"),
        ("AuthCtrlr.MasterPassGroupId", "G"),
        ("AuthCtrlr.Enabled", "false"),
        ("AuthCtrlr.DisableRemoteAuthorization", "true"),
        ("AuthCacheCtrlr.LifeTime", "1"),
        ("SampledDataCtrlr.TxEndedInterval", "3"),
        ("AlignedDataCtrlr.TxEndedInterval", "5"),
        ("AlignedDataCtrlr.SendDuringIdle", "true"),
        ("AuthCtrlr.FreeVendActive", "true"),
        ("AuthCtrlr.AuthorizeRemoteStart", "true"),
        ("AuthCtrlr.LocalPreAuthorize", "true"),
        ("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true"),
        ("SampledDataCtrlr.TxEndedMeasurands", "Energy.Active.Import.Register,Voltage"),
        ("SampledDataCtrlr.TxUpdatedInterval", "7"),
        ("AlignedDataCtrlr.Interval", "11"),
        ("OCPPCommCtrlr.UnlockOnEVSideDisconnect", "false"),
        ("Nonsense", "1"),
    ]
)
inputs: st.SearchStrategy[i.Input] = st.one_of(
    observed,
    observed,
    observed,
    metered,
    happened,
    st.builds(i.TokenPresented, evse_numbers, tokens, requests),
    st.builds(i.TokenPresented, evse_numbers, tokens, requests),
    st.builds(i.TokenAnswered, st.integers(1, 6), st.one_of(st.none(), infos, infos, infos)),
    st.builds(i.TokenAnswered, st.integers(1, 6), st.just(TokenInfo(TokenStatus.ACCEPTED))),
    st.builds(i.LocalStop, evse_numbers, requests),
    st.builds(i.EventDelivered, st.integers(1, 12), st.sampled_from([None, "17"]), st.one_of(st.none(), infos)),
    st.builds(i.EventGivenUp, st.integers(1, 12), st.just("CALLERROR")),
    st.builds(i.RemoteStart, requests, st.one_of(st.none(), evse_numbers), tokens, st.none(), groups),
    st.builds(i.RemoteStop, requests, st.sampled_from(["tx-1", "tx-2", "17"])),
    st.builds(i.Unlock, requests, evse_numbers, st.integers(0, 2), st.booleans()),
    st.builds(i.ChangeAvailability, requests, evse_numbers, st.booleans(), st.booleans(), st.sampled_from([0, 0, 1, 2])),
    st.builds(i.TakeSample, evse_numbers, st.booleans()),
    st.builds(i.Reset, requests, st.booleans(), st.sampled_from([1, 2, 3])),
    st.builds(i.CsmsOnline, st.booleans()),
    st.builds(i.ClearFault, requests, evse_numbers, st.sampled_from([None, "rcm", "nonsense"])),
    st.builds(i.ClearCache, requests),
    st.builds(lambda pair: i.SetVariable(0, *pair), settable),
    st.sampled_from([i.CsmsOffline(), i.Tick(), i.StoreFailed("full"), i.StoreRecovered(), i.StoreRecovered()]),
    st.builds(i.CoprocessorReady, st.integers(1, 2), st.booleans(), st.integers(0, 3)),
    st.builds(i.CoprocessorLost, st.just("link.silent"), st.just("no frames")),
)
rare: st.SearchStrategy[i.Input] = st.sampled_from(
    [i.Reset(0, True), i.Reset(0, False), i.Reset(0, False, waits=False), i.Stopping(True), i.Stopping(False)]
)


class Move(Enum):
    """What happens in an ordinary session; mixed with the wild inputs it leads them to where they can do harm."""

    PLUG = auto()
    UNPLUG = auto()
    TAP = auto()
    ACCEPT = auto()
    DRAW = auto()
    REST = auto()
    DELIVER = auto()
    LINK = auto()


moves = st.tuples(st.sampled_from([*Move, Move.PLUG, Move.TAP, Move.ACCEPT, Move.ACCEPT, Move.DRAW]), st.sampled_from([1, 1, 2]))
waits = st.sampled_from([0, 0, 0, 1, 50, 1_000, 20_000, 100_000])
Step = tuple[int, i.Input | tuple[Move, int]]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Draw a step: mostly a move, a third of the time something wild, now and then the end of the run."""
    kind = draw(st.integers(0, 99))
    item = draw(moves) if kind < 67 else draw(inputs) if kind < 99 else draw(rare)
    return draw(waits), item


Steps = list[Step]


def build(disk: Disk, ids: count[int], policy: LapsePolicy, whole: bool) -> Station:
    """Make a station of two EVSEs, one with a lock, from what is on disk."""
    evses = (
        EvseSettings(1, MAX_MA, 3, (ConnectorSettings(1, fixed_cable=True),)),
        EvseSettings(2, MAX_MA, 1, (ConnectorSettings(1), ConnectorSettings(2))),
    )
    return Station(
        StationSettings(evses, policy, whole_transactions=whole), dict(disk.records), disk.next_entry, lambda: f"tx-{next(ids)}", disk.outbox.items()
    )


class World:
    """Feeds inputs and holds against the outputs what the inputs allow."""

    def __init__(self, policy: LapsePolicy, whole: bool) -> None:
        self.policy = policy
        self.whole = whole  # at first; what the CSMS wants may change
        self.disk = Disk()
        self.ids: count[int] = count(1)
        self.ms = 0
        self.requests: count[int] = count(1)
        self.awaited: set[int] = set()
        self.link_up = False
        self.seen: dict[int, i.EvseObserved] = {}
        self.permitted: dict[int, tuple[int, int]] = {}
        self.asks: list[int] = []
        self.outputs: list[Output] = []
        self.asked: dict[int, IdToken] = {}
        self.trusted: set[str] = {"freevend"}  # tokens that somebody has ever vouched for, and the one that needs nobody
        self.trusting = False  # unknown tokens have been allowed
        self.energy_mwh = 0
        self.station = build(self.disk, self.ids, policy, whole)
        self.feed(i.Started(False))

    @property
    def now(self) -> Stamp:
        """This moment; the clock is known from the hundredth second on."""
        return Stamp(1, self.ms, NOON_2030 + self.ms if self.ms > 100_000 else None)

    def crash(self) -> None:
        """Kill the host and start it again."""
        self.station = build(self.disk, self.ids, self.policy, self.whole)
        self.awaited.clear()
        self.asks.clear()
        self.asked.clear()
        self.seen.clear()
        self.permitted.clear()
        self.link_up = False
        self.feed(i.Started(False))

    def feed(self, item: i.Input) -> list[Output]:
        """Feed an input; check all that can be checked of the outputs."""
        request = getattr(item, "request", None)
        if request is not None:
            request = next(self.requests)
            item = replace(item, request=request)  # type: ignore[type-var]
            self.awaited.add(request)
        match item:
            case i.CoprocessorReady():
                self.link_up = True
                self.seen.clear()
            case i.CoprocessorLost():
                self.link_up = False
                self.seen.clear()
            case i.EvseObserved() if self.link_up:
                self.seen[item.evse] = item
            case i.TokenAnswered(ask, TokenInfo(TokenStatus.ACCEPTED)) if ask in self.asked:
                self.trusted.add(self.asked[ask].value.casefold())
            case i.RemoteStart(id_token=id_token) if self.station.variable("AuthCtrlr.AuthorizeRemoteStart") == "false":
                self.trusted.add(id_token.value.casefold())
            case i.EventDelivered(info=TokenInfo(TokenStatus.ACCEPTED)):
                self.trusted |= {one.id_token.value.casefold() for one in self.disk.published if one.id_token}
            case i.SetVariable(name="AuthCtrlr.OfflineTxForUnknownIdEnabled" | "AuthCtrlr.Enabled"):
                self.trusting = True
            case _:
                pass
        before = self.station.deadline()
        outputs = self.station.handle(self.now, item)
        self.disk.commit(outputs)
        self.outputs += outputs
        for output in outputs:
            self.check(output)
        due = self.station.deadline()
        assert due is None or due > self.ms or isinstance(item, i.EvseObserved | i.MeterRead), (before, due)
        self.look()
        return outputs

    def step(self, item: i.Input | tuple[Move, int]) -> None:
        """Take a step of a script."""
        if not isinstance(item, tuple):
            self.feed(item)
            return
        move, evse = item
        last = self.seen.get(evse) or i.EvseObserved(evse, Pilot.A1, 0, False, 0, 0, frozenset(), frozenset(), lock=LockState.LOCKED)
        plug, limit_ma = self.permitted.get(evse, (0, 0))
        leased = limit_ma > 0 and plug == last.plug
        calm = replace(last, faults=frozenset(), blocked=frozenset(), lock=LockState.LOCKED, offer_ma=limit_ma if leased else 0, energised=False)
        match move:
            case Move.PLUG:
                self.feed(replace(calm, pilot=Pilot.B1, plug=last.plug + 1, offer_ma=0))
            case Move.UNPLUG:
                self.feed(replace(calm, pilot=Pilot.A1, offer_ma=0))
            case Move.TAP:
                self.feed(i.TokenPresented(evse, IdToken("A"), 0))
            case Move.ACCEPT:
                if self.asks:
                    self.feed(i.TokenAnswered(self.asks.pop(0), TokenInfo(TokenStatus.ACCEPTED, IdToken("G"))))
            case Move.DRAW:
                self.feed(replace(calm, pilot=Pilot.C2, energised=leased))
                self.energy_mwh += 1_000_000 if leased else 0
                self.feed(i.MeterRead(evse, 1, self.energy_mwh, (10_000, 0, 0), (230_000, 0, 0), 2_300_000))
            case Move.REST:
                self.feed(replace(calm, pilot=Pilot.B2 if leased else Pilot.B1))
            case Move.DELIVER:
                if self.disk.outbox:
                    self.feed(i.EventDelivered(min(self.disk.outbox), "17", TokenInfo(TokenStatus.ACCEPTED)))
            case Move.LINK:
                self.feed(i.CoprocessorReady(1, False, EVSES))
            case _:
                assert_never(move)

    def check(self, output: Output) -> None:
        """Check one output."""
        match output:
            case Grant(evse, plug, limit_ma):
                seen = self.seen[evse]
                basis = self.running(evse) or self.offered(evse)
                assert self.link_up
                assert basis is not None
                assert basis.plug == plug == seen.plug
                assert not (isinstance(basis, Transaction) and basis.stop_requested)
                assert basis.id_token is not None
                assert self.trusting or basis.id_token.value.casefold() in self.trusted
                assert not seen.faults
                assert 6_000 <= limit_ma <= min(MAX_MA, seen.cable_ma if seen.cable_ma is not None else MAX_MA)
                self.permitted[evse] = (plug, limit_ma)
            case Restrict(evse, plug, limit_ma):
                standing = self.permitted.get(evse)
                assert limit_ma == 0 or (standing is not None and standing[0] == plug and limit_ma < standing[1])
                self.permitted[evse] = (plug, limit_ma)
            case Reply(request):
                assert request in self.awaited, "answered once, and only what was asked"
                self.awaited.remove(request)
            case AskToken(ask, _, id_token):
                self.asks.append(ask)
                self.asked[ask] = id_token
            case _:
                pass

    def look(self) -> None:
        """Check what the station shows."""
        for number in range(1, EVSES + 1):
            view = self.station.evse_status(number)
            status = ConnectorStatus(str(view["status"]))
            running = self.running(number)
            assert (view["session"] is not None) == (running is not None)
            if status is ConnectorStatus.CHARGING:
                assert running is not None
            elif status not in (ConnectorStatus.SUSPENDED_EV, ConnectorStatus.PREPARING, ConnectorStatus.SUSPENDED_EVSE):
                assert view["why_not"], status
            if running is None and self.offered(number) is None:
                assert self.permitted.get(number, (0, 0))[1] == 0, "no permission outlives what it was given for"
            if running is None:
                assert view["why_not"], "there is always a reason"

    def offered(self, evse: int) -> Claim | None:
        """Return the token on which energy is offered to an EVSE before its transaction, as on disk, with the register of that moment."""
        record = self.disk.records.get(f"claim/{evse}")
        return record if isinstance(record, Claim) and record.offered_mwh is not None else None

    def running(self, evse: int) -> Transaction | None:
        """Return the transaction that runs on an EVSE, as on disk."""
        found = [one for one in self.disk.records.values() if isinstance(one, Transaction) and one.evse == evse and one.ended is None]
        assert len(found) <= 1
        return found[0] if found else None

    def pass_time(self, ms: int) -> None:
        """Let time pass, timers served when due."""
        end = self.ms + ms
        while (due := self.station.deadline()) is not None and due <= end:
            self.ms = max(self.ms, due)
            self.feed(i.Tick())
        self.ms = end

    def conclude(self) -> None:
        """Let everybody go home; nothing may stay."""
        self.feed(i.CsmsOnline(self.whole))
        self.feed(i.StoreRecovered())
        self.feed(i.CoprocessorReady(9, False, EVSES))
        for number in (1, 2):
            self.feed(i.EvseObserved(number, Pilot.A1, 9, False, 0, 0, frozenset(), frozenset(), lock=LockState.UNLOCKED))
        self.pass_time(1_000_000)
        assert not self.awaited, "every request has its answer"
        for number in (1, 2):
            running = self.running(number)
            if running is not None:
                assert self.station.variable("TxCtrlr.StopTxOnEVSideDisconnect") == "false"
                self.feed(i.LocalStop(number))
            self.feed(i.Unlock(0, number))
            expected = ConnectorStatus.AVAILABLE if self.operative(number) else ConnectorStatus.UNAVAILABLE
            assert self.station.evse_status(number)["status"] == expected

    def operative(self, evse: int) -> bool:
        """Tell whether EVSE and station are in service, as on disk."""
        records: list[Record | None] = [self.disk.records.get(f"availability/{name}") for name in ("0", f"{evse}", f"{evse}.1")]
        return all(not isinstance(record, Availability) or record.operative for record in records)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps(), max_size=60), st.sampled_from(LapsePolicy), st.booleans(), st.sets(st.integers(0, 60), max_size=3))
def test_whatever_comes_nothing_breaks_and_nothing_stays(script: Steps, policy: LapsePolicy, whole: bool, crashes: set[int]) -> None:
    world = World(policy, whole)
    world.feed(i.CoprocessorReady(1, False, EVSES))
    world.feed(i.CsmsOnline(whole))
    for index, (ms, item) in enumerate(script):
        if index in crashes:
            world.crash()
        world.pass_time(ms)
        world.step(item)
    events_are_in_order(world.disk)
    world.conclude()
    events_are_in_order(world.disk)


@settings(max_examples=50, deadline=None)
@given(st.lists(steps(), max_size=40), st.booleans())
def test_the_same_inputs_give_the_same_outputs(script: Steps, whole: bool) -> None:
    def play() -> list[Output]:
        world = World(LapsePolicy.RESUME, whole)
        world.feed(i.CoprocessorReady(1, False, EVSES))
        for ms, item in script:
            world.pass_time(ms)
            world.step(item)
        return world.outputs

    assert play() == play()


def events_are_in_order(disk: Disk) -> None:
    """Check that each transaction starts once, ends once at most, and counts without a gap."""
    last: dict[str, int] = {}
    told: dict[str, tuple[int, int]] = {}  # time and register of the last event
    ended: set[str] = set()
    for event in disk.published:
        number = event.transaction_id
        assert number not in ended
        match event:
            case TransactionStarted():
                assert number not in last
                assert event.seq_no == 0
            case TransactionUpdated() | TransactionEnded():
                assert event.seq_no == last[number] + 1
        last[number] = event.seq_no
        register = 0 if isinstance(event, TransactionUpdated) else event.register_mwh
        at, before = told.get(number, (event.at.mono_ms, 0))
        assert event.at.mono_ms >= at
        assert isinstance(event, TransactionUpdated) or register >= before
        told[number] = (event.at.mono_ms, max(register, before))
        if isinstance(event, TransactionEnded):
            ended.add(number)
