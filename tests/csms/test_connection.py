"""Each way in which a CSMS can refuse has its own error, in words, with the next step."""

from __future__ import annotations

import asyncio

import pytest
from tests.csms.network import tcp
from websockets.asyncio.server import ServerConnection, serve

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


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()
