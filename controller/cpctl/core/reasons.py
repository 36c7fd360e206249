"""Why an EVSE is not charging: the ordered list that anybody may ask for, and the ground on which energy is permitted or not.

`withheld` is both: energy is permitted exactly when it is empty, so a refusal always has its reason in the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from . import faults, journal, registration
from .evse import Evse
from .limits import effective, limits_of
from .model import Pilot
from .offer import FLOOR_MA
from .state import State


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps the EVSE from charging; `code` is a constant name."""

    code: str
    text: str


def operative(state: State, evse: Evse) -> bool:
    """Tell whether the EVSE is in service; one to be taken out of it serves its running transaction to the end."""
    if evse.transaction is not None:
        return True
    return evse.availability.operative and state.availability.operative and evse.serves(evse.connector) and not evse.resetting


def ready_for_start(state: State, evse: Evse) -> Reason | None:
    """Return what forbids a new transaction here, whoever asks; None if nothing does."""
    found = [*_link(state, evse), *_station(state), *beginning(state), *_reset_due(state, evse), *_service(state, evse), *_faults(evse)]
    return found[0] if found else None


def station_ready(state: State) -> Reason | None:
    """Return what forbids a new transaction on whichever EVSE; None if nothing does."""
    found = [*_station(state), *beginning(state)]
    return found[0] if found else None


def withheld(state: State, evse: Evse) -> list[Reason]:
    """Return, in order, everything that keeps us from permitting energy; empty means: permitted."""
    reasons = barred(state, evse)
    limit_ma, source = effective(limits_of(state, evse))
    if limit_ma == 0:
        reasons.append(
            Reason("limit_zero", f"The limit is {source.milliamps / 1000:g} A by {source.text}; below {FLOOR_MA // 1000} A nothing is offered.")
        )
    return reasons


def barred(state: State, evse: Evse) -> list[Reason]:
    """Return, in order, what keeps us from permitting energy, limits aside."""
    running = evse.permitted is not None and evse.permitted.limit_ma > 0 and evse.permitted.plug == evse.plug
    reasons = [*_link(state, evse), *(() if running and evse.transaction is not None else _station(state))]
    reasons += [*(() if evse.transaction is not None else beginning(state)), *_service(state, evse), *_faults(evse)]
    if not evse.plugged:
        reasons.append(Reason("no_vehicle", "No vehicle is plugged in."))
    return reasons + _token(state, evse)


