"""Why a run of the station has begun, as it is told to the CSMS (OCPP 2.0.1 BootReasonEnumType)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from cpctl.core.records import ClockAnchor, Record


class BootReason(StrEnum):
    """The reasons that a host can tell. What its own watchdog ends looks to it like any other failure of the program."""

    APPLICATION_RESET = "ApplicationReset"
    LOCAL_RESET = "LocalReset"
    POWER_UP = "PowerUp"
    REMOTE_RESET = "RemoteReset"
    SCHEDULED_RESET = "ScheduledReset"


def boot_reason(last_words: str, clean: bool, records: Iterable[Record], machine: str) -> BootReason:
    """Tell it from the last run's end: in order with its last words, or not. `machine` names the present boot of the machine."""
    if clean and last_words in (BootReason.REMOTE_RESET, BootReason.SCHEDULED_RESET):
        return BootReason(last_words)
    anchors = [record for record in records if isinstance(record, ClockAnchor)]
    before = max(anchors, key=lambda anchor: anchor.at.boot, default=None)
    if before is None or not machine or before.machine != machine:
        return BootReason.POWER_UP
    return BootReason.LOCAL_RESET if clean else BootReason.APPLICATION_RESET
