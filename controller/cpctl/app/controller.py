"""A running station: everything joined, from the store to the serial line, and ended in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import TypeAlias
from uuid import UUID

import structlog

from cpctl.clock import Clock, ClockSource, machine_boot, system_wall, utc_from_ms
from cpctl.config import Config, StartOptions
from cpctl.core.anchors import latest_known_ms
from cpctl.core.inputs import ClockSet, CoprocessorLost, CoprocessorReady, Input, Started, Stopping
from cpctl.core.model import Measurand, Stamp
from cpctl.core.outputs import Outcome, Output, Restart
from cpctl.core.records import FirmwareMark, Record
from cpctl.core.settings import EvseSettings
from cpctl.core.station import Station
from cpctl.csms.hooks import Hooks
from cpctl.csms.service import CsmsService
from cpctl.csms.vendors import VendorHandler
from cpctl.errors import LinkError, StoreError
from cpctl.extensions.declared import Declarations, Declared, measurand_lists
from cpctl.extensions.host import Extensions
from cpctl.link.coprocessor import Coprocessor, Post
from cpctl.link.line import OpenLine
from cpctl.link.values import value as link_value
from cpctl.redact import redact_text
from cpctl.runtime import Runtime
from cpctl.store.sqlite import Store
from cpctl.systemd import Notifier
from cpctl.version import VERSION

from .board import board_settings
from .boot_reason import BootReason, boot_reason
from .electrical import Electrical, MakeElectrical
from .services import StationServices
from .settings import credentials, csms_settings, link_settings, station_settings

log = structlog.get_logger(__name__)

# A returning host renews its leases before it talks to the CSMS; without a coprocessor it waits no longer than this.
_LINK_FIRST_S = 1.0
# The CSMS gets this long to hear of transactions that a stop or a reset ended; what it does not hear stays in the outbox.
_LAST_WORDS_S = 10.0
_RESYNC_S = 60.0
# Fed from a third of systemd's limit, or looked after this often without systemd.
_PULSE_S = 1.0


class Ending(StrEnum):
    """Why a run ended in order."""

    STOPPED = "stopped"
    RESTART = "restart"


Gate: TypeAlias = Callable[[Input], Awaitable[tuple[Outcome, str] | None]]
"""Looks at a command before the station sees it; returns None, or the outcome that refuses it."""
Observe: TypeAlias = Callable[[Input, Sequence[Output]], None]
"""Sees each input and what came of it. It must not raise nor wait, nor feed the station within the call."""


@dataclass(slots=True)
class Surroundings:
    """What a run takes from the outside world; tests and the simulation bring their own."""

    open_line: OpenLine | None = None  # to the coprocessor; None where `electrical` makes another side in its place
    wall: Callable[[], float] = system_wall
    clock: type[Clock] = Clock
    machine: str = field(default_factory=machine_boot)
    open_store: Callable[[Path], Store] = Store
    random: Random = field(default_factory=Random)
    simulated: bool = False
    notifier: Notifier = field(default_factory=Notifier.from_environment)
    vendors: Mapping[str, VendorHandler] = field(default_factory=dict)  # who serve DataTransfer, by vendor id
    hooks: Hooks | None = None  # of the talk with the CSMS
    declared: tuple[Declared, ...] = ()  # variables beside those that every station has
    measurands: Collection[Measurand] = ()  # measured beside what every station measures
    gate: Gate | None = None
    observe: Observe | None = None
    firmware_version: str = VERSION  # as the CSMS is told
    electrical: MakeElectrical | None = None
    evses: Sequence[EvseSettings] = ()  # as built, where no board's file tells it


class Controller:
    """One run of the station."""

    coprocessor: Electrical
    runtime: Runtime
    services: StationServices

    def __init__(self, config: Config, options: StartOptions, around: Surroundings) -> None:
        """Open the store and wire everything; raises StoreError. Needs a running loop."""
        self.config = config
        self.options = options
        self._around = around
        loop = asyncio.get_running_loop()
        self.store = around.open_store(options.state_dir)
        try:
            loaded = self.store.loaded
            self.clock = around.clock(loop.time, around.wall, loaded.boot, around.machine)
            begun = boot_reason(loaded.last_words, loaded.clean, loaded.records.values(), around.machine)
            self.csms_settings = replace(csms_settings(config, options), boot_reason=begun.value, firmware_version=around.firmware_version)
            named = config.extensions
            self.extensions = Extensions(named.allow, named.settings, named.timeout_s)
            measured = self.extensions.measurands | frozenset(around.measurands)
            lists = measurand_lists(station_settings(config).evses, measured)
            self._declared = Declarations((*self.extensions.declared, *around.declared, *lists))
            own = self._declared.definitions
            built = station_settings(config, () if around.electrical else board_settings(config, around.simulated).evses)
            self.settings = replace(
                built,
                evses=tuple(around.evses) or built.evses,
                csms=redact_text(self.csms_settings.endpoint),
                credentials=credentials(self.csms_settings),
                own_variables=own,
                whole_transactions=self.csms_settings.versions[0] == "1.6",
            )
            waiting = ((one.entry, one.event) for one in loaded.outbox)
            self.station = Station(self.settings, loaded.records, loaded.next_entry, self._new_id, waiting)
            self.clock.dated = self.station.dated
            if self.clock.source is ClockSource.NONE and (saved_ms := latest_known_ms(loaded.records.values())) is not None:
                self.clock.set_utc(utc_from_ms(saved_ms), ClockSource.SAVED)
            make = around.electrical or self._over_line
            self.coprocessor = make(self._from_link, self.station, loaded.records)
            self.csms = CsmsService(
                self.csms_settings,
                self.settings.evses,
                self,
                self.station,
                self.clock,
                around.random,
                on_exchange=lambda exchange: self.services.exchanged(exchange),  # noqa: PLW0108  # not there yet
                vendors={**self.extensions.vendors, **around.vendors},
                live=lambda name: link_value(self.coprocessor.info, name),
                hooks=replace(around.hooks or Hooks(), variables=own),
            )
            core = _Observed(self.station, self._observe) if own or around.observe else self.station
            self.runtime = Runtime(core, self.store, self.clock, self.coprocessor, self.csms, self._restart)
            self.services = StationServices(self)
        except BaseException:
            self.store.close(clean=False)
            raise
        self.post = self.runtime.post
        self.store.on_trouble = self.runtime.store_trouble
        self._link_heard = asyncio.Event()
        self._ending: asyncio.Future[Ending] = loop.create_future()

    async def request(self, make: Callable[[int], Input]) -> tuple[Outcome, str]:
        """Feed a command, unless the gate refuses it; `core.ports.Inbox`."""
        for gate in (self._declared.gate, self._around.gate):
            if gate is not None and (refusal := await gate(make(0))) is not None:
                return refusal
        return await self.runtime.request(make)

    # ------------------------------------------------------------ life

    def stop(self) -> None:
        """End this run in order."""
        self._end(Ending.STOPPED)

    def announce_ready(self, address: tuple[str, int] | None) -> None:
        """Tell the service manager that everything is up."""
        where = f"local API at http://{address[0]}:{address[1]}" if address else "local API on its socket only"
        self._around.notifier.ready(where)
        log.info("station.ready", boot=self.store.loaded.boot, api=where)

    async def run(self, serve: Callable[[], Awaitable[None]] | None = None) -> Ending:
        """Run until `stop`, a reset, or a failure, which is raised. `serve` is the local API, started once the CSMS has been called."""
        clean = False
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(self.store.run(), name="store"),
                    tasks.create_task(self.runtime.run(), name="station"),
                ]
                await asyncio.sleep(0)
                for waiting in self.store.loaded.outbox:
                    self.csms.enqueue(waiting.entry, waiting.event, waiting.failures)
                self.post(Started(self.store.loaded.clean))
                self.post(ClockSet(self.clock.anchor()))
                running.append(tasks.create_task(self.coprocessor.run(), name="link"))
                await self._link_first()
                running.append(tasks.create_task(self.csms.run(), name="csms"))
                running.append(tasks.create_task(self._pulse(), name="pulse"))
                running.append(tasks.create_task(self.extensions.run(self.post, (evse.id for evse in self.settings.evses)), name="extensions"))
                if serve is not None:
                    running.append(tasks.create_task(_as_coroutine(serve), name="api"))
                ending = await self._ending
                await self._wind_up(ending)
                clean = True
                for task in running:
                    task.cancel()
        except BaseExceptionGroup as group:
            raise _first(group) from group
        finally:
            self.store.close(clean)
        return ending

    async def _link_first(self) -> None:
        try:
            async with asyncio.timeout(_LINK_FIRST_S):
                await self._link_heard.wait()
        except TimeoutError:
            log.warning("link.late", text="The coprocessor has not answered yet; going on without it.")

    async def _wind_up(self, ending: Ending) -> None:
        """Leave charges to a last long lease, or end them, as configured; put everything on disk."""
        if ending is Ending.STOPPED:  # a restart keeps its process: systemd must not take it for an end
            self._around.notifier.stopping()
        keep = ending is Ending.RESTART or self.config.station.on_stop == "keep"
        self.post(Stopping(keep))
        if not await self.store.flush():
            raise StoreError("The disk did not take the last changes in time.", "Look at free space and at the log.")
        if not keep or ending is Ending.RESTART:
            await self.csms.drained(_LAST_WORDS_S)
            await self.store.flush()
        self.coprocessor.hand_over()
        await self.csms.close()
        await self.store.flush()
        log.info("station.stopped", ending=ending.value)

    def _end(self, ending: Ending) -> None:
        if not self._ending.done():
            self._ending.set_result(ending)

    def _restart(self, wish: Restart) -> None:
        """Take the station's wish to be started anew, after the answer to whoever asked for it is out."""
        log.info("station.restarting", immediate=wish.immediate)
        self.store.last_words = BootReason.SCHEDULED_RESET if wish.scheduled else BootReason.REMOTE_RESET
        asyncio.get_running_loop().call_later(0.1, self._end, Ending.RESTART)

    # ------------------------------------------------------------ health

    def alive(self) -> bool:
        """Tell whether the station's and the link's loops turn."""
        return self.runtime.alive() and self.coprocessor.alive()

    async def _pulse(self) -> None:
        """Feed systemd's watchdog while the station's and the link's loops turn; follow the system's clock."""
        notifier = self._around.notifier
        interval_s = min(notifier.watchdog_interval_s or _PULSE_S, _PULSE_S)
        loop = asyncio.get_running_loop()
        resync_at = loop.time() + _RESYNC_S
        while True:
            if self.alive():
                notifier.watchdog()
            if loop.time() >= resync_at:
                resync_at += _RESYNC_S
                self._follow_system_clock()
            await asyncio.sleep(interval_s)

    def _follow_system_clock(self) -> None:
        changes = self.clock.changes
        self.clock.resync()
        if self.clock.changes != changes:
            self.post(ClockSet(self.clock.anchor()))

    # ------------------------------------------------------------ wiring

    def _over_line(self, post: Post, _station: Station, records: Mapping[str, Record]) -> Coprocessor:
        """Make the electrical side that is a coprocessor at the end of a line."""
        around = self._around
        if around.open_line is None:
            raise LinkError("There is neither a line to a coprocessor nor anything in its place.")
        mark = next((record for record in records.values() if isinstance(record, FirmwareMark)), None)
        return Coprocessor(
            around.open_line,
            post,
            link_settings(self.config, around.simulated, self.options.speed),
            around.random,
            mark=(mark.boot_nonce, mark.event_id) if mark is not None else None,
            alive=lambda: self.runtime.alive(),  # noqa: PLW0108  # not there yet
        )

    def _observe(self, item: Input, outputs: Sequence[Output]) -> None:
        self._declared.observe(outputs)
        if self._around.observe is not None:
            self._around.observe(item, outputs)

    def _from_link(self, item: Input, committed: Callable[[], None] | None = None) -> None:
        self.post(item, committed)
        if isinstance(item, CoprocessorReady | CoprocessorLost):
            self._link_heard.set()

    def _new_id(self) -> str:
        return str(UUID(int=self._around.random.getrandbits(128), version=4))


class _Observed:
    """The station with somebody who looks on."""

    def __init__(self, station: Station, observe: Observe) -> None:
        self._station = station
        self._observe = observe
        self.deadline = station.deadline

    def handle(self, now: Stamp, item: Input) -> Sequence[Output]:
        """Take an input; return what it asks for."""
        outputs = self._station.handle(now, item)
        self._observe(item, outputs)
        return outputs


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what went wrong first; the rest were cancelled, or fell with it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _as_coroutine(serve: Callable[[], Awaitable[None]]) -> None:
    await serve()
