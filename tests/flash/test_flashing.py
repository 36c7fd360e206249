"""`cpctl ports` and `cpctl flash` as typed, and what is looked at before and after: with the ROM of a fake chip, and with the firmware core."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.flash.conftest import PUBLIC, ImageMaker
from tests.whole.rig import Rig, virtually

from cpctl.app.flashing import look_after, look_before, own_images
from cpctl.errors import Refused
from cpctl.flash.errors import ImageUnusable
from cpctl.flash.image import Image, load
from cpctl.link.messages import PROTOCOL_MAJOR, PROTOCOL_MINOR
from cpctl.version import VERSION

CONTROLLER = Path(__file__).parents[2] / "controller"

CONFIG = """\
[station]
vendor = "Test"
model = "Flash"
[csms]
url = "ws://127.0.0.1:9/ocpp"
id = "CP001"
[coprocessor]
port = "{port}"
firmware_keys = [{keys}]
[[evse]]
id = 1
"""


async def cpctl(directory: Path, *arguments: str, stdin: int | None = None) -> tuple[int | None, str]:
    """Run the command line in a directory; return its code and all that it printed."""
    environment = {**os.environ, "XDG_STATE_HOME": str(directory), "NO_COLOR": "1", "PYTHONPATH": str(CONTROLLER)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cpctl",
        *arguments,
        cwd=directory,
        env=environment,
        stdin=stdin if stdin is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(120):
        out, _ = await process.communicate()
    return process.returncode, out.decode()


def configure(directory: Path, port: str, *keys: str) -> None:
    (directory / "cpctl.toml").write_text(CONFIG.format(port=port, keys=", ".join(f'"{key}"' for key in keys)))


async def test_a_signed_image_is_written_to_the_configured_port(rom: Callable[..., str], image: ImageMaker, tmp_path: Path) -> None:
    configure(tmp_path, rom("esp32"), PUBLIC)
    code, said = await cpctl(tmp_path, "flash", "--image", str(image.write()), "--reset", "none", "--yes")
    assert code == 0, said
    assert "ESP32 rev" in said
    assert "100 %" in said
    assert "Written and verified: firmware 0.1.0 (0123456789ab), protocol 1.1, signed." in said


async def test_nothing_is_written_without_a_yes(rom: Callable[..., str], image: ImageMaker, tmp_path: Path) -> None:
    configure(tmp_path, rom("esp32"), PUBLIC)
    code, said = await cpctl(tmp_path, "flash", "--image", str(image.write()), "--reset", "none")
    assert code == 1
    assert "Written" not in said


async def test_an_image_that_is_not_trusted_is_refused_with_what_to_do(rom: Callable[..., str], image: ImageMaker, tmp_path: Path) -> None:
    configure(tmp_path, rom("esp32"))
    code, said = await cpctl(tmp_path, "flash", "--image", str(image.write()), "--reset", "none", "--yes")
    assert code == 1
    assert "coprocessor.firmware_keys" in said


async def test_an_unsigned_image_is_taken_from_a_person_at_a_terminal_only(rom: Callable[..., str], image: ImageMaker, tmp_path: Path) -> None:
    configure(tmp_path, rom("esp32"))
    typed = ("flash", "--image", str(image.write(signed=False)), "--reset", "none", "--yes", "--unsigned")
    code, said = await cpctl(tmp_path, *typed)
    assert code == 2
    assert "person at a terminal" in said
    master, slave = pty.openpty()
    code, said = await cpctl(tmp_path, *typed, stdin=slave)
    os.close(slave)
    os.close(master)
    assert code == 0, said
    assert "NOT signed" in said


async def test_a_key_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    configure(tmp_path, "/dev/ttyNothing", "short")
    code, said = await cpctl(tmp_path, "flash", "--yes")
    assert code == 2
    assert "cpctl.toml:9" in said
    assert "32 bytes in base64" in said


async def test_without_a_port_there_is_nothing_to_list(tmp_path: Path) -> None:
    code, said = await cpctl(tmp_path, "ports")
    if code == 0:
        pytest.skip("this machine has serial ports of its own")
    assert code == 3
    assert "no serial port" in said


def test_the_image_of_this_version_is_found_where_it_was_installed_or_said_how_to_be_built(tmp_path: Path) -> None:
    with pytest.raises(ImageUnusable, match="just fw-build esp32c3"):
        own_images("esp32c3", [tmp_path])
    (tmp_path / f"firmware-{VERSION}-esp32c3").mkdir()
    assert own_images("esp32c3", [tmp_path]) == tmp_path / f"firmware-{VERSION}-esp32c3"


# ---------------------------------------------------------------- with the firmware core


@virtually
async def test_a_board_whose_contactor_is_closed_is_not_flashed(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.charge()
        await rig.kill()
        with pytest.raises(Refused, match="EVSE 1 is charging"):
            await look_before(rig.board.open_link, Random(1), to_loader=False)
        assert (await rig.truth()).contactor


@virtually
async def test_an_idle_board_says_who_it_is_before_it_is_flashed(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.stop()
        hello = await look_before(rig.board.open_link, Random(1), to_loader=False)
        assert hello is not None
        assert hello.chip == "posix"


def an_image(image: ImageMaker, **changes: str) -> Image:
    loaded = load(image.write(), [PUBLIC])
    manifest = loaded.manifest.model_copy(update={"firmware": VERSION, "protocol": f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}", **changes})
    return replace(loaded, manifest=manifest)


@virtually
async def test_the_new_firmwares_word_is_compared_with_the_image(tmp_path: Path, image: ImageMaker) -> None:
    async with Rig(tmp_path) as rig:
        await rig.stop()
        good = await look_after(rig.board.open_link, Random(1), an_image(image))
        assert good.mismatch == ""
        assert good.hello is not None
        other = await look_after(rig.board.open_link, Random(1), an_image(image, firmware="9.9.9", protocol="1.9"))
        assert "firmware" in other.mismatch
        assert "protocol" in other.mismatch
        rig.board.stop()
        silent = await look_after(rig.board.open_link, Random(1), an_image(image))
        assert silent.mismatch == "the new firmware does not answer"
        rig.board.start()
