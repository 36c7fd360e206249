"""The host's codec against the firmware's, on 100,000 random frames."""

from __future__ import annotations

import ctypes
import random

from cpctl.link.frame import BadFrame, Drop, Frame, FrameDecoder, encode_frame
from cpctl.link.messages import MAX_PAYLOAD, MESSAGES

from .c_codec import CCodec

ROUNDS = 100_000


def test_both_codecs_agree_on_100000_random_frames(firmware_codec: ctypes.CDLL) -> None:
    """Whole, broken and random frames: the same verdicts, the same fields, the same bytes back."""
    chance = random.Random(20)
    codec = CCodec(firmware_codec)
    decoder = FrameDecoder()
    verdicts = {Drop.BAD_COBS: CCodec.BAD_COBS, Drop.BAD_CRC: CCodec.BAD_CRC}
    messages = list(MESSAGES.values())
    accepted = 0
    for _ in range(ROUNDS):
        message = chance.choice(messages)
        payload = random_payload(chance, message.SIZE)
        header = (chance.choice((1, 1, 1, 2)), message.KIND.value, chance.getrandbits(16), chance.getrandbits(8), message.ID)
        major, kind, session, seq, msg = header
        wire = encode_frame(kind, session, seq, msg, payload, major)
        assert codec.encode_frame(*header, payload) == wire
        if chance.random() < 0.5:
            wire = broken(chance, wire)

        ours = decoder.feed(wire)
        theirs = codec.feed(wire)

        assert [as_verdict(item, verdicts) for item in ours] == theirs
        for item in ours:
            if isinstance(item, Frame) and item.msg in MESSAGES:
                accepted += 1
                kind_of = MESSAGES[item.msg]
                assert codec.recode(item.msg, item.payload) == kind_of.from_bytes(item.payload).to_bytes()
    assert accepted > ROUNDS // 3


def test_both_sides_know_the_same_messages(firmware_codec: ctypes.CDLL) -> None:
    codec = CCodec(firmware_codec)

    assert {msg: codec.kind(msg) for msg in range(0x10000) if codec.kind(msg) >= 0} == {m.ID: m.KIND for m in MESSAGES.values()}


def as_verdict(item: Frame | BadFrame, verdicts: dict[Drop, int]) -> tuple[int, object]:
    if isinstance(item, BadFrame):
        return verdicts[item.reason], None
    return CCodec.FRAME, (item.major, item.kind, item.session, item.seq, item.msg, item.payload)


def random_payload(chance: random.Random, size: int) -> bytes:
    """Any length around the message's own; bytes below 0x80, so that every text is one."""
    length = chance.choice((size, size, size, chance.randint(0, size), chance.randint(size, MAX_PAYLOAD)))
    return bytes(chance.choice((0, chance.getrandbits(7))) for _ in range(length))


def broken(chance: random.Random, wire: bytes) -> bytes:
    """Flip, cut, double or invent."""
    which = chance.randrange(5)
    if which == 0:
        spoilt = bytearray(wire)
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        return bytes(spoilt)
    if which == 1:
        cut = chance.randrange(len(wire))
        return wire[:cut] + wire[cut + 1 :]
    if which == 2:
        return wire + wire
    if which == 3:
        return wire[:-1] + wire
    return bytes(chance.getrandbits(8) for _ in range(chance.randint(0, 400))) + b"\0"
