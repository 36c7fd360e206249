"""Frames for fuzzing, made from the JSON schemas: valid ones, and ones that differ from valid ones in a few places."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from tests.csms.books import Book
from tests.csms.schema_walk import Json, Schema, Spoiled, spoil


def _decimal(value: Json) -> Json:
    """Read numbers as they are written: 4.6 is a multiple of 0.1, and is none in binary floating point."""
    return json.loads(json.dumps(value), parse_float=Decimal)


class Frames:
    """Frames of one version."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.schemas: Mapping[str, Schema] = {action: book.schema(action) for action in book.served}
        self._validators = {action: book.validator(_decimal(schema)) for action, schema in self.schemas.items()}
        # A reset costs a restart of the whole station: as likely as each action that is not served.
        self._actions = (*[action for action in book.served if action != "Reset"] * 5, *book.actions)

    def all(self) -> st.SearchStrategy[list[Json]]:
        """CALLs, and what is none."""
        return st.one_of(self.calls(), self.calls(), self.calls(), self.broken())

    def calls(self) -> st.SearchStrategy[list[Json]]:
        """CALLs without their ids, which whoever sends them fills in."""
        return st.sampled_from(self._actions).flatmap(lambda action: self.payloads(action).map(lambda payload: [2, None, action, payload]))

    def payloads(self, action: str) -> st.SearchStrategy[Json]:
        """Payloads for an action: for one that is served valid, or with one thing or two wrong."""
        return self._spoiled(action) if action in self.schemas else st.just({})

    def _spoiled(self, action: str) -> st.SearchStrategy[Json]:
        @st.composite
        def build(draw: st.DrawFn) -> Json:
            payload = draw(self.conforming(self.schemas[action]))
            for _ in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2)))):
                # What is no longer as the schema says can't be walked by it: what is wrong then stays wrong as it is.
                if isinstance(payload, dict) and self.is_valid(action, payload):
                    ways = [bad.payload for bad in spoil(self.schemas[action], payload) if bad.what is not Spoiled.NEGATIVE]
                    payload = draw(st.sampled_from(ways)) if ways else payload
            return payload

        return build()

    def broken(self) -> st.SearchStrategy[list[Json]]:
        """CALLs with an element that is wrong, missing or too much."""

        @st.composite
        def build(draw: st.DrawFn) -> list[Json]:
            frame = draw(self.calls())
            place = draw(st.integers(0, 3))
            match draw(st.sampled_from(("replace", "drop", "add"))):
                case "replace":
                    frame[place] = draw(st.sampled_from(ODD))
                case "drop":
                    frame = frame[:place] + frame[place + 1 :]
                case _:
                    frame.insert(place, draw(st.sampled_from(ODD)))
            return frame

        return build()

    def conforming(self, schema: Schema, name: str = "") -> st.SearchStrategy[Json]:
        """Values that a schema allows."""
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            properties = {key: self.conforming(inner, key) for key, inner in schema.get("properties", {}).items()}
            required = {key: properties.pop(key) for key in schema.get("required", ())}
            return st.fixed_dictionaries(required, optional=properties)
        if kind == "array":
            least = schema.get("minItems", 0)
            return st.lists(self.conforming(schema["items"], name), min_size=least, max_size=max(least, min(schema.get("maxItems", 3), 3)))
        free = _free(schema)
        known = [value for value in self.book.known.get(name, ()) if self.book.validator(schema).is_valid(value)]
        return st.sampled_from(known) | st.sampled_from(known) | free if known else free

    def is_valid(self, action: str, payload: Json) -> bool:
        """Tell whether an action that is served may have this payload."""
        return bool(self._validators[action].is_valid(_decimal(payload)))

    def is_proper(self, frame: Json) -> bool:
        """Tell whether a frame is a CALL that a handler may see."""
        return is_call(frame) and frame[2] in self.schemas and self.is_valid(frame[2], {} if frame[3] is None else frame[3])

    def wants_answer(self, frame: Json) -> bool:
        """Tell whether something has to come back: not for answers, and not for types of message that have none."""
        kind = frame[0] if frame else None
        if not isinstance(kind, int) or isinstance(kind, bool):
            return True
        return kind == 2 or (kind not in (3, 4) and self.book.version != "1.6" and not (kind in (5, 6) and self.book.version == "2.1"))


def _free(schema: Schema) -> st.SearchStrategy[Json]:
    """Values of a simple type within a schema's bounds."""
    least, most = int(schema.get("minimum", -3)), int(schema.get("maximum", 2**31 - 1))
    match schema.get("type"):
        case None:
            return st.sampled_from(("x", 1, 1.5, True, [], {"a": [None]}))
        case "string":
            return st.text(max_size=min(schema.get("maxLength", 40), 40))
        case "integer":
            return st.integers(least, most)
        case "number":
            return st.integers(max(least, 0), min(most, 500) * 10).map(lambda tenths: tenths / 10)
        case _:
            return st.booleans()


ODD: Sequence[Any] = (None, True, -1, 2, 3, 4, 7, 2.0, "", "2", "x" * 40, [], {}, [2], {"a": 1})


def is_call(frame: Json) -> bool:
    """Tell whether a frame is a CALL by OCPP-J 1.6, 4.1 and 4.2.1."""
    return (
        isinstance(frame, list)
        and len(frame) == 4
        and frame[0] == 2
        and isinstance(frame[0], int)
        and isinstance(frame[1], str)
        and len(frame[1]) <= 36
        and isinstance(frame[2], str)
        and (frame[3] is None or isinstance(frame[3], dict))
    )
