"""What tells OCPP 2.1 from 2.0.1 for what a station serves here; all else is the same in both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cpctl.csms.dialect import Admission, Dialect
from cpctl.csms.schemas import of_version

# CALLRESULTERROR and SEND (OCPP-J 2.1, 4.2): nobody answers those.
_UNANSWERED_IN_2_1 = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the two: its name, its subprotocol, where its schemas are, and which message types it has beyond the three."""

    version: str
    subprotocol: str
    folder: str
    unanswered: frozenset[int] = frozenset()


EDITION_2_0_1 = Edition("2.0.1", "ocpp2.0.1", "v201")
EDITION_2_1 = Edition("2.1", "ocpp2.1", "v21", _UNANSWERED_IN_2_1)


@cache
def dialect(edition: Edition) -> Dialect:
    """Return an edition at the level of OCPP-J. One for all, with its compiled schemas."""
    return Dialect(
        schemas=of_version(edition.folder, "Request"),
        urgent=frozenset({"RequestStopTransaction", "UnlockConnector", "Reset"}),
        when_rejected=Admission.REFUSE,
        unanswered=edition.unanswered,
    )
