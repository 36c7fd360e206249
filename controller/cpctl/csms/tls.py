"""TLS to the CSMS: what is asked of its server (security whitepaper, 2.4 and 2.5), and in words why one was not good enough."""

from __future__ import annotations

import ssl
from os import PathLike

from cpctl.errors import TlsFailed

from .errors import (
    CertificateForAnother,
    CertificateOutOfDate,
    CertificateUntrusted,
    OwnCertificateRefused,
    OwnCertificateUnusable,
    TlsMissing,
    TlsTooOld,
)
from .settings import CsmsSettings

StrPath = str | PathLike[str]

# The suites that every CSMS has to serve (A00.FR.317), and their like with forward secrecy; TLS 1.3 brings its own.
# Level 2: no key and no signature of less than 112 bits (A00.FR.501).
SUITES = "ECDHE+AESGCM:kRSA+AESGCM:@SECLEVEL=2"

# What OpenSSL says of a certificate (X509_V_ERR_...).
_UNTRUSTED = frozenset({2, 18, 19, 20, 21, 27})
_OUT_OF_DATE = frozenset({9, 10})
_FOR_ANOTHER = frozenset({62, 64})

# What it says of a handshake, as far as there is something to be done about it.
_TOO_OLD = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION", "VERSION_TOO_LOW"})
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
_OWN_REFUSED = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "TLSV1_ALERT_ACCESS_DENIED",
    }
)


def make_context(settings: CsmsSettings, url: str) -> ssl.SSLContext:
    """Make the context of a connection: the server's certificate and name are checked; TlsFailed if a file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        if settings.ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(settings.ca_file)
    except OSError as error:
        raise TlsFailed(url, f"csms.ca_file {settings.ca_file} {_unusable(error)}") from error
    if settings.security_profile == 3 and settings.cert_file is not None:
        try:
            _load_own(context, settings.cert_file, settings.key_file)
        except OSError as error:
            raise OwnCertificateUnusable(url, f"csms.cert_file {settings.cert_file} {_unusable(error)}") from error
    return context


def authority_trouble(ca_file: StrPath) -> str:
    """Say why a file cannot serve as the authority's certificate; nothing if it can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except OSError as error:
        return _unusable(error)
    return ""


def own_trouble(cert_file: StrPath, key_file: StrPath) -> str:
    """Say why two files cannot serve as our certificate and its key; nothing if they can."""
    try:
        _load_own(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), cert_file, key_file)
    except OSError as error:
        return _unusable(error)
    return ""


def _load_own(context: ssl.SSLContext, cert_file: StrPath, key_file: StrPath | None) -> None:
    # Without a password given, OpenSSL would ask for one on the terminal.
    context.load_cert_chain(cert_file, key_file, password="")


def _unusable(error: OSError) -> str:
    """Put into words what is wrong with a file of certificates or keys; ssl.SSLError is an OSError too."""
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "and csms.key_file do not belong together"
    return f"cannot be used: {error.strerror or error}"


def explain(error: ssl.SSLError, url: str) -> TlsFailed:
    """Give the error that says what is wrong with the server's TLS, or with ours in its eyes."""
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        cause = error.verify_message.strip(" .")
        if error.verify_code in _UNTRUSTED:
            return CertificateUntrusted(url, cause)
        if error.verify_code in _OUT_OF_DATE:
            return CertificateOutOfDate(url, cause)
        return CertificateForAnother(url, cause) if error.verify_code in _FOR_ANOTHER else TlsFailed(url, cause)
    if reason in _TOO_OLD:
        return TlsTooOld(url)
    if reason in _NO_TLS:
        return TlsMissing(url)
    if reason in _OWN_REFUSED:
        return OwnCertificateRefused(url, reason.rpartition("ALERT_")[2].replace("_", " ").lower())
    return TlsFailed(url, reason.replace("_", " ").lower() or str(error)[:200])
