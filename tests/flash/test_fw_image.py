"""`scripts/fw-image` makes of ESP-IDF's build what `cpctl flash` takes."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from tests.flash.conftest import PUBLIC

from cpctl.flash.image import load

SCRIPT = Path(__file__).parents[2] / "scripts/fw-image"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    build = tmp_path / "build"
    for name in ("bootloader/bootloader.bin", "cpctl.bin"):
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_bytes(name.encode())
    (build / "flasher_args.json").write_text(json.dumps({"flash_files": {"0x10000": "cpctl.bin", "0x1000": "bootloader/bootloader.bin"}}))
    (build / "project_description.json").write_text(json.dumps({"project_version": "0.1.0+abcdef012345", "target": "esp32c3"}))
    return build


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("signed", [True, False])
def test_a_build_becomes_an_image(build: Path, tmp_path: Path, signed: bool) -> None:
    (tmp_path / "key").write_text(b64encode(bytes(range(32))).decode())
    made = run(str(build), str(tmp_path / "image"), *(["--key", str(tmp_path / "key")] if signed else []))
    assert made.returncode == 0, made.stderr
    image = load(tmp_path / "image", [PUBLIC] if signed else [], unsigned=not signed)
    assert image.signed is signed
    assert (image.manifest.chip, image.manifest.firmware, image.manifest.revision) == ("esp32c3", "0.1.0", "abcdef012345")
    assert [(file.path, file.offset) for file in image.manifest.files] == [("bootloader.bin", 0x1000), ("cpctl.bin", 0x10000)]


def test_what_is_no_build_is_said_so(tmp_path: Path) -> None:
    made = run(str(tmp_path), str(tmp_path / "image"))
    assert made.returncode == 1
    assert "flasher_args.json" in made.stderr
