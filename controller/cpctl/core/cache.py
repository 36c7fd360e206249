"""The authorization cache: what the CSMS last said of each token, accepted or not (OCPP 1.6, 3.5.1; 2.0.1 C10-C12).

Bounded: where there is no more place, tokens that may not charge go first, then those of which nothing has been heard for the longest time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from .model import IdToken, Stamp, TokenInfo, TokenStatus
from .records import CacheEntry
from .stamps import latest, ms_until

MAX_ENTRIES: Final = 500

# An entry without its token: status, group, dates. A token has at most 36 characters.
ENTRY_BYTES: Final = 200
STORAGE_BYTES: Final = MAX_ENTRIES * (ENTRY_BYTES + 36)


class TokenCache:
    """Entries by token, in the order in which they were last heard of."""

    def __init__(self, stored: Iterable[CacheEntry]) -> None:
        self._entries: dict[str, CacheEntry] = {}
        for entry in sorted(stored, key=lambda entry: (entry.used.boot, entry.used.mono_ms)):
            self._entries[_name(entry.id_token)] = entry

    def get(self, id_token: IdToken, now: Stamp, lifetime_s: int = 0) -> TokenInfo | None:
        """Return what is known of a token; None if that is nothing.

        One that may charge is expired once its date has come (C10.FR.13), or one without a date when nothing was heard of it for so long, 0 being for
        ever (C10.FR.08, C10.FR.10).
        """
        entry = self._entries.get(_name(id_token))
        if entry is None:
            return None
        if entry.info.accepted and _over(entry, now, lifetime_s):
            return replace(entry.info, status=TokenStatus.EXPIRED)
        return entry.info

    @property
    def size(self) -> int:
        """About how many bytes the entries take."""
        return sum(ENTRY_BYTES + len(name) for name in self._entries)

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


def _over(entry: CacheEntry, now: Stamp, lifetime_s: int) -> bool:
    expires = entry.info.expires_utc_ms
    if expires is not None:
        return now.utc_ms is not None and expires <= now.utc_ms
    left_ms = ms_until(entry.used, now)
    return lifetime_s > 0 and left_ms is not None and -left_ms >= lifetime_s * 1000


def _name(id_token: IdToken) -> str:
    return id_token.value.casefold()


def _key(name: str) -> str:
    return f"cache/{name}"
