"""Whole numbers: to the schemas of 2.0.1 and 2.1 (JSON schema, draft 6) 7.0 is an integer, to Python it is none."""

from __future__ import annotations

from cpctl.csms.dialect import Followed, Handler
from cpctl.csms.frames import Payload
from cpctl.csms.vendors import Json


def exact(handler: Handler) -> Handler:
    """Give a handler its CALLs with every whole number as an int."""

    async def handle(call: Payload) -> Payload | Followed:
        return await handler({name: whole(value) for name, value in call.items()})

    return handle


def whole(value: Json) -> Json:
    """Return a value with every whole number in it as an int."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [whole(item) for item in value]
        case dict():
            return {name: whole(item) for name, item in value.items()}
        case _:
            return value
