"""The station as the local API shows it: plain values for JSON, in amperes, volts, watts and watt-hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from .evse import Evse
from .facts import status_of
from .model import Pilot, Stamp
from .reasons import fault_text, why_not
from .state import State

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def evse_view(state: State, evse: Evse) -> dict[str, object]:
    """Return one EVSE."""
    seen, transaction = evse.seen, evse.transaction
    return {
        "id": evse.id,
        "pilot": seen.pilot.value if seen is not None else Pilot.UNKNOWN.value,
        "status": status_of(state, evse).value,
        "why_not": [{"code": reason.code, "text": reason.text} for reason in why_not(state, evse)],
        "offer_a": seen.offer_ma / 1000 if seen is not None else 0.0,
        "measured": _measured(evse),
        "session": None
        if transaction is None
        else {
            "transaction_id": transaction.csms_ref or transaction.id,
            "id_token": transaction.id_token.value if transaction.id_token is not None else None,
            "started": when(state.anchors.dated(transaction.started)),
            "energy_wh": (evse.register.total_mwh - transaction.meter_start_mwh) / 1000,
        },
        "faults": [
            {"code": name, "since": when(state.anchors.dated(since)), "text": fault_text(name)} for name, since in sorted(evse.faults.items())
        ],
    }


def _measured(evse: Evse) -> dict[str, object]:
    meter = evse.meter
    return {
        "current_a": [value / 1000 for value in meter.current_ma] if meter is not None else [0.0, 0.0, 0.0],
        "voltage_v": [value / 1000 for value in meter.voltage_mv] if meter is not None else [0.0, 0.0, 0.0],
        "power_w": meter.power_mw / 1000 if meter is not None else 0.0,
        "energy_wh": evse.register.total_mwh / 1000,
    }


def when(stamp: Stamp) -> str | None:
    """Return a stamp as ISO 8601 in UTC; None while it can't be dated."""
    if stamp.utc_ms is None:
        return None
    return (_EPOCH + timedelta(milliseconds=stamp.utc_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
