"""What an extension of the station is, to whoever writes one.

A package offers one under the entry point group `cpctl.extensions`; it is loaded if the configuration names it:

    [project.entry-points."cpctl.extensions"]        # its pyproject.toml
    acme = "cpctl_acme:Acme"

    [extensions]                                     # the station's configuration
    allow = ["acme"]

It may serve vendors' messages, present id tokens, tell limits and measurements, and declare variables. It can lower what an EVSE offers and never raise it; it
has no way to the coprocessor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from cpctl.csms.vendors import DataAnswer, DataStatus, Json

from .declared import Declared

Settings: TypeAlias = Mapping[str, str | int | float | bool]


class Reader(Protocol):
    """The way for id tokens into the station. It may be used from any thread, and never waits."""

    def present(self, id_token: str, evse: int = 0, type: str = "ISO14443") -> bool:
        """Hold a token to the reader of an EVSE, or (0) to one for all of them; False if they come too fast, or the station does not run.

        What becomes of it is decided as of any card: by the cache or the CSMS.
        """


class Extension:
    """Override what yours serves; everything else is nothing. The station makes one of it, with its settings.

    All of it is called in one thread that is the extension's alone, so it may wait and use what it likes. A call that takes longer than the configured
    time-out, or raises, is a failure: it is told in the log and in the status, costs its answer, and no more.
    """

    vendors: Sequence[str] = ()  # whose DataTransfer it serves
    tells_limits: bool = False  # `limit_a` is asked
    fallback_a: float | None = None  # the limit of each EVSE while it has failed to tell one for a minute; None: none
    measures: Sequence[str] = ()  # the measurands that `readings` is asked for

    def __init__(self, settings: Settings) -> None:
        """Take what `[extensions.settings.<name>]` holds; what raises here ends this extension's start."""
        self.settings = settings

    def variables(self) -> Sequence[Declared]:
        """Return the variables that it declares (`cpctl.extensions.declare`)."""
        return ()

    def start(self, reader: Reader) -> None:
        """Begin: the station runs from now on."""

    def stop(self) -> None:
        """End."""

    def data_transfer(self, vendor: str, message: str | None, data: Json) -> DataAnswer:
        """Serve a message of one of its vendors."""
        return DataAnswer(DataStatus.UNKNOWN_MESSAGE)

    def limit_a(self, evse: int) -> float | None:
        """Return the limit of an EVSE per phase, in A; None for none. Asked each second."""
        return None

    def readings(self, evse: int) -> Mapping[str, float]:
        """Return what its meters measure at an EVSE, by measurand, in its unit (V, A, W, Celsius, Percent). Asked each second for `measures`.

        Only what the EVSE's own hardware does not measure is told; energy is never taken from here.
        """
        return {}
