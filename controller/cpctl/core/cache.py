"""The authorization cache: what the CSMS last said of each token, bounded, the longest unused goes first (OCPP 2.0.1 C10-C12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .model import CacheEntry, IdToken, Stamp, TokenInfo
from .stamps import latest

MAX_ENTRIES: Final = 500


class TokenCache:
    """Entries by token, in order of their last use."""

    def __init__(self, stored: Iterable[CacheEntry]) -> None:
        self._entries: dict[str, CacheEntry] = {}
        for entry in sorted(stored, key=lambda entry: (entry.used.boot, entry.used.mono_ms)):
            self._entries[_name(entry.id_token)] = entry

    def get(self, id_token: IdToken, now: Stamp) -> TokenInfo | None:
        """Return what is known of a token; None if nothing is, or it is out of date."""
        entry = self._entries.get(_name(id_token))
        if entry is None:
            return None
        expires = entry.info.expires_utc_ms
        if expires is not None and now.utc_ms is not None and expires <= now.utc_ms:
            return None
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
            oldest = next(iter(self._entries))
            del self._entries[oldest]
            driven_out.append(_key(oldest))
        return (_key(name), entry), driven_out

    def clear(self) -> list[str]:
        """Empty the cache; return the keys that it held."""
        keys = [_key(name) for name in self._entries]
        self._entries.clear()
        return keys


def _name(id_token: IdToken) -> str:
    return id_token.value.casefold()


def _key(name: str) -> str:
    return f"cache/{name}"
