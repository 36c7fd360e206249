"""What is measured for whom and when, where start, course and end of a transaction have lists and intervals of their own (OCPP 2.0.1, J01, J02, E01, E02, E06)."""

from __future__ import annotations

from cpctl.core.model import Measurand, ReadingContext
from cpctl.core.outputs import Measured, TransactionUpdated

from .drive import OTHER, Drive

NONE = (("SampledDataCtrlr.TxUpdatedInterval", "0"), ("AlignedDataCtrlr.Interval", "0"))
REGISTER, VOLTAGE = Measurand.ENERGY_IMPORT_REGISTER, Measurand.VOLTAGE


def station(evses: int = 1, **values: str) -> Drive:
    """Return a station with these variables of its data controllers."""
    given = tuple((name.replace("_", "Ctrlr."), value) for name, value in values.items())
    return Drive(evses=evses, whole=False, initial_variables=(*NONE, *given))


def told(drive: Drive) -> list[tuple[ReadingContext, set[Measurand]]]:
    """Return what was told in the course of transactions."""
    samples = [sample for event in drive.events(TransactionUpdated) for sample in event.samples]
    return [(sample.context, {reading.measurand for reading in sample.readings}) for sample in samples]


def test_a_start_reports_its_own_measurands() -> None:
    """E01.FR.09, E02.FR.09."""
    drive = station(SampledData_TxStartedMeasurands="Energy.Active.Import.Register,Voltage")
    drive.charge()
    (sample,) = drive.started[-1].samples
    assert sample.context is ReadingContext.TRANSACTION_BEGIN
    assert {reading.measurand for reading in sample.readings} == {REGISTER, VOLTAGE}


def test_a_start_reports_nothing_where_nothing_is_asked_for() -> None:
    drive = station(SampledData_TxStartedMeasurands="")
    drive.charge()
    assert drive.started[-1].samples == ()


def test_what_is_told_in_between_and_what_the_end_reports_have_intervals_of_their_own() -> None:
    """J02.FR.11, E02.FR.10, E06.FR.11."""
    drive = station(
        SampledData_TxUpdatedInterval="60",
        SampledData_TxUpdatedMeasurands="Voltage",
        SampledData_TxEndedInterval="100",
        SampledData_TxEndedMeasurands="Energy.Active.Import.Register",
    )
    drive.charge()
    drive.run(200)
    drive.tap()
    assert told(drive) == [(ReadingContext.SAMPLE_PERIODIC, {VOLTAGE})] * 3
    assert [sample.context for sample in drive.ended[-1].samples] == [
        ReadingContext.TRANSACTION_BEGIN,
        ReadingContext.SAMPLE_PERIODIC,
        ReadingContext.SAMPLE_PERIODIC,
        ReadingContext.TRANSACTION_END,
    ]


def test_an_interval_of_zero_leaves_the_end_with_what_was_at_begin_and_end() -> None:
    """E06.FR.11: SampledDataCtrlr.TxEndedInterval is 0."""
    drive = station(
        SampledData_TxUpdatedInterval="60", SampledData_TxEndedInterval="0", SampledData_TxEndedMeasurands="Energy.Active.Import.Register"
    )
    drive.charge()
    drive.run(200)
    drive.tap()
    assert [sample.context for sample in drive.ended[-1].samples] == [ReadingContext.TRANSACTION_BEGIN, ReadingContext.TRANSACTION_END]


def test_a_changed_interval_holds_at_once() -> None:
    drive = station(SampledData_TxEndedInterval="0", SampledData_TxEndedMeasurands="Energy.Active.Import.Register")
    drive.charge()
    drive.set("SampledDataCtrlr.TxEndedInterval", "10")
    drive.run(25)
    drive.tap()
    assert len(drive.ended[-1].samples) == 4


def test_samples_of_the_clock_have_intervals_of_their_own_too() -> None:
    """J01.FR.22, J02."""
    drive = station(
        AlignedData_Interval="900",
        AlignedData_Measurands="Voltage",
        AlignedData_TxEndedInterval="1800",
        AlignedData_TxEndedMeasurands="Energy.Active.Import.Register",
    )
    drive.charge()
    drive.run(3600)
    drive.tap()
    assert told(drive) == [(ReadingContext.SAMPLE_CLOCK, {VOLTAGE})] * 4
    assert [sample.context for sample in drive.ended[-1].samples].count(ReadingContext.SAMPLE_CLOCK) == 2


def test_outside_of_transactions_the_clocks_samples_are_told_by_themselves() -> None:
    """J01.FR.14."""
    drive = station(AlignedData_Interval="900")
    outputs = drive.run(1800)
    assert len([output for output in outputs if isinstance(output, Measured)]) == 2


def test_the_clocks_samples_may_be_kept_to_times_when_nothing_is_running() -> None:
    """J01.FR.19, J01.FR.20."""
    drive = station(evses=2, AlignedData_Interval="900", AlignedData_SendDuringIdle="true")
    drive.charge(1, OTHER)
    outputs = drive.run(1800)
    assert told(drive) == []
    assert not any(isinstance(output, Measured) for output in outputs)
    drive.tap(OTHER, 1)
    assert any(isinstance(output, Measured) for output in drive.run(1800))
