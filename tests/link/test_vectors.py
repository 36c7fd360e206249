"""The golden frames, read and written by both codecs."""

from __future__ import annotations

import ctypes
import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from cpctl.link.frame import BadFrame, Frame, FrameDecoder, encode_frame
from cpctl.link.messages import LAYOUT_HASH, MESSAGES, PROTOCOL_MAJOR, PROTOCOL_MINOR, Hello
from cpctl.link.session import session_id

from .c_codec import CCodec

VECTORS: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / "protocol" / "vectors.json").read_text(encoding="utf-8"))
GOOD = [v for v in VECTORS["frames"] if v["verdict"] == "ok"]
BAD = [v for v in VECTORS["frames"] if v["verdict"] != "ok"]


def named(vectors: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("vector", vectors, ids=[v["name"] for v in vectors])


def plain(value: object) -> object:
    """A field's value as the vectors write it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return list(value)
    return int(value) if isinstance(value, Enum) else value


def test_vectors_are_of_the_present_schema() -> None:
    assert VECTORS["protocol"] == f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}"
    assert VECTORS["layout_hash"] == LAYOUT_HASH


def test_every_message_and_every_kind_of_broken_frame_has_a_vector() -> None:
    assert {v["header"]["msg"] for v in GOOD} == set(MESSAGES)
    assert {v["verdict"] for v in BAD} == {"ignored", "bad_crc", "bad_cobs", "wrong_version", "wrong_session", "unknown_message"}


@named(GOOD)
def test_host_reads_a_good_frame(vector: dict[str, Any]) -> None:
    (frame,) = FrameDecoder().feed(bytes.fromhex(vector["wire"]))

    assert isinstance(frame, Frame)
    header = vector["header"]
    assert (frame.major, frame.kind, frame.session, frame.seq, frame.msg) == tuple(header.values())
    message = MESSAGES[frame.msg].from_bytes(frame.payload)
    assert {name: plain(getattr(message, name)) for name in vector["fields"]} == vector["fields"]


@named(GOOD)
def test_host_writes_a_good_frame(vector: dict[str, Any]) -> None:
    header = vector["header"]
    kind = MESSAGES[header["msg"]]
    payload = bytes.fromhex(vector["payload"])

    wire = encode_frame(header["kind"], header["session"], header["seq"], header["msg"], payload, header["major"])

    assert wire.hex() == vector["wire"]
    if len(payload) == kind.SIZE:
        assert kind.from_bytes(payload).to_bytes() == payload


@named(GOOD)
def test_firmware_reads_and_writes_a_good_frame(vector: dict[str, Any], firmware_codec: ctypes.CDLL) -> None:
    codec = CCodec(firmware_codec)
    header = tuple(vector["header"].values())
    payload = bytes.fromhex(vector["payload"])

    assert codec.feed(bytes.fromhex(vector["wire"])) == [(CCodec.FRAME, (*header, payload))]
    assert codec.encode_frame(*header, payload).hex() == vector["wire"]
    assert codec.recode(header[4], payload) == MESSAGES[header[4]].from_bytes(payload).to_bytes()


@named(BAD)
def test_host_drops_a_broken_frame_for_the_right_reason(vector: dict[str, Any]) -> None:
    assert host_verdict(bytes.fromhex(vector["wire"])) == vector["verdict"]


@named(BAD)
def test_firmware_drops_a_broken_frame_for_the_right_reason(vector: dict[str, Any], firmware_codec: ctypes.CDLL) -> None:
    codec = CCodec(firmware_codec)
    found = codec.feed(bytes.fromhex(vector["wire"]))

    names = {CCodec.BAD_COBS: "bad_cobs", CCodec.BAD_CRC: "bad_crc"}
    if not found:
        verdict = "ignored"
    elif found[0][1] is None:
        verdict = names[found[0][0]]
    else:
        major, kind, session, _, msg, _ = found[0][1]
        verdict = header_verdict(major, kind, session, msg, codec.kind(msg))
    assert verdict == vector["verdict"]


@pytest.mark.parametrize("pair", VECTORS["session_ids"])
def test_both_nonces_make_the_session(pair: dict[str, int]) -> None:
    assert session_id(pair["host"], pair["coprocessor"]) == pair["session"] != 0


def host_verdict(wire: bytes) -> str:
    found = FrameDecoder().feed(wire)
    if not found:
        return "ignored"
    frame = found[0]
    if isinstance(frame, BadFrame):
        return frame.reason.value
    known = MESSAGES[frame.msg].KIND if frame.msg in MESSAGES else -1
    return header_verdict(frame.major, frame.kind, frame.session, frame.msg, known)


def header_verdict(major: int, kind: int, session: int, msg: int, known_kind: int) -> str:
    """The rules of the specification for a frame whose checksum is right."""
    if major != PROTOCOL_MAJOR and msg != Hello.ID:
        return "wrong_version"
    if session != VECTORS["session"] and msg != Hello.ID:
        return "wrong_session"
    return "ok" if kind == known_kind else "unknown_message"
