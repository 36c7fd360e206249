"""Energy that adds up: the register, samples, limits."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cpctl.core.inputs import CsmsOffline, MeterRead, SetVariable, StoreFailed, StoreRecovered
from cpctl.core.metering import add_bounded, advance, total_at
from cpctl.core.model import Measurand, ReadingContext, Sample, Stamp
from cpctl.core.outputs import Grant, Measured, Publish, Restrict, Save, SetOutcome, TransactionUpdated
from cpctl.core.records import Register
from cpctl.core.transactions import MAX_SESSIONS
from cpctl.core.variables_charging import MAX_STOP_SAMPLES

from .drive import NOON_2030, Drive

# ---------------------------------------------------------------- the register


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**9))))
def test_the_register_never_runs_backwards(reads: list[tuple[int, int]]) -> None:
    register = Register(1)
    for boot, energy in reads:
        before, register = register, advance(register, boot, energy)
        assert register.total_mwh >= before.total_mwh


@given(st.lists(st.integers(0, 10**6)))
def test_the_register_counts_all_of_a_meter_that_only_grows(steps: list[int]) -> None:
    register, shown = advance(Register(1), 5, 1000), 1000
    for step in steps:
        shown += step
        register = advance(register, 5, shown)
    assert register.total_mwh == sum(steps)


def test_a_new_meter_boot_is_a_new_origin() -> None:
    register = advance(advance(Register(1, 500), 1, 100), 1, 150)
    assert register.total_mwh == 550
    restarted = advance(register, 2, 3)
    assert restarted.total_mwh == 550
    assert advance(restarted, 2, 10).total_mwh == 557


def test_the_register_of_a_past_moment_is_known_within_the_same_count() -> None:
    register = advance(advance(Register(1), 1, 0), 1, 1000)
    assert total_at(register, 1, 400) == 400
    assert total_at(register, 2, 400) == 1000
    assert total_at(register, None, 0) == 1000


def test_a_meter_that_falls_is_noted_and_counted_from_there() -> None:
    drive = Drive()
    drive.charge()
    drive.feed(MeterRead(1, 7, 900_000, (0, 0, 0), (0, 0, 0), 0))
    assert drive.noted("meter.backwards")
    drive.feed(MeterRead(1, 7, 900_100, (0, 0, 0), (0, 0, 0), 0))
    drive.tap()
    assert drive.ended[0].register_mwh == 1_000_100


def test_the_register_is_saved_at_least_every_minute_while_energy_flows() -> None:
    drive = Drive()
    drive.set("SampledDataCtrlr.TxUpdatedInterval", "0")
    drive.charge()
    drive.run(61)
    register = drive.disk.records["register/1"]
    assert isinstance(register, Register)
    assert register.total_mwh == 1_000_000


def test_what_a_start_has_told_of_the_register_is_never_taken_back() -> None:
    drive = Drive()
    drive.charge()
    drive.tap()
    drive.seats[1].energy_mwh += 5_000  # while the contactor opened
    drive.observe()
    drive.send_token()
    assert drive.started[1].register_mwh == 1_005_000
    drive.seats[1].meter_boot, drive.seats[1].energy_mwh = 8, 0
    drive.crash()
    drive.tap()
    assert drive.ended[1].register_mwh == 1_005_000
    drive.unplug()
    drive.charge()
    assert drive.started[2].register_mwh == 1_005_000


def test_a_new_origin_is_on_disk_before_anything_is_counted_from_it() -> None:
    drive = Drive()
    drive.feed(MeterRead(1, 8, 900_000, (0, 0, 0), (0, 0, 0), 0))
    register = drive.disk.records["register/1"]
    assert isinstance(register, Register)
    assert (register.meter_boot, register.meter_mwh) == (8, 900_000)


def test_a_new_origin_is_saved_at_once_so_that_nothing_counted_from_it_is_lost() -> None:
    drive = Drive()
    drive.charge()
    drive.seats[1].meter_boot, drive.seats[1].energy_mwh = 8, 0
    drive.observe()
    drive.draw(wh=300)
    drive.crash()
    drive.tap()
    assert drive.ended[0].register_mwh == 1_300_000


def test_no_register_is_written_while_nothing_flows() -> None:
    drive = Drive()
    drive.run(1)
    drive.outputs.clear()
    drive.run(10_000)
    drive.observe()
    assert not drive.has(Save)


# ---------------------------------------------------------------- samples


class Stepping(Drive):
    """A station whose clock is set while it runs."""

    step_ms = 0

    @property
    def now(self) -> Stamp:
        return Stamp(self.boot, self.ms, NOON_2030 + self.ms + self.step_ms)


def measured(drive: Drive) -> list[Measured]:
    """Return what was told of the present."""
    return [output for output in drive.outputs if isinstance(output, Measured)]


def test_samples_come_at_the_interval_with_what_was_configured_then() -> None:
    drive = Drive()
    drive.charge()
    drive.set("SampledDataCtrlr.TxUpdatedMeasurands", "Voltage,Power.Offered,Energy.Active.Import.Register")
    drive.set("SampledDataCtrlr.TxUpdatedInterval", "30")
    drive.run(30)
    drive.set("SampledDataCtrlr.TxUpdatedMeasurands", "Current.Import")
    drive.run(30)
    first, second = drive.events(TransactionUpdated)
    assert [(one.measurand, one.phase, one.milli, one.unit) for one in first.samples[0].readings] == [
        (Measurand.VOLTAGE, 1, 230_000, "V"),
        (Measurand.VOLTAGE, 2, 230_000, "V"),
        (Measurand.VOLTAGE, 3, 230_000, "V"),
        (Measurand.POWER_OFFERED, 0, 22_080_000, "W"),
        (Measurand.ENERGY_IMPORT_REGISTER, 0, 1_000_000, "Wh"),
    ]
    assert {one.measurand for one in second.samples[0].readings} == {Measurand.CURRENT_IMPORT}
    assert (first.seq_no, second.seq_no) == (1, 2)
    assert first.samples[0].context is ReadingContext.SAMPLE_PERIODIC


def test_no_samples_come_without_an_interval_or_without_measurands() -> None:
    drive = Drive(initial_variables=(("SampledDataCtrlr.TxUpdatedInterval", "0"),))
    drive.charge()
    drive.run(600)
    drive.set("SampledDataCtrlr.TxUpdatedInterval", "10")
    drive.set("SampledDataCtrlr.TxUpdatedMeasurands", "")
    drive.run(600)
    assert not drive.events(TransactionUpdated)


def test_no_samples_come_after_the_end() -> None:
    drive = Drive()
    drive.charge()
    drive.tap()
    drive.outputs.clear()
    drive.run(1000)
    assert not drive.has(Publish)


def test_aligned_samples_come_at_round_times_once_the_clock_is_known() -> None:
    drive = Drive(initial_variables=(("AlignedDataCtrlr.Interval", "900"), ("SampledDataCtrlr.TxUpdatedInterval", "0")))
    drive.charge()
    drive.run(1800)
    samples = drive.events(TransactionUpdated)
    assert [event.at.utc_ms for event in samples] == [NOON_2030 + 900_000, NOON_2030 + 1_800_000]
    assert samples[0].samples[0].context is ReadingContext.SAMPLE_CLOCK


def test_no_aligned_samples_come_before_the_clock_is_known() -> None:
    drive = Drive(start=False, initial_variables=(("AlignedDataCtrlr.Interval", "10"), ("SampledDataCtrlr.TxUpdatedInterval", "0")))
    drive.dated = False
    drive.begin()
    drive.charge()
    drive.run(100)
    assert not drive.events(TransactionUpdated)


def test_aligned_samples_are_told_without_a_transaction_too_as_long_as_somebody_listens() -> None:
    drive = Drive(evses=2, initial_variables=(("AlignedDataCtrlr.Interval", "900"),))
    drive.observe()
    drive.run(900)
    told = measured(drive)
    assert [(one.evse, one.transaction_id, one.sample.context, one.sample.at.utc_ms) for one in told] == [
        (number, None, ReadingContext.SAMPLE_CLOCK, NOON_2030 + 900_000) for number in (1, 2)
    ]
    assert drive.disk.published == []
    drive.feed(CsmsOffline())
    drive.run(9000)
    assert measured(drive) == told


def test_aligned_samples_go_on_after_a_transaction_and_belong_to_it_while_it_runs() -> None:
    drive = Drive(initial_variables=(("AlignedDataCtrlr.Interval", "900"), ("SampledDataCtrlr.TxUpdatedInterval", "0")))
    drive.charge()
    drive.run(900)
    assert len(drive.events(TransactionUpdated)) == 1
    assert measured(drive) == []
    drive.tap()
    drive.run(900)
    assert len(drive.events(TransactionUpdated)) == 1
    assert [one.transaction_id for one in measured(drive)] == [None]


def test_a_clock_that_was_set_meanwhile_moves_the_round_times() -> None:
    drive = Stepping(initial_variables=(("AlignedDataCtrlr.Interval", "900"),))
    drive.observe()
    drive.run(600)
    drive.step_ms = -120_000
    drive.run(3600)
    assert [one.sample.at.utc_ms for one in measured(drive)] == [NOON_2030 + 900_000 * n for n in (1, 2, 3, 4)]


def test_a_clock_that_runs_a_little_fast_or_slow_gives_one_sample_for_a_round_time() -> None:
    drive = Stepping(initial_variables=(("AlignedDataCtrlr.Interval", "60"),))
    drive.observe()
    for step_ms in (-30, 25, -40, 35, 0):
        drive.run(60)
        drive.step_ms = step_ms
    assert [round(((one.sample.at.utc_ms or 0) - NOON_2030) / 60_000) for one in measured(drive)] == [1, 2, 3, 4, 5]


def test_a_day_that_the_interval_does_not_divide_begins_anew_at_midnight() -> None:
    drive = Drive(initial_variables=(("AlignedDataCtrlr.Interval", "25000"),))
    drive.observe()
    drive.run(86_400)
    hours_ms = [((one.sample.at.utc_ms or 0) - NOON_2030) // 1000 for one in measured(drive)]
    noon_s = 43_200
    assert hours_ms == [50_000 - noon_s, 75_000 - noon_s, 86_400 - noon_s, 86_400 - noon_s + 25_000]


def test_a_list_may_name_one_phase_and_nothing_is_told_twice() -> None:
    drive = Drive(initial_variables=(("SampledDataCtrlr.TxUpdatedMeasurands", "voltage.l2,Current.Import.L1,Current.Import"),))
    drive.charge()
    drive.run(60)
    (update,) = drive.events(TransactionUpdated)
    assert [(one.measurand, one.phase) for one in update.samples[0].readings] == [
        (Measurand.VOLTAGE, 2),
        (Measurand.CURRENT_IMPORT, 1),
        (Measurand.CURRENT_IMPORT, 2),
        (Measurand.CURRENT_IMPORT, 3),
    ]


def test_the_end_brings_bounded_samples_from_first_to_last_evenly_thinned() -> None:
    drive = Drive(initial_variables=(("SampledDataCtrlr.TxEndedMeasurands", "Energy.Active.Import.Register"),))
    drive.charge()
    drive.run(60 * 7 * MAX_STOP_SAMPLES)
    drive.tap()
    samples = drive.ended[0].samples
    assert MAX_STOP_SAMPLES // 2 < len(samples) <= MAX_STOP_SAMPLES
    assert samples[0].context is ReadingContext.TRANSACTION_BEGIN
    assert samples[-1].context is ReadingContext.TRANSACTION_END
    times = [sample.at.mono_ms for sample in samples[1:-1]]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) > 0
    assert max(gaps) <= 2 * min(gaps[:-1])


@given(st.lists(st.tuples(st.sampled_from(["Sample.Clock", "Sample.Periodic"]), st.integers(1, 10_000)), max_size=400))
def test_thinning_keeps_the_first_and_the_last_of_each_kind(steps: list[tuple[str, int]]) -> None:
    samples: tuple[Sample, ...] = (Sample(Stamp(1, 0), ReadingContext.TRANSACTION_BEGIN, ()),)
    now, ends = 0, {}
    for context, step in steps:
        now += step
        taken = Sample(Stamp(1, now), ReadingContext(context), ())
        ends[context] = (ends.get(context, (taken,))[0], taken)
        samples = add_bounded(samples, taken)
        assert len(samples) < MAX_STOP_SAMPLES, "there is room for the end"
    assert samples[0].context is ReadingContext.TRANSACTION_BEGIN
    assert all(one in samples for pair in ends.values() for one in pair)
    assert list(samples) == sorted(samples, key=lambda one: one.at.mono_ms)


def test_begin_and_end_hold_whatever_the_end_reports_sampled_or_aligned() -> None:
    variables = (
        ("AlignedDataCtrlr.Interval", "900"),
        ("AlignedDataCtrlr.Measurands", ""),
        ("AlignedDataCtrlr.TxEndedMeasurands", "Voltage.L1"),
        ("SampledDataCtrlr.TxEndedMeasurands", "Energy.Active.Import.Register"),
        ("SampledDataCtrlr.TxUpdatedInterval", "0"),
    )
    drive = Drive(initial_variables=variables)
    drive.charge()
    drive.run(900)
    drive.crash()
    drive.tap()
    assert not drive.events(TransactionUpdated)
    samples = drive.ended[0].samples
    begin, aligned, end = samples
    assert [one.context for one in samples] == [
        ReadingContext.TRANSACTION_BEGIN,
        ReadingContext.SAMPLE_CLOCK,
        ReadingContext.TRANSACTION_END,
    ]
    assert (
        [one.measurand for one in begin.readings] == [one.measurand for one in end.readings] == [Measurand.ENERGY_IMPORT_REGISTER, Measurand.VOLTAGE]
    )
    assert [one.measurand for one in aligned.readings] == [Measurand.VOLTAGE]
    assert aligned.at.utc_ms == NOON_2030 + 900_000
    assert begin.readings[0].milli == drive.started[0].register_mwh
    assert end.readings[0].milli == drive.ended[0].register_mwh


def test_the_end_brings_no_samples_where_none_are_configured() -> None:
    drive = Drive()
    drive.charge()
    drive.run(600)
    drive.tap()
    assert drive.ended[0].samples == ()


def test_finished_sessions_are_bounded() -> None:
    drive = Drive()
    for _ in range(MAX_SESSIONS + 5):
        drive.plug()
        drive.send_token()
        drive.unplug()
        while drive.disk.outbox:
            drive.deliver(ref="1")
    kept = [key for key in drive.disk.records if key.startswith("session/")]
    assert len(kept) == MAX_SESSIONS
    assert "session/tx-1" not in kept


# ---------------------------------------------------------------- limits


def test_a_lower_limit_acts_at_once_and_a_higher_one_after_the_commit() -> None:
    drive = Drive()
    drive.charge()
    drive.set("ChargingStation.CurrentLimit", "16")
    assert Restrict(1, 1, 16_000, 3) in drive.outputs
    drive.set("ChargingStation.CurrentLimit", "20.5")
    assert Grant(1, 1, 20_500, 3) in drive.outputs
    drive.set("ChargingStation.CurrentLimit", "")
    assert drive.limit_ma() == 32_000


def test_less_than_six_amperes_pause_the_charge_and_say_why() -> None:
    drive = Drive()
    drive.charge()
    for limit in ("5.999", "0"):
        drive.set("ChargingStation.CurrentLimit", limit)
        drive.draw()
        assert drive.limit_ma() == 0
        assert drive.status() == "SuspendedEVSE"
        assert drive.why() == ["limit_zero"]
    drive.set("ChargingStation.CurrentLimit", "6")
    drive.draw()
    assert drive.status() == "Charging"
    assert not drive.ended


def test_the_cables_rating_counts() -> None:
    drive = Drive()
    drive.seats[1].cable_ma = 13_000
    drive.charge()
    assert drive.limit_ma() == 13_000


def test_while_the_disk_fails_limits_only_fall_and_nobody_starts() -> None:
    drive = Drive(evses=2)
    drive.charge(1)
    drive.set("ChargingStation.CurrentLimit", "16")
    drive.feed(StoreFailed("No space left on device"))
    request = drive.request()
    drive.feed(SetVariable(request, "ChargingStation.CurrentLimit", "32"))
    assert drive.outcome(request) is SetOutcome.ACCEPTED
    assert drive.limit_ma(1) == 16_000
    drive.plug(2)
    drive.tap(evse=2)
    assert drive.why(2)[0] == "store_failed"
    assert len(drive.started) == 1
    drive.draw(1)
    assert drive.status(1) == "Charging"
    drive.feed(StoreRecovered())
    assert drive.limit_ma(1) == 32_000
