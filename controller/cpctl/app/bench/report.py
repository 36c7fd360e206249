"""The bench test's report: one HTML file that needs nothing else, to be kept with the board or sent to somebody."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from cpctl.version import VERSION

from .findings import Check, EvseFindings, Findings, Outcome, PilotReading
from .link import percentile
from .pilot import DUTY_TOLERANCE_BP, RAIL_MV, RAIL_TOLERANCE_MV
from .plot import Axis, Series, histogram, points

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1c2126; --soft: #5b6670; --line: #d9dee3; --a: #1f6fb2; --b: #b25a1f; --band: #1f8a4c22;
  --good: #1a7a42; --bad: #b3261e; --warn: #fff4d6; }
@media (prefers-color-scheme: dark) { :root { --back: #14181c; --text: #e6eaee; --soft: #9aa6b1; --line: #333c45; --a: #6cb4f0; --b: #f0a56c;
  --band: #4fd18a26; --good: #5fd394; --bad: #ff8a80; --warn: #3a3016; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
.note { background: var(--warn); padding: .5rem .75rem; border-radius: .3rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; }
tr + tr { border-top: 1px solid var(--line); } td:first-child, th[scope=row] { width: 14rem; font-weight: 500; } thead th { color: var(--soft); font-weight: 500; }
td.outcome { white-space: nowrap; font-weight: 600; width: 5rem; }
.advice { display: block; color: var(--soft); font-size: .9em; }
code { font: .9em ui-monospace, monospace; background: var(--line); padding: .1rem .3rem; border-radius: .2rem; overflow-wrap: anywhere; }
.plot { overflow-x: auto; } svg { width: 100%; min-width: 30rem; height: auto; max-width: 44rem; display: block; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg text.word { fill: var(--text); } svg .grid { stroke: var(--line); } svg .axis { stroke: var(--soft); } svg .band { fill: var(--band); }
svg .mark { stroke: var(--b); stroke-dasharray: 4 3; } svg rect.a, svg circle.a { fill: var(--a); } svg circle.b { fill: var(--b); }
svg polyline { fill: none; stroke-width: 1.5; } svg polyline.a { stroke: var(--a); } svg polyline.b { stroke: var(--b); }
@media (max-width: 32rem) { td:first-child, th[scope=row] { width: 7rem; } }
@media print { body { max-width: none; } h2 { break-after: avoid; } svg, tr { break-inside: avoid; } }
"""


def as_html(found: Findings) -> str:
    """Write the report."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bench test {escape(found.board["mac"])}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Bench test</h1>
{_verdict(found)}
{"<p class='note'>This board is a simulation: it says nothing of any hardware.</p>" if found.simulated else ""}
<table><tbody>{"".join(_row(name, value) for name, value in found.board.items())}{_row("tested by", f"cpctl {VERSION}")}</tbody></table>
<h2>Checks</h2>
{"".join(_checks(found))}
{_link(found)}
{"".join(_evse(evse) for evse in found.evses)}
</body>
</html>
"""


def _verdict(found: Findings) -> str:
    counts = {outcome: sum(check.outcome is outcome for check in found.checks) for outcome in Outcome}
    word = "Passed" if found.passed else "Failed"
    return (
        f'<p class="verdict {"good" if found.passed else "bad"}">{word}: {counts[Outcome.OK]} ok, {counts[Outcome.FAILED]} failed, '
        f"{counts[Outcome.SKIPPED]} skipped</p>"
    )


def _row(name: str, value: str) -> str:
    return f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'


def _checks(found: Findings) -> Iterator[str]:
    for evse in sorted({check.evse for check in found.checks}):
        rows = "".join(_check(check) for check in found.checks if check.evse == evse)
        yield f"<h3>{f'EVSE {evse}' if evse else 'Board'}</h3><table><tbody>{rows}</tbody></table>"


def _check(check: Check) -> str:
    style = {Outcome.OK: "good", Outcome.FAILED: "bad", Outcome.SKIPPED: "soft"}[check.outcome]
    advice = "".join(f'<span class="advice">{escape(line)}</span>' for line in check.advice)
    return f'<tr><td>{escape(check.name)}</td><td class="outcome {style}">{check.outcome.value}</td><td>{escape(check.text)}{advice}</td></tr>'


