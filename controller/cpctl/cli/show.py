"""Puts answers of the service on the screen: as text, as JSON, as CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence

Json = Mapping[str, object]


def as_json(data: object) -> None:
    """Print indented JSON."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def as_csv(rows: Sequence[Json], columns: Sequence[str]) -> None:
    """Print rows with a header; what is no plain value becomes JSON."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])


# Without a terminal, cells up to this width stand in line; a longer one is whole, and moves the rest of its row.
_ALIGNED = 40


def as_table(rows: Sequence[Json], columns: Sequence[str]) -> None:
    """Print rows aligned: cut to the terminal's width, whole where there is no terminal."""
    from rich.console import Console
    from rich.table import Table

    titles = [column.replace("_", " ") for column in columns]
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        _plain([titles, *cells])
        return
    # What is long are payloads and answers: they give way first, so that time and action can be read.
    objects = {column for row in rows for column in columns if isinstance(row.get(column), dict | list)}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, title in zip(columns, titles, strict=True):
        widest = max(len(_cell(row.get(column))) for row in rows) if objects and column not in objects else None
        table.add_column(title, overflow="ellipsis", no_wrap=column != "text", min_width=widest)
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _plain(lines: Sequence[Sequence[str]]) -> None:
    widths = [min(max(map(len, column)), _ALIGNED) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    return str(value)


def status_lines(status: Json) -> list[str]:
    """Tell the whole state in a few lines; what keeps an EVSE from charging stands below it."""
    station, csms, coprocessor, clock = (_part(status, name) for name in ("station", "csms", "coprocessor", "clock"))
    lines = [
        f"station      {station.get('id')}  {station.get('vendor')} {station.get('model')}  cpctl {station.get('version')}",
        f"csms         {_csms(csms)}",
        f"coprocessor  {_coprocessor(coprocessor)}",
        f"clock        {clock.get('utc') or 'not known yet'}  ({clock.get('source')})",
    ]
    failing = [one for one in _items(status, "extensions") if one.get("text")]
    lines.extend(f"extension    {one.get('name')}  {one.get('state')}: {one.get('text')}" for one in failing)
    evses = status.get("evses")
    for evse in evses if isinstance(evses, list) else []:
        lines.extend(evse_lines(evse))
    return lines


def evse_lines(evse: Json) -> list[str]:
    """Tell the state of an EVSE."""
    measured, session = _part(evse, "measured"), _part(evse, "session")
    lines = [f"EVSE {evse.get('id')}       {evse.get('status')}  pilot {evse.get('pilot')}  {offered_and_drawn(evse)}"]
    if session:
        token = session.get("id_token") or "no token"
        lines.append(f"             session {session.get('transaction_id') or 'not confirmed yet'}  {token}  {_number(session.get('energy_wh'))} Wh")
    elif measured:
        lines.append(f"             meter {_number(measured.get('energy_wh'))} Wh")
    faults = [fault.get("text") for fault in _items(evse, "faults")]
    lines.extend(f"             fault: {text}" for text in faults)
    lines.extend(f"             not charging: {reason.get('text')}" for reason in _items(evse, "why_not") if reason.get("text") not in faults)
    return lines


def standing(status: Json) -> str:
    """Tell in a line how the EVSEs are now, and whether the CSMS is away."""
    evses = [f"EVSE {evse.get('id')} {evse.get('status')} ({evse.get('pilot')})" for evse in _items(status, "evses")]
    away = [] if _part(status, "csms").get("connected") else ["the CSMS is not connected"]
    return ", ".join(evses + away)


def offered_and_drawn(evse: Json) -> str:
    """Tell offered current, drawn current and power."""
    measured = _part(evse, "measured")
    currents = measured.get("current_a")
    drawn = max((float(current) for current in currents), default=0.0) if isinstance(currents, list | tuple) else 0.0
    return f"offered {_number(evse.get('offer_a'))} A  drawn {_number(drawn)} A  {_number(measured.get('power_w'))} W"


def _csms(csms: Json) -> str:
    if not csms.get("url"):
        return "none configured"
    state = f"connected, OCPP {csms.get('version')}" if csms.get("connected") else "not connected"
    queued = csms.get("queued")
    line = f"{state}  {csms.get('url')}" + (f"  {queued} messages wait" if queued else "")
    trouble = "" if csms.get("connected") else csms.get("trouble")
    return f"{line}\n             {trouble}" if trouble else line


def _coprocessor(coprocessor: Json) -> str:
    link = _part(coprocessor, "link")
    if not coprocessor.get("connected"):
        return f"not connected  {link.get('text') or ''}".rstrip()
    round_trip = link.get("round_trip_us")
    speed = f"  round trip {int(round_trip) / 1000:.1f} ms" if isinstance(round_trip, int | float) else ""
    return f"firmware {coprocessor.get('firmware')}  protocol {coprocessor.get('protocol')}  {coprocessor.get('mac')}{speed}"


def _part(data: Json, name: str) -> Json:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def _items(data: Json, name: str) -> list[Json]:
    items = data.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _number(value: object) -> str:
    if not isinstance(value, int | float):
        return "?"
    return f"{value:.1f}".removesuffix(".0")
