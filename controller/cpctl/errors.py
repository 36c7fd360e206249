"""The errors of this project: one tree, each error with its data and the next step to take.

    ControllerError
    ├── ConfigError             a configuration file that cannot be used: every problem with file:line, key, reason
    ├── LinkError               the serial link and what is at its far end
    │   ├── PortMissing         no such serial port
    │   ├── PortBusy            somebody else has it open
    │   ├── PortVanished        it was there and is gone
    │   ├── PortLent            this service let go of it for a while, as it was asked to
    │   ├── ProtocolMismatch    the coprocessor speaks another major version
    │   ├── WrongBoard          another board than the one commissioned for this station
    │   ├── EmulatorRefused     a firmware built for an emulator outside of a simulation
    │   └── LinkTimeout         no answer within the tries allowed
    ├── CsmsError               the connection to the CSMS
    │   ├── CsmsUnreachable     no connection: DNS, routing, refused, time-out
    │   ├── CsmsRefused         an HTTP status other than 101
    │   ├── SubprotocolRefused  connected, but none of the OCPP versions offered was taken
    │   ├── TlsFailed           the TLS handshake failed
    │   ├── CallTimedOut        no answer to a CALL in time
    │   └── CallRefused         a CALLERROR for an answer
    ├── StoreError              the database
    ├── SimError                the simulator
    └── ApiError                the local API, on both of its sides
        ├── BadRequest          the request is wrong
        ├── NotFound            what it names does not exist
        │   └── NoSuchEvse      a number that no EVSE has
        ├── NotPermitted        not to this caller, or not here
        ├── Refused             understood, and the station said no
        ├── ServiceUnreachable  no running service to talk to
        └── ServiceSilent       it is there and does not answer in time

An expected refusal inside the station is an outcome (`core.outputs`), not an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ControllerError(Exception):
    """Anything that this project raises on purpose: what is wrong in `reason`, what to do about it in `next_step`."""

    def __init__(self, reason: str, next_step: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.reason} {self.next_step}".strip()


# ---------------------------------------------------------------- configuration


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong with a configuration: where, which key, why. `line` 0 means the file as a whole."""

    file: str
    line: int
    key: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.reason}" if self.key else f"{place}: {self.reason}"


class ConfigError(ControllerError):
    """A configuration that cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


# ---------------------------------------------------------------- link


class LinkError(ControllerError):
    """The serial link, or what is at its far end, cannot be used."""


class PortMissing(LinkError):
    """There is no such serial port."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(
            f"There is no serial port {port}.",
            "Check the cable and look under /dev/serial/by-id.",
        )


class PortBusy(LinkError):
    """Another process has the port open."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(
            f"The serial port {port} is in use by another process.",
            f"See who holds it: fuser -v {port}. ModemManager is kept off by config/99-cpctl.rules.",
        )


class PortVanished(LinkError):
    """The port was open and is gone."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(f"The serial port {port} is gone.", "It is opened again as soon as it is back; check its cable.")


class PortLent(LinkError):
    """The port is lent to another program: flashing, or a bench test."""

    def __init__(self) -> None:
        super().__init__("The serial port is lent to another program, to flash or to test the board.", "It is taken back when that has ended.")


class ProtocolMismatch(LinkError):
    """The coprocessor speaks another major version of the link protocol."""

    def __init__(self, host: str, coprocessor: str) -> None:
        self.host = host
        self.coprocessor = coprocessor
        super().__init__(
            f"This host speaks link protocol {host}, the coprocessor {coprocessor}.",
            "Flash the coprocessor with the firmware of this release.",
        )


class WrongBoard(LinkError):
    """The board that answers is not the one that belongs to this station."""

    def __init__(self, expected: str, found: str) -> None:
        self.expected = expected
        self.found = found
        super().__init__(
            f"The coprocessor is {found}, but this station belongs to {expected}.",
            "Connect the right board, or commission this one: cpctl commission.",
        )


class EmulatorRefused(LinkError):
    """A firmware made for an emulator answered where no simulation runs."""

    def __init__(self) -> None:
        super().__init__(
            "The coprocessor runs a firmware made for an emulator, which has no protections.",
            "Flash it with a release firmware.",
        )


class LinkTimeout(LinkError):
    """No answer within the tries allowed."""

    def __init__(self, what: str, tries: int) -> None:
        self.what = what
        self.tries = tries
        super().__init__(f"The coprocessor did not answer {what} in {tries} tries.", "Check the cable; see cpctl status.")


# ---------------------------------------------------------------- CSMS


class CsmsError(ControllerError):
    """The connection to the CSMS, or an exchange over it, failed."""


class CsmsUnreachable(CsmsError):
    """No connection could be made."""

    def __init__(self, url: str, cause: str) -> None:
        self.url = url
        self.cause = cause
        super().__init__(f"No connection to the CSMS at {url}: {cause}.", "Check csms.url, the network and the CSMS.")


