"""The state that a station starts with: the configuration and the stored records."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from .anchors import Anchors
from .cache import TokenCache
from .evse import Evse
from .network import restored
from .records import (
    Availability,
    CacheEntry,
    Claim,
    ClockAnchor,
    FirmwareMark,
    Hold,
    PreviousPassword,
    Record,
    Register,
    ResetDue,
    Served,
    Session,
    Transaction,
    Variable,
)
from .registration import was_accepted
from .settings import StationSettings
from .state import State
from .tx_points import TxPoints
from .variable_table import definitions
from .variables import Variables


def restore(settings: StationSettings, records: Mapping[str, Record], next_entry: int, new_id: Callable[[], str]) -> State:
    """Build the state from the configuration and the stored records."""
    registers = {record.evse: record for record in records.values() if isinstance(record, Register)}
    said = [record for record in records.values() if isinstance(record, Availability)]
    availability = {record.evse: record for record in said if record.connector == 0}
    found = {record.id: record for record in records.values() if isinstance(record, Transaction)}
    sessions = [(record.stopped, key) for key, record in records.items() if isinstance(record, Session)]
    sessions.sort(key=lambda pair: (pair[0].boot, pair[0].mono_ms))
    evses = {
        built.id: Evse(built, registers.get(built.id, Register(built.id)), availability.get(built.id, Availability(built.id)))
        for built in settings.evses
    }
    for transaction in found.values():
        if transaction.ended is None and transaction.evse in evses:
            evses[transaction.evse].transaction = transaction
    for word in said:
        if word.connector != 0 and word.evse in evses:
            evses[word.evse].connectors[word.connector] = word
    claims = {record.evse: record for record in records.values() if isinstance(record, Claim)}
    for evse in evses.values():
        evse.claim = claims.get(evse.id)
    for record in records.values():
        if isinstance(record, Hold) and record.evse in evses:
            evses[record.evse].held_for = record.id_token
        elif isinstance(record, Served) and record.evse in evses:
            evses[record.evse].finished_plug = record.plug
    variables = Variables(
        definitions(settings.evses, settings.own_variables),
        settings.initial_variables,
        [record for record in records.values() if isinstance(record, Variable)],
    )
    return State(
        settings=settings,
        variables=variables,
        cache=TokenCache(record for record in records.values() if isinstance(record, CacheEntry)),
        points=TxPoints.of(variables, settings.whole_transactions),
        new_id=new_id,
        next_entry=next_entry,
        evses=evses,
        transactions=found,
        availability=availability.get(0, Availability(0)),
        lobby=claims.get(0),
        unplaced=next((one for one in found.values() if one.evse == 0 and one.ended is None), None),
        accepted=was_accepted(settings, records),
        resets_due={record.evse for record in records.values() if isinstance(record, ResetDue) and record.evse in evses},
        sessions=deque(key for _, key in sessions),
        mark=next((record for record in records.values() if isinstance(record, FirmwareMark)), None),
        anchors=Anchors(record for record in records.values() if isinstance(record, ClockAnchor)),
        network=restored(settings, records),
        previous_password=next((record.value for record in records.values() if isinstance(record, PreviousPassword)), ""),
    )
