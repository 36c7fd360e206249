"""What the embedded CSMS makes of TransactionEvents: every message that a station could lose, repeat or disorder is noticed."""

from __future__ import annotations

from typing import Any

from cpctl.sim.csms_ledger import Ledger

Event = dict[str, Any]


def event(kind: str, sequence: int, transaction: str = "t1", *, evse: int = 1, register: int | None = None, **more: Any) -> Event:
    """Return a TransactionEvent."""
    payload: Event = {
        "eventType": kind,
        "timestamp": f"2026-03-01T12:00:{sequence:02}Z",
        "triggerReason": "Trigger",
        "seqNo": sequence,
        "transactionInfo": {"transactionId": transaction},
        **({"evse": {"id": evse, "connectorId": 1}} if evse else {}),
        **more,
    }
    if register is not None:
        context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Sample.Periodic")
        payload["meterValue"] = [{"timestamp": payload["timestamp"], "sampledValue": [{"value": register, "context": context}]}]
    return payload


def told(*events: Event) -> Ledger:
    """Return a ledger that was told these."""
    ledger = Ledger()
    for one in events:
        ledger.event("CP001", one)
    return ledger


TOKEN = {"idToken": {"idToken": "TAG1", "type": "ISO14443"}}
WHOLE = (event("Started", 0, register=10, **TOKEN), event("Updated", 1, register=15), event("Ended", 2, register=30))


def test_a_transaction_that_is_told_whole_is_without_problems() -> None:
    ledger = told(*WHOLE)
    (charge,) = ledger.charges
    assert (charge.number, charge.connector, charge.id_tag) == ("t1", 1, "TAG1")
    assert (charge.meter_start, charge.meter_stop, charge.reason) == (10, 30, "Local")
    assert charge.meter_values == [WHOLE[1]]
    assert charge.missing == ledger.problems == ledger.orphans == []


def test_a_repeat_with_the_same_content_is_counted_and_with_another_a_problem() -> None:
    ledger = told(*WHOLE, WHOLE[1])
    assert (ledger.charges[0].repeats, ledger.problems) == (1, [])
    ledger.event("CP001", event("Updated", 1, register=16))
    assert ledger.charges[0].repeats == 2
    assert "another content" in ledger.problems[0]


def test_a_number_that_never_came_is_a_problem_unless_the_outbox_was_thinned_out() -> None:
    ledger = told(WHOLE[0], WHOLE[2])
    assert ledger.charges[0].missing == [1]
    assert "some are missing" in ledger.problems[0]
    thinned = Ledger()
    thinned.thinned = True
    for one in (WHOLE[0], WHOLE[2]):
        thinned.event("CP001", one)
    assert (thinned.charges[0].missing, thinned.problems) == ([1], [])


def test_events_in_disorder_or_after_the_end_are_problems() -> None:
    assert "came after 2" in told(WHOLE[0], event("Updated", 2), event("Updated", 1)).problems[-1]
    assert "after its end" in told(*WHOLE, event("Updated", 3)).problems[0]
    assert "began twice" in told(WHOLE[0], event("Started", 1)).problems[0]
    assert "sequence number 1" in told(event("Started", 1)).problems[0]


def test_what_never_began_is_an_orphan() -> None:
    ledger = told(WHOLE[1], WHOLE[2])
    assert (ledger.charges, ledger.orphans) == ([], [("CP001", WHOLE[1]), ("CP001", WHOLE[2])])


def test_a_register_that_runs_backwards_is_a_problem() -> None:
    assert "ran backwards" in told(WHOLE[0], event("Ended", 1, register=9)).problems[0]


def test_place_and_token_may_come_later_but_not_change() -> None:
    ledger = told(event("Started", 0, evse=0), event("Updated", 1, evse=2, **TOKEN))
    assert (ledger.charges[0].connector, ledger.charges[0].id_tag, ledger.problems) == (2, "TAG1", [])
    ledger.event("CP001", event("Updated", 2, evse=1))
    assert "moved from EVSE 2 to 1" in ledger.problems[0]


def test_a_second_transaction_where_one_has_not_ended_is_a_problem() -> None:
    assert "t1 has not ended" in told(WHOLE[0], event("Started", 0, "t2")).problems[0]
    assert told(WHOLE[0], event("Started", 0, "t2", evse=2)).problems == []
    assert told(event("Started", 0, evse=0), event("Started", 0, "t2", evse=0)).problems == []
