"""A coprocessor for tests of the session: just enough of the other side, without time or I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cpctl.link.frame import Frame, FrameDecoder, encode_frame
from cpctl.link.messages import (
    LAYOUT_HASH,
    MESSAGES,
    PROTOCOL_MAJOR,
    Event,
    EventAck,
    Hello,
    Kind,
    Lease,
    Message,
    Reply,
    Result,
    Role,
    Snapshot,
)
from cpctl.link.session import session_id


@dataclass
class Peer:
    """Answers HELLO and commands, remembers leases and acks, says what a test lets it say."""

    nonce: int = 0xC0C0
    hello: Hello = field(default_factory=lambda: Hello(role=Role.COPROCESSOR, major=PROTOCOL_MAJOR, layout_hash=LAYOUT_HASH, evse_count=1))
    answers: bool = True  # to commands
    greets: bool = True  # answers HELLO
    heard: list[Message] = field(default_factory=list)
    host_nonce: int = 0
    _decoder: FrameDecoder = field(default_factory=FrameDecoder)
    _seq: int = 0

    @property
    def session(self) -> int:
        return session_id(self.host_nonce, self.nonce) if self.host_nonce else 0

    def take(self, data: bytes) -> bytes:
        """Take the host's bytes; return the answers."""
        out = b""
        for frame in self._decoder.feed(data):
            assert isinstance(frame, Frame), frame
            message = MESSAGES[frame.msg].from_bytes(frame.payload)
            if isinstance(message, Hello):
                self.heard.append(message)
                self.host_nonce = message.nonce
                out += self.say_hello() if self.greets else b""
            elif frame.session == self.session:
                self.heard.append(message)
                if frame.kind == Kind.COMMAND and self.answers:
                    out += self.reply(frame)
        return out

    def say_hello(self, **changes: object) -> bytes:
        hello = replace(self.hello, nonce=self.nonce, peer_nonce=self.host_nonce, **changes)  # type: ignore[arg-type]
        return encode_frame(Kind.HELLO, 0, 0, Hello.ID, hello.to_bytes(), hello.major)

    def reply(self, frame: Frame, result: Result = Result.OK) -> bytes:
        answer = Reply(frame.msg, result)
        return encode_frame(Kind.REPLY, self.session, frame.seq, Reply.ID, answer.to_bytes(), self.hello.major)

    def say(self, message: Message, *, session: int | None = None, major: int = PROTOCOL_MAJOR) -> bytes:
        self._seq = (self._seq + 1) & 0xFF
        session = self.session if session is None else session
        return encode_frame(message.KIND, session, self._seq, message.ID, message.to_bytes(), major)

    def restart(self) -> None:
        """Begin anew with another nonce and no session."""
        self.nonce += 1
        self.host_nonce = 0

    def of(self, kind: type[Lease | EventAck | Hello]) -> list[Message]:
        return [m for m in self.heard if isinstance(m, kind)]


def snapshot(uptime_us: int, **fields: int) -> Snapshot:
    return Snapshot(evse=1, uptime_us=uptime_us, **fields)  # type: ignore[arg-type]


def event(number: int, oldest: int = 1) -> Event:
    return Event(id=number, uptime_us=number * 1000, evse=1, oldest=oldest)
