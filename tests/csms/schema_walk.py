"""Every way to spoil a payload, found by walking its JSON schema: complete by construction, whatever the schema holds."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = Any
Schema = Mapping[str, Any]


class Spoiled(StrEnum):
    """What is wrong with a payload."""

    MISSING = "missing"
    NULL = "null"
    TYPE = "wrong type"
    LONG = "too long"
    ENUM = "out of enum"
    DECIMALS = "too many decimals"
    RANGE = "out of range"
    COUNT = "too few or too many"
    EXTRA = "extra"
    NEGATIVE = "negative"  # where the schema knows no least value: what it means is the handler's to say


@dataclass(frozen=True, slots=True)
class Bad:
    """A payload with one thing wrong, at one place."""

    what: Spoiled
    path: str
    payload: Json

    def __str__(self) -> str:
        return f"{self.path or 'payload'} {self.what}"


def resolved(text: str) -> Schema:
    """Read a schema, with what it refers to in the place of each reference."""
    schema: Schema = json.loads(text)
    definitions = schema.get("definitions", {})

    def resolve(part: Json) -> Json:
        if isinstance(part, list):
            return [resolve(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return resolve(definitions[part["$ref"].rpartition("/")[2]])
        return {key: resolve(value) for key, value in part.items() if key != "definitions"}

    found: Schema = resolve(schema)
    return found


def whole(schema: Schema, values: Mapping[str, Json]) -> Json:
    """Build a valid payload with every property there is; `values` gives what a property of that name is to be."""
    return _value(schema, values, "")


def _value(schema: Schema, values: Mapping[str, Json], name: str) -> Json:
    if name in values and isinstance(values[name], dict) == (schema.get("type") == "object"):
        return values[name]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case None:  # anything at all
            return "x"
        case "object":
            return {key: _value(inner, values, key) for key, inner in schema.get("properties", {}).items()}
        case "array":
            return [_value(schema["items"], values, name)]
        case "string" if schema.get("format") == "date-time":
            return "2030-05-01T12:00:00Z"
        case "integer" | "number" if schema.get("maximum", 1) < 1:
            return schema["maximum"]
        case kind:
            return {"string": "x", "integer": 1, "number": 1.5, "boolean": True}[kind]


# A value of each JSON type; one that is wrong is each that is not its own.
_OF_TYPE: Mapping[str, Json] = {"string": "1", "integer": 7, "number": 1.5, "boolean": True, "array": [1], "object": {"a": 1}}
_NUMBER_TOO = {"number": {"integer"}}


def spoil(schema: Schema, payload: Json) -> Iterator[Bad]:
    """Yield every payload that differs from this one in one thing that the schema forbids, and those with a negative number."""
    strict = "draft-04" in schema["$schema"]
    for path, inner in _places(schema, payload, ()):
        label = ".".join(str(step) for step in path)

        def changed(change: Callable[[Json], Json], path: tuple[str | int, ...] = path) -> Json:
            return _changed(payload, path, change)

        if path and "type" in inner:
            yield Bad(Spoiled.NULL, label, changed(lambda _: None))
            yield from (Bad(Spoiled.TYPE, label, changed(lambda _, wrong=wrong: wrong)) for wrong in _wrong_types(inner, strict))
        if "maxLength" in inner:
            yield Bad(Spoiled.LONG, label, changed(lambda _, length=inner["maxLength"] + 1: "x" * length))
        if "enum" in inner:
            yield Bad(Spoiled.ENUM, label, changed(lambda _: "Nonsense"))
            yield Bad(Spoiled.ENUM, label, changed(lambda value: value.swapcase()))
        if inner.get("minItems", 0) > 0:
            yield Bad(Spoiled.COUNT, label, changed(lambda _: []))
        if "maxItems" in inner:
            yield Bad(Spoiled.COUNT, label, changed(lambda value, count=inner["maxItems"] + 1: value[:1] * count))
        if "multipleOf" in inner:
            yield Bad(Spoiled.DECIMALS, label, changed(lambda _: 4.11))
        if "maximum" in inner:
            yield Bad(Spoiled.RANGE, label, changed(lambda _, most=inner["maximum"]: int(most) + 1))
        if inner.get("type") in ("integer", "number"):
            least = inner.get("minimum")
            yield Bad(Spoiled.NEGATIVE if least is None or least < 0 else Spoiled.RANGE, label, changed(lambda _: -1))
        if inner.get("type") == "object":
            if inner.get("additionalProperties") is False:
                yield Bad(Spoiled.EXTRA, label, changed(lambda value: {**value, "extra": 1}))
            for name in inner.get("required", ()):
                where = f"{label}.{name}" if label else name
                yield Bad(Spoiled.MISSING, where, changed(lambda value, name=name: {key: one for key, one in value.items() if key != name}))


def _wrong_types(schema: Schema, strict: bool) -> Iterator[Json]:
    right = schema["type"]
    allowed = {right} | _NUMBER_TOO.get(right, set())
    yield from (copy.deepcopy(value) for kind, value in _OF_TYPE.items() if kind not in allowed)
    if right == "integer":
        yield 7.0 if strict else 7.5  # 7.0 is no integer in draft 4, which 1.6 names (OCPP-J errata, 3.8)


def _places(schema: Schema, payload: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    yield path, schema
    if schema.get("type") == "object":
        for name, inner in schema.get("properties", {}).items():
            if name in payload:
                yield from _places(inner, payload[name], (*path, name))
    elif schema.get("type") == "array" and payload:
        yield from _places(schema["items"], payload[0], (*path, 0))


def _changed(payload: Json, path: tuple[str | int, ...], change: Callable[[Json], Json]) -> Json:
    result = copy.deepcopy(payload)
    if not path:
        return change(result)
    holder = result
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = change(holder[path[-1]])
    return result
