"""A far end that answers by a table: the same small cost for whoever measures against it. A process of its own.

    python -m bench.echo CONFIG_CRC [WIRE_US]

Prints the port's path. A HELLO is answered in full and makes a new table: for each `SelfTest` frame that the session can bring, the reply, padded to
64 bytes on the wire. With WIRE_US, an answer comes so much later, as it would over a wire.
"""

from __future__ import annotations

import os
import select
import sys
import time

from cpctl.link.frame import BadFrame, FrameDecoder, encode_frame
from cpctl.link.messages import LAYOUT_HASH, PROTOCOL_MAJOR, PROTOCOL_MINOR, Hello, Kind, Reply, Result, Role, SelfTest
from cpctl.link.session import session_id

from .pty import Pty

NONCE = 0xBEEF
REPLY_BYTES = 64
_OVERHEAD = 12  # header 6, checksum 4, COBS 1, closing zero 1


def command_frame(session: int, seq: int) -> bytes:
    """Return a command as a session sends it."""
    return encode_frame(Kind.COMMAND, session, seq, SelfTest.ID, SelfTest(1).to_bytes())


def replies(session: int) -> dict[bytes, bytes]:
    """Return the reply to each command of a session."""
    payload = Reply(SelfTest.ID, Result.OK).to_bytes()
    payload += bytes(REPLY_BYTES - _OVERHEAD - len(payload))
    return {command_frame(session, seq): encode_frame(Kind.REPLY, session, seq, Reply.ID, payload) for seq in range(256)}


def hello(config_crc: int, peer_nonce: int) -> bytes:
    """Return the HELLO of a coprocessor that is commissioned like this."""
    message = Hello(
        role=Role.COPROCESSOR,
        major=PROTOCOL_MAJOR,
        minor=PROTOCOL_MINOR,
        layout_hash=LAYOUT_HASH,
        nonce=NONCE,
        peer_nonce=peer_nonce,
        max_frame=252,
        chip="bench",
        evse_count=1,
        config_crc=config_crc,
        boot_count=1,
        uptime_us=time.monotonic_ns() // 1000,
    )
    return encode_frame(Kind.HELLO, 0, 0, Hello.ID, message.to_bytes())


def main(config_crc: int, wire_us: int) -> None:
    """Answer until standard input ends."""
    pty = Pty()
    print(pty.path, flush=True)
    table: dict[bytes, bytes] = {}
    while True:
        ready, _, _ = select.select([pty.master, sys.stdin.fileno()], [], [])
        if pty.master not in ready:
            return
        heard = os.read(pty.master, 4096)
        answer = table.get(heard)
        if answer is None:
            for frame in FrameDecoder().feed(heard):
                if not isinstance(frame, BadFrame) and frame.msg == Hello.ID:
                    nonce = Hello.from_bytes(frame.payload).nonce
                    table = replies(session_id(nonce, NONCE))
                    pty.write(hello(config_crc, nonce))
            continue
        _wait(wire_us / 1e6)
        pty.write(answer)


def _wait(seconds: float) -> None:
    """Pass time exactly: no sleep is as short as this."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
