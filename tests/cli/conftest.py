"""A fake station on a unix socket, and the command line's client to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from tests.local.fakes import FakeStation

from cpctl.cli.client import Client
from cpctl.local.server import ApiOptions, LocalApi

T = TypeVar("T")


@pytest.fixture
async def station() -> FakeStation:
    return FakeStation()


@pytest.fixture
async def client(station: FakeStation, tmp_path: Path) -> AsyncIterator[Client]:
    api = LocalApi(station, ApiOptions(tmp_path, bind=None, simulated=True), sim=station)
    await api.start()
    yield Client(api.socket_path, timeout_s=10)
    await api.close()


async def away(work: Callable[[], T]) -> T:
    """Run blocking work in a thread, as the command line does beside the station."""
    async with asyncio.timeout(20):
        return await asyncio.to_thread(work)
