"""Security profiles: what we accept of a CSMS, how we prove who we are, and that no secret is ever written down."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from tests.csms.authority import LONG_AGO, ONE_DAY, TOMORROW, YESTERDAY, Authority, listening, refusing
from tests.csms.network import tcp
from tests.csms.station import Point, eventually, utc_now

from cpctl.core.inputs import PasswordAccepted
from cpctl.csms.connection import Socket, dial
from cpctl.csms.errors import (
    CertificateForAnother,
    CertificateOutOfDate,
    CertificateUntrusted,
    OwnCertificateRefused,
    ProfileUnmet,
    TlsMissing,
    TlsTooOld,
)
from cpctl.csms.passwords import forms
from cpctl.csms.settings import CsmsSettings
from cpctl.errors import CsmsError, CsmsRefused, TlsFailed
from cpctl.sim.csms import EmbeddedCsms

PASSWORD = "hunter2hunter2hu"
HEX_KEY = "0001020304050607FFFFFFFFCCCCCCCCCCCCCCCC"
KEY = "SecurityCtrlr.BasicAuthPassword"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


async def attempt(url: str, password: bytes | None = PASSWORD.encode(), profile: int = 2, **settings: object) -> Socket:
    chosen: dict[str, object] = {"url": url, "id": "CP001", "open_timeout_s": 10.0, "security_profile": profile, **settings}
    return await dial(CsmsSettings(**chosen), ["ocpp1.6"], password)  # type: ignore[arg-type]


async def refusal(url: str, password: bytes | None = PASSWORD.encode(), profile: int = 2, **settings: object) -> CsmsError:
    with pytest.raises(CsmsError) as caught:
        await attempt(url, password, profile, **settings)
    assert caught.value.next_step
    return caught.value


# ---------------------------------------------------------------- profile 2: the server


def _outdated(authority: Authority) -> ssl.SSLContext:
    context = authority.server()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is deprecated is the point
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _odd_suite(authority: Authority) -> ssl.SSLContext:
    context = authority.server()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+CHACHA20")
    return context


SERVERS: list[tuple[str, Callable[[Authority, Authority], ssl.SSLContext], type[TlsFailed], str]] = [
    ("of an unknown authority", lambda _, stranger: stranger.server(), CertificateUntrusted, "ca_file"),
    ("self-signed", lambda _, stranger: stranger.self_signed(), CertificateUntrusted, "ca_file"),
    ("expired", lambda ours, _: ours.server(ours.issue("127.0.0.1", begins=LONG_AGO, ends=YESTERDAY)), CertificateOutOfDate, "clock"),
    ("not valid yet", lambda ours, _: ours.server(ours.issue("127.0.0.1", begins=TOMORROW, ends=ONE_DAY)), CertificateOutOfDate, "clock"),
    ("of another host", lambda ours, _: ours.server(ours.issue("other.example")), CertificateForAnother, "the name"),
    ("of TLS 1.1 at best", lambda ours, _: _outdated(ours), TlsTooOld, "brought up to date"),
    ("with none of the standard's suites", lambda ours, _: _odd_suite(ours), TlsFailed, "certificate"),
]


@pytest.mark.parametrize(("make", "kind", "advice"), [case[1:] for case in SERVERS], ids=[case[0] for case in SERVERS])
async def test_a_server_that_is_not_good_enough_is_left_before_it_hears_our_password(
    authority: Authority, stranger: Authority, make: Callable[[Authority, Authority], ssl.SSLContext], kind: type[TlsFailed], advice: str
) -> None:
    async with refusing(make(authority, stranger)) as url:
        error = await refusal(url, ca_file=authority.ca_file)
    assert type(error) is kind
    assert advice in error.next_step
    assert url in error.reason


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"])
async def test_a_server_without_tls_at_a_wss_url_is_told(answer: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        writer.close()

    async with tcp(say) as port:
        error = await refusal(f"wss://127.0.0.1:{port}")
    assert isinstance(error, TlsMissing)
    assert "ws://" in error.next_step


async def test_a_server_that_breaks_off_a_wss_connection_without_a_word_may_want_a_certificate_or_speak_no_tls(authority: Authority) -> None:
    """asyncio's server side refuses a client without a certificate in silence; a server without TLS closes at what it does not understand."""

    async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with listening(authority.asking()) as asking, tcp(cut) as port:
        for url in (asking, f"wss://127.0.0.1:{port}"):
            error = await refusal(url, ca_file=authority.ca_file)
            assert "profile 3" in error.next_step
            assert "no TLS" in error.next_step
            assert "ws://" not in error.next_step


