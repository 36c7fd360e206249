"""`cpctl service`: puts the systemd unit, its user and the udev rules in place, or takes them away, and says each step."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Install or remove the systemd service.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Only say what would be done.")]


@app.command()
def install(dry_run: DryRun = False, start: Annotated[bool, typer.Option(help="Start it at once, and at each boot.")] = True) -> None:
    """Install the service: its user, the unit, the udev rules, an example configuration."""
    from .service_plan import install_plan, perform

    perform(install_plan(start), dry_run)


@app.command()
def uninstall(dry_run: DryRun = False) -> None:
    """Remove the service; configuration and state stay where they are."""
    from .service_plan import perform, uninstall_plan

    perform(uninstall_plan(), dry_run)
