"""Frames for fuzzing, made from the JSON schemas: valid ones, and ones that differ from valid ones in a few places."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft4Validator
from tests.csms.schema_walk import FOLDER, Json, Schema, Spoiled, schema_of, spoil

ACTIONS: Sequence[str] = sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith("Response"))
SERVED = (
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "DataTransfer",
    "GetConfiguration",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "Reset",
    "TriggerMessage",
    "UnlockConnector",
)
# A reset costs a restart of the whole station: as likely as each action that is not served.
OFTEN = tuple(action for action in SERVED if action != "Reset") * 5

SCHEMAS: Mapping[str, Schema] = {action: schema_of(action) for action in SERVED}


def _decimal(value: Json) -> Json:
    """Read numbers as they are written: 4.6 is a multiple of 0.1, and is none in binary floating point."""
    return json.loads(json.dumps(value), parse_float=Decimal)


_VALIDATORS: Mapping[str, Draft4Validator] = {action: Draft4Validator(_decimal(schema)) for action, schema in SCHEMAS.items()}


def is_valid(action: str, payload: Json) -> bool:
    """Tell whether an action that is served may have this payload."""
    return bool(_VALIDATORS[action].is_valid(_decimal(payload)))


# Words that the station knows, so that what is valid often means something.
KNOWN: Mapping[str, Sequence[Json]] = {
    "connectorId": (0, 1, 2, 3, 4, -1, 2**31 - 1, -(2**31)),
    "idTag": ("TAG1", "TAG2", "tag3", "", "x" * 20, "\u0000", "ünï"),
    "key": (
        "HeartbeatInterval",
        "meterValueSampleInterval",
        "MeterValuesSampledData",
        "StopTxnAlignedData",
        "ClockAlignedDataInterval",
        "ConnectorPhaseRotation",
        "ConnectionTimeOut",
        "CurrentLimit",
        "LocalPreAuthorize",
        "MinimumStatusDuration",
        "NumberOfConnectors",
        "StopTransactionOnInvalidId",
        "TransactionMessageAttempts",
        "WebSocketPingInterval",
        "Nonsense",
        "",
    ),
    "value": (
        "",
        "0",
        "1",
        "7",
        "60",
        "-1",
        "+5",
        " 9 ",
        "1e3",
        "16.5",
        "true",
        "False",
        "Voltage",
        "Voltage.L1,SoC",
        "1.RST,1.TRS",
        "9" * 30,
        "x" * 500,
    ),
    "transactionId": (1, 2, 3, 0, -1, 2**31 - 1),
    "vendorId": ("com.example", "", "v" * 255),
}


def conforming(schema: Schema, name: str = "") -> st.SearchStrategy[Json]:
    """Values that a schema allows."""
    kind = schema["type"]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if kind == "object":
        properties = {key: conforming(inner, key) for key, inner in schema.get("properties", {}).items()}
        required = {key: properties.pop(key) for key in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=properties)
    if kind == "array":
        return st.lists(conforming(schema["items"], name), max_size=3)
    known = st.sampled_from(KNOWN[name]) if name in KNOWN else None
    free: Mapping[str, st.SearchStrategy[Json]] = {
        "string": st.text(max_size=min(schema.get("maxLength", 40), 40)),
        "integer": st.integers(-3, 2**31 - 1),
        "number": st.integers(0, 500).map(lambda tenths: tenths / 10),
        "boolean": st.booleans(),
    }
    return free[kind] if known is None else known | known | free[kind]


@st.composite
def payloads(draw: st.DrawFn, action: str) -> Json:
    """A payload for an action that is served: valid, or with one thing or two wrong."""
    schema = SCHEMAS[action]
    payload = draw(conforming(schema))
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2)))):
        if isinstance(payload, dict):
            # What is no longer as the schema says can't be walked by it: what is wrong then stays wrong as it is.
            ways = [bad.payload for bad in spoil(schema, payload) if bad.what is not Spoiled.NEGATIVE] if is_valid(action, payload) else []
            payload = draw(st.sampled_from(ways)) if ways else payload
    return payload


@st.composite
def calls(draw: st.DrawFn) -> list[Json]:
    """A CALL without its id, which whoever sends it fills in."""
    action = draw(st.sampled_from((*OFTEN, *ACTIONS)))
    return [2, None, action, draw(payloads(action) if action in SCHEMAS else st.just({}))]


def _dropped(pair: tuple[list[Json], int]) -> list[Json]:
    frame, place = pair
    return frame[:place] + frame[place + 1 :]


ODD: Sequence[Any] = (None, True, -1, 2, 3, 4, 7, 2.0, "", "2", "x" * 40, [], {}, [2], {"a": 1})


@st.composite
def broken(draw: st.DrawFn) -> list[Json]:
    """A CALL with an element that is wrong, missing or too much."""
    frame = draw(calls())
    place = draw(st.integers(0, 3))
    match draw(st.sampled_from(("replace", "drop", "add"))):
        case "replace":
            frame[place] = draw(st.sampled_from(ODD))
        case "drop":
            frame = _dropped((frame, place))
        case _:
            frame.insert(place, draw(st.sampled_from(ODD)))
    return frame


FRAMES: st.SearchStrategy[list[Json]] = st.one_of(calls(), calls(), calls(), broken())


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


def is_proper(frame: Json) -> bool:
    """Tell whether a frame is a CALL that a handler may see."""
    return is_call(frame) and frame[2] in SCHEMAS and is_valid(frame[2], {} if frame[3] is None else frame[3])


def wants_answer(frame: Json) -> bool:
    """Tell whether something has to come back: not for answers, and not for types of message that there are not (OCPP-J 1.6, 4.1.3)."""
    return not (frame and isinstance(frame[0], int) and not isinstance(frame[0], bool) and frame[0] != 2)