async def test_the_key_of_another_certificate_is_told_as_that(authority: Authority) -> None:
    files = {**authority.station("SN0001"), "key_file": authority.station("SN0002")["key_file"]}
    error = await refusal("wss://127.0.0.1:1", None, 3, ca_file=authority.ca_file, **files)
    assert "do not belong together" in error.reason
    assert "key_file" in error.next_step
    assert "ca_file" not in error.next_step


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken_with_a_suite_of_the_standard(authority: Authority, version: ssl.TLSVersion) -> None:
    context = authority.server()
    context.minimum_version = context.maximum_version = version
    async with listening(context) as url:
        socket = await attempt(url, ca_file=authority.ca_file)
        spoken = socket.tls
        await socket.close()
    assert spoken is not None
    assert spoken[0] == version.name.replace("_", ".")
    assert "GCM" in spoken[1] or version is ssl.TLSVersion.TLSv1_3


async def test_the_host_is_named_in_the_handshake_and_compared(authority: Authority) -> None:
    asked: list[str | None] = []
    context = authority.server(authority.issue("localhost"))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with listening(context, host="localhost") as url:
        socket = await attempt(url, ca_file=authority.ca_file)
        await socket.close()
    assert asked == ["localhost"]


async def test_a_certificate_that_names_its_host_in_the_common_name_only_is_taken(authority: Authority) -> None:
    async with listening(authority.server(authority.issue(common_name="localhost")), host="localhost") as url:
        socket = await attempt(url, ca_file=authority.ca_file)
        await socket.close()


async def test_without_a_ca_file_the_systems_authorities_count(authority: Authority) -> None:
    async with listening(authority.server()) as url:
        assert isinstance(await refusal(url), CertificateUntrusted)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_ca_file_that_cannot_be_used_is_told(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    error = await refusal("wss://127.0.0.1:1", ca_file=str(file))
    assert isinstance(error, TlsFailed)
    assert str(file) in error.reason


# ---------------------------------------------------------------- what a profile asks for


@pytest.mark.parametrize(
    ("profile", "url", "password", "lack"),
    [
        (1, "ws://127.0.0.1:1", None, "a password"),
        (2, "wss://127.0.0.1:1", None, "a password"),
        (2, "ws://127.0.0.1:1", b"secret", "TLS"),
        (3, "ws://127.0.0.1:1", None, "TLS"),
        (3, "wss://127.0.0.1:1", None, "a certificate of our own"),
    ],
)
async def test_nothing_is_sent_before_all_is_there_that_the_profile_asks_for(profile: int, url: str, password: bytes | None, lack: str) -> None:
    error = await refusal(url, password, profile)
    assert isinstance(error, ProfileUnmet)
    assert lack in error.reason


async def test_profile_0_speaks_tls_where_the_url_says_so_and_sends_no_password(authority: Authority) -> None:
    server = EmbeddedCsms(utc_now, Random(1), password=PASSWORD, tls=authority.server())
    await server.start()
    error = await refusal(server.url, profile=0, ca_file=authority.ca_file)
    assert isinstance(error, CsmsRefused)
    assert error.status == 401
    assert "security_profile" in error.next_step
    server.password = None
    await (await attempt(server.url, profile=0, ca_file=authority.ca_file)).close()
    await server.stop()


# ---------------------------------------------------------------- profile 3


async def test_profile_3_proves_who_we_are_by_a_certificate(authority: Authority) -> None:
    async with listening(authority.asking()) as url:
        socket = await attempt(url, None, 3, ca_file=authority.ca_file, **authority.station("SN0001"))
        assert socket.subprotocol == "ocpp1.6"
        await socket.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_that_the_csms_does_not_take_is_told(authority: Authority, stranger: Authority, version: ssl.TLSVersion) -> None:
    context = authority.asking()
    context.minimum_version = context.maximum_version = version
    async with refusing(context) as url:
        error = await refusal(url, None, 3, ca_file=authority.ca_file, **stranger.station("SN0001"))
    assert isinstance(error, OwnCertificateRefused)


async def test_a_csms_that_wants_a_certificate_which_the_profile_does_not_give_is_told(authority: Authority) -> None:
    async with refusing(authority.asking()) as url:
        assert isinstance(await refusal(url, ca_file=authority.ca_file), OwnCertificateRefused)


async def test_a_key_that_does_not_belong_to_the_certificate_is_told(authority: Authority) -> None:
    files = authority.station("SN0001") | {"key_file": authority.station("SN0002")["key_file"]}
    error = await refusal("wss://127.0.0.1:1", None, 3, ca_file=authority.ca_file, **files)
    assert isinstance(error, TlsFailed)
    assert "cert_file" in error.reason


# ---------------------------------------------------------------- profiles 1 and 2: the password


@pytest.mark.parametrize(
    ("password", "sent"),
    [
        (PASSWORD, [PASSWORD.encode()]),
        (HEX_KEY, [bytes.fromhex(HEX_KEY), HEX_KEY.encode()]),
        (HEX_KEY[:32].lower(), [bytes.fromhex(HEX_KEY[:32]), HEX_KEY[:32].lower().encode()]),
        (HEX_KEY[:30], [HEX_KEY[:30].encode()]),
        (HEX_KEY[:33], [HEX_KEY[:33].encode()]),
        ("pässwörtlich-geheim", ["pässwörtlich-geheim".encode()]),
    ],
)
def test_hexadecimal_digits_stand_for_their_bytes_and_then_for_themselves(password: str, sent: list[bytes]) -> None:
    assert [credential.sent for credential in forms(password)] == sent
    assert [credential.sent for credential in forms(password, as_text=True)] == sent[::-1], "from 2.0.1 on it is the other way round"


@pytest.fixture
async def guarded() -> EmbeddedCsms:
    server = EmbeddedCsms(utc_now, Random(1), password=PASSWORD)
    await server.start()
    return server


@pytest.mark.parametrize("at_csms", [bytes.fromhex(HEX_KEY), HEX_KEY.encode()])
async def test_a_hexadecimal_password_finds_its_form(guarded: EmbeddedCsms, make_point: Callable[..., Point], at_csms: bytes) -> None:
    guarded.password = at_csms
    point = make_point(guarded.url, security_profile=1, password=HEX_KEY)
    await eventually(lambda: point.station.online)
    await asyncio.sleep(60)
    guarded.cut("CP001")
    await eventually(lambda: not point.station.online)
    connected_in_s = await _time_until(lambda: point.station.online)
    assert connected_in_s < 25  # one wait: it remembers which form it was
    assert point.station.of(PasswordAccepted) == []
    await guarded.stop()


async def test_an_id_with_every_kind_of_character_is_name_in_the_url_and_user(guarded: EmbeddedCsms) -> None:
    for id in ("CP 1", "CP/1?x=y", "Säule-ß", "100%"):
        await (await attempt(guarded.url, profile=1, id=id)).close()
    await guarded.stop()


async def test_a_refused_password_is_told_without_telling_it(guarded: EmbeddedCsms) -> None:
    error = await refusal(guarded.url, b"wrong-wrong-wrong", 1)
    assert isinstance(error, CsmsRefused)
    assert "password" in str(error)
    assert "wrong-wrong" not in repr(error) + str(error) + repr(error.__cause__)
    await guarded.stop()


async def test_a_new_password_counts_from_the_connection_that_is_made_for_it(guarded: EmbeddedCsms, make_point: Callable[..., Point]) -> None:
    point = make_point(guarded.url, security_profile=1, password=PASSWORD)
    await eventually(lambda: point.station.online)
    answer = await guarded.call("CP001", "ChangeConfiguration", {"key": "AuthorizationKey", "value": HEX_KEY})
    assert answer == {"status": "Accepted"}
    guarded.password = bytes.fromhex(HEX_KEY)
    point.station.previous = PASSWORD
    await guarded.until(lambda: guarded.point("CP001").connections == 2, 5)  # without waiting as after a loss
    await eventually(lambda: point.station.online)
    assert [item.password for item in point.station.of(PasswordAccepted)] == [HEX_KEY]
    assert len(guarded.point("CP001").boots) == 1
    await guarded.stop()


@pytest.mark.parametrize("previous", [PASSWORD, ""])
async def test_a_new_password_that_the_csms_then_refuses_gives_way_to_the_old_one(
    guarded: EmbeddedCsms, make_point: Callable[..., Point], previous: str
) -> None:
    point = make_point(guarded.url, security_profile=1, password=PASSWORD)
    await eventually(lambda: point.station.online)
    await guarded.call("CP001", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "another-password-1"})
    point.station.previous = previous
    await guarded.until(lambda: guarded.point("CP001").connections == 2)
    await eventually(lambda: point.station.online)
    assert [item.password for item in point.station.of(PasswordAccepted)] == [PASSWORD]
    await guarded.stop()


