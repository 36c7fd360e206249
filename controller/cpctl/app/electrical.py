"""The electrical side of a run, whichever it is: a coprocessor at the end of a line, or the callbacks of a program that embeds the station."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from cpctl.core.ports import Coprocessor
from cpctl.core.records import Record
from cpctl.core.station import Station
from cpctl.link.coprocessor import Post
from cpctl.link.info import LinkInfo


class Electrical(Coprocessor, Protocol):
    """`core.ports.Coprocessor` with what a run needs beyond it."""

    @property
    def info(self) -> LinkInfo:
        """How the way to it is at this moment."""

    async def run(self) -> None:
        """Keep in touch until cancelled; what happens is posted, CoprocessorReady or CoprocessorLost first."""

    def alive(self, within_s: float = 5.0) -> bool:
        """Tell whether its loop turns."""

    def hand_over(self) -> None:
        """Leave what is permitted to whoever comes next, as far as that is safe; nothing is renewed afterwards."""

    async def lend_port(self, seconds: float) -> None:
        """Let go of the port, where there is one; `Refused` where not."""

    def take_port_back(self) -> None:
        """Use the port again."""


MakeElectrical: TypeAlias = Callable[[Post, Station, Mapping[str, Record]], Electrical]
"""Makes a run's electrical side: how to feed the station, its present state, and the records that it found."""
