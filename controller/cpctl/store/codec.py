"""Records and events as JSON rows, named by type and form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from cpctl.core.outputs import DurableEvent
from cpctl.core.records import Record
from cpctl.errors import StoreError

_KINDS: dict[str, type] = {kind.__name__: kind for kind in (*get_args(Record), *get_args(DurableEvent))}


@dataclass(frozen=True, slots=True)
class Row:
    """A value as stored."""

    kind: str
    schema: int
    body: str


@cache
def _adapter(kind: str) -> TypeAdapter[Record | DurableEvent]:
    return TypeAdapter(_KINDS[kind])


def encode(value: Record | DurableEvent) -> Row:
    """Turn a record or event into its row."""
    kind = type(value).__name__
    return Row(kind, value.schema, _adapter(kind).dump_json(value).decode())


def decode(row: Row) -> Record | DurableEvent:
    """Turn a row back into its value; StoreError if this software does not know it."""
    if row.kind not in _KINDS:
        raise StoreError(f"The store holds a {row.kind!r}, which this version does not know.", "Run the version that wrote it, or a later one.")
    try:
        return _adapter(row.kind).validate_json(row.body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"A stored {row.kind} (form {row.schema}) is unreadable at {where or 'its start'}: {first['msg']}.") from error
