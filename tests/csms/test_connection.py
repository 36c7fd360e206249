"""Each way in which a CSMS can refuse has its own error, in words, with the next step."""

from __future__ import annotations

import asyncio

import pytest
from tests.csms.network import raw_websocket, tcp
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from cpctl.csms.connection import dial
from cpctl.csms.errors import ConnectionLost, ConnectRefused, ConnectTimedOut, NameUnknown, NotWebSocket, UrlUnusable
from cpctl.csms.settings import CsmsSettings
from cpctl.errors import CsmsError, CsmsRefused, SubprotocolRefused, TlsFailed
from cpctl.sim.csms import EmbeddedCsms


async def refusal(url: str, **settings: object) -> CsmsError:
    chosen: dict[str, object] = {"url": url, "id": "CP001", "open_timeout_s": 10.0, **settings}
    with pytest.raises(CsmsError) as caught:
        await dial(CsmsSettings(**chosen), ["ocpp1.6"])  # type: ignore[arg-type]
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "password"),
        (403, "does not let this station in"),
        (404, "does not know this station"),
        (429, "too many"),
        (503, "in trouble"),
        (200, "no WebSocket"),
    ],
)
async def test_an_http_status_is_told_in_words(csms: EmbeddedCsms, status: int, words: str) -> None:
    csms.http_status = status
    error = await refusal(csms.url)
    assert isinstance(error, CsmsRefused)
    assert error.status == status
    assert words in str(error)


async def test_a_csms_that_takes_no_subprotocol_is_left(csms: EmbeddedCsms) -> None:
    csms.subprotocols = ("ocpp2.0.1",)
    error = await refusal(csms.url)
    assert isinstance(error, SubprotocolRefused)
    assert (error.offered, error.chosen) == (("ocpp1.6",), None)


async def test_a_csms_that_takes_a_subprotocol_which_was_not_offered_is_left() -> None:
    async def nothing(_connection: ServerConnection) -> None:
        return

    async with serve(nothing, "127.0.0.1", 0, process_response=_choose_ocpp15) as server:
        error = await refusal(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert isinstance(error, SubprotocolRefused)
    assert error.chosen == "ocpp1.5"


def _choose_ocpp15(_connection: object, _request: object, response: object) -> object:
    response.headers["Sec-WebSocket-Protocol"] = "ocpp1.5"  # type: ignore[attr-defined]
    return response


async def test_a_closed_port_is_told() -> None:
    async with tcp(_hang_up) as port:
        pass
    assert isinstance(await refusal(f"ws://127.0.0.1:{port}"), ConnectRefused)


async def test_a_host_without_an_address_is_told() -> None:
    error = await refusal("ws://csms.invalid:9000/ocpp")
    assert isinstance(error, NameUnknown)
    assert error.host == "csms.invalid"


async def test_a_silent_server_is_given_up() -> None:
    before = asyncio.get_running_loop().time()
    async with tcp(_say_nothing) as port:
        error = await refusal(f"ws://127.0.0.1:{port}")
    assert isinstance(error, ConnectTimedOut)
    assert asyncio.get_running_loop().time() - before == pytest.approx(10, abs=1)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b""])
