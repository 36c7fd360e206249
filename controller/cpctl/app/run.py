"""Runs a station as a program: its loop, its signals, its local API, its end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from cpctl.config import Config, StartOptions
from cpctl.csms.exchange import Exchange
from cpctl.csms.vendors import VendorHandler
from cpctl.errors import ControllerError, PortMissing
from cpctl.link.line import Line, LineHandler, OpenLine
from cpctl.link.transport import serial_port

from .controller import Controller, Ending, Surroundings
from .simulation import SimulatedClock, Simulation, restart_program, simulated_wall

if TYPE_CHECKING:
    from cpctl.local.server import LocalApi

log = structlog.get_logger(__name__)

# Loading the API's server must not delay the first BootNotification, nor wait for a CSMS that is away.
_API_DELAY_S = 2.0
_BY_ID = "/dev/serial/by-id"

Ready = Callable[[Controller, Simulation | None], None]


def run(config: Config, options: StartOptions) -> int:
    """Run a station until it is told to stop; return the exit code. A reset begins the program anew."""
    gc.freeze()  # looked through only once, when all is loaded
    gc.enable()
    with asyncio.Runner(loop_factory=_loop_factory(options)) as runner:
        ending = runner.run(run_station(config, options))
    if ending is Ending.RESTART:
        restart_program()
    return 0


async def run_station(
    config: Config,
    options: StartOptions,
    ready: Ready | None = None,
    on_exchange: Callable[[Exchange], None] | None = None,
    vendors: Mapping[str, VendorHandler] | None = None,
) -> Ending:
    """Run a station in the present loop. `ready` is called once the local API is served, `on_exchange` with each OCPP message and its answer.

    `vendors` serve DataTransfer by vendor id.
    """
    simulation = Simulation(options.state_dir / "sim", len(config.evse), options.speed) if options.sim else None
    try:
        around = await _surroundings(config, simulation)
        around.vendors = vendors or {}
        controller = Controller(config, options, around)
        if simulation is not None:
            simulation.controller = controller
        if on_exchange is not None:
            controller.services.on_exchange = on_exchange
        with _signals(controller.stop):
            return await controller.run(lambda: _serve(controller, simulation, ready))
    finally:
        if simulation is not None:
            await simulation.close()


async def _surroundings(config: Config, simulation: Simulation | None) -> Surroundings:
    if simulation is None:
        return Surroundings(open_port(config.coprocessor.port))
    await simulation.start()
    return Surroundings(simulation.open_line, simulated_wall(), SimulatedClock, machine="", simulated=True)


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Stop in order when asked by a signal."""
    loop = asyncio.get_running_loop()
    asked = (signal.SIGTERM, signal.SIGINT)
    for sig in asked:
        loop.add_signal_handler(sig, stop)
    try:
        yield
    finally:
        for sig in asked:
            loop.remove_signal_handler(sig)


async def _serve(controller: Controller, simulation: Simulation | None, ready: Ready | None) -> None:
    """Serve the local API, loaded after the boot notification is on its way."""
    await controller.csms.attempted(_API_DELAY_S)
    from cpctl.local.server import ApiOptions, LocalApi  # late: aiohttp takes longer to load than all else together

    config, options = controller.config, controller.options
    api = LocalApi(
        controller.services,
        ApiOptions(
            state_dir=options.state_dir,
            bind=options.api_bind or config.api.bind,
            token_file=config.api.token_file,
            allowed_hosts=config.api.allowed_hosts,
            developer=config.api.developer,
            simulated=simulation is not None,
        ),
        simulation,
    )
    try:
        await _started(api)
        _keep_what_is_loaded()
        controller.announce_ready(api.address)
        if ready is not None:
            ready(controller, simulation)
        await asyncio.Event().wait()
    finally:
        await api.close()


async def _started(api: LocalApi) -> None:
    """Start the API; a station charges without one, so that it cannot be served is said and no more."""
    try:
        await api.start()
    except (ControllerError, OSError) as error:
        log.error("api.not_served", reason=str(error))


def _keep_what_is_loaded() -> None:
    """Look for garbage in what is loaded by now, and never again: each time it would hold up a stop by tens of milliseconds."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _loop_factory(options: StartOptions) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if not options.sim:
        return None
    from cpctl.sim.loop import ScaledLoop

    return lambda: ScaledLoop(options.speed)


def open_port(name: str) -> OpenLine:
    """Make the opener of the configured port; `auto` takes the only one there is, looked for at each opening."""
    if name != "auto":
        return serial_port(name)

    async def open_only_port(handler: LineHandler) -> Line:
        found = _connected()
        if len(found) != 1:
            raise PortMissing(f"to choose by itself under {_BY_ID} (found: {', '.join(found) or 'none'}); set coprocessor.port")
        return await serial_port(f"{_BY_ID}/{found[0]}")(handler)

    return open_only_port


def _connected() -> list[str]:
    return sorted(os.listdir(_BY_ID)) if os.path.isdir(_BY_ID) else []
