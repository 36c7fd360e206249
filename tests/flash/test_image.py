"""An image is taken only whole, as its manifest says, and by whom the configuration trusts."""

from __future__ import annotations

import zipfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from tests.flash.conftest import PUBLIC, ImageMaker

from cpctl.flash.errors import ImageUntrusted, ImageUnusable
from cpctl.flash.image import load

OTHER_KEY = b64encode(bytes(32)).decode()


def test_a_signed_image_is_taken_with_its_files(image: ImageMaker) -> None:
    loaded = load(image.write(), [OTHER_KEY, PUBLIC])
    assert loaded.signed
    assert loaded.manifest.chip == "esp32"
    assert loaded.contents == tuple(content for _, content in image.files.values())


def test_a_zip_of_it_is_the_same_image(image: ImageMaker, tmp_path: Path) -> None:
    directory = image.write()
    packed = tmp_path / "image.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in directory.iterdir():
            archive.write(file, file.name)
    assert load(packed, [PUBLIC]).contents == load(directory, [PUBLIC]).contents


@pytest.mark.parametrize(
    ("signed", "keys", "unsigned", "words"),
    [
        (False, [PUBLIC], False, "has no signature"),
        (True, [OTHER_KEY], False, "no key that is trusted"),
        (True, [], False, "names no key"),
        (True, [OTHER_KEY], True, "no key that is trusted"),
    ],
)
def test_an_image_that_nobody_trusted_signed_is_refused(image: ImageMaker, signed: bool, keys: list[str], unsigned: bool, words: str) -> None:
    directory = image.write(signed=signed)
    with pytest.raises(ImageUntrusted, match=words):
        load(directory, keys, unsigned=unsigned)


@pytest.mark.parametrize("signed", [True, False])
def test_an_image_of_ones_own_is_taken_if_that_is_asked_for(image: ImageMaker, signed: bool) -> None:
    assert not load(image.write(signed=signed), [], unsigned=True).signed


def test_a_changed_manifest_breaks_its_signature(image: ImageMaker) -> None:
    directory = image.write()
    manifest = directory / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"0.1.0"', '"0.2.0"'))
    with pytest.raises(ImageUntrusted):
        load(directory, [PUBLIC])


def test_a_changed_file_is_not_the_one_named(image: ImageMaker) -> None:
    directory = image.write()
    (directory / "cpctl.bin").write_bytes(b"\xe9other")
    with pytest.raises(ImageUnusable, match=r"cpctl\.bin is not the file"):
        load(directory, [PUBLIC])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "format"),
        ({"chip": "esp8266"}, "chip"),
        ({"firmware": "latest"}, "firmware"),
        ({"protocol": 1}, "protocol"),
        ({"files": []}, "files"),
        ({"extra": True}, "extra"),
        ({"files": [{"path": "../x", "offset": 0, "sha256": "0" * 64}]}, r"files\.0\.path"),
        ({"files": [{"path": "x", "offset": -1, "sha256": "0" * 64}]}, r"files\.0\.offset"),
        ({"files": [{"path": "x", "offset": 0, "sha256": "zz"}]}, r"files\.0\.sha256"),
        ({"files": [{"path": "x", "offset": 0, "sha256": "0" * 64}]}, "x is missing"),
    ],
)
def test_a_manifest_that_is_wrong_is_named_with_its_place(image: ImageMaker, change: dict[str, Any], words: str) -> None:
    image.manifest |= change
    with pytest.raises(ImageUnusable, match=words):
        load(image.write(), [PUBLIC])


def test_files_that_overlap_in_the_flash_are_refused(image: ImageMaker) -> None:
    image.manifest["files"][1]["offset"] = 0x2000
    with pytest.raises(ImageUnusable, match=r"bootloader\.bin and cpctl\.bin overlap"):
        load(image.write(), [PUBLIC])


def test_what_is_no_image_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ImageUnusable, match="no such directory"):
        load(tmp_path / "nothing", [])
    (tmp_path / "text").write_text("text")
    with pytest.raises(ImageUnusable, match="neither a directory nor a zip"):
        load(tmp_path / "text", [])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageUnusable, match=r"manifest\.json is missing"):
        load(tmp_path / "empty", [])
