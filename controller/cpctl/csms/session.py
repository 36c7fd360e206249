"""One connection from its opening to its loss: registered by a boot, then online, with heartbeats and pings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import structlog

from cpctl.clock import Clock, ClockSource
from cpctl.core.inputs import BootRefused, ClockSet, SetVariable
from cpctl.core.ports import Inbox
from cpctl.errors import CallRefused, CallTimedOut, ControllerError, CsmsError

from .adapter import Adapter, BootAnswer, Message, Registration
from .connection import Socket, keep_alive
from .dialect import Admission
from .errors import ConnectionLost, NotConnected
from .exchange import Exchange
from .frames import ErrorCode, Payload
from .hooks import Hooks
from .rpc import Rpc
from .tunables import HEARTBEAT_INTERVAL, Tunables

log = structlog.get_logger(__name__)

# Between boots where the CSMS leaves the interval to us, or does not answer.
BOOT_RETRY_S = 60.0
# What comes of the CSMS's CALL waits so long for its answer to go out first; no longer, for some answers take their time.
ANSWERS_FIRST_S = 0.2
# At least this often a heartbeat goes out for its clock, however much else is said (OCPP-J 1.6, 5.3).
DAILY_S = 24 * 3600.0
# What the CSMS says of the time is on disk before anything is dated by it. A disk that takes longer than this does not hold up the rest.
KEEP_CLOCK_S = 10.0
# A CSMS whose clock is beyond this is not to be believed.
LATEST_PLAUSIBLE = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Standing:
    """Where we stand with the CSMS; outlives a connection, for a mere reconnection is no boot (OCPP-J 1.6, 5.4)."""

    registration: Registration = Registration.UNKNOWN
    boot_due: float = 0.0  # loop time before which no further boot is sent


class Session:
    """A `Channel` once online. `on_online(session, booted)` is called each time that the CSMS has us registered."""

    def __init__(
        self,
        socket: Socket,
        adapter: Adapter,
        standing: Standing,
        inbox: Inbox,
        tunables: Tunables,
        clock: Clock,
        rng: Random,
        *,
        pong_timeout_s: float,
        on_online: Callable[[Session, bool], None],
        on_offline: Callable[[], None],
        on_exchange: Callable[[Exchange], None] | None,
        hooks: Hooks | None = None,
    ) -> None:
        self._socket = socket
        self._adapter = adapter
        self._standing = standing
        self._inbox = inbox
        self._tunables = tunables
        self._clock = clock
        self._pong_timeout_s = pong_timeout_s
        self._on_online = on_online
        self._on_offline = on_offline
        self._loop = asyncio.get_running_loop()
        self._tasks: asyncio.TaskGroup
        self._running: set[asyncio.Task[None]] = set()
        self._booted = False
        self._beat_changed = asyncio.Event()
        self._boot_wanted = asyncio.Event()
        self._ping_changed = asyncio.Event()
        hooks = hooks or Hooks()
        served = hooks.over(adapter.handlers())
        self._rpc = Rpc(
            hooks.beside(socket),
            adapter.dialect,
            served,
            rng,
            admit=self._admit,
            utc=self._utc,
            on_exchange=on_exchange,
            answers_first_s=ANSWERS_FIRST_S,
        )

    @property
    def adapter(self) -> Adapter:
        """The version spoken."""
        return self._adapter

    async def run(self) -> None:
        """Live until the connection is lost, which is raised."""
        over: asyncio.Future[ConnectionLost] = self._loop.create_future()
        async with asyncio.TaskGroup() as self._tasks:
            for work in (
                self._rpc.run(),
                keep_alive(self._socket, self._tunables.ping_s, self._ping_changed, self._pong_timeout_s),
                self._stay_registered(),
            ):
                self._beside(_until_lost(work, over))
            lost = await over
            for task in self._running:
                task.cancel()
        raise lost

    def _beside(self, work: Coroutine[None, None, None]) -> None:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # ------------------------------------------------------------ for those who send

    async def request(self, message: Message) -> Payload:
        """Send a CALL and return its answer."""
        try:
            return await self._rpc.request(message.action, message.payload, timeout_s=self._tunables.message_timeout_s())
        except CallRefused as error:
            if error.code != ErrorCode.SECURITY_ERROR or self._booted:
                raise
            # A CSMS that has forgotten us answers so before our boot (OCPP-J 1.6 errata, 3.10): tell it anew who we are.
            log.info("csms.boot_wanted", action=message.action)
            self._unregister()
            raise NotConnected("the CSMS wants a boot first") from None

    async def call(self, action: str, payload: Payload) -> Payload:
        """Send a CALL as given, unchecked."""
        return await self._rpc.request(action, payload, timeout_s=self._tunables.message_timeout_s(), validate=False)

    async def probe(self) -> None:
        """Return if the CSMS answers a ping; else the connection is cut."""
        await self._socket.ping(self._pong_timeout_s)

    async def quiet(self) -> None:
        """Return when no CALL of ours waits for its answer."""
        await self._rpc.quiet()

    def abort(self) -> None:
        """Cut the connection."""
        self._socket.abort()

    async def close(self) -> None:
        """Close the connection in order."""
        await self._socket.close()

    def boot_now(self) -> None:
        """Send the boot that waits for its time."""
        self._boot_wanted.set()

    def heartbeat_changed(self) -> None:
        """Act on a new interval of the heartbeat."""
        self._beat_changed.set()

    def ping_changed(self) -> None:
        """Act on a new interval of the ping."""
        self._ping_changed.set()

    # ------------------------------------------------------------ registration

    async def _stay_registered(self) -> None:
        while True:
            while self._standing.registration is not Registration.ACCEPTED:
                await self._boot(await _wait_until(self._standing.boot_due, self._boot_wanted))
            self._on_online(self, self._booted)
            await self._beat()

    async def _boot(self, triggered: bool) -> None:
        boot = self._adapter.boot(triggered=triggered)
        try:
            answer = self._adapter.read_boot(await self._rpc.request(boot.action, boot.payload, timeout_s=self._tunables.message_timeout_s()))
        except ConnectionLost:
            raise
        except CsmsError as error:
            log.warning("csms.boot_failed", error=str(error))
            if isinstance(error, CallTimedOut):
                await self.probe()
            self._standing.boot_due = self._loop.time() + BOOT_RETRY_S
            return
        await self._set_clock(answer.utc if answer.registration is Registration.ACCEPTED else None)
        self._take(answer)
        if answer.registration is Registration.ACCEPTED and answer.interval_s not in (0, self._tunables.heartbeat_s()):
            self._beside(self._keep_heartbeat(answer.interval_s))

    def _take(self, answer: BootAnswer) -> None:
        if answer.registration is not self._standing.registration:
            log.info("csms.registration", status=answer.registration.value, interval_s=answer.interval_s)
        self._standing.registration = answer.registration
        if answer.registration is Registration.ACCEPTED:
            self._booted = True
        else:
            self._standing.boot_due = self._loop.time() + (answer.interval_s or BOOT_RETRY_S)
            self._inbox.post(BootRefused())

    async def _keep_heartbeat(self, interval_s: int) -> None:
        """Make the boot's interval the station's, where everybody finds it."""
        try:
            await self._inbox.request(lambda request: SetVariable(request, HEARTBEAT_INTERVAL, str(interval_s)))
        except ControllerError as error:
            log.warning("csms.heartbeat_not_kept", error=str(error))

    def _unregister(self) -> None:
        self._standing.registration = Registration.UNKNOWN
        self._on_offline()
        self._beat_changed.set()

    def _admit(self, _action: str) -> Admission:
        """While rejected nothing is served (1.6, 4.2; 2.0.1 B03.FR.08)."""
        return self._adapter.dialect.when_rejected if self._standing.registration is Registration.REJECTED else Admission.HANDLE

    # ------------------------------------------------------------ heartbeat and clock

    async def _beat(self) -> None:
        """Send heartbeats when there was silence for the interval, until no longer registered."""
        beat = self._loop.time()
        while self._standing.registration is Registration.ACCEPTED:
            due = self._beat_due(beat)
            if self._loop.time() < due:
                await _wait_until(due, self._beat_changed)
                continue
            await self._beat_once()
            beat = self._loop.time()

    def _beat_due(self, beat: float) -> float:
        """When the next is due after the one at `beat`: any answered CALL of ours has shown that we live (1.6, 9.1.10)."""
        return min(beat + DAILY_S, max(self._rpc.last_sent, beat) + self._tunables.heartbeat_s())

    async def _beat_once(self) -> None:
        try:
            await self._set_clock(self._adapter.read_heartbeat(await self.request(self._adapter.heartbeat())))
        except NotConnected:
            pass  # no longer registered: the caller sees it
        except ConnectionLost:
            raise
        except CsmsError as error:
            log.warning("csms.heartbeat_failed", error=str(error))
            if isinstance(error, CallTimedOut):
                await self.probe()

    async def _set_clock(self, moment: datetime | None) -> None:
        """Take the CSMS's time, and let the station know where that is news."""
        if moment is None or moment >= LATEST_PLAUSIBLE:
            return
        changes, kept = self._clock.changes, asyncio.Event()
        self._clock.set_utc(moment, ClockSource.OCPP)
        if self._clock.changes == changes:
            return
        self._inbox.post(ClockSet(self._clock.anchor()), kept.set)
        try:
            async with asyncio.timeout(KEEP_CLOCK_S):
                await kept.wait()
        except TimeoutError:
            log.warning("csms.clock_not_kept")

    def _utc(self) -> datetime | None:
        return self._clock.utc(self._clock.now())


async def _wait_until(due: float, sooner: asyncio.Event) -> bool:
    """Wait for a time of the loop, or until it is to be sooner: tell whether it was."""
    try:
        async with asyncio.timeout_at(due):
            await sooner.wait()
    except TimeoutError:
        return False
    sooner.clear()
    return True


async def _until_lost(work: Coroutine[None, None, None], over: asyncio.Future[ConnectionLost]) -> None:
    """Do the work; a lost connection is told to `over`.

    It must not fail its group: on Python 3.11 a group with a failed task swallows a cancellation that comes at the same time.
    """
    try:
        await work
    except ConnectionLost as lost:
        if not over.done():
            over.set_result(lost)
