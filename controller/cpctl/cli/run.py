"""Commands that run a station: start, demo."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from .options import SIMULATED, ConfigOption, StateOption, find_config, need_config

if TYPE_CHECKING:
    from cpctl.config import Config, OcppVersion

# Runs faster than this leave the operating system too little time to carry bytes between the processes.
MAX_SPEED = 1000.0

SpeedOption = Annotated[float, typer.Option("--speed", min=0.01, max=MAX_SPEED, help="Run the simulation this many times faster than life.")]
UrlOption = Annotated[str | None, typer.Option("--csms", metavar="URL", help="CSMS to connect to; the id is appended.")]
IdOption = Annotated[str | None, typer.Option("--id", help="Identity at the CSMS.")]
VersionsOption = Annotated[
    list[str] | None, typer.Option("--ocpp", help="OCPP version to offer: 1.6, 2.0.1 or 2.1; may be repeated, the preferred one first.")
]
ApiOption = Annotated[str | None, typer.Option("--api", metavar="HOST:PORT", help="Address of the local API.")]
LevelOption = Annotated[str | None, typer.Option("--log-level", help="debug, info, warning or error.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(start)
    app.command()(demo)


def start(
    config: ConfigOption = None,
    state: StateOption = None,
    sim: Annotated[bool, typer.Option("--sim", help="Put a simulated coprocessor and vehicle behind the link.")] = False,
    speed: SpeedOption = 1.0,
    csms: UrlOption = None,
    id: IdOption = None,
    ocpp: VersionsOption = None,
    api: ApiOption = None,
    log_level: LevelOption = None,
) -> None:
    """Run the controller in the foreground, as the systemd unit does."""
    gc.disable()  # until all is loaded: it stays, and looking for garbage in it takes a tenth of the start
    from cpctl import log
    from cpctl.config import StartOptions, default_state_dir
    from cpctl.version import VERSION

    if speed != 1.0 and not sim:
        raise typer.BadParameter("only a simulation can run faster than life", param_hint="--speed")
    url, versions, bind = checked_url(csms), checked_versions(ocpp), checked_bind(api)
    if bind is not None:
        _need_free(bind)
    settings = station_config(config, sim, csms, id)
    simulated = sim or settings.coprocessor.port == "sim"
    options = StartOptions(
        state_dir=state.absolute() if state else (default_state_dir() / SIMULATED if simulated else default_state_dir()),
        sim=simulated,
        speed=speed,
        csms_url=url,
        csms_id=id,
        versions=versions,
        api_bind=bind,
    )
    log.configure(log_level or settings.log.level)
    log.get_logger(__name__).info("station.starting", version=VERSION, state=str(options.state_dir))
    from cpctl.app.run import run

    raise typer.Exit(run(settings, options))


def demo(
    speed: Annotated[float, typer.Option("--speed", min=1, max=MAX_SPEED, help="Times faster than life.")] = 20.0,
    ocpp: Annotated[str, typer.Option("--ocpp", help="OCPP version to speak: 1.6, 2.0.1 or 2.1.")] = "1.6",
) -> None:
    """Show one whole charging session: firmware core, controller and a small CSMS."""
    (version,) = checked_versions([ocpp]) or ()
    from cpctl.app.demo import demo as run_demo

    raise typer.Exit(run_demo(speed, version))


def station_config(path: Path | None, sim: bool, csms_url: str | None, csms_id: str | None) -> Config:
    """Load the configuration; a simulation needs no file. Raises ConfigError."""
    from cpctl.config import from_data, load

    chosen = find_config(path)
    if path is None and sim and not chosen.is_file():
        return from_data(
            {
                "station": {"vendor": "cpctl", "model": "Simulated"},
                "csms": {"url": csms_url or "ws://127.0.0.1:9000/ocpp", "id": csms_id or "CP001"},
                "coprocessor": {"port": "sim", "board": "sim"},
                "evse": [{"id": 1}],
            },
            name="command line",
        )
    return load(need_config(path))


def checked_versions(given: list[str] | None) -> tuple[OcppVersion, ...] | None:
    """Take the versions to offer; a usage error where this release does not speak one."""
    from cpctl.csms.adapter import VERSIONS

    if not given:
        return None
    for version in given:
        if version not in VERSIONS:
            raise typer.BadParameter(f"{version} is none that this release speaks: {', '.join(sorted(VERSIONS))}", param_hint="--ocpp")
    return cast("tuple[OcppVersion, ...]", tuple(given))


def checked_url(url: str | None) -> str | None:
    """Take a CSMS's URL; a usage error if it is no WebSocket's."""
    if url is not None and not url.startswith(("ws://", "wss://")):
        raise typer.BadParameter("begins with ws:// or wss://", param_hint="--csms")
    return url


def checked_bind(bind: str | None) -> str | None:
    """Take an address for the local API; a usage error if it is none."""
    from cpctl.config import split_bind

    if bind is not None:
        try:
            split_bind(bind)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--api") from None
    return bind


def _need_free(bind: str) -> None:
    """Refuse an address that was asked for and cannot be had; the configured one is only missed, since a station charges without."""
    import socket

    from cpctl.config import split_bind
    from cpctl.errors import ControllerError

    host, port = split_bind(bind)
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise ControllerError(
            f"The local API cannot be served at {bind}: {(error.strerror or str(error)).split(' (while')[0]}.", "Give another --api HOST:PORT."
        ) from error
