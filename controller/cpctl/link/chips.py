"""What the pins of each chip can do: the same tables as the firmware's (`port_chips.c`), so that a mistake in a board file is found before it is flashed.

Left out altogether: the flash's pins, the link's own, and pins that no module brings out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


def _pins(*parts: int | tuple[int, int]) -> frozenset[int]:
    def spread() -> Iterable[int]:
        for part in parts:
            first, last = (part, part) if isinstance(part, int) else part
            yield from range(first, last + 1)

    return frozenset(spread())


@dataclass(frozen=True, slots=True)
class ChipPins:
    """GPIOs by what they can do. `calm`: they keep still through a reset and strap nothing, so they may move or energise something."""

    output: frozenset[int]
    input: frozenset[int]
    analogue: frozenset[int]
    calm: frozenset[int]

    @property
    def pull(self) -> frozenset[int]:
        """Those with pull resistors: all that can be driven."""
        return self.output


def _chip(output: frozenset[int], analogue: frozenset[int], restless: frozenset[int], input_only: frozenset[int] = frozenset()) -> ChipPins:
    return ChipPins(output, output | input_only, analogue, output - restless)


CHIPS: Mapping[str, ChipPins] = {
    "esp32": _chip(_pins(0, 2, (4, 5), (12, 19), (21, 23), (25, 27), (32, 33)), _pins((32, 36), 39), _pins(0, 2, 5, (12, 15)), _pins((34, 36), 39)),
    "esp32s3": _chip(_pins((0, 21), (38, 42), (45, 48)), _pins((1, 10)), _pins(0, 3, (18, 20), (39, 42), (45, 46))),
    "esp32c3": _chip(_pins((0, 10), (18, 19)), _pins((0, 4)), _pins(2, (8, 9), (18, 19))),
    "esp32c6": _chip(_pins((0, 13), 15, (18, 23)), _pins((0, 6)), _pins((4, 5), (8, 9), (12, 13), 15)),
}
