"""Where a configuration came from, and the words for what is wrong with it: file:line, key, value, reason."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from cpctl.errors import ConfigProblem
from cpctl.toml_lines import KeyPath, line_of

Scalar = bool | int | float | str

PASSWORD_VARIABLE = "CPCTL_CSMS_PASSWORD"
PASSWORD_CREDENTIAL = "cpctl_csms_password"

# Longer values are cut in messages.
_MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """Where a configuration came from, so that whoever finds a mistake in it later can still point at the line."""

    file: str
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    variables: Mapping[KeyPath, str] = field(default_factory=dict)  # names of those of the environment that took a key's place

    def problem(self, path: KeyPath, reason: str, value: object = None) -> ConfigProblem:
        """Describe a mistake at a key path, for a `ConfigError`."""
        shown = f"{_dotted(path)} = {_toml(value)}" if isinstance(value, Scalar) else _dotted(path)
        if variable := self.variables.get(path[:2]):
            return ConfigProblem(variable, 0, shown, reason)
        return ConfigProblem(self.file, line_of(dict(self.lines), path), shown, reason)


def syntax_problem(file: str, error: tomllib.TOMLDecodeError) -> ConfigProblem:
    """Describe a text that is no TOML."""
    match = re.match(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)$", str(error), re.DOTALL)
    if match is None:
        return ConfigProblem(file, 0, "", f"no valid TOML: {error}")
    where = "" if match["line"] else ", at the end of the file"
    return ConfigProblem(file, int(match["line"] or 0), "", f"no valid TOML: {match['what']}{where}")


def explain(error: ValidationError, source: ConfigSource) -> Iterable[ConfigProblem]:
    """Describe each mistake that the schema found, once a key."""
    found = [(_key_path(item["loc"]), item) for item in error.errors(include_url=False)]
    seen: set[KeyPath] = set()
    for path, item in found:
        if path in seen:
            continue  # one complaint a key: unions report each member
        if item["type"] == "too_short" and any(other[: len(path)] == path and other != path for other, _ in found):
            continue  # an array is not empty only because its elements were wrong
        seen.add(path)
        kind, context = item["type"], item.get("ctx", {})
        value = None if kind in ("missing", "extra_forbidden") else item["input"]
        yield source.problem(path, _reason(kind, item["msg"], context, path), value)


def _key_path(loc: KeyPath) -> KeyPath:
    """Cut off what pydantic appends for the members of a union: names that are no key of the file."""
    if loc[:2] == ("ocpp", "initial") and len(loc) > 3:
        return loc[:3]
    return loc


def _reason(kind: str, message: str, context: Mapping[str, object], path: KeyPath) -> str:
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden" if path == ("csms", "password"):
            return f"passwords do not belong here: use password_file or {PASSWORD_VARIABLE}"
        case "extra_forbidden":
            return "no such key"
        case "greater_than_equal":
            return f"is at least {context['ge']}"
        case "less_than_equal":
            return f"is at most {context['le']}"
        case "literal_error":
            return f"is one of {context['expected']}".replace(" or ", ", ")
        case "value_error":
            return str(context["error"])
        case "too_short" | "string_too_short":
            return "is empty"
        case "string_too_long" | "too_long":
            return f"is longer than {context['max_length']}"
        case "string_pattern_mismatch":
            return "looks like 24:6f:28:00:00:01"
        case _:
            words = message.removeprefix("Input should be ").removeprefix("a valid ").replace("array", "a list in [ ]")
            return f"is to be {words}"


def _dotted(path: KeyPath) -> str:
    """Write a path as people do, elements of arrays counted from 1: `evse#2.phases`; the first is not numbered."""
    words: list[str] = []
    for part in path:
        if isinstance(part, str):
            words.append(f'"{part}"' if "." in part else part)
        elif part > 0 and words:
            words[-1] += f"#{part + 1}"
    return ".".join(words)


def _toml(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
