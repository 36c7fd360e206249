"""A coprocessor for measurements: quick, no safety, no waits; takes a lease and says so at once. A process of its own.

    python -m bench.board EVSES CONFIG_CRC

Prints the port's path, then `EVSE LIMIT_DA NANOSECONDS` whenever the limit of an EVSE's leases changes, with the monotonic time at which the frame
was read. Standard input says how often each EVSE is reported: `EVSE PER_SECOND`. Every EVSE has a vehicle that asks for energy.
"""

from __future__ import annotations

import os
import select
import sys
import time
from dataclasses import dataclass

from cpctl.link.frame import BadFrame, Frame, FrameDecoder, encode_frame
from cpctl.link.messages import (
    LAYOUT_HASH,
    PROTOCOL_MAJOR,
    PROTOCOL_MINOR,
    Contactor,
    Hello,
    Kind,
    Lease,
    Message,
    Meter,
    MeterSource,
    Pilot,
    Power,
    Reply,
    Result,
    Role,
    Snapshot,
)
from cpctl.link.session import session_id

from .pty import Pty

NONCE = 0xB0A4D
# A meter is told of once a second, and energy counted at 11 kW.
_METER_NS = 1_000_000_000
_MWH_PER_S = 3056


@dataclass(slots=True)
class _Evse:
    number: int
    period_ns: int = 0  # 0: only when something changes
    due_ns: int = 0
    metered_ns: int = 0
    limit_da: int = 0
    phases: int = 3
    ttl_ms: int = 0
    leased_ns: int = 0
    host_clock_us: int = 0
    energy_mwh: int = 0


class Board:
    """The board and its end of the line."""

    def __init__(self, evses: int, config_crc: int) -> None:
        self.pty = Pty()
        self._evses = {number: _Evse(number) for number in range(1, evses + 1)}
        self._config_crc = config_crc
        self._decoder = FrameDecoder()
        self._session = 0
        self._seq: dict[Kind, int] = {}

    def run(self) -> None:
        """Live until standard input ends."""
        commands = sys.stdin.fileno()
        while True:
            ready, _, _ = select.select([self.pty.master, commands], [], [], self._wait_s())
            if self.pty.master in ready:
                data = self.pty.read()
                self._heard(data, time.monotonic_ns())
            if commands in ready:
                text = os.read(commands, 4096)
                if not text:
                    return
                for line in text.decode().splitlines():
                    number, per_second = line.split()
                    self._evses[int(number)].period_ns = 1_000_000_000 // int(per_second) if int(per_second) else 0
            self._report_due(time.monotonic_ns())

    # ------------------------------------------------------------ from the host

    def _heard(self, data: bytes, at_ns: int) -> None:
        for frame in self._decoder.feed(data):
            if isinstance(frame, BadFrame):
                continue
            if frame.msg == Hello.ID:
                self._greet(Hello.from_bytes(frame.payload), at_ns)
            elif frame.session == self._session and frame.msg == Lease.ID:
                self._lease(Lease.from_bytes(frame.payload), at_ns)
            elif frame.kind == Kind.COMMAND:
                self._reply(frame)

    def _greet(self, hello: Hello, at_ns: int) -> None:
        self._session = session_id(hello.nonce, NONCE)
        self._seq.clear()
        self._say(
            Hello(
                role=Role.COPROCESSOR,
                major=PROTOCOL_MAJOR,
                minor=PROTOCOL_MINOR,
                layout_hash=LAYOUT_HASH,
                nonce=NONCE,
                peer_nonce=hello.nonce,
                max_frame=252,
                chip="bench",
                evse_count=len(self._evses),
                config_crc=self._config_crc,
                boot_count=1,
                uptime_us=at_ns // 1000,
            ),
            session=0,
        )
        for evse in self._evses.values():
            self._report(evse, at_ns)

    def _lease(self, lease: Lease, at_ns: int) -> None:
        evse = self._evses[lease.evse]
        changed = lease.limit_da != evse.limit_da
        evse.limit_da, evse.phases, evse.ttl_ms = lease.limit_da, lease.phases, lease.ttl_ms
        evse.leased_ns, evse.host_clock_us = at_ns, lease.host_clock_us
        if changed:
            sys.stdout.write(f"{evse.number} {evse.limit_da} {at_ns}\n")
            sys.stdout.flush()
            self._report(evse, at_ns)

    def _reply(self, frame: Frame) -> None:
        payload = Reply(frame.msg, Result.OK).to_bytes()
        self.pty.write(encode_frame(Kind.REPLY, self._session, frame.seq, Reply.ID, payload))

    # ------------------------------------------------------------ to the host

    def _wait_s(self) -> float | None:
        due = min((evse.due_ns for evse in self._evses.values() if evse.period_ns), default=None)
        return None if due is None or not self._session else max(0, due - time.monotonic_ns()) / 1e9

    def _report_due(self, now_ns: int) -> None:
        for evse in self._evses.values():
            if evse.period_ns and self._session and now_ns >= evse.due_ns:
                # Each EVSE has its own phase, so that frames come evenly, as from as many boards.
                evse.due_ns = max(evse.due_ns + evse.period_ns, now_ns + evse.period_ns * evse.number // (len(self._evses) + 1))
                self._report(evse, now_ns)

    def _report(self, evse: _Evse, now_ns: int) -> None:
        charging = evse.limit_da > 0
        if now_ns - evse.metered_ns >= _METER_NS:
            evse.energy_mwh += (now_ns - evse.metered_ns) * _MWH_PER_S // 1_000_000_000 if charging and evse.metered_ns else 0
            evse.metered_ns = now_ns
            current = 16_000 if charging else 0
            self._say(Meter(evse.number, now_ns // 1000, MeterSource.INTERNAL, 1, evse.energy_mwh, (current,) * 3, (230_000,) * 3, current * 690))
        age_ms = (now_ns - evse.leased_ns) // 1_000_000
        self._say(
            Snapshot(
                evse=evse.number,
                uptime_us=now_ns // 1000,
                host_clock_us=evse.host_clock_us,
                host_clock_age_us=min(0xFFFF_FFFF, age_ms * 1000),
                pilot=Pilot.C2 if charging else Pilot.C1,
                pilot_high_mv=6000,
                pilot_low_mv=-12000 if charging else 6000,
                contactor=Contactor.CLOSED if charging else Contactor.OPEN,
                power=Power.ENERGISED if charging else Power.OFF,
                offer_da=evse.limit_da,
                phases=evse.phases,
                lease_ms=max(0, evse.ttl_ms - age_ms) if charging else 0,
                lease_da=evse.limit_da,
                plug=1,
                config_crc=self._config_crc,
            )
        )

    def _say(self, message: Message, session: int | None = None) -> None:
        seq = self._seq.get(message.KIND, 0)
        self._seq[message.KIND] = (seq + 1) & 0xFF
        self.pty.write(encode_frame(message.KIND, self._session if session is None else session, seq, message.ID, message.to_bytes()))


def main(evses: int, config_crc: int) -> None:
    """Run a board."""
    board = Board(evses, config_crc)
    print(board.pty.path, flush=True)
    board.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
