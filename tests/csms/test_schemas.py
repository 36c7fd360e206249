"""Validation: the two validators agree, and the violated keyword decides the error code."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpctl.csms.frames import Payload
from cpctl.csms.schemas import Schemas, compile_py, compile_rs, of_version
from cpctl.csms.v16.adapter import dialect

SCHEMAS = of_version("v16")
FAST = Schemas(SCHEMAS.folder, compile=compile_rs)
SLOW = Schemas(SCHEMAS.folder, compile=compile_py)


def profile(limit: object) -> Payload:
    period = {"startPeriod": 0, "limit": limit}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": schedule,
        },
    }


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("RemoteStopTransaction", {"transactionId": "7"}, "TypeConstraintViolation"),
        ("RemoteStopTransaction", {"transactionId": 7.0}, "TypeConstraintViolation"),
        ("RemoteStopTransaction", {}, "OccurenceConstraintViolation"),
        ("RemoteStopTransaction", {"transactionId": 7, "more": 1}, "FormationViolation"),
        ("Reset", {"type": "Warm"}, "PropertyConstraintViolation"),
        ("RemoteStartTransaction", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("SetChargingProfile", profile(4.11), "PropertyConstraintViolation"),
        ("SetChargingProfile", profile("16"), "TypeConstraintViolation"),
        ("RemoteStopTransaction", {"transactionId": "x", "more": 1}, "TypeConstraintViolation"),
    ],
)
@pytest.mark.parametrize("schemas", [FAST, SLOW], ids=["jsonschema-rs", "jsonschema"])
def test_the_violated_keyword_decides_the_code_in_the_spelling_of_1_6(schemas: Schemas, action: str, payload: Payload, code: str) -> None:
    violation = schemas.violation(action, payload)
    assert violation is not None
    assert dialect().spell(violation.code) == code


@pytest.mark.parametrize("limit", [21.4, 0.1, 0.3, 16, 16.0, 123456.7, 0])
@pytest.mark.parametrize("schemas", [FAST, SLOW], ids=["jsonschema-rs", "jsonschema"])
def test_a_tenth_of_an_ampere_is_a_multiple_of_a_tenth(schemas: Schemas, limit: float) -> None:
    assert schemas.violation("SetChargingProfile", profile(limit)) is None


def test_an_answer_is_harmless_only_if_nothing_in_it_is_worse() -> None:
    odd = {"currentTime": "2026-03-01T12:00:00Z", "interval": 5, "more": 1}
    for schemas in (FAST, SLOW):
        harmless = schemas.violation("BootNotification", {"status": "Accepted", **odd}, answer=True)
        harmful = schemas.violation("BootNotification", {"status": "Perhaps", **odd}, answer=True)
        assert harmless is not None
        assert harmless.harmless_in_answer
        assert harmful is not None
        assert not harmful.harmless_in_answer


def test_a_violation_tells_where_and_not_what() -> None:
    violation = SCHEMAS.violation("ChangeConfiguration", {"key": "AuthorizationKey", "value": "secret" * 100})
    assert str(violation) == "value is too long"


def test_every_action_of_the_standard_has_both_schemas_and_they_compile() -> None:
    for schemas in (FAST, SLOW):
        for action in schemas.actions:
            schemas.violation(action, {})
            schemas.violation(action, {}, answer=True)
    assert len(SCHEMAS.actions) == 39  # 28 of 1.6 and 11 of its security whitepaper


def _sample(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """Build a valid value of a schema."""
    if "$ref" in schema:
        return _sample(root["definitions"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _sample(inner, root) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [_sample(schema.get("items", {}), root)]
        case "string":
            return "x"
        case "integer":
            return 1
        case "number":
            return 1.5
        case "boolean":
            return True
    return "x"


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(value, key), *_places(inner)]]


ACTIONS = sorted(SCHEMAS.actions)
WRONG = st.sampled_from([None, True, 0, -1, 1.0, 1.05, 21.4, "", "x", "x" * 600, [], {}, [1], {"x": 1}, 10**30])


@settings(deadline=None)  # the first of each action compiles its schema
@given(st.sampled_from(ACTIONS), st.booleans(), st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["set", "drop", "add"]), WRONG), max_size=3))
def test_both_validators_give_the_same_verdict(action: str, answer: bool, changes: list[tuple[int, str, Any]]) -> None:
    text = (SCHEMAS.folder / f"{action}{'Response' if answer else ''}.json").read_text(encoding="utf-8-sig")
    schema = json.loads(text)
    payload = _sample(schema, schema)
    for number, what, wrong in changes:
        places = _places(payload)
        if not places or what == "add":
            payload["extra"] = wrong
            continue
        container, key = places[number % len(places)]
        if what == "set":
            container[key] = copy.deepcopy(wrong)
        else:
            del container[key]
    assert FAST.violation(action, payload, answer=answer) == SLOW.violation(action, payload, answer=answer)
