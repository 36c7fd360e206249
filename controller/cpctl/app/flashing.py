"""Flashing: the image that belongs to this software, into the one board that is meant, while nothing charges, and the firmware's own word afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cpctl.errors import ControllerError, Refused
from cpctl.flash.errors import ImageUnusable
from cpctl.flash.image import Image
from cpctl.link.info import firmware_version
from cpctl.link.line import OpenLine
from cpctl.link.messages import PROTOCOL_MAJOR, PROTOCOL_MINOR, Contactor, Hello, Power, Reboot, RebootMode, Result, Snapshot
from cpctl.link.visit import Visit
from cpctl.resources import places
from cpctl.version import VERSION

# A firmware that has just been written starts within a second or two; the first start formats its storage.
RESTART_S = 15.0
# A board that has just started needs a moment to prove that its contactor is open; snapshots come at least this often.
PROVED_OPEN_S = 6.0
# A board that was asked to restart into its loader opens its contactors first.
TO_LOADER_S = 1.0
# Its ROM looks at the strapping pin only, so nothing but a hand or the port's lines leads there.
_NO_WAY_TO_LOADER = frozenset({"esp32"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is in the chip now. `mismatch`: what differs from what was written; empty if all is as it should be."""

    hello: Hello | None
    mismatch: str


def own_images(chip: str, directories: Sequence[Path] | None = None) -> Path:
    """Find the image of this software's own version; ImageUnusable, which says how to build it, if none is installed."""
    name = f"firmware-{VERSION}-{chip}"
    for directory in directories if directories is not None else list(places("_firmware")):
        for candidate in (directory / name, directory / f"{name}.zip"):
            if candidate.exists():
                return candidate
    raise ImageUnusable(
        Path(name),
        f"no image of version {VERSION} for {chip} is installed",
        f"Build it with ESP-IDF: just fw-build {chip}; then cpctl flash --image build/firmware-{chip} --unsigned.",
    )


async def look_before(open_line: OpenLine, random: Random, *, to_loader: bool) -> Hello | None:
    """See that no vehicle charges; Refused if one does. None where no firmware of ours answers, which then charges nobody either.

    `to_loader`: ask the firmware to restart into the chip's loader, for ports without the lines that do it.
    """
    async with Visit(open_line, random) as visit:
        hello = await visit.hello()
        if hello is None or hello.major != PROTOCOL_MAJOR:
            if hello is not None and to_loader:
                await visit.ask(Reboot(RebootMode.BOOTLOADER))
            return hello
        for evse in range(1, hello.evse_count + 1):
            if await visit.snapshot(evse, _idle, PROVED_OPEN_S) is None:
                raise Refused(f"EVSE {evse} is charging: its contactor is not shown to be open.", "Stop the charge first.")
        if to_loader:
            if hello.chip in _NO_WAY_TO_LOADER:
                raise ControllerError(
                    f"An {hello.chip} has no way into its loader by software.", "Hold its BOOT button, press RESET, and use --reset none."
                )
            reply = await visit.ask(Reboot(RebootMode.BOOTLOADER))
            if reply is None or reply.result not in (Result.OK, Result.ACCEPTED):
                raise ControllerError("The coprocessor does not restart into its loader.", "Hold its BOOT button, press RESET, and use --reset none.")
            await visit.wait_for(lambda: visit.lost_by, TO_LOADER_S)
        return hello


def _idle(seen: Snapshot) -> bool:
    """Tell whether an EVSE gives no energy that a restart could cut off; a welded contactor is locked out, and closed whatever is flashed."""
    return seen.contactor == Contactor.OPEN or seen.power == Power.LOCKED_OUT


async def look_after(open_line: OpenLine, random: Random, image: Image) -> Outcome:
    """Hear the new firmware's HELLO and compare it with the image and with this host."""
    async with Visit(open_line, random) as visit:
        hello = await visit.hello(RESTART_S)
    if hello is None:
        return Outcome(None, "the new firmware does not answer")
    return Outcome(hello, "; ".join(_differences(hello, image)))


def _differences(hello: Hello, image: Image) -> list[str]:
    manifest, found = image.manifest, []
    if firmware_version(hello) != manifest.firmware:
        found.append(f"it says firmware {firmware_version(hello)}, the image is {manifest.firmware}")
    if f"{hello.major}.{hello.minor}" != manifest.protocol:
        found.append(f"it says protocol {hello.major}.{hello.minor}, the image is {manifest.protocol}")
    if hello.major != PROTOCOL_MAJOR:
        found.append(
            f"it speaks protocol {hello.major}.{hello.minor}, this host {PROTOCOL_MAJOR}.{PROTOCOL_MINOR}: take the image of cpctl {VERSION}"
        )
    return found
