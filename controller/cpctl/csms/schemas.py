"""Validation of payloads by an OCPP version's JSON schemas, compiled when an action is first seen.

`jsonschema-rs` does it where there is a wheel, `jsonschema` elsewhere; both give the same verdict.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from .frames import ErrorCode, Payload

try:
    import jsonschema_rs

    HAVE_RS = True
except ImportError:  # no wheel for this machine (armv7)
    HAVE_RS = False

_CODES: dict[str, ErrorCode] = {
    "type": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "required": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "additionalProperties": ErrorCode.FORMAT_VIOLATION,
}
_WORDS: dict[str, str] = {
    "type": "has the wrong type",
    "required": "lacks a required property",
    "additionalProperties": "has a property that does not belong there",
    "enum": "is none of the values allowed",
    "maxLength": "is too long",
    "minItems": "has too few items",
    "maxItems": "has too many items",
    "multipleOf": "has too many decimals",
}
# What jsonschema-rs calls otherwise: a property where the schema allows none at all.
_ALIASES = {"falseSchema": "additionalProperties"}
# An answer with nothing worse than these can still be used: what is needed is there.
_HARMLESS_IN_ANSWERS = ("additionalProperties", "maxLength", "multipleOf")
# Of several violations the gravest is told: what makes a payload unusable first, what is harmless last.
_RANKS = {"type": 0, "required": 1, "enum": 2} | {keyword: rank for rank, keyword in enumerate(_HARMLESS_IN_ANSWERS, 4)}
_OTHER_RANK = 3


@dataclass(frozen=True, slots=True)
class Violation:
    """Which keyword of the schema is violated, and where. Says nothing of the value, which may be a secret."""

    keyword: str
    path: str

    @property
    def code(self) -> ErrorCode:
        """The CALLERROR code for it."""
        return _CODES.get(self.keyword, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)

    @property
    def harmless_in_answer(self) -> bool:
        """True if an answer with it can be used all the same."""
        return self.keyword in _HARMLESS_IN_ANSWERS

    def __str__(self) -> str:
        return f"{self.path or 'the payload'} {_WORDS.get(self.keyword, 'breaks ' + self.keyword)}"


Check = Callable[[Payload], Violation | None]
Compile = Callable[[str], Check]


class Schemas:
    """The schemas of one OCPP version: files `<Action><request>.json` and `<Action>Response.json` in `folder`."""

    def __init__(self, folder: Path, request: str = "", compile: Compile | None = None) -> None:
        self.folder = folder
        self._request = request
        self._compile = compile or (compile_rs if HAVE_RS else compile_py)
        names = {path.stem for path in folder.glob("*.json")}
        self._actions = frozenset(name[: -len("Response")] for name in names if name.endswith("Response"))
        self._checks: dict[str, Check] = {}

    @property
    def actions(self) -> frozenset[str]:
        """Every action of this version."""
        return self._actions

    def violation(self, action: str, payload: Payload, *, answer: bool = False) -> Violation | None:
        """Tell what is wrong with the payload of a known action's request or answer; None if nothing is."""
        name = action + ("Response" if answer else self._request)
        check = self._checks.get(name)
        if check is None:
            if action not in self._actions:
                return None
            check = self._compile((self.folder / f"{name}.json").read_text(encoding="utf-8-sig"))
            self._checks[name] = check
        return check(payload)


def of_version(folder: str, request: str = "") -> Schemas:
    """Open the schemas that come with the `ocpp` package, without importing more of it than its name."""
    spec = find_spec("ocpp")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the package `ocpp` is not installed")
    return Schemas(Path(spec.submodule_search_locations[0]) / folder / "schemas", request)


def compile_rs(text: str) -> Check:
    """Compile a schema with jsonschema-rs."""
    schema = json.loads(text)
    kind = jsonschema_rs.Draft6Validator if _is_draft_6(schema) else jsonschema_rs.Draft4Validator
    validator = kind(schema, validate_formats=False)

    def check(payload: Payload) -> Violation | None:
        if validator.is_valid(payload):
            return None
        return _first((_ALIASES.get(error.kind.name, error.kind.name), error.instance_path) for error in validator.iter_errors(payload))

    return check


def compile_py(text: str) -> Check:
    """Compile a schema with jsonschema."""
    from jsonschema import Draft4Validator, Draft6Validator  # type: ignore[import-untyped,unused-ignore]  # only where it is needed: it is slow to import

    # 21.4 is no multiple of 0.1 in binary floating point: both sides have to be decimal.
    decimal = '"multipleOf"' in text
    schema = json.loads(text, parse_float=Decimal if decimal else None)
    validator = (Draft6Validator if _is_draft_6(schema) else Draft4Validator)(schema)

    def check(payload: Payload) -> Violation | None:
        subject = json.loads(json.dumps(payload), parse_float=Decimal) if decimal else payload
        return _first((str(error.validator), error.absolute_path) for error in validator.iter_errors(subject))

    return check


def _is_draft_6(schema: Mapping[str, object]) -> bool:
    """Tell whether a schema is of draft 6, as those of 2.0.1 and 2.1 are, where 7.0 is an integer too; those of 1.6 are of draft 4."""
    return "draft-06" in str(schema.get("$schema"))


def _first(errors: Iterable[tuple[str, Iterable[str | int]]]) -> Violation | None:
    found = [Violation(keyword, ".".join(str(part) for part in path)) for keyword, path in errors]
    return min(found, key=lambda one: (_RANKS.get(one.keyword, _OTHER_RANK), one.path, one.keyword), default=None)
