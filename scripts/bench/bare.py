"""The least that can stop a charge: a websockets client that writes a lease of nothing to the port. The floor of G7. A process of its own.

python -m bench.bare PORT CSMS_URL
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tty

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from cpctl.link.frame import encode_frame
from cpctl.link.messages import Hello, Kind, Lease, Role
from cpctl.link.session import session_id

from .board import NONCE
from .csms import ID

_CALL, _RESULT = 2, 3
_ACCEPTED = {"status": "Accepted"}


async def main(port: str, url: str) -> None:
    """Obey until the connection ends."""
    line = os.open(port, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    os.write(line, encode_frame(Kind.HELLO, 0, 0, Hello.ID, Hello(role=Role.HOST, nonce=1).to_bytes()))
    session = session_id(1, NONCE)
    go, halt = (encode_frame(Kind.LEASE, session, 0, Lease.ID, Lease(1, 1, limit, 3, 10_000, 1).to_bytes()) for limit in (160, 0))
    async with connect(f"{url}/{ID}", subprotocols=[Subprotocol("ocpp1.6")], compression=None, ping_interval=None, proxy=None) as csms:
        await csms.send(json.dumps((_CALL, "b", "BootNotification", {})))
        async for text in csms:
            frame = json.loads(text)
            if frame[0] != _CALL:
                continue
            starts = frame[2] == "RemoteStartTransaction"
            os.write(line, go if starts else halt)
            await csms.send(json.dumps((_RESULT, frame[1], _ACCEPTED)))
            if starts:
                await csms.send(json.dumps((_CALL, f"s{frame[1]}", "StartTransaction", {"connectorId": 1})))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
