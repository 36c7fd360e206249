"""Images made by the test, and the ROM bootloader of a chip that exists only as a program on a pty."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = b64encode(KEY.public_key().public_bytes_raw()).decode()


class ImageMaker:
    """Makes an image of random bytes in a directory, and signs it unless told otherwise."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        rng = Random(7)
        self.files = {"bootloader.bin": (0x1000, b"\xe9" + rng.randbytes(20_000)), "cpctl.bin": (0x10000, b"\xe9" + rng.randbytes(60_000))}
        self.manifest: dict[str, Any] = {
            "format": 1,
            "chip": "esp32",
            "firmware": "0.1.0",
            "revision": "0123456789ab",
            "protocol": "1.1",
            "files": [
                {"path": path, "offset": offset, "sha256": hashlib.sha256(content).hexdigest()} for path, (offset, content) in self.files.items()
            ],
        }

    def write(self, *, signed: bool = True) -> Path:
        """Write it as the manifest now is; return its directory."""
        self.directory.mkdir(exist_ok=True)
        for path, (_, content) in self.files.items():
            (self.directory / path).write_bytes(content)
        raw = json.dumps(self.manifest).encode()
        (self.directory / "manifest.json").write_bytes(raw)
        if signed:
            (self.directory / "manifest.json.sig").write_bytes(b64encode(KEY.sign(raw)))
        return self.directory


@pytest.fixture
def image(tmp_path: Path) -> ImageMaker:
    return ImageMaker(tmp_path / "image")


@pytest.fixture
def rom() -> Iterator[Callable[[str], str]]:
    """Start the ROM of a chip; return its port."""
    started: list[subprocess.Popen[str]] = []

    def start(chip: str = "esp32") -> str:
        process = subprocess.Popen(
            [sys.executable, "-m", "esp32_mock_bootloader.cli", "run", "--chip", chip, "--pty"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"/dev/pts/\d+", line):
                return found[0]
        raise AssertionError("the mock bootloader named no port")

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
