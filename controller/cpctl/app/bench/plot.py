"""Pictures as SVG text, drawn from numbers alone: a histogram, and points over an axis. Colours are the page's, so that they fit light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 14, 44
BARS = 30
_TICKS = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` to `high` with a title."""

    low: float
    high: float
    title: str

    def part(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> Iterator[float]:
        """Round values within it, about six."""
        step = _round_step((self.high - self.low) / _TICKS)
        number = ceil(self.low / step - 1e-9)
        while number * step <= self.high + step * 1e-9:
            yield number * step
            number += 1


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind. `style` is a class of the page: a, b."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]


def histogram(values: Sequence[float], title: str, *, mark: tuple[str, float]) -> str:
    """Draw how often which value came; `mark` is a line at one of them. The last bar holds all that are further out."""
    ordered = sorted(values)
    low, high = ordered[0], max(mark[1] * 1.25, ordered[0] * 1.01, ordered[0] + 0.1)
    counts = [0] * BARS
    for value in values:
        counts[min(BARS - 1, floor((value - low) / (high - low) * BARS))] += 1
    x, y = Axis(low, high, title), Axis(0, max(counts) * 1.1, "count")
    bars = "".join(_bar(x, y, low + (high - low) * index / BARS, (high - low) / BARS, count) for index, count in enumerate(counts) if count)
    at = _x(x, mark[1])
    line = f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>'
    side, anchor = (-5, "end") if at > WIDTH / 2 else (5, "start")
    word = f'<text class="word" x="{at + side:.1f}" y="{_TOP + 12}" text-anchor="{anchor}">{escape(mark[0])} {mark[1]:.2f}</text>'
    return _picture(f"histogram: {title}", _grid(x, y) + bars + line + word)


def points(x: Axis, y: Axis, series: Sequence[Series], bands: Sequence[tuple[float, float]]) -> str:
    """Draw series of points joined by lines over the bands of y within which they should lie."""
    shades = "".join(
        f'<rect class="band" x="{_LEFT}" width="{WIDTH - _LEFT - _RIGHT}" y="{_y(y, high):.1f}" height="{_y(y, low) - _y(y, high):.1f}"/>'
        for low, high in bands
    )
    return _picture(f"{y.title} over {x.title}", shades + _grid(x, y) + "".join(_line(x, y, one) for one in series))


def _line(x: Axis, y: Axis, series: Series) -> str:
    places = [(_x(x, at), _y(y, value)) for at, value in series.points]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
    dots = "".join(
        f'<circle class="{series.style}" cx="{px:.1f}" cy="{py:.1f}" r="4"><title>{series.name}: {at:g}, {value:g}</title></circle>'
        for (px, py), (at, value) in zip(places, series.points, strict=True)
    )
    end_x, end_y = places[-1]
    word = f'<text class="word" x="{end_x:.1f}" y="{end_y + (18 if end_y < HEIGHT / 2 else -10):.1f}" text-anchor="end">{escape(series.name)}</text>'
    return f'<polyline class="{series.style}" points="{path}"/>{dots}{word}'


def _bar(x: Axis, y: Axis, low: float, width: float, count: int) -> str:
    left, right, top = _x(x, low), _x(x, low + width), _y(y, count)
    return f'<rect class="a" x="{left + 0.5:.1f}" y="{top:.1f}" width="{right - left - 1:.1f}" height="{HEIGHT - _BOTTOM - top:.1f}"><title>{count}</title></rect>'


def _grid(x: Axis, y: Axis) -> str:
    lines = [
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{_y(y, at):.1f}" y2="{_y(y, at):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{_y(y, at) + 4:.1f}" text-anchor="end">{at:g}</text>'
        for at in y.ticks()
    ]
    lines += [f'<text x="{_x(x, at):.1f}" y="{HEIGHT - _BOTTOM + 17}" text-anchor="middle">{round(at, 6):g}</text>' for at in x.ticks()]
    lines.append(f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{HEIGHT - _BOTTOM}" y2="{HEIGHT - _BOTTOM}"/>')
    lines.append(f'<text class="title" x="{(WIDTH + _LEFT - _RIGHT) / 2:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x.title)}</text>')
    middle = (HEIGHT + _TOP - _BOTTOM) / 2
    lines.append(f'<text class="title" transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(y.title)}</text>')
    return "".join(lines)


def _picture(label: str, inside: str) -> str:
    return f'<div class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{inside}</svg></div>'


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.part(value) * (WIDTH - _LEFT - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - _BOTTOM - axis.part(value) * (HEIGHT - _TOP - _BOTTOM)


def _round_step(rough: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    power: float = 10.0 ** floor(log10(rough))
    return next(float(factor * power) for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
