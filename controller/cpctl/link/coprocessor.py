"""The coprocessor as the core sees it: permissions and requests go out, what happens comes in as inputs.

Implements `core.ports.Coprocessor`. Everything that it is told is an absolute value which it keeps: leases are renewed, availability and lock are
told again after each reconnection, so no call needs the link to be up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final, Protocol, assert_never

import structlog

from cpctl.core import inputs
from cpctl.core.faults import BY_NAME
from cpctl.errors import LinkError

from . import fitness, observe
from .commissioning import Commissioning, push
from .fitness import Unfit
from .happenings import CommandDone, Established, Lost, Refused, SessionEvent
from .info import LinkInfo, firmware_version, link_info, reset_reason
from .leases import LeaseKeeper
from .line import Line, OpenLine
from .locks import LockKeeper
from .messages import (
    BenchState,
    ClearFault,
    Command,
    ConfigSet,
    Counters,
    Event,
    EventCode,
    Log,
    LogLevel,
    Meter,
    Reboot,
    RebootMode,
    Reply,
    Result,
    SelfTest,
    SetAvailable,
    Snapshot,
    Wake,
)
from .reconnect import Reconnect
from .session import Session
from .settings import LinkSettings

log = structlog.get_logger(__name__)

#: All bits of ClearFault.fault: every latched fault.
_EVERY_FAULT: Final = 255
#: Nobody acknowledges a lease, and nobody is left to repeat the last one: a line that loses a fifth still brings it in 99 cases of 100.
_HAND_OVER_REPEATS: Final = 3
#: A stalled station is looked for this often; well within the shortest time to live of a lease.
_ALIVE_S: Final = 0.5


class Post(Protocol):
    """How the station is fed."""

    def __call__(self, item: inputs.Input, committed: Callable[[], None] | None = None) -> None:
        """Feed an input; `committed` is called once what it caused is on disk."""


class Coprocessor:
    """One coprocessor at the end of one line, over all its reconnections.

    `mark` is the (boot nonce, id) of the last event stored; `alive` says whether the station's loop still turns.
    """

    def __init__(
        self,
        open_line: OpenLine,
        post: Post,
        settings: LinkSettings,
        random: Random,
        *,
        mark: tuple[int, int] | None = None,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        self._post = post
        self._settings = settings
        self._alive = alive
        self._reconnect = Reconnect(open_line, self, random)
        self._session = Session(
            random=random,
            version=settings.version,
            revision=settings.revision,
            allow_simulated=settings.allow_simulated,
            mark=mark,
            speed=settings.speed,
        )
        self._leases = LeaseKeeper(settings.lease_ms)
        self._line: Line | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._waiting: dict[int, asyncio.Future[Reply | None]] = {}
        self._available: dict[int, bool] = {}
        self._locks = LockKeeper()
        self._unfit: Unfit | None = None  # as last posted; None while ready
        self._ready = False
        self._turned_s = 0.0
        self._handing_over = False
        self._counters: Counters | None = None
        self._commissioning: Commissioning | None = None
        self._met: Established | None = None
        self._config_crc = 0
        self._config_pending = False

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        self._handing_over = False
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._reconnect.run(), name="link.reconnect")
                tasks.create_task(self._watch(), name="link.watch")
        finally:
            self._tasks = None
            self._drop_timer()

    # ------------------------------------------------------------ core.ports.Coprocessor

    def grant(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        """Keep leases of this limit running for this plug-in until told otherwise."""
        self._leases.grant(evse, plug, limit_ma, phases, self._now_us())
        self._turn()

    def restrict(self, evse: int, plug: int, limit_ma: int, phases: int) -> None:
        """Lower the standing permission at once; 0 stops."""
        self._leases.restrict(evse, plug, limit_ma, phases, self._now_us())
        self._turn()

    def lock(self, evse: int, locked: bool) -> None:
        """Lock or unlock the socket."""
        command = self._locks.want(evse, locked, self._now_us())
        if self._ready:
            self._command(command)
        self._turn()

    def set_available(self, evse: int, available: bool) -> None:
        """Show state F (not available) or not."""
        self._available[evse] = available
        if self._ready:
            self._command(SetAvailable(evse, int(available)))
        self._turn()

    def clear_fault(self, evse: int, fault: str | None) -> None:
        """Clear a latched fault by its name, or all; an unknown name clears nothing."""
        if fault is not None and fault not in BY_NAME:
            log.warning("link.unknown_fault", evse=evse, fault=fault)
            return
        self._command(ClearFault(evse, BY_NAME[fault].bit if fault is not None else _EVERY_FAULT))
        self._turn()

    # ------------------------------------------------------------ beyond the port: service and life cycle

    def wake(self, evse: int) -> None:
        """Wake a sleeping vehicle."""
        self._command(Wake(evse))
        self._turn()

    async def self_test(self, evse: int) -> Reply | None:
        """Run the self-tests of an EVSE; the outcome comes as an event. None if the link was lost."""
        return await self._ask(SelfTest(evse))

    async def reboot(self, mode: RebootMode = RebootMode.APPLICATION) -> Reply | None:
        """Restart the coprocessor once every contactor is open; works with every protocol version."""
        return await self._ask(Reboot(mode))

    async def lend_port(self, seconds: float) -> None:
        """Let go of the port until `take_port_back`, or for so long; every EVSE is as without a link meanwhile."""
        await self._reconnect.lend(seconds)

    def take_port_back(self) -> None:
        """Open the port again."""
        self._reconnect.take_back()

    def hand_over(self) -> None:
        """Send one long lease for each standing permission, so that charges outlive a restart of the host; renew nothing more."""
        self._handing_over = True
        leases = self._leases.hand_over(self._now_us())
        for _ in range(_HAND_OVER_REPEATS):
            for lease in leases:
                self._session.send_lease(lease)
            self._write()

    def alive(self, within_s: float = 5.0) -> bool:
        """Tell whether the link's loop turns: with a line there is always something to do, if only to ask who is there."""
        return self._line is None or asyncio.get_running_loop().time() - self._turned_s < within_s

    @property
    def info(self) -> LinkInfo:
        """The link at this moment."""
        present = link_info(self._session, self._ready, self._unfit, self._counters, self._now_us())
        return replace(present, config_crc=self._config_crc or present.config_crc, config_pending=self._config_pending)

    # ------------------------------------------------------------ the line (reconnect.Tenant)

    def opened(self, line: Line) -> None:
        """Begin on a new line."""
        self._line = line
        self._session.opened(self._now_us())
        self._turn()

    def received(self, data: bytes) -> None:
        """Take bytes that came."""
        self._session.receive(data, self._now_us())
        self._turn()

    def writable_again(self) -> None:
        """Send what had to wait."""
        self._turn()

    def lost(self, error: LinkError) -> None:
        """Note that the line is gone."""
        self._line = None
        self._session.closed()
        self._turn()
        self._not_ready(fitness.from_error(error))

    def failed(self, error: LinkError) -> None:
        """Note that there is no line."""
        self._not_ready(fitness.from_error(error))

    # ------------------------------------------------------------ the turn: everything that is due, in one place

    def _turn(self) -> None:
        """Take what happened, send what is due, set the timer for what is next."""
        self._turned_s = asyncio.get_running_loop().time()
        while happened := self._session.events():
            for item in happened:
                self._take(item)
        self._write()
        self._set_timer()

    def _set_timer(self) -> None:
        """Be woken for what is next. A timer that stands for earlier stays: to find nothing due once costs less than a new timer in every turn."""
        due = [t for t in (self._session.deadline(), self._leases_due()) if t is not None]
        if not due or self._line is None:
            self._drop_timer()
            return
        # Rounded up to the next microsecond: a timer a hair early would find nothing due and spin.
        at_s = (min(due) + 1) / 1_000_000
        if self._timer is None or self._timer.when() > at_s:
            self._drop_timer()
            self._timer = asyncio.get_running_loop().call_at(at_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._session.poll(self._now_us())
        self._turn()

    def _write(self) -> None:
        """Write what waits; leases are made at the moment of writing, so that a line that was stuck delivers no old permission."""
        line = self._line
        if line is None or not line.writable:
            return
        if self._session.established:
            for lease in self._leases.due(self._now_us()):
                self._session.send_lease(lease)
        if frames := self._session.data_to_send():
            line.write(b"".join(frames))

    def _leases_due(self) -> int | None:
        line = self._line
        sendable = self._session.established and line is not None and line.writable
        return self._leases.deadline() if sendable else None

    async def _watch(self) -> None:
        """Stop renewing when the station stalls, go on when it turns again."""
        while True:
            await asyncio.sleep(_ALIVE_S)
            alive = self._alive()
            if not alive and not self._leases.suspended:
                log.error("link.station_stalled")
                self._leases.suspended = True
            elif alive and self._ready and self._leases.suspended and not self._handing_over:
                log.info("link.station_turns_again")
                self._leases.resume(self._now_us())
                self._turn()

    # ------------------------------------------------------------ what the session tells

    def _take(self, item: SessionEvent) -> None:
        match item:
            case Snapshot():
                self._take_snapshot(item)
            case Meter():
                if (reading := observe.meter_read(item)) is not None and self._ready:
                    self._post(reading)
            case Event():
                self._take_event(item)
            case CommandDone():
                self._take_reply(item)
            case Log():
                _log_line(item)
            case BenchState():
                pass  # an answer to a tool that had the port before us
            case Counters():
                self._counters = item
            case Established():
                self._established(item)
            case Lost():
                self._not_ready(fitness.LOST[item.reason])
            case Refused():
                self._not_ready(fitness.from_refusal(item))
            case _:
                assert_never(item)

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self._leases.seen(snapshot, self._now_us())
        self._config_crc, self._config_pending = snapshot.config_crc, bool(snapshot.config_pending)
        if not self._ready:
            return
        if (again := self._locks.seen(snapshot, self._now_us())) is not None:
            self._command(again)
        self._post(observe.evse_observed(snapshot))

    def _take_event(self, event: Event) -> None:
        if self._commissioning is not None:
            self._commissioning.heard(event)
        elif event.code == EventCode.BUTTON and event.value and not self._ready and self._met is not None:
            self._judge(self._met)  # somebody holds the button: what was refused may be taken now
        now_us = self._now_us()
        happened_us = self._session.clock.to_host_us(event.uptime_us)
        age_ms = 0 if happened_us is None else max(0, now_us - happened_us) // 1000
        boot_nonce = self._session.boot_nonce

        def committed() -> None:
            self._session.ack_event(boot_nonce, event.id)
            self._turn()

        self._post(observe.coprocessor_event(event, boot_nonce, age_ms), committed)

    def _take_reply(self, done: CommandDone) -> None:
        waiter = self._waiting.pop(done.ticket, None)
        if waiter is not None:
            if not waiter.done():
                waiter.set_result(done.reply)
        elif done.reply is not None and done.reply.result not in (Result.OK, Result.ACCEPTED):
            log.warning(
                "link.command_refused",
                command=type(done.command).__name__,
                result=observe.name_of(Result, done.reply.result),
                text=done.reply.text,
            )

    # ------------------------------------------------------------ fit for use, or not

    def _established(self, item: Established) -> None:
        hello = item.hello
        self._met = item
        log.info(
            "link.established",
            mac=hello.mac.hex(":"),
            firmware=firmware_version(hello),
            chip=hello.chip,
            reset_reason=reset_reason(hello),
            restarted=item.restarted,
        )
        self._judge(item)

    def _judge(self, item: Established) -> None:
        """Use the board, give it its configuration, or say why neither."""
        unfit = fitness.judge(item.hello, self._settings)
        if unfit is None:
            self._become_ready(item)
        elif self._settings.commission and unfit in (fitness.NOT_COMMISSIONED, fitness.OTHER_CONFIGURATION) and self._tasks is not None:
            self._tasks.create_task(self._commission(item), name="link.commission")
        else:
            self._not_ready(unfit)

    def _become_ready(self, item: Established) -> None:
        self._ready = True
        self._unfit = None
        if not self._handing_over:
            self._leases.resume(self._now_us())
        for evse, available in self._available.items():
            self._command(SetAvailable(evse, int(available)))
        for command in self._locks.all(self._now_us()):
            self._command(command)
        self._post(inputs.CoprocessorReady(item.hello.nonce, item.restarted, item.hello.evse_count))
        if self._settings.board.operational and self._tasks is not None:
            self._tasks.create_task(self._push_operational(), name="link.operational")

    def _not_ready(self, unfit: Unfit) -> None:
        """Stop renewing, and say why, once for each reason."""
        self._ready = False
        self._leases.suspended = True
        if not self._session.established:
            self._met = None
        if self._unfit != unfit:
            self._unfit = unfit
            log.warning("link.lost", code=unfit.code, text=unfit.text)
            self._post(inputs.CoprocessorLost(unfit.code, unfit.text))

    async def _commission(self, item: Established) -> None:
        """Give the board its configuration; it is ready once it has applied it."""
        commissioning = self._commissioning = Commissioning(self._ask, self._settings.board)
        pushed = await commissioning.run()
        if self._commissioning is not commissioning:
            return  # the link was lost meanwhile, and another one took its place
        self._commissioning = None
        if pushed.link_lost or not self._session.established:
            return
        if pushed.ok:
            self._config_crc = self._settings.board.crc()
            log.info("link.commissioned", mac=item.hello.mac.hex(":"), crc=self._config_crc)
            self._become_ready(item)
            self._turn()
        else:
            self._not_ready(fitness.configuration_refused(pushed.refused))

    async def _push_operational(self) -> None:
        pushed = await push(self._ask, self._settings.board, ConfigSet.OPERATIONAL)
        if pushed.refused:
            log.warning("link.operational_refused", reason=pushed.refused)

    # ------------------------------------------------------------ helpers

    def _command(self, command: Command) -> int:
        return self._session.send_command(command, self._now_us())

    async def _ask(self, command: Command) -> Reply | None:
        """Send a command and wait for its reply; the session's tries bound the wait."""
        waiter: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._waiting[self._command(command)] = waiter
        self._turn()
        return await waiter

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @staticmethod
    def _now_us() -> int:
        # Never 0: on the wire that says "no lease heard yet".
        return int(asyncio.get_running_loop().time() * 1_000_000) + 1


_LEVELS: Final[dict[int, str]] = {LogLevel.ERROR: "error", LogLevel.WARNING: "warning", LogLevel.INFO: "info", LogLevel.DEBUG: "debug"}


def _log_line(line: Log) -> None:
    getattr(log, _LEVELS.get(line.level, "info"))("coprocessor.log", module=line.module, text=line.text)
