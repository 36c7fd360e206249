"""Status of a connector, and of a transaction's charging, as pure functions of facts.

A function of the present facts, and no machine with transitions: every state is left as soon as its facts are gone, whatever message was lost, so
none can get stuck, and after a restart it is right with the first snapshot. The order of the rules is the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from .model import ChargingState, ConnectorStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides the status."""

    known: bool  # the coprocessor has spoken of this EVSE since the start
    faulted: bool
    operative: bool
    plugged: bool
    finished: bool  # this plug-in has had its transaction, got no token in time, or left its cable in the socket
    claimed: bool  # an accepted token waits for its transaction
    in_transaction: bool
    authorized: bool  # the transaction is, or will end with that
    awaited: bool  # the transaction waits for its first vehicle
    stopped: bool  # the transaction's authorization was ended, and it goes on
    permitted: bool  # we permit energy
    settling: bool  # for a moment only; the vehicle has not had the time to respond
    prepared: bool  # the plug can't be drawn, and what its cable bears is known
    charged: bool  # the transaction's preparation is over: energy has flowed, or was held back
    offering: bool  # the pilot offers current
    held_back: bool  # the coprocessor waits though the vehicle asks
    energised: bool
    drawing: bool


def connector_status(facts: Facts) -> ConnectorStatus:
    """Return the status that the facts amount to (OCPP 1.6, 4.9; 2.0.1 G01 knows fewer words for the same)."""
    if facts.faulted:
        return ConnectorStatus.FAULTED
    if not facts.known:
        return ConnectorStatus.UNAVAILABLE
    if facts.in_transaction and facts.stopped:
        return ConnectorStatus.FINISHING
    if facts.in_transaction and facts.awaited:
        return ConnectorStatus.PREPARING
    if facts.in_transaction:
        return _IN_TRANSACTION[charging_state(facts)]
    if not facts.operative:
        return ConnectorStatus.UNAVAILABLE
    if facts.claimed:
        return ConnectorStatus.PREPARING
    if facts.finished:
        return ConnectorStatus.FINISHING
    if facts.plugged:
        return ConnectorStatus.PREPARING
    return ConnectorStatus.AVAILABLE


def charging_state(facts: Facts) -> ChargingState:
    """Return the charging state of a running transaction (OCPP 2.0.1 ChargingStateEnumType)."""
    if not facts.plugged:
        return ChargingState.IDLE
    if not facts.authorized or not (facts.prepared or facts.charged):
        return ChargingState.EV_CONNECTED
    if not facts.permitted:
        return ChargingState.SUSPENDED_EVSE
    if facts.energised and facts.drawing:
        return ChargingState.CHARGING
    if facts.settling:
        return ChargingState.SUSPENDED_EVSE if facts.charged else ChargingState.EV_CONNECTED
    if facts.held_back or not (facts.offering or facts.energised):
        return ChargingState.SUSPENDED_EVSE
    return ChargingState.SUSPENDED_EV


_IN_TRANSACTION = {
    ChargingState.IDLE: ConnectorStatus.SUSPENDED_EV,
    ChargingState.EV_CONNECTED: ConnectorStatus.PREPARING,
    ChargingState.CHARGING: ConnectorStatus.CHARGING,
    ChargingState.SUSPENDED_EV: ConnectorStatus.SUSPENDED_EV,
    ChargingState.SUSPENDED_EVSE: ConnectorStatus.SUSPENDED_EVSE,
}