class CsmsRefused(CsmsError):
    """The CSMS answered the upgrade to WebSocket with an HTTP status of its own."""

    def __init__(self, url: str, status: int, *, retry_after_s: float = 0.0, location: str = "") -> None:
        self.url = url
        self.status = status
        self.retry_after_s = retry_after_s  # it does not want to be asked again before
        self.location = location  # it wants to be asked there
        if location:
            reason, step = f"it sends us to {location}", "Redirects are not followed: set csms.url to that address if it is the right one."
        else:
            reason, step = _REFUSALS.get(status, _SERVER_TROUBLE if status >= 500 else _ODD_ANSWER)
        super().__init__(f"The CSMS at {url} answered {status}: {reason}.", step)


class SubprotocolRefused(CsmsError):
    """The CSMS took none of the OCPP versions offered."""

    def __init__(self, url: str, offered: Sequence[str], chosen: str | None = None) -> None:
        self.url = url
        self.offered = tuple(offered)
        self.chosen = chosen
        took = f"chose {chosen}" if chosen else "took none"
        super().__init__(
            f"The CSMS at {url} was offered {', '.join(offered)} and {took}.",
            "Set csms.versions to what it speaks.",
        )


class TlsFailed(CsmsError):
    """The TLS handshake with the CSMS failed."""

    def __init__(self, url: str, cause: str) -> None:
        self.url = url
        self.cause = cause
        super().__init__(
            f"TLS with the CSMS at {url} failed: {cause}.",
            "Check csms.ca_file, the CSMS's certificate and this machine's clock.",
        )


class CallTimedOut(CsmsError):
    """No answer to a CALL within its time."""

    def __init__(self, action: str, timeout_s: float) -> None:
        self.action = action
        self.timeout_s = timeout_s
        super().__init__(f"The CSMS did not answer {action} within {timeout_s:g} s.")


class CallRefused(CsmsError):
    """The CSMS answered a CALL with a CALLERROR."""

    def __init__(self, action: str, code: str, description: str = "") -> None:
        self.action = action
        self.code = code
        self.description = description
        detail = f": {description}" if description else ""
        super().__init__(f"The CSMS refused {action} with {code}{detail}.")


# ---------------------------------------------------------------- store, simulator


class StoreError(ControllerError):
    """The database cannot be opened, read or written."""


class SimError(ControllerError):
    """The simulator cannot do what was asked."""


# ---------------------------------------------------------------- local API


class ApiError(ControllerError):
    """The local API cannot do what was asked; `code` is stable, `field` names what was wrong in the request."""

    status = 500
    code = "internal"

    def __init__(self, reason: str, next_step: str = "", *, field: str | None = None) -> None:
        self.field = field
        super().__init__(reason, next_step)


class BadRequest(ApiError):
    """The request does not say what it has to."""

    status = 422
    code = "bad_request"


class NotFound(ApiError):
    """What the request names does not exist."""

    status = 404
    code = "not_found"


class NoSuchEvse(NotFound):
    """A number that none of the station's EVSEs has."""

    def __init__(self, evse: int, count: int) -> None:
        super().__init__(f"There is no EVSE {evse}.", "This station has EVSE 1 alone." if count == 1 else f"This station has EVSEs 1 to {count}.")


class NotPermitted(ApiError):
    """This caller may not do this, or not over this way in."""

    status = 403
    code = "not_permitted"


class Refused(ApiError):
    """The request was understood and the station said no."""

    status = 409
    code = "refused"


class ServiceUnreachable(ApiError):
    """There is no running service to talk to."""

    status = 503
    code = "unreachable"

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"No running service answers at {where}.",
            "Start one: cpctl start (or look at systemctl status cpctl).",
        )


class ServiceSilent(ApiError):
    """The service is there, and has not answered in time."""

    status = 504
    code = "silent"

    def __init__(self, where: str, timeout_s: float) -> None:
        self.where = where
        super().__init__(
            f"The service at {where} has not answered within {timeout_s:g} s.",
            "It may be busy, and may still do what it was asked: look with cpctl status, and at its log.",
        )


_REFUSALS: dict[int, tuple[str, str]] = {
    401: ("it wants another password", "Check csms.security_profile, csms.id and the password that belongs to it."),
    403: ("it does not let this station in", "Ask its operator to admit csms.id."),
    404: ("it does not know this station or this path", "Check csms.url and csms.id; the id is appended to the url."),
    429: ("too many attempts", "It is tried again, more slowly."),
}
_SERVER_TROUBLE = ("it is in trouble itself", "It is tried again; nothing to do here.")
_ODD_ANSWER = ("that is no WebSocket", "Check csms.url: something else may answer there.")
