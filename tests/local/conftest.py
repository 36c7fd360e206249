"""A served API over a fake station."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cpctl.local.server import ApiOptions, LocalApi

from .fakes import FakeStation

Serve = Callable[..., Awaitable[LocalApi]]


@pytest.fixture
async def station() -> FakeStation:
    return FakeStation()


@pytest.fixture
async def serve(station: FakeStation, tmp_path: Path) -> AsyncIterator[Serve]:
    """Serve the fake station; options as for ApiOptions, `sim=True` adds the sim routes."""
    started: list[LocalApi] = []

    async def start(**options: Any) -> LocalApi:
        simulated = options.pop("sim", False)
        api = LocalApi(
            station,
            ApiOptions(**{"state_dir": tmp_path, "bind": "127.0.0.1:0", "simulated": simulated, **options}),
            sim=station if simulated else None,
        )
        await api.start()
        started.append(api)
        return api

    yield start
    for api in started:
        await api.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


def url(api: LocalApi, path: str) -> str:
    """The address of a path over TCP."""
    assert api.address is not None
    return f"http://127.0.0.1:{api.address[1]}{path}"
