"""`cpctl sim`: a simulated charge point to test a CSMS with, moved by a prompt or by a scenario file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import ConfigOption, StateOption
from .run import ApiOption, IdOption, SpeedOption, UrlOption, VersionsOption


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(sim)


def sim(
    csms: UrlOption = None,
    id: IdOption = None,
    ocpp: VersionsOption = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", "-s", help="Run this file instead of a prompt; fails at the first line that does.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each step.")] = False,
    speed: SpeedOption = 1.0,
    config: ConfigOption = None,
    state: StateOption = None,
    api: ApiOption = None,
) -> None:
    """Run a simulated charge point against a CSMS, or one of its own without --csms. Type help at its prompt."""
    from contextlib import ExitStack

    from cpctl import log

    from . import prompt
    from .simulated import SimulatedStation, Wanted

    log.configure("warning")
    lines = None if scenario is None else prompt.read_scenario(scenario)
    with ExitStack() as stack:
        if csms is None and config is None:
            from .own_csms import OwnCsms

            csms = stack.enter_context(OwnCsms())
        station = stack.enter_context(SimulatedStation(Wanted(config, csms, id, tuple(ocpp or ()), speed, api), state))
        passed = prompt.interactive(station) if lines is None else prompt.run_scenario(station, lines, json)
    raise typer.Exit(0 if passed else 1)
