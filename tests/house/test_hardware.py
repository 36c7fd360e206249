"""docs/hardware.md says what the board files say, and its drawings are what the script draws."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.machinery import SourceFileLoader
from itertools import combinations
from pathlib import Path
from types import ModuleType

import pytest

from cpctl.link.board_file import find, load
from cpctl.link.board_schema import Board, Pilot

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/hardware.md").read_text("utf-8")
IMAGES = sorted((ROOT / "docs/img").glob("hardware-*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
#: Mean width of a letter, in parts of the type's size: a little more than most typefaces have.
LETTER = 0.56
#: Least distance from a threshold, mV of the pilot.
MARGIN_MV = 100

Frame = tuple[float, float, float, float]


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    loader = SourceFileLoader("wiring_tables", str(ROOT / "scripts/wiring-tables"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("script", ["diagrams", "wiring-tables"])
def test_what_the_page_shows_is_what_its_script_makes(script: str) -> None:
    environment = {"PYTHONPATH": str(ROOT / "controller"), "PYTHONUTF8": "1"}
    ended = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_drawing_stands_on_the_page_once_with_words_for_those_who_do_not_see_it() -> None:
    shown = dict(re.findall(r"!\[([^\]]{30,})\]\(img/(hardware-\w+\.svg)\)", PAGE))
    assert sorted(shown.values()) == [image.name for image in IMAGES]


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.stem)
def test_a_drawing_describes_itself_and_no_two_of_its_words_overlap(image: Path) -> None:
    root = ET.parse(image).getroot()  # noqa: S314  our own file
    assert root.findtext(f"{SVG}title")
    assert len(root.findtext(f"{SVG}desc") or "") > 100
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    frames = [(text.text or "", frame(text)) for text in root.iter(f"{SVG}text")]
    for words, (left, top, right, bottom) in frames:
        assert left >= 0 <= top, words
        assert right <= width, words
        assert bottom <= height, words
    for (one, a), (other, b) in combinations(frames, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one} / {other}"


def frame(text: ET.Element) -> Frame:
    size = 12 if text.get("class") == "note" else 13
    x, y, width = float(text.attrib["x"]), float(text.attrib["y"]), len(text.text or "") * size * LETTER
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text.attrib["text-anchor"]]
    return left, y - size * 0.8, left + width, y + size * 0.2


def test_the_scaling_network_as_drawn_fits_the_calibration_that_a_board_has_by_default() -> None:
    drawn = (ROOT / "docs/img/hardware-pilot.svg").read_text("utf-8")
    ohms = (200.0, 44.2, 33.2)
    assert all(f">{ohm:g} kΩ<" in drawn for ohm in ohms)
    admittance = sum(1 / ohm for ohm in ohms)
    for pilot_mv, pin_mv in ((-12_000, Pilot().minus12_mv), (12_000, Pilot().plus12_mv)):
        assert (pilot_mv / ohms[0] + 3300 / ohms[1]) / admittance == pytest.approx(pin_mv, abs=15)


# Level at the pin of the bare bench, and between which two thresholds of the firmware it must lie.
@pytest.mark.parametrize(
    ("pin_mv", "above", "below"),
    [
        (3060, "A_B", "TOP"),
        (3209, "A_B", "TOP"),
        (3300 * 47 / 57, "B_C", "A_B"),
        (3300 * 23.5 / 33.5, "C_D", "B_C"),
        (142, "NEGATIVE_TOP", "NEGATIVE_WEAK"),
        (54, "NEGATIVE_TOP", "NEGATIVE_WEAK"),
    ],
)
def test_the_bare_bench_shows_the_states_that_the_page_promises(pin_mv: float, above: str, below: str) -> None:
    timing = (ROOT / "coprocessor_fw/components/cp_core/include/cp_timing.h").read_text("utf-8")
    levels = {name: int(mv) for name, mv in re.findall(r"#define CP_LEVEL_(\w+)_MV \(?(-?\d+)", timing)}
    pilot = load(find("esp32-devkitc")).evse[0].pilot
    pilot_mv = (pin_mv - pilot.minus12_mv) * 24_000 / (pilot.plus12_mv - pilot.minus12_mv) - 12_000
    assert levels[above] + MARGIN_MV < pilot_mv < levels[below] - MARGIN_MV


SOUND = {
    "contactor": {"feedback": "mirror_contact"},
    "temperature": {"sensor": "ntc_low", "series_ohm": 9750, "supply_mv": 2400},
    "current": {"source": "input", "ma_per_v": 100_000},
    "feedback": {"gpio": 23, "pull_up": True},
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"feedback": {"gpio": 23, "pull_down": True, "active_low": True}}, []),
        ({"feedback": {"gpio": 23, "pull_up": True, "active_low": True}}, ["Leave out `active_low`"]),
        ({"feedback": {"gpio": 23, "pull_down": True}}, ["Add `active_low = true`"]),
        ({"temperature": {"sensor": "ntc_low", "series_ohm": 10_000, "supply_mv": 3300}}, ["An open temperature sensor is not noticed"]),
        ({"current": {"source": "input", "ma_per_v": 30_000}}, ["cut off at 23 A"]),
    ],
)
def test_what_would_guard_badly_is_told_beside_the_table(tables: ModuleType, changed: dict[str, object], told: list[str]) -> None:
    parts = SOUND | changed
    evse = {"max_current_a": 32, "pins": {"contactor_feedback": parts.pop("feedback")}, **parts}
    board = Board.model_validate({"chip": "esp32", "summary": "test", "evse": (evse,)}, strict=False)
    mistakes = list(tables.mistakes(board, board.evse[0]))
    assert len(mistakes) == len(told)
    for mistake, words in zip(mistakes, told, strict=True):
        assert words in mistake
