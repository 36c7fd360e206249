"""The independent strict CSMS as a fixture."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
from tests.strict.server import StrictCsms, missing


@pytest.fixture
async def strict_csms() -> AsyncIterator[StrictCsms]:
    """An ocpp-rpc server in strict mode; at the end of the test no frame may have been refused by either side, unless the test cleared `errors`."""
    if lack := missing():
        if os.environ.get("CI"):
            pytest.fail(lack)
        pytest.skip(lack)
    server = await StrictCsms.start()
    yield server
    await server.stop()
    assert server.errors == []
