"""`cpctl bench` against the firmware core: a good board, boards with something broken, and what is printed and kept."""

from __future__ import annotations

import asyncio
import json
import os
import pty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest
from tests.flash.test_flashing import cpctl
from tests.whole.rig import Rig, virtually

from cpctl.app.bench import Bench, Check, Findings, Options, Outcome, as_html
from cpctl.app.bench.guided import Person
from cpctl.app.commission import commission
from cpctl.cli.run import station_config
from cpctl.core.faults import BY_NAME
from cpctl.errors import LinkTimeout, Refused
from cpctl.link.visit import Visit
from cpctl.sim.inprocess import SimulatedCoprocessor
from cpctl.sim.plant import PlantClient
from cpctl.sim.process import SimProcess, SimSettings

DUTIES_BP = [1000, 1600, 2500, 5000, 8500, 9600]


class Board:
    """A board in memory, commissioned with everything that the simulated hardware has, and its plant."""

    def __init__(self, board: SimulatedCoprocessor, plant: PlantClient) -> None:
        self.board = board
        self.plant = plant
        self.told: list[Check] = []

    async def bench(self, *, lock: bool = False, person: Person | None = None) -> Findings:
        """Run the bench test on it."""
        async with Visit(self.board.open_link, Random(1)) as visit:
            return await Bench(visit, "memory", Options(lock=lock, person=person, round_trips=20), self.told.append).run()


@asynccontextmanager
async def a_board(*, commissioned: bool = True) -> AsyncIterator[Board]:
    board = SimulatedCoprocessor()
    board.start()
    if commissioned:
        await commission(station_config(None, True, None, None), board.open_link, lambda text: None, simulated=True)
    async with board.plant() as plant:
        yield Board(board, plant)
    board.stop()


def outcome(found: Findings, name: str) -> Outcome:
    return next(check.outcome for check in found.checks if check.name == name)


def failed(found: Findings) -> dict[str, set[str]]:
    """Name the checks that failed, with the faults that they are put down to."""
    names = {fault.bit: fault.name for fault in BY_NAME.values()}
    return {check.name: {names[bit] for bit in check.faults} for check in found.checks if check.outcome is Outcome.FAILED}


@virtually
async def test_a_good_board_passes_and_its_contactor_never_closes() -> None:
    async with a_board() as board:
        found = await board.bench(lock=True)
        assert failed(found) == {}
        assert found.passed
        assert found.checks == board.told
        assert len(found.round_trips_ms) == 20
        assert outcome(found, "lock") is Outcome.OK
        (evse,) = found.evses
        assert [(one.duty_bp, one.measured_bp) for one in evse.pilot if one.duty_bp] == [(duty, duty) for duty in DUTIES_BP]
        assert [(one.high_mv, one.low_mv) for one in evse.pilot if one.duty_bp] == [(12_000, -12_000)] * len(DUTIES_BP)
        assert {one.cause: one.decided_ms for one in evse.reactions} == {
            "vehicle left": 20,
            "pilot short": 510,
            "residual current": 0,
            "emergency stop": 0,
            "protective earth": 20,
        }
        assert (await board.plant.ask(1)).closings == 0


@pytest.mark.parametrize(
    ("fault", "fails"),
    [
        ("pilot_short", {"CP +12 V", "faults"}),
        ("pilot_invalid", {"CP +12 V", "faults"}),
        ("rcm_self_test", {"RCM test", "faults"}),
        ("self_test", {"CP -12 V", "pilot self-test", "faults"}),
        ("emergency_stop", {"emergency stop", "faults"}),
        ("protective_earth", {"protective earth", "faults"}),
        ("temperature_sensor", {"temperature", "faults"}),
        ("over_temperature", {"temperature", "faults"}),
        ("contactor_welded", {"contactor feedback", "faults"}),
        ("lock", {"lock", "faults"}),
    ],
)
@virtually
async def test_what_is_broken_fails_the_check_that_looks_at_it_and_is_put_down_to_its_fault(fault: str, fails: set[str]) -> None:
    async with a_board() as board:
        await asyncio.sleep(10)
        await board.plant.fault(1, fault, True)
        await asyncio.sleep(5)
        found = await board.bench(lock=True)
        told = failed(found)
        assert fails <= set(told)
        assert fault in told[min(fails - {"faults", "CP -12 V"})]
        code = BY_NAME[fault].code
        assert any(f"cpctl explain {code}" in line for check in found.checks for line in check.advice)
        assert (await board.plant.ask(1)).closings == int(fault == "contactor_welded")


@virtually
async def test_a_monitor_that_is_deaf_leaves_the_pilot_to_be_tested() -> None:
    async with a_board() as board:
        await board.plant.fault(1, "rcm_self_test", True)
        found = await board.bench()
        assert failed(found) == {"RCM test": {"rcm_self_test"}, "faults": {"rcm_self_test"}}
        assert outcome(found, "PWM 96 %") is Outcome.OK


@virtually
async def test_a_vehicle_that_is_plugged_in_is_named_as_the_reason() -> None:
    async with a_board() as board:
        await board.plant.vehicle(1, state="B")
        await asyncio.sleep(1)
        found = await board.bench()
        assert next(check.text for check in found.checks if check.name == "CP +12 V") == "not driven: a vehicle is plugged in"


@virtually
async def test_a_board_that_was_never_commissioned_is_told_how() -> None:
    async with a_board(commissioned=False) as board:
        found = await board.bench()
        assert set(failed(found)) == {"configuration"}
        assert any("cpctl commission" in line for check in found.checks for line in check.advice)


