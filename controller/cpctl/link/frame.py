"""Frames of the link: COBS(header | payload | CRC-32) and a closing zero, both ways. No I/O.

`FrameDecoder.feed` takes any bytes in any pieces, never raises, and keeps at most one frame's worth of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

from cobs import cobs

from .messages import MAX_PAYLOAD, PROTOCOL_MAJOR

#: Sent alone when a side opens the line: ends whatever half a frame, or boot text, the other side may hold.
OPENING: Final = b"\0"

_stuff: Final[Callable[[bytes], bytes]] = cobs.encode
_unstuff: Final[Callable[[bytes], bytes]] = cobs.decode

_HEADER: Final = Struct("<BHBH")
_CRC: Final = Struct("<I")
_MIN_RAW: Final = _HEADER.size + _CRC.size
_MAX_RAW: Final = _MIN_RAW + MAX_PAYLOAD
#: One code byte for at most 254 bytes: a frame of ours is shorter, so it grows by exactly one.
_MAX_ENCODED: Final = _MAX_RAW + 1
#: CRC-32 of anything followed by its own CRC-32 in little-endian order: checking needs no copy of the body.
_RESIDUE: Final = 0x2144DF1C

MAX_FRAME: Final = _MAX_ENCODED + 1


class Drop(StrEnum):
    """Why a frame was dropped; the names are those of the coprocessor's counters."""

    BAD_COBS = "bad_cobs"
    BAD_CRC = "bad_crc"
    WRONG_VERSION = "wrong_version"
    WRONG_SESSION = "wrong_session"
    UNKNOWN_MESSAGE = "unknown_message"


class Frame(NamedTuple):
    """A frame whose checksum was right. Whether its version, session and message are ours is for the session to judge.

    A named tuple because one is built for every frame heard: a frozen dataclass takes three times as long.
    """

    major: int
    kind: int
    session: int
    seq: int
    msg: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class BadFrame:
    """Bytes between two zeros that were no frame: too short, too long, no COBS, or another checksum."""

    reason: Drop
    size: int


def encode_frame(kind: int, session: int, seq: int, msg: int, payload: bytes, major: int = PROTOCOL_MAJOR) -> bytes:
    """Build the bytes on the wire, closing zero included; ValueError for a payload that is too long."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"payload of {len(payload)} bytes, at most {MAX_PAYLOAD} fit a frame")
    body = _HEADER.pack(major << 5 | kind, session, seq, msg) + payload
    return _stuff(body + _CRC.pack(crc32(body))) + b"\0"


def decode_frame(encoded: bytes) -> Frame | BadFrame:
    """Read what stood between two zeros."""
    if len(encoded) > _MAX_ENCODED:
        return BadFrame(Drop.BAD_COBS, len(encoded))
    try:
        raw = _unstuff(encoded)
    except cobs.DecodeError:
        return BadFrame(Drop.BAD_COBS, len(encoded))
    size = len(raw)
    if size < _MIN_RAW or size > _MAX_RAW:
        return BadFrame(Drop.BAD_COBS, len(encoded))
    if crc32(raw) != _RESIDUE:
        return BadFrame(Drop.BAD_CRC, len(encoded))
    first, session, seq, msg = _HEADER.unpack_from(raw)
    return Frame(first >> 5, first & 0x1F, session, seq, msg, raw[_HEADER.size : -_CRC.size])


class FrameDecoder:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()  # of the frame that has not ended yet, never more than a frame
        self._skipped = 0  # bytes of a frame that is already too long

    @property
    def held(self) -> int:
        """Bytes kept for the next call, at most a frame's worth."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Frame | BadFrame]:
        """Take bytes as they came; return the frames that ended in them, good and bad, in order."""
        parts = data.split(b"\0")
        rest = parts.pop()
        out: list[Frame | BadFrame] = []
        for part in parts:
            if self._rest or self._skipped:
                out.append(self._end(part))
            elif part:
                out.append(decode_frame(part))
        if rest:
            self._keep(rest)
        return out

    def _end(self, part: bytes) -> Frame | BadFrame:
        """End the frame that earlier calls had begun."""
        if self._skipped:
            size = self._skipped + len(part)
            self._skipped = 0
            return BadFrame(Drop.BAD_COBS, size)
        whole = bytes(self._rest) + part
        self._rest.clear()
        return decode_frame(whole)

    def _keep(self, part: bytes) -> None:
        if self._skipped:
            self._skipped += len(part)
        elif len(self._rest) + len(part) > _MAX_ENCODED:
            self._skipped = len(self._rest) + len(part)
            self._rest.clear()
        else:
            self._rest += part
