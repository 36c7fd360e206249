"""A sheet of a circuit diagram: parts by their centre, wires by their corners, as text of an SVG that is legible on light and dark paper."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

#: Half the length of a part with two ends, from its centre to where a wire begins.
HALF = 24
LINE = 17

_STYLE = """\
    <style>
      .paper{fill:#fff}.wire,.part{fill:none;stroke:#333;stroke-width:1.6}.part{fill:#fff}.fill{fill:#333}
      .box{fill:#eef3f8;stroke:#46627f;stroke-width:1.5}.hot{fill:#f8ece0;stroke:#a5642a;stroke-width:1.5}.chip{fill:#e3f1e3;stroke:#3a7d3a;stroke-width:1.5}
      .mains{fill:none;stroke:#b0461a;stroke-width:2.6}.earth{fill:none;stroke:#3a8a3a;stroke-width:2;stroke-dasharray:9 4}
      .zone{fill:none;stroke:#999;stroke-dasharray:5 4}text{fill:#222}.note{fill:#555;font-size:12px}.h{font-weight:bold}
      @media (prefers-color-scheme:dark){
        .paper{fill:#1e2129}.wire,.part{stroke:#cdd3dc}.part{fill:#1e2129}.fill{fill:#cdd3dc}
        .box{fill:#2a3542;stroke:#7f9cb8}.hot{fill:#43311f;stroke:#d3955c}.chip{fill:#263a29;stroke:#74b374}
        .mains{stroke:#f08a58}.earth{stroke:#7cc77c}.zone{stroke:#777}text{fill:#e6e8ec}.note{fill:#aeb4bf}
      }
    </style>"""


class Sheet:
    """Collects the parts of one drawing. `upright` turns a part with two ends by a quarter."""

    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t d" '
            f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="13">\n'
            f'  <title id="t">{escape(title)}</title>\n  <desc id="d">{escape(description)}</desc>\n  <defs>\n{_STYLE}\n  </defs>\n'
            f'  <rect class="paper" width="{width}" height="{height}" rx="6"/>'
        )
        self._under: list[str] = []
        self._over: list[str] = []

    def svg(self) -> str:
        """Give the whole file: wires below, parts and words above."""
        return "\n".join([self._head, *(f"  {element}" for element in self._under + self._over), "</svg>\n"])

    # ---------------------------------------------------------------- lines and words

    def wire(self, *points: tuple[int, int], kind: str = "wire") -> None:
        """Draw a wire along these corners; `kind` is wire, mains or earth."""
        self._under.append(f'<path class="{kind}" d="M{" L".join(f"{x} {y}" for x, y in points)}"/>')

    def dot(self, *points: tuple[int, int]) -> None:
        """Join wires."""
        self._over.extend(f'<circle class="fill" cx="{x}" cy="{y}" r="3.2"/>' for x, y in points)

    def end(self, x: int, y: int, *words: str, left: bool = False) -> None:
        """Draw an open end that leads to what the words say, on its right or left."""
        self._over.append(f'<circle class="part" cx="{x}" cy="{y}" r="4"/>')
        self.text(x + (-10 if left else 10), y + 4, *words, anchor="end" if left else "start")

    def text(self, x: int, y: int, *lines: str, anchor: str = "start", kind: str = "") -> None:
        """Write lines, the first with its foot at y."""
        css = f' class="{kind}"' if kind else ""
        for number, line in enumerate(lines):
            self._over.append(f'<text x="{x}" y="{y + number * LINE}" text-anchor="{anchor}"{css}>{escape(line)}</text>')

    def note(self, x: int, y: int, *lines: str, anchor: str = "start") -> None:
        """Write a remark."""
        self.text(x, y, *lines, anchor=anchor, kind="note")

    def zone(self, x: int, y: int, width: int, height: int, name: str) -> None:
        """Frame what belongs together; its name stands inside at the top."""
        self._under.append(f'<rect class="zone" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>')
        self.note(x + 10, y + 18, name)

    # ---------------------------------------------------------------- parts

    def box(self, x: int, y: int, width: int, height: int, *lines: str, kind: str = "box") -> None:
        """Draw a part that needs no symbol; (x, y) is its upper left corner, its first line is its name."""
        self._over.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="5"/>')
        top = y + height // 2 + 5 - (len(lines) - 1) * LINE // 2
        for number, line in enumerate(lines):
            self.text(x + width // 2, top + number * LINE, line, anchor="middle", kind="h" if number == 0 else "note")

    def resistor(self, x: int, y: int, *words: str, upright: bool = False) -> None:
        """Draw a resistor."""
        self._two_ended(x, y, words, upright, f'<rect class="part" x="{x - 15}" y="{y - 6}" width="30" height="12"/>', 15)

    def capacitor(self, x: int, y: int, *words: str, upright: bool = False) -> None:
        """Draw a capacitor."""
        plates = f'<path class="part" d="M{x - 4} {y - 11} V{y + 11} M{x + 4} {y - 11} V{y + 11}"/>'
        self._two_ended(x, y, words, upright, plates, 4)

    def diode(self, x: int, y: int, *words: str, upright: bool = False, light: bool = False) -> None:
        """Draw a diode, or an LED; current flows rightwards, upright upwards."""
        body = f'<path class="part" d="M{x - 8} {y - 8} L{x + 8} {y} L{x - 8} {y + 8} Z M{x + 8} {y - 9} V{y + 9}"/>'
        rays = f'<path class="wire" d="M{x - 2} {y - 12} l6 -9 m-5 3 l5 -3 l0 6 M{x + 7} {y - 12} l6 -9 m-5 3 l5 -3 l0 6"/>'
        self._two_ended(x, y, words, upright, body + (rays if light else ""), 8)

    def clamp(self, x: int, y: int, *words: str, upright: bool = False) -> None:
        """Draw a suppressor that clamps both ways."""
        halves = f'<path class="part" d="M{x - 13} {y - 8} L{x} {y} L{x - 13} {y + 8} Z M{x + 13} {y - 8} L{x} {y} L{x + 13} {y + 8} Z"/>'
        bar = f'<path class="wire" d="M{x - 4} {y - 10} L{x} {y - 8} V{y + 8} L{x + 4} {y + 10}"/>'
        self._two_ended(x, y, words, upright, halves + bar, 13)

    def contact(self, x: int, y: int, *words: str, upright: bool = False, breaks: bool = False, heavy: bool = False) -> None:
        """Draw a contact at rest: open, or (`breaks`) closed until it is moved."""
        blade = f"M{x - 14} {y} L{x + 14} {y + 4} M{x + 12} {y - 5} V{y + 8}" if breaks else f"M{x - 14} {y} L{x + 12} {y - 13}"
        css = "mains" if heavy else "wire"
        self._two_ended(x, y, words, upright, f'<path class="{css}" d="{blade}"/>', 14, heavy=heavy)

    def ground(self, x: int, y: int) -> None:
        """Draw the boards' 0 V, below the point."""
        self._over.append(f'<path class="wire" d="M{x} {y} v8 M{x - 11} {y + 8} h22 M{x - 7} {y + 13} h14 M{x - 3} {y + 18} h6"/>')

    def supply(self, x: int, y: int, name: str) -> None:
        """Draw a supply's arrow above the point."""
        self._over.append(f'<path class="wire" d="M{x} {y} v-10 m-6 6 l6 -8 l6 8"/>')
        self.text(x, y - 18, name, anchor="middle")

    def amplifier(self, x: int, y: int) -> None:
        """Draw an amplifier; its output is 45 right of (x, y), its inputs 35 left: + is 20 above, - is 20 below."""
        self._over.append(f'<path class="part" d="M{x - 35} {y - 40} V{y + 40} L{x + 45} {y} Z"/>')
        self.text(x - 29, y - 15, "+")
        self.text(x - 28, y + 25, "−")

    def switch(self, x: int, y: int) -> None:
        """Draw a MOSFET: gate 26 left of (x, y), drain 24 above, source 24 below."""
        path = (
            f"M{x - 26} {y} h12 M{x - 14} {y - 12} v24 M{x - 8} {y - 14} v28 M{x - 8} {y - 10} h8 v-14 M{x - 8} {y + 10} h8 v14 M{x - 8} {y} h8 v10"
        )
        self._over.append(f'<path class="wire" d="{path}"/>')

    def _two_ended(self, x: int, y: int, words: tuple[str, ...], upright: bool, symbol: str, reach: int, heavy: bool = False) -> None:
        css = "mains" if heavy else "wire"
        leads = f'<path class="{css}" d="M{x - HALF} {y} H{x - reach} M{x + reach} {y} H{x + HALF}"/>'
        turn = f' transform="rotate(-90 {x} {y})"' if upright else ""
        self._over.append(f"<g{turn}>{leads}{symbol}</g>")
        if upright:
            self.text(x + 17, y + 5 - (len(words) - 1) * LINE // 2, *words)
        else:
            self.text(x, y - 17 - (len(words) - 1) * LINE, *words, anchor="middle")


Drawing = Callable[[], Sheet]
