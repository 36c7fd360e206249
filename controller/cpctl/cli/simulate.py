"""`cpctl sim`: a simulated charge point to test a CSMS with, moved by a prompt or by a scenario file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import ConfigOption
from .run import ApiOption, IdOption, SpeedOption, UrlOption, VersionsOption, checked_bind, checked_url, checked_versions


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
    state: Annotated[Path | None, typer.Option("--state", help="State directory.", show_default="a temporary one, for as long as this runs")] = None,
    api: ApiOption = None,
) -> None:
    """Run a simulated charge point against a CSMS, or one of its own without --csms. Type help at its prompt."""
    from contextlib import ExitStack
    from dataclasses import replace

    from cpctl import log

    from . import prompt
    from .simulated import SimulatedStation, Wanted

    wanted = Wanted(config, checked_url(csms), id, checked_versions(ocpp) or (), speed, checked_bind(api))
    log.configure("warning")
    lines = None if scenario is None else prompt.read_scenario(scenario)
    _end_in_order()
    with ExitStack() as stack:
        if csms is None and config is None:
            from .own_csms import OwnCsms

            wanted = replace(wanted, csms=stack.enter_context(OwnCsms()))
        station = stack.enter_context(SimulatedStation(wanted, state))
        passed = prompt.interactive(station) if lines is None else prompt.run_scenario(station, lines, json)
    raise typer.Exit(0 if passed else 1)


def _end_in_order() -> None:
    """Take the station along when the terminal is closed or somebody ends this process."""
    import signal
    import sys

    asked = (signal.SIGHUP, signal.SIGTERM)

    def end(number: int, frame: object) -> None:
        for sig in asked:
            signal.signal(sig, signal.SIG_IGN)  # a second one must not cut the end short
        sys.exit(128 + number)

    for sig in asked:
        signal.signal(sig, end)
