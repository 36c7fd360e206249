"""The real esptool, in a process of its own, with the ROM bootloader of a chip behind a pty."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.flash.conftest import PUBLIC, ImageMaker

from cpctl.flash.errors import ChipMismatch, WriteFailed
from cpctl.flash.esptool import Esptool
from cpctl.flash.image import load

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fake chip is behind a Linux pty")


async def test_an_image_is_written_and_verified_with_its_progress_told(rom: Callable[..., str], image: ImageMaker) -> None:
    tool = Esptool(rom("esp32"), reset=False)
    chip = await tool.identify()
    assert chip.chip == "esp32"
    assert len(chip.mac.split(":")) == 6
    assert chip.flash_size == "4MB"
    told: list[int] = []
    await tool.write(load(image.write(), [PUBLIC]), chip, told.append)
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == 100


async def test_an_image_for_another_chip_is_not_written(rom: Callable[..., str], image: ImageMaker) -> None:
    tool = Esptool(rom("esp32c3"), reset=False)
    chip = await tool.identify()
    with pytest.raises(ChipMismatch, match="esp32c3"):
        await tool.write(load(image.write(), [PUBLIC]), chip, lambda percent: None)


async def test_a_port_without_a_chip_is_said_in_the_tools_own_words(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed, match="BOOT button") as failure:
        await Esptool(str(tmp_path / "nothing")).identify()
    assert "nothing" in failure.value.last_words
