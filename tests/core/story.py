"""A transaction's events as lines, in the order in which they were published: what a CSMS that is told of everything gets to know."""

from __future__ import annotations

from cpctl.core.outputs import DurableEvent, TransactionEnded, TransactionStarted, TransactionUpdated

from .drive import Drive


def story(drive: Drive, *, samples: bool = False) -> list[str]:
    """Return everything that was published: event, trigger, charging state, reason, token. Without `samples`, no periodic ones."""
    return [line(event) for event in drive.disk.published if samples or not event.trigger.startswith("MeterValue")]


def line(event: DurableEvent) -> str:
    """Return an event as a line."""
    words = [type(event).__name__.removeprefix("Transaction"), event.trigger, event.charging_state]
    match event:
        case TransactionStarted(id_token=token) | TransactionUpdated(id_token=token):
            pass
        case TransactionEnded(reason=reason, id_token=token):
            words.append(reason)
    if token is not None:
        words.append(token.value or "nobody")
    return " ".join(words)
