"""Packages with entry points, as an installer would leave them, for as long as a test runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def installed(directory: Path, name: str, entry_points: dict[str, str], *sources: Path) -> Iterator[None]:
    """Leave a dist-info that offers these entry points of `cpctl.extensions`, and put the sources where they are imported from."""
    info = directory / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cpctl.extensions]\n" + "".join(f"{one} = {at}\n" for one, at in entry_points.items()))
    paths = [str(directory), *map(str, sources)]
    before = set(sys.modules)
    sys.path[:0] = paths
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for path in paths:
            sys.path.remove(path)
        for module in {at.partition(":")[0] for at in entry_points.values()} & (set(sys.modules) - before):
            del sys.modules[module]
