"""Board files: those that come with the software are taken by host and firmware alike; mistakes are told with file, line and reason by the host."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from cpctl.app.board import board_settings
from cpctl.config import Config, from_data
from cpctl.errors import ConfigError
from cpctl.link.board_file import find, load, names
from cpctl.link.chips import CHIPS
from cpctl.link.messages import ConfigSet

from .c_board import CBoards

REAL = [name for name in names() if name != "sim"]


@pytest.fixture
def firmware(firmware_config: ctypes.CDLL) -> CBoards:
    return CBoards(firmware_config)


def station(board: str, **evse: object) -> Config:
    fixed = load(find(board)).evse[0].proximity is None
    built = {"id": 1, "max_current_a": 16, "phases": 1, "connectors": [{"id": 1, "fixed_cable": fixed}], **evse}
    return from_data(
        {
            "station": {"vendor": "Test", "model": "Board"},
            "csms": {"url": "ws://127.0.0.1:9/ocpp", "id": "CP001"},
            "coprocessor": {"board": board},
            "evse": [built],
        }
    )


@pytest.mark.parametrize("chip", CHIPS)
def test_host_and_firmware_know_the_same_of_a_chip(firmware: CBoards, chip: str) -> None:
    ours, theirs = CHIPS[chip], firmware.chip_pins(chip)
    assert {name: getattr(ours, name) for name in theirs} == theirs


@pytest.mark.parametrize("name", REAL)
def test_the_firmware_takes_every_board_that_comes_with_this_software(firmware: CBoards, name: str) -> None:
    board = load(find(name))
    most = board.evse[0]
    settings = board_settings(station(name, max_current_a=most.max_current_a, phases=most.phases), simulated=False)
    assert settings.board.chip == board.chip
    assert firmware.refusal(board.chip, settings.items(ConfigSet.COMMISSIONED), settings.crc()) is None


@pytest.mark.parametrize("name", REAL)
def test_the_firmware_of_another_chip_refuses_it(firmware: CBoards, name: str) -> None:
    settings = board_settings(station(name), simulated=False)
    other = next(chip for chip in CHIPS if chip != settings.board.chip)
    assert firmware.refusal(other, settings.items(ConfigSet.COMMISSIONED), settings.crc()) == "EVSE 0: chip"


BOARD = """\
chip = "esp32"
summary = "test"
[pins]
button = 0
[[evse]]
max_current_a = 32
lock = {}
[evse.pins]
pilot_pwm = 25
pilot_adc = 34
contactor = 26
lock_a = 4
lock_feedback = { gpio = 16, pull_up = true }
"""


@pytest.mark.parametrize(
    ("find_text", "replace", "line", "reason"),
    [
        ("contactor = 26", "contactor = 36", 11, "GPIO 36 of an esp32 is input only"),
        ("contactor = 26", "contactor = 12", 11, "moves at reset or straps the chip"),
        ("contactor = 26", "contactor = 6", 11, "not usable"),
        ("contactor = 26", "contactor = 25", 11, "GPIO 25 is pilot_pwm already"),
        ("contactor = 26", "contactor = 26\ncontacter = 27", 12, "there is no such role"),
        ("contactor = 26", "contactor = 64", 11, "is at most 63"),
        ("contactor = 26", "", 5, "has no pin contactor"),
        ("pilot_adc = 34", "pilot_adc = 2", 10, "is not analogue"),
        ("pilot_adc = 34", "pilot_adc = { gpio = 34, pull_up = true }", 10, "neither level nor pulls"),
        ("gpio = 16, pull_up = true", "gpio = 35, pull_up = true", 13, "has no pulls"),
        ("gpio = 16, pull_up = true", "gpio = 16, pull_up = true, pull_down = true", 13, "pulled both ways"),
        ("gpio = 16, pull_up = true", "gpio = 16, open_drain = true", 13, "open_drain is for outputs"),
        ("button = 0", "contactor = 0", 4, "belongs to an EVSE"),
        ("lock = {}", "lock = { pulse_ms = 500 }", 5, "has no pin lock_b"),
        ("lock = {}", 'current = { source = "meter" }', 7, "has no meter that tells a current"),
        ("max_current_a = 32", "max_current_a = 81", 6, "is at most 80"),
        ('chip = "esp32"', 'chip = "esp8266"', 1, "is one of esp32"),
        ('chip = "esp32"', "", 3, "need the chip"),
        ("[[evse]]", "[[evse]", 5, "no valid TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_reason(tmp_path: Path, find_text: str, replace: str, line: int, reason: str) -> None:
    file = tmp_path / "board.toml"
    assert find_text in BOARD
    file.write_text(BOARD.replace(find_text, replace, 1))
    with pytest.raises(ConfigError) as failure:
        load(file)
    assert [problem.line for problem in failure.value.problems] == [line]
    assert reason in str(failure.value)


def test_a_brake_needs_a_chip_whose_pilot_it_can_stop(tmp_path: Path) -> None:
    file = tmp_path / "board.toml"
    text = find("esp32c3-devkitm").read_text()
    file.write_text(text.replace("[pins]\n", "[pins]\nbrake = 1\n", 1))
    with pytest.raises(ConfigError, match="has no MCPWM"):
        load(file)


def test_a_board_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="esp32-devkitc-full"):
        find("no-such-board")


@pytest.mark.parametrize(
    ("board", "evse", "reason"),
    [
        ("esp32-devkitc", {"max_current_a": 32}, "allows 16"),
        ("esp32-devkitc", {"phases": 3}, "switches 1"),
        ("esp32-devkitc", {"connectors": [{"id": 1, "fixed_cable": False}]}, "a socket needs a proximity contact"),
    ],
)
def test_a_station_that_wants_more_than_its_board_has_is_told(board: str, evse: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        board_settings(station(board, **evse), simulated=False)


def test_the_calibration_of_one_board_takes_the_place_of_its_kinds() -> None:
    plain = board_settings(station("esp32-devkitc-full"), simulated=False).evses[0]
    own = board_settings(station("esp32-devkitc-full", calibration={"plus12_mv": 2301, "fall_us": -2}), simulated=False).evses[0]
    assert (own.pilot_plus12_mv, own.pwm_fall_us) == (2301, -2)
    assert (own.pilot_minus12_mv, own.pwm_rise_us) == (plain.pilot_minus12_mv, plain.pwm_rise_us)
