"""The frame decoder: any bytes in any pieces, bounded memory, and nothing accepted that was not sent."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.link.frame import MAX_FRAME, OPENING, BadFrame, Drop, Frame, FrameDecoder, encode_frame
from cpctl.link.messages import MAX_PAYLOAD

frames = st.builds(
    Frame,
    major=st.integers(0, 7),
    kind=st.integers(0, 31),
    session=st.integers(0, 0xFFFF),
    seq=st.integers(0, 0xFF),
    msg=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=MAX_PAYLOAD),
)


def wire(frame: Frame) -> bytes:
    return encode_frame(frame.kind, frame.session, frame.seq, frame.msg, frame.payload, frame.major)


@given(frames)
def test_what_is_encoded_is_decoded(frame: Frame) -> None:
    encoded = wire(frame)

    assert FrameDecoder().feed(encoded) == [frame]
    assert len(encoded) <= MAX_FRAME <= 256
    assert encoded.count(0) == 1


@given(st.lists(frames, max_size=5), st.randoms(use_true_random=False))
def test_frames_survive_being_cut_anywhere(sent: list[Frame], chance: random.Random) -> None:
    stream = b"".join(map(wire, sent))
    decoder = FrameDecoder()
    heard: list[Frame | BadFrame] = []
    while stream:
        cut = chance.randint(1, len(stream))
        heard += decoder.feed(stream[:cut])
        stream = stream[cut:]

    assert heard == sent


@given(st.lists(st.binary(max_size=600), max_size=20))
def test_any_bytes_are_taken_in_bounded_memory(chunks: list[bytes]) -> None:
    decoder = FrameDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
        assert decoder.held < MAX_FRAME


@given(st.binary(max_size=600), frames)
def test_a_frame_after_garbage_is_heard_once_the_garbage_has_ended(garbage: bytes, frame: Frame) -> None:
    heard = FrameDecoder().feed(garbage + OPENING + wire(frame))

    assert heard[-1] == frame


@given(frames, st.data())
def test_a_changed_bit_is_never_accepted(frame: Frame, data: st.DataObject) -> None:
    encoded = bytearray(wire(frame))
    bit = data.draw(st.integers(0, len(encoded) * 8 - 1))
    encoded[bit // 8] ^= 1 << bit % 8

    heard = FrameDecoder().feed(bytes(encoded) + OPENING)

    assert not any(isinstance(item, Frame) for item in heard)


def test_boot_text_glued_to_the_first_frame_costs_nothing_but_itself() -> None:
    boot_text = b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
    frame = Frame(1, 6, 4711, 0, 0x50, b"snapshot")

    heard = FrameDecoder().feed(boot_text + OPENING + wire(frame))

    assert [type(item) for item in heard] == [BadFrame, Frame]
    assert heard[1] == frame


def test_a_frame_without_end_is_dropped_as_one_and_the_next_is_heard() -> None:
    decoder = FrameDecoder()
    for _ in range(1000):
        assert decoder.feed(b"\x55" * 1000) == []
    frame = Frame(1, 6, 1, 2, 3, b"x")

    assert decoder.feed(OPENING + wire(frame)) == [BadFrame(Drop.BAD_COBS, 1_000_000), frame]


def test_lone_zeros_are_no_frames() -> None:
    assert FrameDecoder().feed(OPENING * 10) == []


def test_a_payload_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(ValueError, match="241 bytes"):
        encode_frame(1, 1, 1, 1, bytes(MAX_PAYLOAD + 1))


def test_the_checksum_covers_header_and_payload() -> None:
    a = encode_frame(3, 0x1234, 5, 0x30, b"payload")
    b = encode_frame(3, 0x1234, 6, 0x30, b"payload")

    assert a != b
    assert zlib.crc32(b"") == 0  # an all-zero header and checksum would pass a checksum without start value
    assert isinstance(FrameDecoder().feed(b"\x01" * 10 + b"\0")[0], BadFrame)
