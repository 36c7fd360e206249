"""Whether the coprocessor that answers may be used, and the words for every reason why not: a stable code and a text that names the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cpctl.errors import EmulatorRefused, LinkError, PortBusy, PortLent, PortMissing, PortVanished, ProtocolMismatch, WrongBoard

from .happenings import LostReason, RefusalReason, Refused
from .messages import PROTOCOL_MAJOR, PROTOCOL_MINOR, Hello
from .settings import LinkSettings


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why there is no energy: `code` never changes its meaning, `text` is for people."""

    code: str
    text: str


CONNECTING: Final = Unfit(
    "connecting",
    "The coprocessor has not answered yet. Check its cable and supply, and that coprocessor.port is its port.",
)
NOT_COMMISSIONED: Final = Unfit(
    "not_commissioned",
    "The coprocessor was never commissioned: it will not energise anything. Commission it: cpctl commission.",
)
OTHER_CONFIGURATION: Final = Unfit(
    "other_configuration",
    "The coprocessor is commissioned with another configuration than this station's board file. Compare them, or commission it anew: cpctl commission.",
)
LOST: Final = {
    LostReason.SUSPECT: Unfit("suspect", "The coprocessor does not answer. Check its cable and supply."),
    LostReason.RESTARTED: Unfit("restarted", "The coprocessor restarted."),
    LostReason.CLOSED: Unfit("closed", "The line to the coprocessor is closed."),
}

_CODES: Final[dict[type[LinkError], str]] = {
    PortMissing: "port_missing",
    PortBusy: "port_busy",
    PortVanished: "port_vanished",
    PortLent: "port_lent",
    ProtocolMismatch: "protocol_mismatch",
    WrongBoard: "wrong_board",
    EmulatorRefused: "emulator_refused",
}


def judge(hello: Hello, settings: LinkSettings) -> Unfit | None:
    """Compare the board that answers with the one expected; None if it may be used as it is."""
    if settings.mac is not None and hello.mac != settings.mac:
        return from_error(WrongBoard(settings.mac.hex(":"), hello.mac.hex(":")))
    if hello.config_crc == 0:
        return NOT_COMMISSIONED
    return None if hello.config_crc == settings.board.crc() else OTHER_CONFIGURATION


def from_error(error: LinkError) -> Unfit:
    """Give an error of the line its code."""
    return Unfit(_CODES.get(type(error), "line_failed"), str(error))


def from_refusal(refused: Refused) -> Unfit:
    """Say why there is no session with a coprocessor that does answer."""
    if refused.reason is RefusalReason.SIMULATED:
        return from_error(EmulatorRefused())
    theirs = refused.hello
    return from_error(ProtocolMismatch(f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}", f"{theirs.major}.{theirs.minor}"))


def configuration_refused(what: str) -> Unfit:
    """Say that the coprocessor did not take the commissioned set."""
    return Unfit("configuration_refused", f"The coprocessor did not take its configuration: {what}. Hold the board's button while commissioning.")
