"""The ways in which a CSMS cannot be reached or an exchange with it can fail, beyond the families in `cpctl.errors`.

CsmsError
├── CsmsUnreachable
│   ├── NameUnknown         DNS gives no address for the host
│   ├── ConnectRefused      nothing listens there
│   ├── ConnectCut          it broke off without a word
│   └── ConnectTimedOut     no answer, or one that never ends
├── NotWebSocket            something answered, but not as a WebSocket server does
├── UrlUnusable             the configured URL is none of ws:// or wss://
├── ProfileUnmet            the security profile asks for what URL, password or certificate do not give
├── TlsFailed
│   ├── CertificateUntrusted    made by nobody whom we trust
│   ├── CertificateOutOfDate    no longer valid, or not yet
│   ├── CertificateForAnother   valid, but of another host
│   ├── TlsTooOld               TLS 1.0 or 1.1 at best
│   ├── TlsMissing              what answers speaks no TLS
│   ├── OwnCertificateUnusable  the files of ours cannot be loaded
│   └── OwnCertificateRefused   the CSMS does not take our certificate
├── ConnectionLost          the connection is gone, and with it what was asked over it
│   ├── PongMissing         it was half-open: no pong came
│   └── NotConnected        there is none at the moment
├── CallInvalid             a CALL of ours does not fit its schema and was not sent
└── AnswerInvalid           an answer to us does not fit its schema
"""

from __future__ import annotations

from cpctl.errors import CsmsError, CsmsUnreachable, TlsFailed


class NameUnknown(CsmsUnreachable):
    """DNS gives no address for the CSMS's host."""

    def __init__(self, url: str, host: str) -> None:
        self.host = host
        super().__init__(url, f"the name {host} cannot be resolved")
        self.next_step = f"Check csms.url and this machine's DNS: getent hosts {host}."


class ConnectRefused(CsmsUnreachable):
    """Nothing listens at the CSMS's port."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "nothing listens there")
        self.next_step = "Check the port in csms.url, and that the CSMS runs."


class ConnectCut(CsmsUnreachable):
    """The CSMS broke the connection off before the opening handshake was over."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "it cut the connection")
        self.next_step = _after_silence(url)


class ConnectTimedOut(CsmsUnreachable):
    """The CSMS did not complete the opening handshake in time."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(url, f"no answer within {timeout_s:g} s")
        self.next_step = "Check for a firewall in between, and that csms.url names a WebSocket server."


class NotWebSocket(CsmsError):
    """What answers is not a WebSocket server, or not for this kind of URL."""

    def __init__(self, url: str, cause: str) -> None:
        self.url = url
        self.cause = cause
        super().__init__(
            f"What answers at {url} is no WebSocket server: {cause}.",
            _after_silence(url),
        )


class UrlUnusable(CsmsError):
    """The configured URL cannot be connected to."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(f"{url!r} is no ws:// or wss:// URL.", "Correct csms.url.")


class ProfileUnmet(CsmsError):
    """What is configured does not make the security profile that is configured too; nothing was sent."""

    def __init__(self, profile: int, lack: str, next_step: str) -> None:
        self.profile = profile
        super().__init__(f"Security profile {profile} {lack}.", next_step)


class CertificateUntrusted(TlsFailed):
    """The CSMS's certificate was made by nobody whom we trust."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(url, f"nobody whom we trust vouches for its certificate ({cause})")
        self.next_step = "Set csms.ca_file to the certificate of the authority that made it; without one the system's are used."


class CertificateOutOfDate(TlsFailed):
    """The CSMS's certificate is no longer valid, or not yet by this machine's clock."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(url, f"its certificate is out of date ({cause})")
        self.next_step = "Check this machine's clock with timedatectl; if it is right, the CSMS needs a new certificate."


class CertificateForAnother(TlsFailed):
    """The CSMS's certificate is another host's."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(url, f"its certificate belongs to another host ({cause})")
        self.next_step = "Set csms.url to the name for which the certificate was made."


class TlsTooOld(TlsFailed):
    """The CSMS speaks no TLS of version 1.2 or later."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "it has no TLS 1.2 or later")
        self.next_step = "The CSMS has to be brought up to date: OCPP forbids earlier versions."


class TlsMissing(TlsFailed):
    """What answers at a wss:// URL speaks no TLS."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "what answers there speaks no TLS")
        self.next_step = "Check the port in csms.url; a CSMS without TLS wants ws:// and security profile 0 or 1."


class OwnCertificateUnusable(TlsFailed):
    """The certificate or the key of our own cannot be loaded; nothing was sent."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(url, cause)
        self.next_step = "Check cert_file and key_file in [csms]: the certificate comes first in its file, and the key is its own."


class OwnCertificateRefused(TlsFailed):
    """The CSMS does not take the certificate by which we prove who we are, or misses one."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(url, f"it does not take our certificate ({cause})")
        self.next_step = "Check security_profile, cert_file and key_file in [csms]: profile 3 with a certificate that the CSMS's operator has signed."


class ConnectionLost(CsmsError):
    """The connection to the CSMS is gone."""

    def __init__(self, cause: str = "closed") -> None:
        self.cause = cause
        super().__init__(f"The connection to the CSMS is lost: {cause}.", "It is made again by itself.")


class PongMissing(ConnectionLost):
    """A ping was not answered: the connection was half-open."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(f"no pong within {timeout_s:g} s")


class NotConnected(ConnectionLost):
    """There is no connection to the CSMS at the moment, or it has not accepted our boot."""

    def __init__(self, cause: str = "not connected") -> None:
        super().__init__(cause)


class CallInvalid(CsmsError):
    """A CALL of ours does not fit its schema; it was not sent."""

    def __init__(self, action: str, violation: str) -> None:
        self.action = action
        self.violation = violation
        super().__init__(f"{action} was not sent, it breaks its schema: {violation}.", "This is a bug: please report it.")


class AnswerInvalid(CsmsError):
    """The CSMS's answer cannot be used."""

    def __init__(self, action: str, violation: str) -> None:
        self.action = action
        self.violation = violation
        super().__init__(f"The CSMS's answer to {action} is unusable: {violation}.", "Report it to the CSMS's maker.")


def _after_silence(url: str) -> str:
    """Say what a server may want that does not talk with us."""
    if url.startswith("wss://"):
        return "Check csms.url and security_profile: the port may speak no TLS or be another service's, or want a certificate of ours (profile 3)."
    return "Check csms.url: the port may be another service's, or want wss:// in place of ws://."