@virtually
async def test_nobody_there_is_an_error_of_the_link() -> None:
    async with a_board() as board:
        board.board.stop()
        with pytest.raises(LinkTimeout):
            await board.bench()
        board.board.start()


@virtually
async def test_a_board_that_charges_is_left_alone(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.charge()
        await rig.kill()
        with pytest.raises(Refused, match="EVSE 1 is charging"):
            await Board(rig.board, rig.plant).bench()
        assert (await rig.truth()).contactor


class Hand:
    """A person who does what is asked for, and says yes to all of it."""

    def __init__(self, board: Board, volts: float = 12.0) -> None:
        self._board = board
        self._tasks: list[asyncio.Task[None]] = []
        self.person = Person(agrees=lambda question: True, volts=lambda question, default: volts, told=self._told)

    def _told(self, text: str) -> None:
        self._tasks.append(asyncio.create_task(self._do(text)))

    async def _do(self, text: str) -> None:
        plant = self._board.plant
        await asyncio.sleep(2)
        match text:
            case "Press the board's button now.":
                await plant.button(True)
            case "Plug the tester in, state B.":
                await plant.button(False)
                await plant.vehicle(1, state="B")
            case "Switch the tester to state C.":
                await plant.vehicle(1, state="C")
            case "Unplug the tester.":
                await plant.vehicle(1, state="A")
            case _:
                await plant.fault(1, "emergency_stop", text == "Press it now.")


@virtually
async def test_a_person_is_led_through_what_needs_a_hand() -> None:
    async with a_board() as board:
        found = await board.bench(person=Hand(board).person)
        assert failed(found) == {}
        by_hand = ["button", "vehicle plugged in (B)", "vehicle asks (C)", "vehicle unplugged (A)", "emergency stop opens", "emergency stop closes"]
        assert [check.name for check in found.checks][-8:-2] == by_hand
        assert (await board.plant.ask(1)).closings == 0


@virtually
async def test_what_nobody_does_fails() -> None:
    async with a_board() as board:
        found = await board.bench(person=Person(lambda question: True, lambda question, default: default, lambda text: None))
        assert {"button", "vehicle plugged in (B)", "vehicle asks (C)", "emergency stop opens"} <= set(failed(found))


@virtually
async def test_a_voltmeter_shows_what_the_calibration_should_be() -> None:
    async with a_board() as board:
        found = await board.bench(person=Hand(board, volts=11.76).person)
        calibration = found.evses[0].calibration
        assert calibration is not None
        assert calibration.error_mv == (0, 240)
        assert calibration.suggested == (256, 2365)  # the pin read 2344 mV at 11.76 V: 2088 mV for 23.76 V, 2109 mV for 24 V
        assert failed(found) == {"calibration": set()}


@virtually
async def test_a_rail_that_is_not_there_is_not_calibrated_away() -> None:
    async with a_board() as board:
        await board.plant.fault(1, "self_test", True)
        found = await board.bench()
        assert found.evses[0].calibration is None
        assert "calibration" in failed(found)
    async with a_board() as board:
        found = await board.bench(person=Hand(board, volts=10.9).person)
        assert found.evses[0].calibration is None
        assert {"CP by voltmeter", "calibration"} <= set(failed(found))


# ---------------------------------------------------------------- the report and the command line


class Page(HTMLParser):
    """What a page refers to, shows, and leaves open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[str] = []
        self.refers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.refers += [value for name in ("src", "href") if (value := given.get(name))]
        if tag == "svg":
            self.pictures.append(given.get("aria-label") or "")
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@virtually
async def test_the_report_is_one_file_with_every_check_and_picture() -> None:
    async with a_board() as board:
        await board.plant.fault(1, "rcm_self_test", True)
        found = await board.bench()
    text = as_html(found)
    page = Page(text)
    assert page.open == []
    assert page.refers == []
    assert page.pictures == ["histogram: round trip, ms", "V over duty asked for, %", "error, % over duty asked for, %"]
    assert all(f">{check.name}<" in text for check in found.checks)
    assert "Failed: " in text
    assert f"cpctl explain {BY_NAME['rcm_self_test'].code}" in text


async def test_a_simulated_board_is_tested_as_typed(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    code, said = await cpctl(tmp_path, "bench", "--sim", "--report", str(report))
    assert code == 0, said
    first, *lines, last = said.splitlines()
    assert first.startswith(" board   link                           ok       200 round trips: least ")
    assert " EVSE 1  PWM 85 %                       ok       +12.00 V / -12.00 V, measured 85.00 %" in lines
    assert last == f" Passed. Report: {report}"
    assert Page(report.read_text()).pictures != []


async def test_a_board_on_a_pty_that_fails_says_so_in_json_and_by_its_exit_code(tmp_path: Path) -> None:
    process = SimProcess(SimSettings(tmp_path / "sim", idle_exit_s=60))
    await process.start()
    code, said = await cpctl(tmp_path, "bench", "--auto", "--port", str(process.port), "--json")
    await process.stop()
    assert code == 1
    told = json.loads(said)
    assert told["passed"] is False
    assert [check["name"] for check in told["checks"] if check["outcome"] == "FAIL"] == ["configuration"]
    assert len(told["round_trips_ms"]) == 200


async def test_no_port_and_nobody_at_it_end_with_the_code_of_what_is_unreachable(tmp_path: Path) -> None:
    code, said = await cpctl(tmp_path, "bench", "--auto", "--port", str(tmp_path / "nothing"))
    assert code == 3, said
    master, slave = pty.openpty()
    code, said = await cpctl(tmp_path, "bench", "--auto", "--port", os.ttyname(slave))
    os.close(slave)
    os.close(master)
    assert code == 3, said
    assert "HELLO" in said
