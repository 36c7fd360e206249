"""The authorization cache: what the CSMS last said of each token, accepted or not (OCPP 1.6, 3.5.1; 2.0.1 C10-C12).

Bounded: where there is no more place, tokens that may not charge go first, then those of which nothing has been heard for the longest time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from .model import CacheEntry, IdToken, Stamp, TokenInfo, TokenStatus
from .stamps import latest

MAX_ENTRIES: Final = 500


class TokenCache:
    """Entries by token, in the order in which they were last heard of."""

    def __init__(self, stored: Iterable[CacheEntry]) -> None:
        self._entries: dict[str, CacheEntry] = {}
        for entry in sorted(stored, key=lambda entry: (entry.used.boot, entry.used.mono_ms)):
            self._entries[_name(entry.id_token)] = entry

    def get(self, id_token: IdToken, now: Stamp) -> TokenInfo | None:
        """Return what is known of a token, which is expired once its date has come; None if nothing is known."""
        entry = self._entries.get(_name(id_token))
        if entry is None:
            return None
        expires = entry.info.expires_utc_ms
        if entry.info.accepted and expires is not None and now.utc_ms is not None and expires <= now.utc_ms:
            return replace(entry.info, status=TokenStatus.EXPIRED)
        return entry.info

    def put(self, id_token: IdToken, info: TokenInfo, now: Stamp) -> tuple[tuple[str, CacheEntry], list[str]]:
        """Keep an answer; return the entry under its key, and the keys of those that it drives out."""
        name = _name(id_token)
        known = self._entries.pop(name, None)
        used = now if known is None else latest(now, known.used)
        entry = CacheEntry(id_token, info, used)
        self._entries[name] = entry
        driven_out: list[str] = []
        while len(self._entries) > MAX_ENTRIES:
            leaving = self._least_wanted(name, now)
            del self._entries[leaving]
            driven_out.append(_key(leaving))
        return (_key(name), entry), driven_out

    def _least_wanted(self, kept: str, now: Stamp) -> str:
        others = [name for name in self._entries if name != kept]
        return next((name for name in others if not self._valid(name, now)), others[0])

    def _valid(self, name: str, now: Stamp) -> bool:
        info = self.get(self._entries[name].id_token, now)
        return info is not None and info.valid

    def clear(self) -> list[str]:
        """Empty the cache; return the keys that it held."""
        keys = [_key(name) for name in self._entries]
        self._entries.clear()
        return keys


def _name(id_token: IdToken) -> str:
    return id_token.value.casefold()


def _key(name: str) -> str:
    return f"cache/{name}"