def _link(found: Findings) -> str:
    if not found.round_trips_ms:
        return ""
    ordered = sorted(found.round_trips_ms)
    drawn = histogram(ordered, "round trip, ms", mark=("p99", percentile(ordered, 0.99)))
    return f"<h2>Link</h2><p>{len(ordered)} commands that change nothing, each with its answer; the last bar holds all that took longer.</p>{drawn}"


def _evse(found: EvseFindings) -> str:
    parts = [_levels(found), _calibration(found), _reactions(found)]
    return f"<h2>EVSE {found.evse}</h2>" + "".join(parts) if any(parts) else ""


def _levels(found: EvseFindings) -> str:
    driven = [(reading.duty_bp / 100, reading) for reading in found.pilot if reading.duty_bp is not None]
    if not driven:
        return ""
    rail, tolerance = RAIL_MV / 1000, RAIL_TOLERANCE_MV / 1000
    levels = points(
        Axis(0, 100, "duty asked for, %"),
        Axis(-14, 14, "V"),
        [
            Series("positive", "a", [(duty, reading.high_mv / 1000) for duty, reading in driven]),
            Series("negative", "b", [(duty, reading.low_mv / 1000) for duty, reading in driven]),
        ],
        [(rail - tolerance, rail + tolerance), (-rail - tolerance, -rail + tolerance)],
    )
    return (
        f"<h3>Pilot levels</h3><p>Both levels at each duty, nothing plugged in; in the shaded bands they are right.</p>{levels}{_duty_errors(driven)}"
    )


def _duty_errors(driven: list[tuple[float, PilotReading]]) -> str:
    """Draw by how much each duty was off, where the board measures that."""
    measured = [(duty, reading.measured_bp / 100 - duty) for duty, reading in driven if reading.measured_bp is not None]
    if not measured:
        return "<p class='soft'>This board does not measure the duty: look at CP with an oscilloscope.</p>"
    tolerance = DUTY_TOLERANCE_BP / 100
    reach = max(2 * tolerance, *(abs(error) * 1.2 for _, error in measured))
    drawn = points(Axis(0, 100, "duty asked for, %"), Axis(-reach, reach, "error, %"), [Series("measured", "a", measured)], [(-tolerance, tolerance)])
    return f"<h3>Duty</h3><p>Duty as measured against what was asked for.</p>{drawn}"


def _calibration(found: EvseFindings) -> str:
    calibration = found.calibration
    if calibration is None:
        return ""
    low, high = calibration.error_mv
    return (
        f"<h3>Calibration</h3><p>With the present one ({calibration.present[0]} and {calibration.present[1]} mV at the pin) the rails read "
        f"{low:+d} mV off at -12 V and {high:+d} mV off at +12 V. This takes them for exactly 12 V unless a voltmeter said otherwise: look with one "
        f"before you take this over into cpctl.toml and run cpctl commission. Nothing was changed.</p><p><code>{escape(calibration.line)}</code></p>"
    )


def _reactions(found: EvseFindings) -> str:
    if not found.reactions:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(one.cause)}</th><td>{"never" if one.decided_ms is None else f"{one.decided_ms} ms"}</td>'
        f"<td>{one.tick_us / 1000:.1f} ms</td><td>{'-' if one.bound_ms is None else f'{one.bound_ms:.1f} ms'}</td><td>{one.limit_ms} ms</td></tr>"
        for one in found.reactions
    )
    return (
        "<h3>Reactions</h3><p>Measured by the firmware on a copy of its core, which played a charge through while the contactor stayed open: from the tick "
        "that saw the cause to the one that decided to open. An input may change just after a tick, so the longest time between two ticks is added. "
        "The filter of the input, the output stage and the contactor's own drop-out are not in it.</p>"
        '<table><thead><tr><th scope="col">cause</th><th scope="col">decided after</th><th scope="col">longest tick</th>'
        f'<th scope="col">at most</th><th scope="col">limit</th></tr></thead><tbody>{rows}</tbody></table>'
    )
