"""What counts as an OCPP-J frame."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.csms.frames import MAX_FRAME_CHARS, Call, CallError, CallResult, ErrorCode, Malformed, call, call_error, call_result, parse


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"1","Heartbeat",{}]', Call("1", "Heartbeat", {})),
        ('[2,"1","Heartbeat",null]', Call("1", "Heartbeat", {})),
        ('  [ 3, "1", {"a": 1} ]  ', CallResult("1", {"a": 1})),
        ('[3,"1",null]', CallResult("1", {})),
        ('[4,"1","GenericError","why",{"x":1}]', CallError("1", "GenericError", "why", {"x": 1})),
        ('[4,"1","GenericError"]', CallError("1", "GenericError", "", {})),
    ],
)
def test_a_frame_is_read(text: str, frame: object) -> None:
    assert parse(text) == frame


LONG_ID = "x" * 37

FRAMEWORK, FORMAT, TYPE = ErrorCode.RPC_FRAMEWORK_ERROR, ErrorCode.FORMAT_VIOLATION, ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("text", "code", "id", "answerable"),
    [
        ("", FRAMEWORK, None, True),
        ("nonsense", FRAMEWORK, None, True),
        ('[2,"1","Heartbeat",{}', FRAMEWORK, None, True),
        ('{"a":1}', FRAMEWORK, None, True),
        ('"[2]"', FRAMEWORK, None, True),
        ("[]", FRAMEWORK, None, True),
        ('["2","1","Heartbeat",{}]', FRAMEWORK, None, True),
        ('[true,"1","Heartbeat",{}]', FRAMEWORK, None, True),
        ('[2.0,"1","Heartbeat",{}]', FRAMEWORK, None, True),
        ("[2]", FRAMEWORK, None, True),
        ('[2,1,"Heartbeat",{}]', FRAMEWORK, None, True),
        ('[2,"1","Heartbeat",{"a":NaN}]', FRAMEWORK, None, True),
        ('[2,"1","Heartbeat",{"a":"\\ud800"}]', FRAMEWORK, None, True),
        ('[2,"1","Heartbeat",{"a":1e999}]', FRAMEWORK, None, True),
        ('[2,"1","Heartbeat",{"a":10000000000000000000}]', FRAMEWORK, None, True),
        ("[" * 5000, FRAMEWORK, None, True),
        (b'[2,"1","Heartbeat",{}]', FRAMEWORK, None, True),
        (f'[2,"{"x" * 300}","Heartbeat",{{}}]', FRAMEWORK, None, True),
        ('[2,"1"]', FORMAT, "1", True),
        ('[2,"1","Heartbeat"]', FORMAT, "1", True),
        ('[2,"1","Heartbeat",{},{}]', FORMAT, "1", True),
        ('[2,"1",7,{}]', FORMAT, "1", True),
        ('[2,"1","Heartbeat",[]]', FORMAT, "1", True),
        ('[2,"1","Heartbeat","{}"]', FORMAT, "1", True),
        (f'[2,"{LONG_ID}","Heartbeat",{{}}]', FORMAT, LONG_ID, True),
        (f'[2,"1","DataTransfer",{{"data":"{"x" * MAX_FRAME_CHARS}"}}]', FORMAT, "1", True),
        ('[7,"1",{}]', TYPE, "1", True),
        ('[3,"1"]', FORMAT, "1", False),
        ('[3,"1",7]', FORMAT, "1", False),
        ("[3,1,{}]", FORMAT, None, False),
        ('[4,"1"]', FORMAT, "1", False),
        ('[4,"1",5,"",{}]', FORMAT, "1", False),
    ],
)
def test_what_is_no_frame_says_why(text: str | bytes, code: ErrorCode, id: str | None, answerable: bool) -> None:
    with pytest.raises(Malformed) as caught:
        parse(text)
    assert (caught.value.code, caught.value.id, caught.value.answerable) == (code, id, answerable)


def test_what_is_written_is_read_back() -> None:
    assert parse(call("1", "DataTransfer", {"data": 'ü"\n'})) == Call("1", "DataTransfer", {"data": 'ü"\n'})
    assert parse(call_result("1", {"a": 0.1})) == CallResult("1", {"a": 0.1})
    assert parse(call_error("1", "GenericError", "x" * 400)) == CallError("1", "GenericError", "x" * 255, {})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
frames = st.lists(json_values, max_size=6) | st.builds(
    lambda kind, id, rest: [kind, id, *rest], st.integers(0, 6), st.text(max_size=40), st.lists(json_values, max_size=4)
)


@given(st.text() | st.binary() | frames.map(json.dumps) | json_values.map(json.dumps))
def test_anything_is_a_frame_or_malformed_and_nothing_else_happens(text: str | bytes) -> None:
    try:
        frame = parse(text)
    except Malformed:
        return
    assert isinstance(frame, Call | CallResult | CallError)
