"""What the link contributes to the device model: the coprocessor, and how well it is heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from .frame import Drop
from .info import LinkInfo


def value(info: LinkInfo, name: str) -> str | None:
    """Return a present value by the variable's name; None if it is not the link's to know, or nothing is known of it."""
    read = _VALUES.get(name)
    return None if read is None else read(info)


def _fit(info: LinkInfo) -> bool:
    return info.connected and info.state == "ready"


def _whether(fact: bool) -> str:
    return "true" if fact else "false"


_VALUES: Final[Mapping[str, Callable[[LinkInfo], str | None]]] = {
    "Coprocessor.Active": lambda info: _whether(_fit(info)),
    "Coprocessor.Connects": lambda info: str(info.host["sessions"]),
    "Coprocessor.CrcErrors": lambda info: str(info.host[Drop.BAD_CRC.value]),
    "Coprocessor.FirmwareVersion": lambda info: info.firmware,
    "Coprocessor.FramesReceived": lambda info: str(info.host["rx_frames"]),
    "Coprocessor.FramesSent": lambda info: str(info.host["tx_frames"]),
    "Coprocessor.Problem": lambda info: _whether(not _fit(info)),
    "Coprocessor.Retries": lambda info: str(info.host["resent"]),
    "Coprocessor.RoundTrip": lambda info: None if info.round_trip_us is None else str(info.round_trip_us),
    "Coprocessor.SerialNumber": lambda info: info.mac,
}
