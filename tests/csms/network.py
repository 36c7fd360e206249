"""Things that may answer at a CSMS's address, and a wire between that can be cut or go dead."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha1


@asynccontextmanager
async def tcp(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[int]:
    """A TCP server that does `answer` with each connection; yields its port."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


class DeadWire:
    """Forwards between charge point and CSMS until told to swallow everything: a half-open connection."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self.dead = False
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for pump in self._pumps:
            pump.cancel()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._writers += [writer, far_writer]
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            pump = asyncio.get_running_loop().create_task(self._pump(source, sink))
            self._pumps.add(pump)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                if not self.dead:
                    sink.write(data)
                    await sink.drain()
        except ConnectionError:
            pass
        if not self.dead:
            sink.close()


@asynccontextmanager
async def raw_websocket(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], *headers: str) -> AsyncIterator[str]:
    """A server that opens a WebSocket in order, with these headers besides, and then does `talk` with its bytes; yields its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = re.search(r"(?i)sec-websocket-key: (\S+)", request)
        assert key is not None
        proof = base64.b64encode(sha1((key[1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode(), usedforsecurity=False).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {proof}"]
        writer.write("\r\n".join([*lines, "Sec-WebSocket-Protocol: ocpp1.6", *headers, "", ""]).encode())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    async with tcp(serve) as port:
        yield f"ws://127.0.0.1:{port}/ocpp"


def frame(payload: bytes, opcode: int = 1, *, fin: bool = True, reserved: int = 0) -> bytes:
    """Write a frame of a server (RFC 6455, 5.2): opcode 0 continues, 1 is text, 2 binary."""
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    return head + (b"\x7e" + len(payload).to_bytes(2, "big") if len(payload) < 65_536 else b"\x7f" + len(payload).to_bytes(8, "big")) + payload
