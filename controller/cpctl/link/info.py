"""What `cpctl status` and the metrics show of the link."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .fitness import CONNECTING, Unfit
from .messages import Counters, Hello, LeaseRefusal, ResetReason
from .observe import name_of
from .session import Session


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """The link at one moment. `state` is `ready`, or the code of what is wrong; `text` says it to people."""

    connected: bool
    state: str
    text: str
    firmware: str | None
    revision: str | None
    chip: str | None
    protocol: str | None
    mac: str | None
    config_crc: int | None
    config_pending: bool
    reset_reason: str | None
    boot_count: int | None
    round_trip_us: int | None
    timeout_us: int
    clock_error_us: int | None
    host: dict[str, int]
    coprocessor: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """Make it JSON-able."""
        return asdict(self)


def link_info(session: Session, ready: bool, unfit: Unfit | None, counters: Counters | None, now_us: int) -> LinkInfo:
    """Gather the link's state; `unfit` is what is wrong while it is not ready."""
    hello = session.peer
    now = Unfit("ready", "") if ready else unfit or CONNECTING
    return LinkInfo(
        connected=session.established,
        state=now.code,
        text=now.text,
        firmware=firmware_version(hello) if hello else None,
        revision=hello.revision if hello else None,
        chip=hello.chip if hello else None,
        protocol=f"{hello.major}.{hello.minor}" if hello else None,
        mac=hello.mac.hex(":") if hello else None,
        config_crc=hello.config_crc if hello else None,
        config_pending=False,
        reset_reason=reset_reason(hello) if hello else None,
        boot_count=hello.boot_count if hello else None,
        round_trip_us=session.round_trip.smoothed_us,
        timeout_us=session.round_trip.timeout_us(1),
        clock_error_us=session.clock.error_us(now_us),
        host=session.counters.as_dict(),
        coprocessor=counters_dict(counters),
    )


def firmware_version(hello: Hello) -> str:
    """Write the version as people do."""
    return ".".join(map(str, hello.version))


def reset_reason(hello: Hello) -> str:
    """Name why the coprocessor last started."""
    return name_of(ResetReason, hello.reset_reason)


def counters_dict(counters: Counters | None) -> dict[str, int]:
    """Name the coprocessor's own counters, refused leases by reason; empty until it sent them."""
    if counters is None:
        return {}
    plain: dict[str, int] = {}
    for name in counters.__slots__:
        value = getattr(counters, name)
        if isinstance(value, int):
            plain[name] = value
    refused = {f"refused_{reason.name.lower()}": counters.refused[reason] for reason in LeaseRefusal if reason}
    return plain | refused
