"""Commands of the CSMS and of the local API: each is answered exactly once, most of them at once."""

from __future__ import annotations

from typing import Final

from . import authorization, faults, network_changes, password
from .claims import drop_claim
from .evse import UnlockWish
from .holds import release
from .inputs import ClearCache, ClearFault, LimitTold, LocalStop, ReadingsTold, RemoteStop, SetVariable, Unlock
from .model import LockState, StopReason, Trigger
from .network import PRIORITY
from .outputs import ClearFaultAt, Decision, SetOutcome, UnlockOutcome, VariableChanged
from .records import Ending, Variable
from .sampling import INTERVALS, arm_sampling
from .telling import tell
from .timers import Timer
from .transactions import end, find, stop
from .turn import Turn
from .tx_points import POINTS, TxPoints
from .variable_definition import Mutability
from .variables import normalise

# Winding down takes up to 6 s, the actuator a second or two.
UNLOCK_WAIT_S: Final = 12

# Sources beside the CSMS that have a word on one EVSE; more would be one that names itself anew each time.
MAX_SOURCES: Final = 16


def local_stop(turn: Turn, item: LocalStop) -> None:
    """Stop what runs or waits on an EVSE."""
    evse = turn.state.evses.get(item.evse)
    if evse is None:
        turn.reply(item.request, Decision.REJECTED, "There is no such EVSE.")
    elif evse.transaction is not None:
        stop(turn, evse.transaction, Ending(item.reason, _STOP_TRIGGERS.get(item.reason, Trigger.ABNORMAL_CONDITION), item.id_token))
        turn.reply(item.request, Decision.ACCEPTED, "The transaction is stopped.")
    elif evse.claim is not None:
        drop_claim(turn, evse)
        turn.reply(item.request, Decision.ACCEPTED, "The waiting token is dropped.")
    else:
        turn.reply(item.request, Decision.REJECTED, "Nothing is running on this EVSE.")


# What says so to the CSMS, where somebody stops for a reason of his own; every other is a condition out of the ordinary.
_STOP_TRIGGERS: Final = {
    StopReason.LOCAL: Trigger.STOP_AUTHORIZED,
    StopReason.MASTER_PASS: Trigger.STOP_AUTHORIZED,
    StopReason.DE_AUTHORIZED: Trigger.DEAUTHORIZED,
    StopReason.REMOTE: Trigger.REMOTE_STOP,
    StopReason.ENERGY_LIMIT: Trigger.ENERGY_LIMIT_REACHED,
    StopReason.TIME_LIMIT: Trigger.TIME_LIMIT_REACHED,
}


def limit_told(turn: Turn, item: LimitTold) -> None:
    """Take a limit that a source beside the CSMS has, or its word that it has none."""
    evse = turn.state.evses.get(item.evse)
    if evse is None:
        return
    if item.limit_ma is None:
        evse.told_limits.pop(item.source, None)
    elif item.source in evse.told_limits or len(evse.told_limits) < MAX_SOURCES:
        evse.told_limits[item.source] = item


def readings_told(turn: Turn, item: ReadingsTold) -> None:
    """Take what a source beside the coprocessor measures."""
    evse = turn.state.evses.get(item.evse)
    if evse is not None and (item.source in evse.told_readings or len(evse.told_readings) < MAX_SOURCES):
        evse.told_readings[item.source] = item


def remote_stop(turn: Turn, item: RemoteStop) -> None:
    """Stop a transaction by its own id or the CSMS's (OCPP 1.6, 5.12; 2.0.1 F03)."""
    transaction = find(turn, item.reference)
    if transaction is None:
        turn.reply(item.request, Decision.REJECTED, "No such transaction is running.")
        return
    stop(turn, transaction, Ending(StopReason.REMOTE, Trigger.REMOTE_STOP))
    turn.reply(item.request, Decision.ACCEPTED)


