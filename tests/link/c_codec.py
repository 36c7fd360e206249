"""Calls the firmware's frame and message codec by ctypes."""

from __future__ import annotations

import ctypes
import re

from cpctl.link.messages import MESSAGES

_ROOM = 4096  # more than any struct or frame of the codec


class _CFrame(ctypes.Structure):
    """cp_frame_t of cp_frame.h."""

    _fields_ = (
        ("major", ctypes.c_uint8),
        ("kind", ctypes.c_uint8),
        ("session", ctypes.c_uint16),
        ("seq", ctypes.c_uint8),
        ("msg", ctypes.c_uint16),
        ("payload", ctypes.POINTER(ctypes.c_uint8)),
        ("len", ctypes.c_size_t),
    )


class CCodec:
    """Frames and messages as the firmware reads and writes them."""

    NOTHING, FRAME, BAD_COBS, BAD_CRC = range(4)

    def __init__(self, library: ctypes.CDLL) -> None:
        self._lib = library
        self._lib.cp_frame_encode.restype = ctypes.c_size_t
        self._decoder = ctypes.create_string_buffer(_ROOM)
        self._struct = ctypes.create_string_buffer(_ROOM)
        self._out = ctypes.create_string_buffer(_ROOM)
        for message in MESSAGES.values():
            getattr(self._lib, f"cp_msg_{_snake(message.__name__)}_encode").restype = ctypes.c_size_t

    def feed(self, data: bytes) -> list[tuple[int, tuple[int, int, int, int, int, bytes] | None]]:
        """Give bytes to one lasting decoder; return what they ended: a verdict, and the frame where there is one."""
        found: list[tuple[int, tuple[int, int, int, int, int, bytes] | None]] = []
        frame = _CFrame()
        take = self._lib.cp_decoder_take
        for byte in data:
            verdict = take(self._decoder, byte, ctypes.byref(frame))
            if verdict == self.FRAME:
                payload = ctypes.string_at(frame.payload, frame.len)
                found.append((verdict, (frame.major, frame.kind, frame.session, frame.seq, frame.msg, payload)))
            elif verdict != self.NOTHING:
                found.append((verdict, None))
        return found

    def encode_frame(self, major: int, kind: int, session: int, seq: int, msg: int, payload: bytes) -> bytes:
        """Build a frame as the firmware does."""
        raw = (ctypes.c_uint8 * max(len(payload), 1)).from_buffer_copy(payload or b"\0")
        frame = _CFrame(major, kind, session, seq, msg, raw, len(payload))
        size = self._lib.cp_frame_encode(ctypes.byref(frame), self._out)
        return self._out.raw[:size]

    def recode(self, msg: int, payload: bytes) -> bytes:
        """Decode a payload and encode what was understood."""
        name = _snake(MESSAGES[msg].__name__)
        getattr(self._lib, f"cp_msg_{name}_decode")(self._struct, payload, ctypes.c_size_t(len(payload)))
        size = getattr(self._lib, f"cp_msg_{name}_encode")(self._struct, self._out)
        return self._out.raw[:size]

    def kind(self, msg: int) -> int:
        """Kind that carries a message, -1 if there is none such."""
        return int(self._lib.cp_msg_kind(ctypes.c_uint16(msg)))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
