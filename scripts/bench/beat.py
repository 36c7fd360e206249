"""A server that answers every message as a CSMS answers a Heartbeat, at a constant small cost. A process of its own; prints its URL."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from .csms import VERSIONS


async def _answer(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for text in connection:
            id = str(text).split('"', 2)[1]
            await connection.send(f'[3,"{id}",{{"currentTime":"2030-03-17T17:46:40.000Z"}}]')


async def main() -> None:
    """Serve until standard input ends."""
    async with serve(
        _answer, "127.0.0.1", 0, subprotocols=[Subprotocol(f"ocpp{version}") for version in VERSIONS], compression=None, ping_interval=None
    ) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
