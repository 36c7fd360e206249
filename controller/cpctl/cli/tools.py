"""Commands that need no running service: check, explain, commission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import ConfigOption, JsonOption, need_config

if TYPE_CHECKING:
    from cpctl.core.faults import Fault


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(check)
    app.command()(explain)
    app.command()(commission)


def check(config: ConfigOption = None) -> None:
    """Check the configuration file; tells every mistake with file:line, key and reason."""
    from cpctl.app.checks import problems
    from cpctl.config import load

    path = need_config(config)
    settings = load(path, also=problems)
    evses = ", ".join(f"EVSE {evse.id} {evse.max_current_a} A {evse.phases}-phase" for evse in settings.evse)
    print(f"{path} is fine: {settings.csms.id} at {settings.csms.url}, OCPP {' or '.join(settings.csms.versions)}; {evses}")


def explain(
    code: Annotated[str | None, typer.Argument(help="Code or name of a fault: F03, diode_missing. Without it: all of them.")] = None,
    json: JsonOption = False,
) -> None:
    """Explain a fault: what it means and what to do."""
    from dataclasses import asdict
    from difflib import get_close_matches

    from cpctl.core.faults import BY_CODE, BY_NAME, FAULTS
    from cpctl.errors import NotFound

    from . import show

    if code is None:
        if json:
            show.as_json([asdict(fault) for fault in FAULTS])
        else:
            show.as_table([asdict(fault) for fault in FAULTS], ("code", "name", "meaning"))
        return
    fault = BY_CODE.get(code.upper()) or BY_NAME.get(code.casefold())
    if fault is None:
        near = get_close_matches(code.casefold(), BY_NAME, n=1)
        raise NotFound(f"There is no fault {code!r}.", f"Did you mean {near[0]}?" if near else "cpctl explain lists them.")
    if json:
        show.as_json(asdict(fault))
    else:
        print("\n".join(_explanation(fault)))


def commission(config: ConfigOption = None) -> None:
    """Give the coprocessor its board's configuration. Hold the board's button while it runs; stop the service first."""
    import asyncio

    from cpctl.app.board import SIMULATED
    from cpctl.app.commission import commission as push
    from cpctl.app.run import open_port
    from cpctl.config import load

    settings = load(need_config(config))
    evses = ", ".join(f"EVSE {evse.id}: {evse.max_current_a} A, {evse.phases}-phase" for evse in settings.evse)
    print(f"Commissioning board {settings.coprocessor.board!r}: {evses}. Hold the board's button now.")
    simulated = settings.coprocessor.board == SIMULATED
    info = asyncio.run(push(settings, open_port(settings.coprocessor.port), lambda text: print(f"  {text}", flush=True), simulated=simulated))
    print(f"Commissioned {info.mac}, firmware {info.firmware}, configuration {info.config_crc:08x}.")


def _explanation(fault: Fault) -> list[str]:
    cleared = {
        "clearable": "clears by itself, or when the vehicle is unplugged",
        "latched": "stays until it is cleared: POST /api/v1/evses/<n>/faults/clear",
        "lockout": "is cleared at the board only, with its button",
    }[fault.fault_class.value]
    lines = [f"{fault.code} {fault.name}", f"  {fault.meaning}", f"  What to do: {fault.remedy}", f"  It {cleared}."]
    return [*lines, f"  OCPP 1.6 {fault.error_code}; component {fault.component}" + (f"; MREC {fault.mrec}" if fault.mrec else "")]
