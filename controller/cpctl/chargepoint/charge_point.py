"""`ChargePoint`: the whole station inside a program of one's own, whose hardware is that program's callbacks.

    async with ChargePoint("wss://csms.example/ocpp", "CP001") as station:
        await station.begin_transaction("04A2B9C31F")

It is the station of `cpctl start` with another electrical side: the same core, store and talk with the CSMS. There is no second stack.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self, TypeAlias

import structlog

from cpctl.app.controller import Controller, Ending, Surroundings
from cpctl.app.electrical import Electrical
from cpctl.app.settings import station_settings
from cpctl.clock import system_wall
from cpctl.config import StartOptions
from cpctl.core.inputs import CoprocessorLost, EvseObserved, Input, Reset
from cpctl.core.outputs import Decision, Outcome, Output
from cpctl.core.records import Record
from cpctl.core.settings import EvseSettings
from cpctl.core.station import Station
from cpctl.errors import Refused
from cpctl.link.coprocessor import Post
from cpctl.store.sqlite import Store
from cpctl.systemd import Notifier as ServiceManager
from cpctl.version import VERSION

from .built import Evse, describe
from .charging import WAITING, Charging
from .fittings import Fittings
from .hardware import Hardware
from .notifications import Notification, Notifier
from .own import Own
from .talk import Talk

log = structlog.get_logger(__name__)

Listener: TypeAlias = Callable[[Notification], None]
ResetOutput: TypeAlias = Callable[[bool], bool | Awaitable[bool | None] | None]

# Inputs are looked at this often, whatever is announced besides.
PERIOD_S = 0.5
SHORTEST_PERIOD_S = 0.05
LONGEST_PERIOD_S = 5.0
# A wait for the CSMS looks for it this often.
_LOOK_S = 0.05
# The CSMS waits for the answer to its Reset.
_RESET_TIMEOUT_S = 10.0


class ChargePoint(Fittings, Talk, Charging, Own):
    """One station. Configure it, then `run` it or enter it as a context manager, once. All of it belongs to one event loop.

    `versions` in order of preference. `evses`: how many alike, or each as built. `store`: the state directory, where transactions, messages, variables
    and registers outlive the program; None keeps them in memory, and what the CSMS has not heard at the end is lost. `password`, `ca_file`,
    `cert_file` and `key_file` choose the security profile. `variables`: values of 1.6 keys or "Component.Variable" at the first start.
    `extensions`: entry points of installed packages that may add to the station, or the configuration's whole table. `wall` is the
    system's clock (seconds since 1970), `random` makes ids and jitter.
    """

    def __init__(
        self,
        url: str,
        id: str,
        *,
        versions: Sequence[str] = ("1.6",),
        evses: int | Sequence[Evse] = 1,
        vendor: str = "Example",
        model: str = "Charge point",
        serial: str = "",
        firmware_version: str = VERSION,
        identity: Mapping[str, str] | None = None,
        password: str | None = None,
        ca_file: Path | None = None,
        cert_file: Path | None = None,
        key_file: Path | None = None,
        store: Path | None = None,
        site_current_a: int | None = None,
        variables: Mapping[str, str | int | float | bool] | None = None,
        extensions: Sequence[str] | Mapping[str, object] = (),
        period_s: float = PERIOD_S,
        wall: Callable[[], float] = system_wall,
        random: Random | None = None,
    ) -> None:
        """Describe the station; ConfigError names what is wrong with it. `identity`: box_serial, meter_type, meter_serial, iccid, imsi."""
        built = [Evse() for _ in range(evses)] if isinstance(evses, int) else list(evses)
        Fittings.__init__(self, len(built))
        Talk.__init__(self)
        Own.__init__(self)
        self._config = describe(
            url,
            id,
            versions=versions,
            evses=built,
            vendor=vendor,
            model=model,
            serial=serial,
            identity=identity or {},
            password=password,
            ca_file=ca_file,
            cert_file=cert_file,
            key_file=key_file,
            site_current_a=site_current_a,
            variables=variables or {},
            extensions=extensions if isinstance(extensions, Mapping) else {"allow": list(extensions)},
        )
        self._firmware_version = firmware_version
        self._store = store
        self._period_s = min(max(period_s, SHORTEST_PERIOD_S), LONGEST_PERIOD_S)
        self._wall = wall
        self._random = random or Random()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looked = asyncio.Event()
        self._notifier = Notifier()
        self._listeners: list[Listener] = []
        self._reset_outputs: list[ResetOutput] = []
        self._task: asyncio.Task[Ending] | None = None

    # ------------------------------------------------------------ life

    async def run(self) -> Ending:
        """Run until `stop`, or until the CSMS has reset the station: then the program is to restart, or to run another one. Raises what the run fails with."""
        if self._controller is not None:
            raise Refused("The charge point runs already.", "Make another ChargePoint, with an id and a store of its own.")
        self._start()
        running = self._running()
        try:
            return await running.run()
        finally:
            self._controller = self._hardware = None

    def _start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._looked.clear()
        around = Surroundings(
            wall=self._wall,
            open_store=lambda _directory: Store(self._store),
            random=self._random,
            notifier=ServiceManager(None),
            vendors=self._vendors,
            hooks=self._hooks(),
            declared=tuple(self._declared),
            measurands={one.measurand for pins in self._pins.values() for one in pins.further},
            gate=self._gate,
            observe=self._observe,
            firmware_version=self._firmware_version,
            electrical=self._electrical,
            evses=self._built(),
        )
        self._controller = Controller(self._config, StartOptions(self._store or Path()), around)

    def stop(self) -> None:
        """End the run in order. A transaction that runs goes on when the station is run again with the same store."""
        self._running().stop()

    async def __aenter__(self) -> Self:
        """Run beside the block, from its first look at the inputs on."""
        self._task = asyncio.create_task(self.run(), name="charge-point")
        looked = asyncio.create_task(self._looked.wait())
        try:
            await asyncio.wait({self._task, looked}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the block is not entered, and nobody would end the run
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            raise
        finally:
            looked.cancel()
        if self._task.done():
            await self._task
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the run; raise what it failed with."""
        if self._controller is not None:
            self._controller.stop()
        if self._task is not None:
            await self._task

    async def online(self, timeout_s: float = 60.0) -> bool:
        """Wait until the CSMS has accepted the station; False if it has not by then."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self.is_online:  # noqa: ASYNC110  # however many attempts that takes
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            return False
        return True

    @property
    def is_online(self) -> bool:
        """True while the CSMS is connected and has accepted the station."""
        return bool(self._running().csms.status()["connected"])

    def changed(self) -> None:
        """Say that an input has changed: it is read at once. May be called from any thread."""
        loop, hardware = self._loop, self._hardware
        if loop is not None and hardware is not None and not loop.is_closed():
            loop.call_soon_threadsafe(hardware.changed)

    # ------------------------------------------------------------ what happens

    def on_transaction_notification(self, listener: Listener) -> Listener:
        """Call `listener(notification)` with what becomes of tokens and transactions."""
        self._listeners.append(listener)
        return listener

    def on_reset(self, output: ResetOutput) -> ResetOutput:
        """Call `output(immediate)` before a reset that the CSMS asks for; False refuses it. It may be a coroutine function. `run` then ends with RESTART."""
        self._reset_outputs.append(output)
        return output

    # ------------------------------------------------------------ wiring

    def _electrical(self, post: Post, station: Station, records: Mapping[str, Record]) -> Electrical:
        self._hardware = Hardware(self._built(), self._pins, post, records, self._random, self._wanted(station), self._period_s)
        return self._hardware

    def _built(self) -> list[EvseSettings]:
        """Say what the EVSEs have, by what is fitted to them."""
        every = station_settings(self._config).evses
        pins = self._pins
        return [replace(one, temperature=pins[one.id].temperature_c is not None, lock=pins[one.id].unlock is not None) for one in every]

    def _wanted(self, station: Station) -> Callable[[int], bool]:
        """Tell whether a token or a transaction is there, which stands for a vehicle where no input could tell of one."""

        def wanted(evse: int) -> bool:
            shown: Any = station.evse_status(evse)
            codes = {reason["code"] for reason in shown["why_not"]}
            runs_on = shown["session"] is not None and "stopped" not in codes
            return runs_on or bool(codes & WAITING) or self.permits_charge(evse)

        return wanted

    def _observe(self, item: Input, outputs: Sequence[Output]) -> None:
        if isinstance(item, EvseObserved | CoprocessorLost):
            self._looked.set()
        if self._loop is None or not self._listeners:
            return
        for notification in self._notifier.read(outputs):
            self._loop.call_soon(self._notify, notification)

    def _notify(self, notification: Notification) -> None:
        for listener in self._listeners:
            try:
                listener(notification)
            except Exception:
                log.exception("chargepoint.listener_failed", happening=notification.happening.value)

    async def _gate(self, item: Input) -> tuple[Outcome, str] | None:
        """Let the program refuse a reset."""
        if not isinstance(item, Reset):
            return None
        for output in self._reset_outputs:
            if not await _agrees(output, item.immediate):
                return Decision.REJECTED, "The program around the station refuses it."
        return None


async def _agrees(output: ResetOutput, immediate: bool) -> bool:
    """Ask the program; one that fails has not refused."""
    try:
        given = output(immediate)
        if inspect.isawaitable(given):
            async with asyncio.timeout(_RESET_TIMEOUT_S):
                given = await given
    except TimeoutError:
        log.error("chargepoint.reset_output_too_slow", timeout_s=_RESET_TIMEOUT_S)
        return True
    except Exception:
        log.exception("chargepoint.reset_output_failed")
        return True
    return given is not False
