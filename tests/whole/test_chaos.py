"""Whole sessions through a bad cable: nothing is billed twice or lost, and a stop always gets through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .rig import Rig, virtually

BAD: dict[str, dict[str, float]] = {
    "loss": {"loss": 0.2},
    "corruption": {"corruption": 0.2},
    "duplication": {"duplication": 0.3},
    "delay": {"delay_s": 0.15},
    "reordering": {"delay_s": 0.15, "reorder": True},
    "single bytes": {"one_byte": True},
    "everything": {"loss": 0.2, "corruption": 0.1, "duplication": 0.2, "delay_s": 0.1, "reorder": True, "one_byte": True},
}
# A session of some minutes ends within so much on a cable that loses a fifth.
PATIENCE_S = 180.0
# Whole watt-hours, and what flows while a stop finds its way and the vehicle lets go: a lease's life and the winding down at most.
ROUNDING_WH, MOST_W, LAPSING_S = 1.0, 3 * 16 * 230, 16.0


def spoil(rig: Rig, how: str) -> None:
    """Make the cable bad."""
    for name, value in BAD[how].items():
        setattr(rig.chaos, name, value)


@contextmanager
def told_with(rig: Rig, seed: int) -> Iterator[None]:
    """Say with a failure which seed it was and what the link went through."""
    try:
        yield
    except (AssertionError, TimeoutError) as error:
        link = rig.controller.coprocessor.info if rig.controller else None
        error.add_note(f"seed {seed}; {link}")
        raise


def charged_as_told(rig: Rig, delivered_wh: float) -> None:
    """Check everything that the CSMS knows."""
    assert rig.csms.ledger.problems == []
    assert rig.csms.ledger.orphans == []
    told_wh = sum(charge.meter_stop - charge.meter_start for charge in rig.charges)
    assert -ROUNDING_WH * len(rig.charges) <= delivered_wh - told_wh <= ROUNDING_WH * len(rig.charges) + MOST_W * LAPSING_S / 3600


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("how", list(BAD))
@virtually
async def test_a_session_on_a_bad_cable_ends_right(tmp_path: Path, how: str, seed: int) -> None:
    async with Rig(tmp_path, seed=seed, MeterValueSampleInterval=20) as rig:
        spoil(rig, how)
        with told_with(rig, seed):
            await rig.until(lambda: len(rig.csms.point("CP001").statuses) > 1, PATIENCE_S)
            await rig.plant.vehicle(state="C")
            await rig.status("Preparing", within_s=PATIENCE_S)
            await rig.tap()
            await rig.until_true(lambda truth: truth.contactor == 1, within_s=PATIENCE_S)
            await rig.status("Charging", within_s=PATIENCE_S)
            await rig.pass_time(120)
            assert (await rig.truth()).energy_mwh > 11_040_000 * 90 / 3600, "it charged most of the time"
            await rig.tap()
            await rig.until_true(lambda truth: truth.contactor == 0, within_s=LAPSING_S)
            await rig.status("Finishing", within_s=PATIENCE_S)
            delivered_wh = (await rig.truth()).energy_mwh / 1000
            await rig.plant.vehicle(state="A")
            await rig.status("Available", within_s=PATIENCE_S)
            await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None, PATIENCE_S)
            charged_as_told(rig, delivered_wh)
            assert [charge.reason for charge in rig.charges] == ["Local"]


@pytest.mark.parametrize("seed", [1, 2, 3])
@virtually
async def test_vehicles_that_come_and_go_on_a_bad_cable_are_told_apart(tmp_path: Path, seed: int) -> None:
    async with Rig(tmp_path, seed=seed) as rig:
        spoil(rig, "everything")
        with told_with(rig, seed):
            await rig.until(lambda: len(rig.csms.point("CP001").statuses) > 1, PATIENCE_S)
            delivered_wh: list[float] = []
            for number in range(3):
                before = (await rig.truth()).energy_mwh
                await rig.plant.vehicle(state="C")
                await rig.status("Preparing", within_s=PATIENCE_S)
                await rig.tap(f"TAG{number}")
                await rig.until_true(lambda truth: truth.contactor == 1, within_s=PATIENCE_S)
                await rig.pass_time(30)
                await rig.plant.vehicle(state="A")
                await rig.until_true(lambda truth: truth.contactor == 0, within_s=0.5)
                delivered_wh.append(((await rig.truth()).energy_mwh - before) / 1000)
                await rig.status("Available", within_s=PATIENCE_S)
            await rig.until(lambda: len(rig.charges) == 3 and all(charge.stop is not None for charge in rig.charges), PATIENCE_S)
            assert rig.csms.ledger.problems == []
            for number, (charge, truly_wh) in enumerate(zip(rig.charges, delivered_wh, strict=True)):
                assert (charge.id_tag, charge.reason) == (f"TAG{number}", "EVDisconnected")
                assert abs(charge.meter_stop - charge.meter_start - truly_wh) <= ROUNDING_WH


@pytest.mark.parametrize("seed", range(1, 9))
@virtually
async def test_a_stop_gets_through_a_cable_that_loses_nearly_everything(tmp_path: Path, seed: int) -> None:
    async with Rig(tmp_path, seed=seed) as rig:
        with told_with(rig, seed):
            await rig.online()
            await rig.charge()
            await rig.pass_time(20)
            rig.chaos.loss = 0.9
            await rig.tap()
            await rig.until_true(lambda truth: truth.contactor == 0, within_s=LAPSING_S)
            opened = (await rig.truth()).openings
            rig.chaos.loss = 0.0
            await rig.pass_time(60)
            assert (await rig.truth()).contactor == 0
            assert (await rig.truth()).openings == opened == 1
            assert [charge.reason for charge in rig.charges] == ["Local"]
            charged_as_told(rig, (await rig.truth()).energy_mwh / 1000)
