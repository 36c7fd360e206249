"""The firmware's own codec as a shared library, made of the sources as they stand."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "coprocessor_fw" / "components" / "cp_core"
SOURCES = ("cp_messages.c", "cp_frame.c", "cp_crc32.c")


@pytest.fixture(scope="session")
def firmware_codec(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Build the codec; a machine without a compiler fails here and says what to install."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.fail("no C compiler: install one (apt install gcc) to compare the firmware's codec with the host's")
    target = tmp_path_factory.mktemp("codec") / "libcodec.so"
    sources = [str(CORE / name) for name in SOURCES]
    subprocess.run([compiler, "-std=c11", "-O2", "-shared", "-fPIC", f"-I{CORE / 'include'}", *sources, "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))
