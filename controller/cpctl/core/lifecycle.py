"""The station's own life: start with what was stored, link to the coprocessor, connection to the CSMS, store, end."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import lobby, metering, registration
from .claims import take_up
from .departure import await_word, conclude_departure, last_known
from .inputs import CoprocessorLost, CoprocessorReady, CsmsOnline, Started, Stopping, StoreFailed
from .model import StopReason, Trigger
from .records import Ending
from .sampling import arm_aligned, arm_sampling
from .stamps import latest
from .timers import Timer
from .transactions import arm_vehicle_deadline, end_now
from .turn import Turn

# The first status waits so long for the coprocessor's first word, so that a start does not look like a failure.
FIRST_WORD_S: Final = 10

# The meter speaks once a second; one that has not spoken by then will not say what it counted.
COUNT_S: Final = 3


def started(turn: Turn, item: Started) -> None:
    """Take up what the last run left: transactions go on as soon as the coprocessor reports the same plug-in."""
    state = turn.state
    state.link.lost_at = turn.now
    turn.set_timer_in(Timer.LINK_DEAD, 0, state.settings.link_dead_s)
    turn.set_timer_in(Timer.FIRST_WORD, 0, FIRST_WORD_S)
    for name in state.variables.refused:
        turn.note(0, "variable.refused", f"The configured value of {name} can't be used.")
    for transaction in [one for one in state.transactions.values() if one.ended is None]:
        if transaction is state.unplaced and state.lobby is not None:
            continue
        evse = state.evses.get(transaction.evse)
        if evse is None or evse.transaction is None or evse.transaction.id != transaction.id:
            at = latest(transaction.started, transaction.last)
            end_now(turn, transaction, Ending(StopReason.OTHER, Trigger.ABNORMAL_CONDITION, at=at))
            continue
        evse.unverified = evse.host_was_away = evse.uncounted = evse.charged = True
        arm_sampling(turn, evse)
        arm_vehicle_deadline(turn, evse)
    if turn.now.boot == 1:
        how = " for the first time"
    else:
        how = f"; the last run had stopped {'in order' if item.clean else 'without having been ended'}"
    take_up(turn)
    lobby.take_up(turn)
    turn.note(0, "station.started", f"The station has started{how}.")


def stopping(turn: Turn, item: Stopping) -> None:
    """Leave running transactions to the hand-over lease, or end them; take no new ones."""
    state = turn.state
    state.restarting = True
    for evse in state.evses.values():
        if evse.transaction is not None and not item.keep:
            end_now(turn, evse.transaction, Ending(StopReason.REBOOT, Trigger.RESET_COMMAND))
        metering.save_register(turn, evse)
    if not item.keep:
        lobby.close(turn, Ending(StopReason.REBOOT, Trigger.RESET_COMMAND))
    turn.note(0, "station.stopping", "The station stops.")


# ---------------------------------------------------------------- link


def link_up(turn: Turn, item: CoprocessorReady) -> None:
    """Take the link as good; each EVSE is believed from its next snapshot on."""
    state = turn.state
    state.timers.clear(Timer.LINK_DEAD, 0)
    state.link.up, state.link.dead = True, False
    changed = state.link.boot_nonce is not None and state.link.boot_nonce != item.boot_nonce
    new = state.link.boot_nonce != item.boot_nonce
    state.link.boot_nonce = item.boot_nonce
    for evse in state.evses.values():
        evse.fresh = False
        evse.pilot_available = evse.lock_told = None
        evse.unverified = evse.transaction is not None
        evse.uncounted = evse.uncounted or new
        if evse.uncounted:
            turn.set_timer_in(Timer.COUNT, evse.id, COUNT_S)
        if evse.departed_at is not None:
            await_word(turn, evse)
    turn.note(0, "link.up", "The coprocessor has restarted and is in use again." if item.restarted or changed else "The coprocessor is in use.")
    if item.evse_count < len(state.evses):
        turn.note(0, "link.evses_missing", f"The board serves {item.evse_count} EVSEs; {len(state.evses)} are configured.")


def link_down(turn: Turn, item: CoprocessorLost) -> None:
    """Take the link as lost; what was permitted runs out by itself."""
    link = turn.state.link
    told = (link.code, link.text)
    link.code, link.text = item.code, item.text
    if link.up:
        link.up = False
        link.lost_at = turn.now
        turn.set_timer_in(Timer.LINK_DEAD, 0, turn.state.settings.link_dead_s)
    elif told == (item.code, item.text):
        return
    turn.note(0, "link.lost", item.text)
    for evse in turn.state.evses.values():
        evse.fresh = False
        if evse.unverified:
            turn.state.timers.clear(Timer.DEPARTURE, evse.id)  # no word can come now


def link_died(turn: Turn) -> None:
    """End what runs with what was last known: nobody can say any more what the vehicles do."""
    state = turn.state
    state.link.dead = state.reporting = True
    turn.note(0, "link.dead", f"No communication with the coprocessor for {state.settings.link_dead_s} s: {state.link.text}")
    for evse in state.evses.values():
        conclude_departure(turn, evse)
        if evse.transaction is not None:
            end_now(turn, evse.transaction, Ending(StopReason.OTHER, Trigger.ABNORMAL_CONDITION, at=last_known(turn, evse, evse.transaction)))


# ---------------------------------------------------------------- CSMS and store


def csms_online(turn: Turn, item: CsmsOnline) -> None:
    """Tell the CSMS every status anew, and use the time that it may have brought."""
    state = turn.state
    state.csms_online = True
    state.points = replace(state.points, whole=item.whole_transactions)
    registration.accepted(turn)
    state.reported = None
    for evse in state.evses.values():
        evse.reported = evse.changed = None
        arm_aligned(turn, evse)


def csms_offline(turn: Turn) -> None:
    """From now on decide alone. Questions under way are answered by the adapter, or by their time-out."""
    turn.state.csms_online = False


def store_failed(turn: Turn, item: StoreFailed) -> None:
    """Start nothing and raise nothing until commits work again."""
    if turn.state.store_failure is None:
        turn.note(0, "store.failed", item.reason)
    turn.state.store_failure = item.reason


def store_recovered(turn: Turn) -> None:
    """Go on as before: commits work again."""
    if turn.state.store_failure is not None:
        turn.note(0, "store.recovered", "The disk takes records again.")
    turn.state.store_failure = None
