"""Sharing of a site's limit: never too much at any instant, nobody starves, nothing is wasted."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cpctl.core.inputs import StoreFailed, StoreRecovered
from cpctl.core.sharing import Demand, admit, slots, targets
from cpctl.core.turns import TURN_MS

from .drive import Drive
from .site_world import SiteDrive

# ---------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("limit_a", "asked", "given_a"),
    [
        (32, [(32, 32)], [32]),
        (32, [(32, 32), (32, 32)], [16, 16]),
        (32, [(32, 8), (32, 32)], [8, 24]),
        (32, [(10, 10), (32, 32)], [10, 22]),
        (63, [(32, 32), (32, 32)], [31.5, 31.5]),
        (80, [(32, 6), (32, 32)], [32, 32]),
        (40, [(32, 6), (32, 6)], [20, 20]),
        (20, [(32, 32), (32, 32), (32, 32)], [6.6, 6.6, 6.6]),
        (12, [(32, 32), (32, 32)], [6, 6]),
    ],
)
def test_a_limit_is_parted_by_need_and_the_rest_by_what_can_be_taken(limit_a: int, asked: list[tuple[int, int]], given_a: list[float]) -> None:
    served = [Demand(evse, most * 1000, needs * 1000) for evse, (most, needs) in enumerate(asked)]
    assert [part / 1000 for part in targets(limit_a * 1000, served).values()] == given_a


amps = st.integers(0, 80).map(lambda amp: amp * 1000)
parts = st.lists(st.tuples(amps, amps, amps, amps, amps), min_size=1, max_size=4)


@given(amps, parts)
def test_what_is_admitted_never_adds_up_to_more_than_the_limit_unless_it_flows_already(limit: int, parts: list[tuple[int, ...]]) -> None:
    demands = [
        Demand(n, max(most, 6000), needs, held, max(held, flows), min(resumes, max(held, flows)))
        for n, (most, needs, held, flows, resumes) in enumerate(parts)
    ]
    wanted = targets(limit, demands[: slots(limit)])
    assert sum(wanted.values()) <= limit
    shares = admit(limit, demands, wanted)
    raised = [demand for demand in demands if shares[demand.evse] > demand.held_ma]
    assert all(shares[demand.evse] == 0 or shares[demand.evse] >= 6000 or shares[demand.evse] == demand.held_ma for demand in demands)
    assert all(shares[evse] <= wanted.get(evse, 0) for evse in shares)
    if raised:
        rest = [demand for demand in demands if demand not in raised]
        assert sum(shares[demand.evse] for demand in raised) + sum(max(demand.flows_ma, shares[demand.evse]) for demand in rest) <= limit


# ---------------------------------------------------------------- the station over time


def site(evses: int, limit_a: int) -> SiteDrive:
    return SiteDrive(evses, limit_a * 1000)


def offers(drive: SiteDrive) -> list[float]:
    return [bay.offer_ma / 1000 for bay in drive.bays.values()]


def test_the_one_who_charges_alone_has_the_whole_limit() -> None:
    drive = site(2, 25)
    drive.plug_in(1)
    drive.pass_time(10)
    assert offers(drive) == [25, 0]


def test_a_second_vehicle_gets_its_half_once_the_first_has_come_down() -> None:
    drive = site(2, 32)
    drive.plug_in(1)
    drive.pass_time(30)
    drive.plug_in(2)
    drive.pass_time(1)
    assert offers(drive) == [16, 0]
    assert "what others may still draw" in str(drive.station.evse_status(2)["why_not"])
    drive.pass_time(10)
    assert offers(drive) == [16, 16]


@pytest.mark.parametrize("end", ["unplug", "stop", "fault"])
def test_an_end_an_unplugging_and_a_fault_free_the_share_at_once(end: str) -> None:
    drive = site(2, 32)
    drive.plug_in(1)
    drive.plug_in(2)
    drive.pass_time(30)
    if end == "unplug":
        drive.unplug_at(1)
    elif end == "stop":
        drive.bays[1].appetite_ma = 0
        drive.stop_at(1)
        drive.bays[1].asks = False  # the vehicle lets go as soon as the offer ends
    else:
        drive.bays[1].faulty = True
    drive.pass_time(1.2)
    assert drive.standing[2][1] == 32_000


def test_those_who_wait_for_six_amperes_have_their_turn_within_the_time_that_is_told() -> None:
    drive = site(3, 10)
    for evse in drive.bays:
        drive.plug_in(evse)
    drive.pass_time(20)
    assert offers(drive) == [10, 0, 0]
    reasons = str(drive.station.evse_status(2)["why_not"])
    assert "the site's limit of 10 A shared by 3 EVSEs: it waits for its turn, 13 min at most" in reasons
    assert "25 min at most" in str(drive.station.evse_status(3)["why_not"])
    drive.pass_hours(13 * 60)
    assert offers(drive) == [0, 10, 0]
    drive.pass_hours(12 * 60)
    assert offers(drive) == [0, 0, 10]


def test_over_hours_everybody_is_served_as_long_as_the_others() -> None:
    drive = site(4, 13)
    for evse in drive.bays:
        drive.plug_in(evse)
    drive.pass_hours(4 * TURN_MS / 1000)
    served = [bay.charged_ms for bay in drive.bays.values()]
    assert max(served) - min(served) < 60_000
    assert sum(bay.energy for bay in drive.bays.values()) > 0.95 * 12_000 * 4 * TURN_MS


def test_what_a_vehicle_leaves_of_its_share_goes_to_the_others_with_a_margin() -> None:
    drive = site(2, 32)
    drive.plug_in(1, appetite_ma=7_000)
    drive.plug_in(2)
    drive.pass_time(90)
    assert offers(drive) == [9, 23]
    drive.bays[1].appetite_ma = 32_000
    drive.pass_time(60)
    assert offers(drive) == [16, 16]


def test_a_vehicle_that_asks_for_nothing_costs_no_more_than_the_floor() -> None:
    drive = site(2, 32)
    drive.plug_in(1)
    drive.plug_in(2)
    drive.bays[1].asks = False
    drive.pass_time(90)
    assert offers(drive) == [6, 26]


def test_a_turn_that_is_not_used_passes_to_a_vehicle_that_wants_it() -> None:
    drive = site(2, 10)
    drive.plug_in(1)
    drive.bays[1].asks = False
    drive.plug_in(2)
    drive.pass_time(120)
    assert offers(drive) == [0, 10]
    drive.pass_time(300)
    assert offers(drive) == [0, 10]


def test_the_operator_may_lower_the_limit_and_never_lift_it() -> None:
    drive = site(2, 32)
    drive.plug_in(1)
    drive.plug_in(2)
    drive.pass_time(30)
    drive.limit_to("20")
    drive.pass_time(1)
    assert offers(drive) == [10, 10]
    drive.limit_to("100")
    drive.pass_time(30)
    assert offers(drive) == [16, 16]
    drive.limit_to("0")
    drive.pass_time(10)
    assert offers(drive) == [0, 0]
    assert "the site's limit of 0 A" in str(drive.station.evse_status(1)["why_not"])


def test_a_failing_disk_raises_nothing_and_passes_no_turn() -> None:
    drive = site(2, 10)
    drive.plug_in(1)
    drive.plug_in(2)
    drive.pass_time(30)
    drive.feed(StoreFailed("full"))
    drive.pass_hours(2 * TURN_MS / 1000)
    assert offers(drive) == [10, 0]
    drive.feed(StoreRecovered())
    drive.pass_hours(2 * TURN_MS / 1000)
    assert drive.bays[2].charged_ms > 0


def test_a_host_that_starts_anew_keeps_what_runs_and_raises_nothing_before_it_knows_all() -> None:
    drive = site(2, 32)
    drive.plug_in(1)
    drive.pass_time(30)
    drive.plug_in(2)
    drive.pass_time(0.4)  # the first has been told, and its vehicle may still draw everything
    drive.crash()
    drive.pass_time(1)
    assert offers(drive)[0] >= 16
    drive.pass_time(30)
    assert offers(drive) == [16, 16]


def test_without_a_limit_of_the_site_each_evse_has_its_own() -> None:
    drive = Drive(2)
    drive.charge(1)
    drive.charge(2)
    assert [drive.limit_ma(1), drive.limit_ma(2)] == [32_000, 32_000]
    drive.set("ChargingStation.SiteCurrentLimit", "20")
    assert [drive.limit_ma(1), drive.limit_ma(2)] == [10_000, 10_000]


# ---------------------------------------------------------------- any order of events


class Site(RuleBasedStateMachine):
    """Whatever happens in whatever order; `SiteDrive.hold` judges every step of time and every input."""

    @initialize(evses=st.sampled_from([2, 2, 3, 4]), limit_a=st.sampled_from([6, 10, 13, 16, 20, 32, 63]))
    def build(self, evses: int, limit_a: int) -> None:
        self.drive = site(evses, limit_a)

    def bay(self, number: int) -> int:
        return (number - 1) % len(self.drive.bays) + 1

    @rule(number=st.integers(1, 4), appetite_a=st.sampled_from([4, 7, 16, 32]))
    def plug_in(self, number: int, appetite_a: int) -> None:
        self.drive.plug_in(self.bay(number), appetite_a * 1000)

    @rule(number=st.integers(1, 4))
    def unplug(self, number: int) -> None:
        if self.drive.link_up:
            self.drive.unplug_at(self.bay(number))

    @rule(number=st.integers(1, 4))
    def stop(self, number: int) -> None:
        self.drive.stop_at(self.bay(number))

    @rule(number=st.integers(1, 4), asks=st.booleans())
    def pause(self, number: int, asks: bool) -> None:
        bay = self.drive.bays[self.bay(number)]
        bay.asks = asks and bay.plugged

    @rule(number=st.integers(1, 4), faulty=st.booleans())
    def fault(self, number: int, faulty: bool) -> None:
        self.drive.bays[self.bay(number)].faulty = faulty

    @rule(text=st.sampled_from(["", "0", "6", "9.5", "14", "100"]))
    def limit(self, text: str) -> None:
        self.drive.limit_to(text)

    @rule(back=st.booleans())
    def link(self, back: bool) -> None:
        self.drive.find_link() if back else self.drive.lose_link()

    @precondition(lambda self: self.drive.link_up)
    @rule(away_s=st.sampled_from([0.2, 2, 8, 40]))
    def crash(self, away_s: float) -> None:
        self.drive.crash(away_s)

    @rule(failed=st.booleans())
    def disk(self, failed: bool) -> None:
        self.drive.feed(StoreFailed("full") if failed else StoreRecovered())

    @rule(seconds=st.sampled_from([0.2, 1, 3, 6, 12, 60]))
    def wait(self, seconds: float) -> None:
        self.drive.pass_time(seconds)

    @invariant()
    def hold(self) -> None:
        if hasattr(self, "drive"):
            self.drive.hold()

    def teardown(self) -> None:
        """Let all be well: everybody who asks gets energy within the stated time, and the limit is used."""
        if not hasattr(self, "drive"):
            return
        drive = self.drive
        drive.find_link()
        drive.feed(StoreRecovered())
        drive.limit_to("")
        for number, bay in drive.bays.items():
            bay.faulty = False
            drive.unplug_at(number)
        drive.pass_time(30)
        for number in drive.bays:
            drive.plug_in(number)
        drive.pass_time(60)
        for bay in drive.bays.values():
            bay.charged_ms = bay.energy = 0
        room = slots(drive.settings.site_max_ma or 0)
        rounds = -(-len(drive.bays) // room)
        seconds = rounds * TURN_MS // 1000 + 60
        drive.pass_hours(seconds)
        assert all(bay.charged_ms > 0 for bay in drive.bays.values()), "somebody has starved"
        usable = min(drive.settings.site_max_ma or 0, 32_000 * min(room, len(drive.bays)))
        assert sum(bay.energy for bay in drive.bays.values()) >= 0.9 * usable * seconds * 1000, "current was left unused"


TestSite = Site.TestCase
TestSite.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
