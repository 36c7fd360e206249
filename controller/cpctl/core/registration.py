"""Whether the CSMS has accepted this station, and what may begin while it has not (OCPP 1.6, 4.2.1).

A station that was accepted once and is offline now decides alone. One that this CSMS, under this id, has never accepted, or whose last boot it answered
with Pending or Rejected, begins no transaction: it is uncertain whether that could ever be delivered. TxBeforeAcceptedEnabled lets it all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .records import Acceptance, Record
from .settings import StationSettings
from .state import State
from .turn import Turn

_KEY: Final = "csms/acceptance"


def was_accepted(settings: StationSettings, records: Mapping[str, Record]) -> bool:
    """Tell whether the CSMS of the present configuration had accepted the station when it was last asked."""
    return records.get(_KEY) == Acceptance(settings.csms)


def accepted(turn: Turn) -> None:
    """Take note that the CSMS has accepted the station."""
    if not turn.state.accepted:
        turn.state.accepted = True
        turn.save(_KEY, Acceptance(turn.state.settings.csms))


def refused(turn: Turn) -> None:
    """Take note that the CSMS has answered a boot with Pending or Rejected; what runs goes on."""
    if turn.state.accepted:
        turn.state.accepted = False
        turn.delete(_KEY)


def bars_starts(state: State) -> bool:
    """Tell whether nothing may begin because the CSMS has not accepted the station."""
    return not state.accepted and not state.variables.flag("TxCtrlr.TxBeforeAcceptedEnabled")
