"""One whole charging session, shown live: the controller, the firmware core as a process on a pty, a simulated vehicle, and a small CSMS."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from cpctl import log
from cpctl.config import OcppVersion, StartOptions, from_data
from cpctl.csms.exchange import Exchange
from cpctl.errors import ControllerError, SimError
from cpctl.local.services import VehicleChange
from cpctl.sim.csms import EmbeddedCsms
from cpctl.sim.loop import ScaledLoop

from .controller import Controller
from .run import run_station
from .simulation import Simulation, simulated_wall

_ID = "DEMO01"
_TAG = "04A2B9C31F"
_CHARGE_S = 420.0
_LOWERED_TO_A = 10
_LOOK_S = 30.0
# No step of the story takes longer than this unless something is wrong.
_STEP_S = 60.0


def demo(speed: float, ocpp: OcppVersion = "1.6") -> int:
    """Show a session in a version of OCPP, `speed` times faster than life; return 0 if it went as it should, 1 if not."""
    log.configure("error")  # the story is told here, not by the log
    import cpctl.local.server  # noqa: F401  # now, since loading it would take seconds of the story's time

    with tempfile.TemporaryDirectory(prefix="cpctl-demo-") as place, asyncio.Runner(loop_factory=lambda: ScaledLoop(speed)) as runner:
        return runner.run(_Story(Path(place), speed, ocpp).tell())


class _Story:
    def __init__(self, place: Path, speed: float, ocpp: OcppVersion) -> None:
        self._place = place
        self._speed = speed
        self._ocpp = ocpp
        self._console = Console(highlight=False, soft_wrap=True)
        self._began_s = 0.0
        self._shown: object = None

    async def tell(self) -> int:
        """Run it all."""
        loop = asyncio.get_running_loop()
        wall = simulated_wall()
        self._began_s = loop.time()
        csms = EmbeddedCsms(lambda: datetime.fromtimestamp(wall(), UTC), Random(1), others="Invalid", tokens={_TAG: "Accepted"})
        url = await csms.start()
        self._say(f"[bold]cpctl demo[/]: a charge point with a simulated vehicle, OCPP {self._ocpp}, {self._speed:g} times faster than life")
        self._say(f"CSMS at {url}; firmware core as a process on a pty; state in {self._place}")
        up: asyncio.Future[tuple[Controller, Simulation]] = loop.create_future()

        def ready(controller: Controller, simulation: Simulation | None) -> None:
            if simulation is not None:
                up.set_result((controller, simulation))

        options = StartOptions(self._place, sim=True, speed=self._speed, csms_url=url, csms_id=_ID, versions=(self._ocpp,), api_bind="127.0.0.1:0")
        station = asyncio.ensure_future(run_station(_config(url), options, ready, self._exchanged))
        story = asyncio.ensure_future(self._session(up, csms))
        try:
            await asyncio.wait((station, story), return_when=asyncio.FIRST_COMPLETED)
            if not story.done():
                raise SimError(f"the station ended before its time ({await station})")
            good = await story
            await station
            await up.result()[1].stop()  # after its station, which would miss it
        except ControllerError as error:
            self._say(f"[red]The demo failed:[/] {error}")
            return 1
        except TimeoutError:
            self._say("[red]The demo failed:[/] the last step took too long")
            return 1
        finally:
            story.cancel()
            station.cancel()
            await csms.stop()
        return 0 if good else 1

    async def _session(self, up: asyncio.Future[tuple[Controller, Simulation]], csms: EmbeddedCsms) -> bool:
        """Play the session; end the station."""
        controller, simulation = await up
        await self._until(controller, lambda evse: controller.csms.status()["connected"] and evse["status"] == "Available")
        self._say("[bold]A vehicle is plugged in.[/]")
        await simulation.vehicle(1, VehicleChange(state="B", current_a=16, phases=3, soc=40))
        await self._until(controller, lambda evse: evse["status"] == "Preparing")
        self._say("[bold]Its driver holds a card to the reader; the vehicle asks for energy.[/]")
        await controller.services.present_token(1, _TAG, "ISO14443")
        await simulation.vehicle(1, VehicleChange(state="C"))
        await self._until(controller, lambda evse: evse["status"] == "Charging")
        await self._watch(controller, _CHARGE_S / 2)
        self._say(f"[bold]The CSMS lowers the limit to {_LOWERED_TO_A} A.[/]")
        await csms.call(_ID, *_limit(self._ocpp, _LOWERED_TO_A))
        await self._until(controller, lambda evse: 0 < evse["offer_a"] <= _LOWERED_TO_A)
        await self._watch(controller, _CHARGE_S / 2)
        self._say("[bold]The card again: stop. The cable comes out.[/]")
        await controller.services.present_token(1, _TAG, "ISO14443")
        await self._until(controller, lambda evse: evse["status"] == "Finishing" and evse["measured"]["power_w"] == 0)
        await simulation.vehicle(1, VehicleChange(state="A"))
        await self._until(controller, lambda evse: evse["status"] == "Available")
        await csms.until(lambda: all(charge.stop is not None for charge in csms.ledger.charges), _STEP_S)
        good = await self._record(controller, csms)
        controller.stop()
        return good

    async def _record(self, controller: Controller, csms: EmbeddedCsms) -> bool:
        (session,) = await controller.services.sessions(None, 1)
        (charge,) = csms.ledger.charges
        faults = [line["text"] for line in await controller.services.events(None, 1000) if str(line["code"]).startswith("fault")]
        told_wh = (charge.meter_stop or 0) - charge.meter_start
        good = not faults and not csms.ledger.problems and abs(told_wh - float(str(session["energy_wh"]))) <= 1 and told_wh > 0
        self._say("")
        self._say("[bold]Record[/]")
        for name, value in (
            ("session", f"{session['id']} at EVSE {session['evse']}, by {session['id_token']}"),
            ("started", session["started"]),
            ("stopped", f"{session['stopped']} ({session['reason']})"),
            ("energy", f"{session['energy_wh']:.1f} Wh; the CSMS was told {told_wh} Wh in transaction {charge.number}"),
            ("messages", f"{len(await controller.services.messages(None, 10_000))}, every one answered; {len(charge.meter_values)} meter values"),
            ("faults", ", ".join(map(str, faults)) or "none"),
        ):
            self._say(f"  {name:<9} {value}")
        return good

    # ------------------------------------------------------------ showing

    async def _watch(self, controller: Controller, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + seconds
        while loop.time() < end_s:
            await asyncio.sleep(_LOOK_S)
            self._show(dict(controller.station.evse_status(1)), always=True)

    async def _until(self, controller: Controller, holds: Any) -> None:
        async with asyncio.timeout(_STEP_S):
            while True:
                evse = dict(controller.station.evse_status(1))
                self._show(evse)
                if holds(evse):
                    return
                await asyncio.sleep(0.1)

    def _show(self, evse: Mapping[str, Any], always: bool = False) -> None:
        """Show the state where it changed."""
        state = (evse["pilot"], evse["status"], evse["offer_a"])
        if evse["pilot"] == "unknown" or (state == self._shown and not always):
            return
        self._shown = state
        measured = evse["measured"]
        currents = "/".join(f"{current:.1f}" for current in measured["current_a"])
        energy = evse["session"]["energy_wh"] if evse["session"] else 0.0
        self._say(
            f"  [cyan]{evse['pilot']:<3}[/] {evse['status']:<13} offered {evse['offer_a']:>4.1f} A   drawn {currents:<14} A   "
            f"{measured['power_w'] / 1000:>5.2f} kW   {energy:>6.0f} Wh"
        )

    def _exchanged(self, exchange: Exchange) -> None:
        shown = exchange.as_json()
        arrow, back = ("→", "←") if exchange.direction == "out" else ("←", "→")
        self._say(f"    [dim]{arrow} {exchange.action} {_brief(shown['payload'])}[/]")
        self._say(f"    [dim]{back} {_brief(shown['answer'])}[/]")

    def _say(self, text: str) -> None:
        at = int(asyncio.get_running_loop().time() - self._began_s)
        self._console.print(f"[green]{at // 60:02}:{at % 60:02}[/] {text}")


def _limit(ocpp: OcppVersion, amperes: int) -> tuple[str, dict[str, object]]:
    """Return the CALL that sets the station's current limit."""
    if ocpp == "1.6":
        return "ChangeConfiguration", {"key": "CurrentLimit", "value": str(amperes)}
    limit = {"component": {"name": "ChargingStation"}, "variable": {"name": "CurrentLimit"}, "attributeValue": str(amperes)}
    return "SetVariables", {"setVariableData": [limit]}


def _brief(payload: object, limit: int = 150) -> str:
    """Show a payload in one line that is not too long."""
    if not isinstance(payload, Mapping):
        return "no answer"
    text = " ".join(f"{key}={_flat(value)}" for key, value in payload.items())
    return (text if len(text) <= limit else text[: limit - 1] + "…").replace("[", "\\[") or "ok"


def _flat(value: object) -> str:
    match value:
        case Mapping():
            return "{" + " ".join(f"{key}={_flat(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + " ".join(_flat(item) for item in value) + "]"
        case _:
            return str(value)


def _config(url: str) -> Any:
    return from_data(
        {
            "station": {"vendor": "cpctl", "model": "Demo"},
            "csms": {"url": url, "id": _ID},
            "coprocessor": {"port": "sim", "board": "sim"},
            "evse": [{"id": 1, "max_current_a": 32, "phases": 3}],
            "ocpp": {"initial": {"MeterValueSampleInterval": 60}},
        },
        name="demo",
    )
