"""The facts of an EVSE from which its status is made."""

from __future__ import annotations

from .evse import Evse
from .model import ChargingState, ConnectorStatus
from .reasons import held_back, operative
from .state import State
from .status import Facts, charging_state, connector_status


def facts_of(state: State, evse: Evse) -> Facts:
    """Gather what decides the status of an EVSE."""
    seen, transaction = evse.seen, evse.transaction
    return Facts(
        known=seen is not None and "not_commissioned" not in seen.blocked,
        faulted=state.link.dead or bool(evse.grave_faults),
        operative=operative(state, evse),
        plugged=evse.plugged,
        finished=evse.cable_left or evse.spent,
        claimed=evse.claim is not None,
        in_transaction=transaction is not None,
        authorized=state.points.whole or (transaction is not None and transaction.authorized),
        awaited=transaction is not None and transaction.plug is None and not transaction.parted,
        stopped=transaction is not None and transaction.stop_requested and transaction.ending is None and not state.points.whole,
        permitted=evse.permitted is not None and evse.permitted.limit_ma > 0 and evse.permitted.plug == evse.plug,
        settling=evse.settling,
        prepared=evse.secured and seen is not None and seen.cable_ma != 0,
        charged=evse.charged,
        offering=seen is not None and seen.offer_ma > 0,
        held_back=held_back(evse),
        energised=seen is not None and seen.energised,
        drawing=evse.drawing,
    )


def is_taken(evse: Evse) -> bool:
    """Tell whether a vehicle, its cable, or whatever else the hardware sees is in the place."""
    return evse.plugged or evse.cable_left or (evse.seen is not None and evse.seen.occupied)


def status_of(state: State, evse: Evse) -> ConnectorStatus:
    """Return the status of an EVSE's connectors. A place that is taken is not available, though nothing of it can be charged yet."""
    status = connector_status(facts_of(state, evse))
    return ConnectorStatus.PREPARING if is_taken(evse) and status is ConnectorStatus.AVAILABLE else status


def charging_state_of(state: State, evse: Evse) -> ChargingState:
    """Return the charging state of the transaction that runs on an EVSE."""
    return charging_state(facts_of(state, evse))
