"""Takes secrets out of whatever is about to be shown: log fields, OCPP payloads, URLs. Keys are known by meaning, not only by field name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

HIDDEN = "***"

# Field names whose value is a secret wherever they stand (compared without case, "-" and "_").
_SECRET_FIELDS = frozenset(
    {
        "apikey",
        "apitoken",
        "apnpassword",
        "authorization",
        "authorizationkey",
        "basicauthpassword",
        "bearer",
        "cookie",
        "passwd",
        "password",
        "privatekey",
        "secret",
        "simpin",
        "vpn",  # a network profile's, whole: its shared key is called "key"
    }
)
# Field names whose value tells who charged: shortened, so that two drivers can still be told apart.
_TOKEN_FIELDS = frozenset({"idtag", "idtoken", "parentidtag", "groupidtoken", "tag"})
# Beside the name of a secret variable, only these are not taken for its value: a peer may have misspelled where it put that.
_HARMLESS_FIELDS = frozenset({"key", "name", "variable", "component", "readonly", "status", "attributetype", "attributestatus", "schema"})
# OCPP configuration keys and variables whose value is a secret.
_SECRET_VARIABLES = frozenset({"authorizationkey", "basicauthpassword"})

# Every repetition is bounded: these run over texts that a peer made.
_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,15}://)[^/@\s]{1,512}@")
# A secret variable's name and what follows it in a text that is no JSON (a message that was cut, say).
_NAMED = re.compile(r"""(?i)(?P<name>authorizationkey|basicauthpassword)["']{0,2}\s{0,9}[,:=][^\r\n]{0,2000}""")
_AUTHORIZATION = re.compile(r"(?i)\b(basic|bearer)\s{1,4}[A-Za-z0-9+/=._~-]{6,}")


def redact(value: object, *, tokens: bool = False) -> object:
    """Copy a JSON-like value with every secret hidden; with `tokens` also shorten what identifies a driver."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        names_secret = _names_secret_variable(value)
        return {key: _redact_field(str(key), item, names_secret, tokens) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [redact(item, tokens=tokens) for item in value]
    return value


def redact_text(text: str) -> str:
    """Hide user:password in URLs, credentials of an Authorization header, and whatever follows the name of a secret variable."""
    text = _USERINFO.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _NAMED.sub(rf"\g<name> {HIDDEN}", text)
    return _AUTHORIZATION.sub(rf"\1 {HIDDEN}", text)


def shorten_token(token: str) -> str:
    """Show just enough of an id token to tell two apart."""
    return f"{token[:2]}…{token[-2:]}" if len(token) > 6 else f"{token[:1]}…"


def _redact_field(name: str, item: object, names_secret: bool, tokens: bool) -> object:
    plain = _plain(name)
    if plain in _SECRET_FIELDS or (names_secret and plain not in _HARMLESS_FIELDS):
        return HIDDEN if item else item
    if tokens and plain in _TOKEN_FIELDS and isinstance(item, str):
        return shorten_token(item)
    return redact(item, tokens=tokens)


def _names_secret_variable(fields: Mapping[object, object]) -> bool:
    """Tell whether a mapping is {key|name|variable: <a secret variable>, value: ...}, as in ChangeConfiguration and SetVariables."""
    for name in ("key", "name", "variable"):
        named = fields.get(name)
        if isinstance(named, Mapping):
            named = named.get("name")
        if isinstance(named, str) and _plain(named.strip().rpartition(".")[2]) in _SECRET_VARIABLES:
            return True
    return False


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()
