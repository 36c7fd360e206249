"""The tree of commands. Everything heavy is imported by the command that needs it, so that help and completion are quick."""

from __future__ import annotations

from typing import Annotated

import typer

from . import board, lists, look, run, service, simulate, tools

app = typer.Typer(
    name="cpctl",
    help="EV charge point controller: run it, look into it, and simulate one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from cpctl.version import VERSION

        print(f"cpctl {VERSION}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False) -> None:
    """EV charge point controller: run it, look into it, and simulate one."""


for part in (run, simulate, look, lists, tools, board):
    part.register(app)
app.add_typer(service.app, name="service")
