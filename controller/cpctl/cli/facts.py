"""The facts that a condition of the sim language may speak of, picked from the station's status."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.errors import SimError

Json = dict[str, object]


def facts_of(status: Json, number: int) -> Json:
    """Give the facts of an EVSE (0: the first) and of its station; SimError if there is no such EVSE."""
    evses = status.get("evses")
    listed = [evse for evse in evses if isinstance(evse, dict)] if isinstance(evses, list) else []
    wanted = number or 1
    evse = next((evse for evse in listed if evse.get("id") == wanted), None)
    if evse is None:
        raise SimError(f"There is no EVSE {wanted}.")
    session, measured = _part(evse, "session"), _part(evse, "measured")
    currents = measured.get("current_a")
    faults, reasons = _codes(evse, "faults"), _codes(evse, "why_not")
    csms, coprocessor = _part(status, "csms"), _part(status, "coprocessor")
    return {
        "status": evse.get("status"),
        "pilot": evse.get("pilot"),
        "offer": evse.get("offer_a") or 0,
        "current": max((float(current) for current in currents), default=0.0) if isinstance(currents, list) else 0.0,
        "power": measured.get("power_w") or 0,
        "meter": measured.get("energy_wh") or 0,
        "energy": session.get("energy_wh") or 0,
        "session": "yes" if session else "no",
        "token": session.get("id_token") or "none",
        "faults": faults,
        "why": reasons,
        "csms": "online" if csms.get("connected") else "offline",
        "queued": csms.get("queued") or 0,
        "coprocessor": "online" if coprocessor.get("connected") else "offline",
    }


def _codes(evse: Mapping[str, object], name: str) -> frozenset[str]:
    items = evse.get(name)
    return frozenset(str(item.get("code")) for item in items if isinstance(item, dict)) if isinstance(items, list) else frozenset()


def _part(data: Mapping[str, object], name: str) -> Json:
    part = data.get(name)
    return part if isinstance(part, dict) else {}
