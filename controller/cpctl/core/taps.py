"""A token that is held at a reader, or shown to it twice in a row, counts once.

Readers repeat a card ten times a second while it lies there, and drivers tap again when nothing seems to happen. Taken as a second presentation that
would stop what the first has just started. Each token of a reader has its own count: two cards in one wallet take turns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .claims import LOBBY
from .model import IdToken
from .state import Tap
from .turn import Turn

# Shorter pauses between two sightings are one presentation; nobody changes his mind in less.
REPEAT_MS: Final = 2_000

# Tokens remembered; more within two seconds would be somebody playing with the reader, and the oldest is forgotten.
MAX_TAPS: Final = 32


def repeated(turn: Turn, reader: int, id_token: IdToken) -> Tap | None:
    """Take note that a reader sees a token; return what is known of it if it was there a moment ago."""
    taps, now_ms = turn.state.taps, turn.now.mono_ms
    for key in [key for key, tap in taps.items() if now_ms - tap.at_ms >= REPEAT_MS]:
        del taps[key]
    key = (reader, id_token.value.casefold())
    before = taps.pop(key, None)
    taps[key] = Tap(now_ms) if before is None else replace(before, at_ms=now_ms)
    if len(taps) > MAX_TAPS:
        del taps[next(iter(taps))]
    return before


def decided(turn: Turn, reader: int, id_token: IdToken, accepted: bool) -> None:
    """Remember what became of a token, for those who show it again in a moment."""
    key = (reader, id_token.value.casefold())
    tap = turn.state.taps.get(key)
    if tap is not None:
        turn.state.taps[key] = replace(tap, accepted=accepted)


def took_effect(turn: Turn, evse: int, id_token: IdToken) -> None:
    """Take a token as shown just now: what it was shown for earlier can be seen only from now on, and who taps again at that moment means the same."""
    for reader in (LOBBY, evse):
        turn.state.taps[reader, id_token.value.casefold()] = Tap(turn.now.mono_ms, accepted=True)
