"""One machine for all: it is switched on once, and every host finds it as the one before left it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .qemu import Board, is_there, powered


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    if not is_there() and "CI" not in os.environ:
        pytest.skip("needs QEMU and the firmware for it: just fw-rv32")
    with powered(tmp_path_factory.mktemp("board")) as machine:
        yield machine
