"""Which password the CSMS knows us by (HTTP Basic, security profiles 1 and 2), in which form, and what its word on it teaches.

The password that the CSMS set last comes first, then the one before it, then the configuration's, so that a change that went wrong at either
end, or a station that was set up anew at the CSMS, does not lock us out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .tunables import Tunables

# 16 to 20 bytes, written as 32 to 40 digits (security whitepaper of 1.6, A00.FR.205 and 7.2).
MIN_PASSWORD, MAX_PASSWORD = 16, 40
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}){16,20}")


@dataclass(frozen=True, slots=True)
class Credential:
    """A password, and the bytes that are sent for it."""

    password: str = field(repr=False)
    sent: bytes = field(repr=False)


def forms(password: str, *, as_text: bool = False) -> Iterator[Credential]:
    """Yield the bytes that a password may stand for, the likelier first: its text (2.0.1, A00.FR.205), or what hexadecimal digits spell (1.6); CSMSs differ."""
    found = [Credential(password, password.encode())]
    if _HEXADECIMAL.fullmatch(password):
        found.insert(1 if as_text else 0, Credential(password, bytes.fromhex(password)))
    yield from found


class Passwords:
    """Chooses what to try. One that was refused is tried again when all others were refused too, or when a new one is set."""

    def __init__(self, configured: str | None, tunables: Tunables, as_text: Callable[[], bool]) -> None:
        """Choose among the station's passwords and the configured one; `as_text` tells whether the version on offer sends them as they are."""
        self._configured = configured or ""
        self._as_text = as_text
        self._tunables = tunables
        self._refused: set[bytes] = set()

    def choose(self) -> Credential | None:
        """Return what to try next; None if there is no password at all."""
        candidates = list(self._candidates())
        for credential in candidates:
            if credential.sent not in self._refused:
                return credential
        self._refused.clear()
        return candidates[0] if candidates else None

    def refuse(self, credential: Credential) -> None:
        """Take the CSMS's word that it does not accept one."""
        self._refused.add(credential.sent)

    def decides(self, credential: Credential) -> bool:
        """Tell whether the acceptance of one is news: it ends a change of password, one way or the other."""
        current = self._tunables.password()
        return bool(self._tunables.previous_password()) or bool(current and current != credential.password)

    def changed(self) -> None:
        """Forget what was refused: there is a new password."""
        self._refused.clear()

    def _candidates(self) -> Iterator[Credential]:
        for password in (self._tunables.password(), self._tunables.previous_password(), self._configured):
            if password:
                yield from forms(password, as_text=self._as_text())
