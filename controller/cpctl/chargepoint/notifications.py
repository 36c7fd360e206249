"""What becomes of tokens and transactions, told to the program around the station, from the core's own outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cpctl.core.model import StopReason
from cpctl.core.outputs import Note, Output, Publish, Save, TransactionEnded, TransactionStarted
from cpctl.core.records import Claim, Transaction


class Happening(StrEnum):
    """What has happened."""

    AUTHORIZED = "authorized"  # a token is accepted and waits for what its transaction still needs
    REMOTE_START = "remote_start"  # the same, at the CSMS's wish
    REJECTED = "rejected"  # a token was refused, `text` says why
    TIMED_OUT = "timed_out"  # no cable came in time for an accepted token
    STARTED = "started"
    DEAUTHORIZED = "deauthorized"  # the CSMS refused the token after the start
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that happened at an EVSE (0: at a reader for all of them)."""

    happening: Happening
    evse: int
    transaction_id: str | None = None
    id_token: str | None = None
    reason: StopReason | None = None
    text: str = ""


_NOTES = {"token.refused": Happening.REJECTED, "token.expired": Happening.TIMED_OUT}


class Notifier:
    """Reads notifications out of outputs; it remembers what it has told."""

    def __init__(self) -> None:
        self._claims: set[tuple[int, str, int]] = set()
        self._deauthorized: set[str] = set()

    def read(self, outputs: Sequence[Output]) -> Iterator[Notification]:
        """Yield what these outputs, of one input, tell."""
        for output in outputs:
            match output:
                case Save(_, Claim() as claim):
                    yield from self._claimed(claim)
                case Save(_, Transaction() as transaction) if transaction.deauthorized and transaction.id not in self._deauthorized:
                    self._deauthorized.add(transaction.id)
                    yield Notification(Happening.DEAUTHORIZED, transaction.evse, transaction.id, _value(transaction))
                case Note(_, evse, code, text) if code in _NOTES:
                    yield Notification(_NOTES[code], evse, text=text)
                case Publish(_, TransactionStarted() as event):
                    token = event.id_token.value if event.id_token is not None else None
                    yield Notification(Happening.STARTED, event.evse, event.transaction_id, token)
                case Publish(_, TransactionEnded() as event):
                    self._deauthorized.discard(event.transaction_id)
                    token = event.id_token.value if event.id_token is not None else None
                    yield Notification(Happening.STOPPED, event.evse, event.transaction_id, token, event.reason)
                case _:
                    pass

    def _claimed(self, claim: Claim) -> Iterator[Notification]:
        """Tell of an accepted token once, though its record changes while it waits."""
        key = (claim.evse, claim.id_token.value, claim.since.mono_ms)
        if key in self._claims:
            return
        self._claims = {known for known in self._claims if known[0] != claim.evse} | {key}
        happening = Happening.REMOTE_START if claim.remote else Happening.AUTHORIZED
        yield Notification(happening, claim.evse, id_token=claim.id_token.value)


def _value(transaction: Transaction) -> str | None:
    return transaction.id_token.value if transaction.id_token is not None else None
