"""Commands that list what has happened: sessions, events, messages; as a table, JSON or CSV."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from .options import JsonOption, StateOption, connect

SinceOption = Annotated[str | None, typer.Option("--since", help="Only from this time on (ISO 8601).")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="At most this many, the latest ones.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]

COLUMNS = {
    "sessions": ("id", "evse", "id_token", "started", "stopped", "reason", "energy_wh", "transaction_id"),
    "events": ("time", "evse", "code", "text"),
    "messages": ("time", "direction", "action", "payload", "answer", "latency_ms"),
}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(sessions)
    app.command()(events)
    app.command()(messages)


def sessions(
    state: StateOption = None, since: SinceOption = None, limit: LimitOption = 100, json: JsonOption = False, csv: CsvOption = False
) -> None:
    """List charging sessions with their energy."""
    _print("sessions", state, since, limit, json, csv)


def events(state: StateOption = None, since: SinceOption = None, limit: LimitOption = 100, json: JsonOption = False, csv: CsvOption = False) -> None:
    """List what happened at the station, faults included."""
    _print("events", state, since, limit, json, csv)


def messages(
    state: StateOption = None, since: SinceOption = None, limit: LimitOption = 100, json: JsonOption = False, csv: CsvOption = False
) -> None:
    """List OCPP messages with their answers; secrets are redacted."""
    _print("messages", state, since, limit, json, csv)


def _print(what: str, state: StateOption, since: str | None, limit: int, json: bool, csv: bool) -> None:
    from . import show

    if json and csv:
        raise typer.BadParameter("choose one of --json and --csv")
    if since is not None:
        try:
            datetime.fromisoformat(since)
        except ValueError:
            raise typer.BadParameter("is a time like 2031-05-04T12:00:00Z", param_hint="--since") from None
    rows = connect(state).get_list(f"/api/v1/{what}", since=since, limit=limit)
    if json:
        show.as_json(rows)
    elif csv:
        show.as_csv(rows, COLUMNS[what])
    else:
        show.as_table(rows, COLUMNS[what])