async def test_the_password_is_changed_in_profile_0_without_leaving_the_csms(csms: EmbeddedCsms, point: Point) -> None:
    assert await csms.call("CP001", "ChangeConfiguration", {"key": "authorizationkey", "value": HEX_KEY}) == {"status": "Accepted"}
    await eventually(lambda: point.station.variables[KEY] == HEX_KEY)
    await csms.call("CP001", "ClearCache", {})
    assert csms.point("CP001").connections == 1


async def test_authorization_key_is_never_shown_and_security_profile_is(csms: EmbeddedCsms, point: Point) -> None:
    await csms.call("CP001", "ChangeConfiguration", {"key": "AuthorizationKey", "value": HEX_KEY})
    answer = await csms.call("CP001", "GetConfiguration", {"key": ["AuthorizationKey", "SecurityProfile"]})
    assert answer == {
        "configurationKey": [{"key": "AuthorizationKey", "readonly": False}, {"key": "SecurityProfile", "readonly": True, "value": "0"}]
    }
    assert HEX_KEY not in str(await csms.call("CP001", "GetConfiguration", {}))
    assert await csms.call("CP001", "ChangeConfiguration", {"key": "SecurityProfile", "value": "1"}) == {"status": "Rejected"}


async def _time_until(true: Callable[[], bool]) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await eventually(true)
    return loop.time() - began