def why_not(state: State, evse: Evse) -> list[Reason]:
    """Return, in order, everything that keeps the EVSE from charging; empty exactly while it charges."""
    reasons = withheld(state, evse)
    seen = evse.seen
    if seen is None or not evse.plugged or not evse.fresh:
        return reasons
    if seen.pilot in (Pilot.E, Pilot.F, Pilot.INVALID):
        reasons.append(Reason("pilot", f"The control pilot is {seen.pilot}."))
    reasons += (Reason(code, text.format(seconds=-(-seen.wait_ms // 1000))) for code, text in _HELD_BACK.items() if code in seen.blocked)
    if reasons:
        return reasons
    if not seen.pilot.ev_ready:
        return [Reason("ev_not_ready", "The vehicle does not ask for energy.")]
    if not seen.energised and "diode_unproved" in seen.blocked:
        return [Reason("diode_unproved", "The vehicle's diode is not proved yet.")]
    if not seen.energised:
        return [Reason("closing", "The contactor is about to close.")]
    return [] if evse.drawing else [Reason("ev_not_drawing", f"The vehicle is offered {seen.offer_ma / 1000:g} A and draws nothing.")]


def fault_text(name: str) -> str:
    """Return a fault's code, meaning and remedy in a line."""
    fault = faults.BY_NAME.get(name)
    return f"{fault.code} {fault.meaning} {fault.remedy}" if fault else f"The hardware reports a fault {name!r}."


# What the coprocessor waits for by itself, in the order in which it is worth telling. Lease, limit, fault and vehicle are told from our side.
_HELD_BACK: Final = {
    "booting": "The coprocessor is starting.",
    "self_test": "The coprocessor's self-test is not passed.",
    "cable": "The cable is not recognised.",
    "ventilation": "The vehicle wants ventilation, which there is not.",
    "phase_wait": "Phases are being switched: {seconds} s.",
    "reclose_wait": "The contactor may close again in {seconds} s.",
}


def held_back(evse: Evse) -> bool:
    """Tell whether the coprocessor waits for something other than the vehicle."""
    seen = evse.seen
    return seen is not None and seen.pilot.ev_ready and not seen.energised and any(code in seen.blocked for code in _HELD_BACK)


# What `withheld` says while nothing is known of the EVSE at this moment.
LINK_CODES: Final = frozenset({"link_lost", "coprocessor_silent", "recovering"})


def _link(state: State, evse: Evse) -> list[Reason]:
    if not state.link.up:
        return [Reason("link_lost", f"No link to the coprocessor: {state.link.text}")]
    if not evse.fresh or evse.seen is None:
        return [Reason("coprocessor_silent", "The coprocessor has not reported this EVSE yet.")]
    if "not_commissioned" in evse.seen.blocked:
        return [Reason("not_commissioned", "The board is not commissioned: run cpctl commission.")]
    return []


def _station(state: State) -> list[Reason]:
    reasons: list[Reason] = []
    if state.restarting:
        reasons.append(Reason("restarting", "The station is about to restart."))
    if state.store_failure is not None:
        reasons.append(Reason("store_failed", f"The disk takes no records: {state.store_failure}"))
    return reasons


def beginning(state: State) -> list[Reason]:
    """Return what forbids transactions to begin, but lets those that run go on."""
    reasons = outbox(state)
    if registration.bars_starts(state):
        reasons.insert(0, Reason("not_accepted", "The CSMS has not accepted this station; PreBootTransactions would let it begin all the same."))
    return reasons


def outbox(state: State) -> list[Reason]:
    """Return what forbids a new transaction because it could not be reported."""
    if not journal.full(state) or journal.silently(state):
        return []
    text = f"{len(state.journal)} messages wait for the CSMS, and there is no place for another transaction's. They are delivered once it takes them."
    return [Reason("outbox_full", text)]


def _reset_due(state: State, evse: Evse) -> list[Reason]:
    """Let nothing begin before a reset that is due; what has begun may still find its driver, or its vehicle."""
    due = evse.id in state.resets_due or (0 in state.resets_due and state.unplaced is None)
    due = due and evse.transaction is None
    return [Reason("reset_due", "A reset is waited with until no transaction is running; none begins before.")] if due else []


def _service(state: State, evse: Evse) -> list[Reason]:
    return [] if operative(state, evse) else [Reason("unavailable", "The EVSE is taken out of service.")]


def _faults(evse: Evse) -> list[Reason]:
    return [Reason(_fault_code(name), fault_text(name)) for name in sorted(evse.faults)]


def _fault_code(name: str) -> str:
    fault = faults.BY_NAME.get(name)
    return fault.code if fault else name


def _token(state: State, evse: Evse) -> list[Reason]:
    transaction = evse.transaction
    if transaction is not None and transaction.id_token is not None:
        return _transaction(state, evse)
    if any(ask.evse in (0, evse.id) for ask in state.asks.values()):
        return [Reason("token_asked", "The token is being checked.")]
    if evse.claim is not None:
        if not evse.plugged:
            return [Reason("waiting_for_cable", "The token is accepted; the cable is awaited.")]
        if not evse.secured:
            return [Reason("locking", "The socket's lock is closing.")]
        if state.points.offers_first:
            return []  # the vehicle has to be offered energy to ask for it
        return [Reason("starting", "The token is accepted; the transaction is about to start.")]
    if evse.refusal is not None:
        return [Reason("token_refused", evse.refusal)]
    if evse.plugged and evse.finished_plug == evse.plug:
        return [Reason("finished", "The transaction has ended: unplug, or present a token again.")]
    return [Reason("no_token", "No token has been presented.")]


def _transaction(state: State, evse: Evse) -> list[Reason]:
    transaction = evse.transaction
    if transaction is None:
        return []
    reasons: list[Reason] = []
    if evse.unverified:
        reasons.append(Reason("recovering", "The vehicle of the running transaction has not been seen again yet."))
    if transaction.stop_requested:
        reasons.append(Reason("stopped", "The driver or the operator has stopped it."))
    if not evse.secured and (evse.permitted is None or evse.permitted.limit_ma == 0):
        reasons.append(Reason("locking", "The socket's lock is closing."))
    if evse.plugged and transaction.plug != evse.plug:
        reasons.append(Reason("other_vehicle", "The transaction belongs to an earlier plug-in."))
    if transaction.deauthorized and spent_after_refusal(state, evse):
        reasons.append(Reason("token_deauthorized", "The CSMS has refused the token after the start."))
    return reasons


def spent_after_refusal(state: State, evse: Evse) -> bool:
    """Tell whether what a refused token may still draw is drawn (OCPP 1.6, MaxEnergyOnInvalidId)."""
    transaction = evse.transaction
    if transaction is None or transaction.refused_mwh is None:
        return True
    allowed_mwh = state.variables.integer("TxCtrlr.MaxEnergyOnInvalidId") * 1000
    return evse.register.total_mwh - transaction.refused_mwh >= allowed_mwh