async def test_what_is_no_websocket_server_is_told(answer: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()

    async with tcp(say) as port:
        assert isinstance(await refusal(f"ws://127.0.0.1:{port}"), NotWebSocket)


async def test_tls_nonsense_is_told() -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with tcp(say) as port:
        assert isinstance(await refusal(f"wss://127.0.0.1:{port}"), TlsFailed)


@pytest.mark.parametrize("url", ["http://csms.example/ocpp", "csms.example", "ws://", "ws:///ocpp"])
async def test_an_url_that_is_none_is_told(url: str) -> None:
    assert isinstance(await refusal(url), UrlUnusable)


@pytest.mark.parametrize(
    ("url", "id", "endpoint"),
    [
        ("ws://csms.example/ocpp", "CP001", "ws://csms.example/ocpp/CP001"),
        ("ws://csms.example/ocpp/", "RDAM 123", "ws://csms.example/ocpp/RDAM%20123"),
        ("wss://csms.example:9000", "a/b?c#d", "wss://csms.example:9000/a%2Fb%3Fc%23d"),
        ("ws://csms.example/ocpp?key=1", "CP001", "ws://csms.example/ocpp/CP001?key=1"),
    ],
)
def test_the_percent_encoded_id_is_appended(url: str, id: str, endpoint: str) -> None:
    assert CsmsSettings(url, id).endpoint == endpoint


async def test_no_error_tells_a_password_of_the_url() -> None:
    error = await refusal("ws://user:geheim@127.0.0.1:1/ocpp")
    assert "geheim" not in str(error)
    assert "geheim" not in repr(CsmsSettings("ws://x", "CP001", password="geheim"))


async def test_a_message_beyond_all_bounds_ends_the_connection_and_says_so(csms: EmbeddedCsms) -> None:
    socket = await dial(CsmsSettings(csms.url, "CP001"), ["ocpp1.6"])
    await csms.until(lambda: csms.point("CP001").socket is not None)
    sending = asyncio.ensure_future(csms.send_text("CP001", "x" * 2_000_000))
    with pytest.raises(ConnectionLost) as lost:
        await socket.recv()
    assert "1009" in str(lost.value)
    await socket.close()
    await asyncio.gather(sending, return_exceptions=True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_told_and_not_followed(csms: EmbeddedCsms, status: int) -> None:
    heard: list[str] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.close()

    async with tcp(elsewhere) as port:
        csms.http_status, csms.http_headers = status, {"Location": f"ws://127.0.0.1:{port}/CP001"}
        error = await refusal(csms.url)
    assert isinstance(error, CsmsRefused)
    assert error.location == f"ws://127.0.0.1:{port}/CP001"
    assert error.location in error.reason
    assert "csms.url" in error.next_step
    assert heard == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("999999999999", 3600.0),
        ("Sat, 01 Mar 2025 12:02:00 GMT", 120.0),
        ("Sat, 01 Mar 2025 11:00:00 GMT", 0.0),
        ("Sat, 01 Mar 2025 12:02:00", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("", 0.0),
    ],
)
async def test_a_wish_to_be_left_alone_is_heard_by_the_servers_own_clock(header: str, seconds: float) -> None:
    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        date = "Date: Sat, 01 Mar 2025 12:00:00 GMT"
        writer.write(f"HTTP/1.1 503 Service Unavailable\r\n{date}\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    async with tcp(busy) as port:
        error = await refusal(f"ws://127.0.0.1:{port}")
    assert isinstance(error, CsmsRefused)
    assert error.retry_after_s == seconds


async def test_a_csms_is_reached_over_ipv6_and_by_a_path_with_a_query() -> None:
    paths: list[str] = []

    async def note(connection: ServerConnection) -> None:
        assert connection.request is not None
        paths.append(connection.request.path)

    async with serve(note, "::1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        port = server.sockets[0].getsockname()[1]
        socket = await dial(CsmsSettings(f"ws://[::1]:{port}/a/b/?tenant=7", "CP 1"), ["ocpp1.6"])
        await socket.close()
    assert paths == ["/a/b/CP%201?tenant=7"]


async def test_a_name_whose_first_address_does_not_answer_is_reached_by_its_second(csms: EmbeddedCsms) -> None:
    socket = await dial(CsmsSettings(csms.url.replace("127.0.0.1", "localhost"), "CP001"), ["ocpp1.6"])  # ::1 is tried as well
    await socket.close()


async def test_a_csms_that_compresses_unasked_is_left() -> None:
    async with raw_websocket(_wait, "Sec-WebSocket-Extensions: permessage-deflate") as url:
        error = await refusal(url)
    assert isinstance(error, NotWebSocket)
    assert "extension" in error.cause


async def test_an_opening_that_comes_byte_by_byte_and_never_ends_is_given_up() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
        for _ in range(1000):
            writer.write(b"x")
            await asyncio.sleep(1)

    async with tcp(drip) as port:
        assert isinstance(await refusal(f"ws://127.0.0.1:{port}"), ConnectTimedOut)


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def _wait(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()
