"""What can go wrong with an image or while it is written; a family of `ControllerError`.

FlashError
├── ImageUnusable   not found, not whole, or not what its manifest says
├── ImageUntrusted  no signature by a key that the configuration names
├── ChipMismatch    made for another chip than the one at the port
└── WriteFailed     esptool could not reach the chip, write, or verify
"""

from __future__ import annotations

from pathlib import Path

from cpctl.errors import ControllerError


class FlashError(ControllerError):
    """The firmware cannot be flashed."""


class ImageUnusable(FlashError):
    """There is no image, or it is not what its manifest says."""

    def __init__(self, path: Path, reason: str, next_step: str = "Get it again, or build it: just fw-build esp32.") -> None:
        self.path = path
        super().__init__(f"The firmware image {path} cannot be used: {reason}.", next_step)


class ImageUntrusted(FlashError):
    """Nobody whom the configuration trusts has signed the image."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"The firmware image {path} is not to be trusted: {reason}.",
            "Name the signer's key in coprocessor.firmware_keys, or type --unsigned for an image that you built yourself.",
        )


class ChipMismatch(FlashError):
    """The image is for another chip."""

    def __init__(self, image: str, chip: str) -> None:
        self.image = image
        self.chip = chip
        super().__init__(f"The image is for {image}, the chip at the port is {chip}.", f"Take the image for {chip}.")


class WriteFailed(FlashError):
    """esptool ended without having written and verified everything; the chip may hold half an image and stays without a lease."""

    def __init__(self, what: str, last_words: str) -> None:
        self.last_words = last_words
        super().__init__(
            f"esptool could not {what}: {last_words}",
            "Hold the board's BOOT button while it connects, try a shorter cable or --baud 115200; flashing can be repeated as often as it takes.",
        )
