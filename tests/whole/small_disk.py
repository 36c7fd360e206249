"""A real file system of a few megabytes that can be filled and emptied, for those who may mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = bytes(4096)


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "state"
        self._filler = directory / "filler"

    def fill(self) -> None:
        """Leave no room for another byte."""
        with self._filler.open("ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(_BLOCK)
            except OSError:
                assert shutil.disk_usage(self.directory).free == 0

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink()

    def read_only(self) -> None:
        """Remount it so that nothing can be written; nobody may have a file of it open for writing."""
        _run("mount", "-o", "remount,ro", str(self.directory))


@contextmanager
def small_disk(directory: Path, megabytes: int = 3) -> Iterator[SmallDisk]:
    """Mount one on a directory as long as the block lasts."""
    directory.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory))
    try:
        yield SmallDisk(directory)
    finally:
        _run("umount", str(directory))


def may_mount() -> bool:
    """Tell whether this process may mount a file system; in some containers not even root may."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0


def may_have_a_namespace() -> bool:
    """Tell whether this user may be root in a namespace of his own, and mount there."""
    return subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode == 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
