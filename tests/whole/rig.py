"""A whole charge point in one process and virtual time: real firmware core, link, station, store, OCPP over a real socket, and the embedded CSMS.

Only time is made up: hours pass in seconds, and the same seed gives the same run. The host can be killed and started again while the coprocessor,
the vehicle and the CSMS live on.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, ParamSpec, Self

from cpctl.app.controller import Controller, Ending, Surroundings
from cpctl.config import StartOptions, from_data
from cpctl.core.taps import REPEAT_MS
from cpctl.errors import Refused
from cpctl.link.messages import PlantState
from cpctl.sim.chaos import Chaos
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.csms_ledger import Charge
from cpctl.sim.inprocess import SimulatedCoprocessor
from cpctl.sim.loop import VirtualLoop
from cpctl.systemd import Notifier

from .words import VERSIONS

P = ParamSpec("P")
ID = "CP001"
# Virtual time stands still while anything is on its way: after any time at all it has arrived.
TOLD_S = 0.001
# The longest that the back-off waits for with its defaults.
LONGEST_WAIT_S = 1000.0
_START = datetime(2030, 5, 1, 12, tzinfo=UTC)


def virtually(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an async test in virtual time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def main() -> None:
            await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(main())

    return run


class Rig:
    """Everything around and inside one charge point. Use it as an async context manager."""

    def __init__(
        self,
        directory: Path,
        *,
        evses: int = 1,
        seed: int = 1,
        ocpp: str = "1.6",
        station: Mapping[str, object] | None = None,
        site_a: int | None = None,
        fixed_cable: bool = False,
        notify: str | None = None,
        csms: Mapping[str, object] | None = None,
        password: str | None = None,
        board: Any = None,
        extensions: Mapping[str, object] | None = None,
        **variables: object,
    ) -> None:
        self._directory = directory
        self._notify = notify
        self._random = Random(seed)
        self.words = VERSIONS[ocpp]
        self._data: dict[str, object] = {
            "station": {"vendor": "Test", "model": "Rig", **(station or {})},
            "extensions": dict(extensions or {}),
            "site": {} if site_a is None else {"max_current_a": site_a},
            "csms": {"url": "ws://placeholder", "id": ID, "versions": [ocpp], **(csms or {})},
            "ocpp": {"initial": {"MeterValueSampleInterval": 60, **variables}},
        }
        self._environment = {} if password is None else {"CPCTL_CSMS_PASSWORD": password}
        self._fixed_cable = fixed_cable
        self.reconfigure(evses)
        loop = asyncio.get_running_loop()
        born_s = loop.time()
        self.utc: Callable[[], datetime] = lambda: _START + timedelta(seconds=loop.time() - born_s)
        self.csms_utc = self.utc  # what the CSMS thinks
        self.wall = lambda: self.utc().timestamp()  # what the host's system clock says
        self.machine = "machine"  # the boot of the machine that the host runs on
        self.csms = EmbeddedCsms(lambda: self.csms_utc(), Random(seed + 1))
        self.address: str | None = None  # where the host looks for the CSMS, if not at the CSMS itself
        self.board = board or SimulatedCoprocessor(evse_count=evses, seed=seed)  # a board of one's own: in real time
        self.plant = self.board.plant()
        self.chaos = Chaos(Random(seed + 2))
        self.controller: Controller | None = None
        self._running: asyncio.Task[Ending] | None = None
        self._tapped: dict[tuple[int, str], float] = {}

    async def __aenter__(self) -> Self:
        await self.csms.start()
        self.board.start()
        await self.plant.open()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        await self.plant.close()
        self.board.stop()
        await self.csms.stop()

    # ------------------------------------------------------------ the host

    async def start(self) -> None:
        """Start the host."""
        options = StartOptions(self._directory, sim=True, csms_url=self.address or self.csms.url)
        self.controller = Controller(self._config, options, self.surroundings())
        self._running = asyncio.ensure_future(self.controller.run())
        await asyncio.sleep(0.001)  # nobody speaks to a host that does not run yet

    def surroundings(self) -> Surroundings:
        """Make what the host takes from the outside."""
        return Surroundings(
            self.chaos.wrap(self.board.open_link),
            wall=lambda: self.wall(),
            machine=self.machine,
            random=self._random,
            simulated=True,
            notifier=Notifier(self._notify),
        )

    def reconfigure(self, evses: int) -> None:
        """Let the next start find another number of EVSEs in the configuration."""
        built = [{"id": number, "connectors": [{"id": 1, "fixed_cable": self._fixed_cable}]} for number in range(1, evses + 1)]
        self._config = from_data({**self._data, "evse": built}, environment=self._environment)

    def move_to(self, directory: Path) -> None:
        """Let the next start find another state directory: empty, it is a new station."""
        self._directory = directory

    async def fail_by(self, serve: Callable[[], Awaitable[None]]) -> None:
        """Start the host with a local API that does this, and let it end."""
        await self.kill()
        self.controller = Controller(
            self._config, StartOptions(self._directory, sim=True, csms_url=self.address or self.csms.url), self.surroundings()
        )
        await self.controller.run(serve)

    async def kill(self) -> None:
        """Let the host vanish between two instructions: nothing is flushed, said or handed over."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
        if self._running is not None:
            with suppress(asyncio.CancelledError):
                await self._running
        self._running = self.controller = None

    async def stop(self) -> Ending:
        """End the host in order."""
        assert self.controller is not None
        assert self._running is not None
        self.controller.stop()
        ending = await self._running
        self._running = self.controller = None
        return ending

    async def ended(self) -> Ending:
        """Wait until the host ends by itself."""
        assert self._running is not None
        ending = await self._running
        self._running = self.controller = None
        return ending

    # ------------------------------------------------------------ looking

    def evse(self, number: int = 1) -> dict[str, Any]:
        """Return an EVSE as the local API shows it."""
        assert self.controller is not None
        return dict(self.controller.station.evse_status(number))

    async def until(self, true: Callable[[], bool], within_s: float = 60.0) -> None:
        """Let virtual time pass until something holds; fail with the state if it never does."""
        try:
            async with asyncio.timeout(within_s):
                while not true():
                    self._check_running()
                    await asyncio.sleep(0.02)
        except TimeoutError:
            state = self.evse() if self.controller else "host is down"
            raise AssertionError(f"it did not come to that within {within_s} s; EVSE 1: {state}; CSMS: {self.charges}") from None

    async def status(self, wanted: str, evse: int = 1, within_s: float = 60.0) -> None:
        """Wait until an EVSE has a status, and whoever can hear of it has heard."""
        await self.until(lambda: self.evse(evse)["status"] == wanted, within_s)
        await asyncio.sleep(TOLD_S)

    async def truth(self, evse: int = 1) -> PlantState:
        """Ask what is physically so."""
        return await self.plant.ask(evse)

    async def until_true(self, holds: Callable[[PlantState], bool], evse: int = 1, within_s: float = 60.0) -> None:
        """Let virtual time pass until something is physically so."""
        async with asyncio.timeout(within_s):
            while not holds(await self.truth(evse)):  # noqa: ASYNC110  # virtual time: nothing tells when the plant changes
                await asyncio.sleep(0.05)

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass, whether the host runs or not."""
        await asyncio.sleep(seconds)

    async def pass_time(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._check_running()
        await asyncio.sleep(seconds)
        self._check_running()

    @property
    def charges(self) -> list[Any]:
        """Return the transactions as the CSMS knows them."""
        return self.csms.ledger.charges

    def said(self, evse: int = 1) -> Sequence[str]:
        """Return the statuses that the CSMS was told of an EVSE's connector, in order; 0 is the station."""
        told = (self.words.status(call) for call in self.csms.point(ID).status_history)
        return [status for place, status in told if place == evse]

    def complain(self) -> None:
        """Raise what the host failed with, if it failed by itself."""
        if self._running is not None and self._running.done() and not self._running.cancelled():
            self._running.result()

    def _check_running(self) -> None:
        if self._running is not None and self._running.done():
            self._running.result()

    # ------------------------------------------------------------ doing

    async def online(self) -> None:
        """Wait until the CSMS has accepted the boot and knows every status."""
        await self.until(lambda: self.controller is not None and bool(self.controller.csms.status()["connected"]), LONGEST_WAIT_S)
        await self.until(
            lambda: {evse.id for evse in self._config.evse} <= {self.words.status(call)[0] for call in self.csms.point(ID).status_history}
        )

    async def tap(self, tag: str = "TAG1", evse: int = 1, *, at_once: bool = False) -> dict[str, Any]:
        """Hold a token to the reader, again not before it takes it for another presentation (unless `at_once`)."""
        now = asyncio.get_running_loop().time()
        pause_s = self._tapped.get((evse, tag.casefold()), 0.0) + REPEAT_MS / 1000 - now
        if pause_s > 0 and not at_once:
            await asyncio.sleep(pause_s)
        self._tapped[evse, tag.casefold()] = asyncio.get_running_loop().time()
        assert self.controller is not None
        return dict(await self.controller.services.present_token(evse, tag, "ISO14443"))

    async def accepts(self, tag: str = "TAG1", evse: int = 1, *, at_once: bool = False) -> bool:
        """Hold a token to the reader; tell whether it was accepted."""
        try:
            await self.tap(tag, evse, at_once=at_once)
        except Refused:
            return False
        return True

    async def charge(self, tag: str = "TAG1", evse: int = 1) -> None:
        """Plug in, tap, and wait until energy flows."""
        await self.plant.vehicle(evse, state="C")
        await self.status("Preparing", evse)
        await self.tap(tag, evse)
        await self.status("Charging", evse)

    async def finish(self, tag: str = "TAG1", evse: int = 1, *, told: bool = True) -> None:
        """Tap again, unplug, and wait until the CSMS has heard of the end."""
        await self.tap(tag, evse)
        await self.status("Finishing", evse)
        await self.plant.vehicle(evse, state="A")
        await self.status("Available", evse)
        if told:
            await self.until(lambda: all(charge.stop is not None for charge in self.charges))
            await self.until(lambda: self.said(evse)[-1] == "Available")

    async def call(self, action: str, **payload: object) -> dict[str, Any]:
        """Send a CALL from the CSMS."""
        return dict(await self.csms.call(ID, action, payload))

    async def remote_start(self, tag: str = "TAG1", evse: int = 1) -> str:
        """Start a transaction from the CSMS; return its word on it."""
        return await self._say(*self.words.remote_start(evse, tag))

    async def remote_stop(self, charge: Charge) -> str:
        """Stop a transaction from the CSMS; return its word on it."""
        return await self._say(*self.words.remote_stop(charge.number))

    async def reset(self, *, immediate: bool) -> str:
        """Restart the station from the CSMS; return its word on it."""
        return await self._say(*self.words.reset(immediate))

    async def set_variable(self, name: str, value: str) -> str:
        """Set `Component.Variable` from the CSMS; return its word on it."""
        return await self._say(*self.words.variable(name, value))

    async def set_operative(self, evse: int, operative: bool) -> str:
        """Take an EVSE in or out of service from the CSMS; return its word on it."""
        return await self._say(*self.words.availability(evse, operative))

    async def _say(self, action: str, payload: dict[str, Any]) -> str:
        answer = await self.call(action, **payload)
        (result,) = answer.get("setVariableResult", [{"attributeStatus": answer.get("status")}])
        return str(result["attributeStatus"])
