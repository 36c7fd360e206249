"""Commissions the coprocessor of a station: pushes the board's configuration, with the button held, and waits for its word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random

from cpctl.config import Config
from cpctl.core.inputs import CoprocessorLost, CoprocessorReady, Input
from cpctl.errors import LinkError, LinkTimeout
from cpctl.link.coprocessor import Coprocessor
from cpctl.link.info import LinkInfo
from cpctl.link.line import OpenLine

from .settings import link_settings

# Long enough to read the message, walk to the board and press its button.
TIMEOUT_S = 120.0

# What holding the button, plugging in or waiting can mend; every other reason ends the attempt.
_PASSING = frozenset(
    {"port_missing", "port_vanished", "suspect", "restarted", "closed", "not_commissioned", "other_configuration", "configuration_refused"}
)


async def commission(
    config: Config, open_line: OpenLine, tell: Callable[[str], None], timeout_s: float = TIMEOUT_S, simulated: bool = False
) -> LinkInfo:
    """Push the configuration until the coprocessor has it; `tell` hears what is waited for. Raises LinkError."""
    heard: asyncio.Queue[CoprocessorReady | CoprocessorLost] = asyncio.Queue()

    def post(item: Input, committed: Callable[[], None] | None = None) -> None:
        # Events are left unacknowledged: they belong to the station that runs afterwards.
        if isinstance(item, CoprocessorReady | CoprocessorLost):
            heard.put_nowait(item)

    coprocessor = Coprocessor(open_line, post, replace(link_settings(config, simulated), commission=True), Random())
    running = asyncio.create_task(coprocessor.run())
    try:
        async with asyncio.timeout(timeout_s):
            while isinstance(item := await heard.get(), CoprocessorLost):
                if item.code not in _PASSING:
                    raise LinkError(item.text)
                tell(item.text)
        return coprocessor.info
    except TimeoutError:
        raise LinkTimeout("the configuration", 1) from None
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
