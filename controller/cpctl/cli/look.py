"""Commands that look at a running service: status and variables."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import JsonOption, StateOption, connect


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(status)
    app.command()(variables)


def status(state: StateOption = None, json: JsonOption = False) -> None:
    """Look once at the running service: connections, EVSEs, and why they are not charging."""
    from . import show

    answer = connect(state).get_object("/api/v1/status")
    if json:
        show.as_json(answer)
    else:
        print("\n".join(show.status_lines(answer)))


def variables(
    name: Annotated[str | None, typer.Argument(help="Only this one (OCPP 1.6 key or Component.Variable).")] = None,
    value: Annotated[str | None, typer.Argument(help="Set it to this.")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """List configuration variables, or set one."""
    from cpctl.errors import NotFound

    from . import show

    client = connect(state)
    if name is not None and value is not None:
        answer = client.put("/api/v1/variables", {"name": name, "value": value})
        if json:
            show.as_json(answer)
        else:
            print(f"{answer.get('name')} = {answer.get('value')}  ({answer.get('outcome')})")
        return
    rows = client.get_list("/api/v1/variables")
    if name is not None:
        wanted = name.casefold()
        rows = [row for row in rows if wanted in (str(row.get("name")).casefold(), str(row.get("key")).casefold())]
        if not rows:
            raise NotFound(f"There is no variable {name!r}.", "cpctl variables lists them.")
    if json:
        show.as_json(rows)
    else:
        show.as_table(rows, ("name", "key", "value", "unit"))
