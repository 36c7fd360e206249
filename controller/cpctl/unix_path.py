"""Reaches unix sockets whose path is longer than an address holds, by way of their directory's descriptor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# sun_path holds 108 bytes, its end included.
_MAX_PATH = 107


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """Give an address for `path` that is short enough, valid inside the block."""
    if len(os.fsencode(path)) <= _MAX_PATH:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
