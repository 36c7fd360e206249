"""Logging and redaction: what reaches a reader, and what never does."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from cpctl import log as cpctl_log
from cpctl.redact import HIDDEN, redact, redact_text, shorten_token


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    stream = io.StringIO()
    cpctl_log.configure("info", stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_off_a_terminal_each_line_is_one_json_object_with_event_and_fields(out: io.StringIO) -> None:
    cpctl_log.get_logger("cpctl.x").info("transaction.started", evse=1)
    line = json.loads(out.getvalue())
    assert (line["event"], line["evse"], line["level"], line["logger"]) == ("transaction.started", 1, "info", "cpctl.x")


def test_context_variables_are_carried_into_every_line(out: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(evse=2):
        cpctl_log.get_logger("cpctl.x").info("offer.changed")
    assert json.loads(out.getvalue())["evse"] == 2


def test_below_the_level_nothing_is_written(out: io.StringIO) -> None:
    cpctl_log.get_logger("cpctl.x").debug("frame.received")
    assert out.getvalue() == ""


def test_libraries_that_log_frames_at_info_are_kept_quiet(out: io.StringIO) -> None:
    logging.getLogger("ocpp").info("receive message with a password")
    assert out.getvalue() == ""


def test_secrets_and_tokens_do_not_reach_the_log(out: io.StringIO) -> None:
    cpctl_log.get_logger("cpctl.x").warning(
        "csms.refused", url="wss://cp1:hunter22@csms.example/o", password="hunter22", id_token="04A2B3C4D5", header="Basic Y3AxOmh1bnRlcjIy"
    )
    text = out.getvalue()
    assert "hunter22" not in text
    assert "04A2B3C4D5" not in text
    assert "Y3AxOmh1bnRlcjIy" not in text
    assert json.loads(text)["id_token"] == "04…D5"


def test_a_traceback_is_part_of_the_json_line(out: io.StringIO) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        cpctl_log.get_logger("cpctl.x").exception("handler.failed")
    assert "ValueError: odd" in json.loads(out.getvalue())["exception"]


def test_a_text_from_a_peer_is_bounded(out: io.StringIO) -> None:
    cpctl_log.get_logger("cpctl.x").info("csms.said", text="x" * 100_000)
    assert len(out.getvalue()) < 3000


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "AuthorizationKey", "value": "s3cr3t-s3cr3t"},
        {"setVariableData": [{"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": "s3cr3t-s3cr3t"}]},
        {"name": "SecurityCtrlr.BasicAuthPassword", "value": "s3cr3t-s3cr3t"},
        {"location": "ftp://user:s3cr3t-s3cr3t@host/log"},
        {"data": {"Password": "s3cr3t-s3cr3t"}},
    ],
)
def test_ocpp_payloads_lose_their_secrets_by_meaning(payload: object) -> None:
    assert "s3cr3t" not in json.dumps(redact(payload))
    assert HIDDEN in json.dumps(redact(payload))


def test_a_harmless_configuration_change_is_shown_as_it_is() -> None:
    payload = {"key": "HeartbeatInterval", "value": "300"}
    assert redact(payload) == payload


def test_a_url_without_user_stays_whole() -> None:
    assert redact_text("wss://csms.example/ocpp/CP@1") == "wss://csms.example/ocpp/CP@1"


def test_a_short_token_is_not_shown_whole() -> None:
    assert shorten_token("TAG1") == "T…"
