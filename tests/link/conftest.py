"""Parts of the firmware as shared libraries, made of the sources as they stand."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "coprocessor_fw" / "components" / "cp_core"
PORT = ROOT / "coprocessor_fw" / "components" / "cp_port_esp32" / "pure"
CODEC = [CORE / name for name in ("cp_messages.c", "cp_frame.c", "cp_crc32.c")]
CONFIG = [*CORE.glob("*.c"), PORT / "port_chips.c"]


@pytest.fixture(scope="session")
def firmware_codec(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Build the codec."""
    return _library(CODEC, tmp_path_factory.mktemp("codec") / "libcodec.so")


@pytest.fixture(scope="session")
def firmware_config(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Build the check of a configuration with the chips' tables."""
    return _library(CONFIG, tmp_path_factory.mktemp("config") / "libconfig.so")


def _library(sources: Sequence[Path], target: Path) -> ctypes.CDLL:
    """Build a library; a machine without a compiler fails here and says what to install."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.fail("no C compiler: install one (apt install gcc) to compare the firmware with the host")
    subprocess.run(
        [compiler, "-std=c11", "-O2", "-shared", "-fPIC", f"-I{CORE / 'include'}", f"-I{PORT}", *map(str, sources), "-o", str(target)], check=True
    )
    return ctypes.CDLL(str(target))