def unlock(turn: Turn, item: Unlock) -> None:
    """End the transaction, or let it forbid this (F05.FR.02), then unlock; answered when the socket has moved, or has not (OCPP 1.6, 5.18; 2.0.1 F05)."""
    evse = turn.state.evses.get(item.evse)
    connector = next((one for one in evse.settings.connectors if one.id == item.connector), None) if evse is not None else None
    if evse is None or connector is None:
        turn.reply(item.request, UnlockOutcome.UNKNOWN_CONNECTOR)
        return
    transaction = evse.transaction
    if transaction is not None and transaction.authorized and not item.ends_transaction:
        turn.reply(item.request, UnlockOutcome.ONGOING_TRANSACTION, "A transaction is running on this EVSE.")
        return
    if connector.fixed_cable or (evse.seen is not None and evse.seen.lock is LockState.NOT_FITTED):
        turn.reply(item.request, UnlockOutcome.NOT_SUPPORTED, "This connector has no lock.")
        return
    if not evse.fresh or not turn.state.link.up:
        turn.reply(item.request, UnlockOutcome.FAILED, "There is no link to the coprocessor.")
        return
    if transaction is not None and item.ends_transaction:
        end(turn, transaction, Ending(StopReason.UNLOCK_COMMAND, Trigger.UNLOCK_COMMAND))
    elif transaction is not None:
        tell(turn, transaction, Trigger.UNLOCK_COMMAND)
    drop_claim(turn, evse)
    release(turn, evse)
    evse.lock_told = None
    waiting = evse.unlock.requests if evse.unlock is not None else ()
    evse.unlock = UnlockWish((*waiting, item.request))
    turn.set_timer_in(Timer.UNLOCK, evse.id, UNLOCK_WAIT_S)


def set_variable(turn: Turn, item: SetVariable) -> None:
    """Set a variable, if it may hold the value."""
    state = turn.state
    definition = state.variables.definition(item.name)
    if definition is None:
        turn.reply(item.request, SetOutcome.UNKNOWN, f"There is no variable {item.name[:100]!r}.")
        return
    if definition.mutability is Mutability.READ_ONLY:
        turn.reply(item.request, SetOutcome.REJECTED, f"{item.name} can't be written.")
        return
    value = normalise(definition, item.value)
    if value is None:
        shown = "that" if definition.mutability is Mutability.WRITE_ONLY else repr(item.value[:100])
        turn.reply(item.request, SetOutcome.REJECTED, f"{item.name} can't hold {shown}: it is {definition.describe()}.")
        return
    if item.name == PRIORITY and (trouble := network_changes.unfit(turn, value)):
        turn.reply(item.request, SetOutcome.REJECTED, trouble)
        return
    if value != state.variables.text(item.name):
        if item.name == password.PASSWORD:
            password.keep_previous(turn)
        state.variables.set(item.name, value)
        if definition.persistent:
            turn.save(f"variable/{item.name}", Variable(item.name, value))
        turn.do(VariableChanged(item.name, value))
        if item.name in POINTS:
            state.points = TxPoints.of(state.variables, state.points.whole)
        if item.name in INTERVALS:
            for evse in state.evses.values():
                arm_sampling(turn, evse)
    turn.reply(item.request, SetOutcome.REBOOT_REQUIRED if definition.reboot_required else SetOutcome.ACCEPTED)


def clear_fault(turn: Turn, item: ClearFault) -> None:
    """Ask the coprocessor to clear a latched fault; whether it does is seen in its snapshots."""
    evse = turn.state.evses.get(item.evse)
    if evse is None:
        turn.reply(item.request, Decision.REJECTED, "There is no such EVSE.")
    elif item.fault is not None and item.fault not in faults.BY_NAME:
        turn.reply(item.request, Decision.REJECTED, "There is no such fault.")
    elif not turn.state.link.up:
        turn.reply(item.request, Decision.REJECTED, "There is no link to the coprocessor.")
    else:
        turn.do(ClearFaultAt(item.evse, item.fault))
        turn.reply(item.request, Decision.ACCEPTED)


def clear_cache(turn: Turn, item: ClearCache) -> None:
    """Empty the authorization cache (C11)."""
    if not turn.state.variables.flag("AuthCacheCtrlr.Enabled"):
        turn.reply(item.request, Decision.REJECTED, "The authorization cache is off.")
        return
    authorization.forget_all(turn)
    turn.reply(item.request, Decision.ACCEPTED)
