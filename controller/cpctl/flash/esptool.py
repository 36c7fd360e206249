"""esptool as a subprocess: its licence and its imports stay outside of this process. Its output is read for progress and for its last words."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import ChipMismatch, WriteFailed
from .image import Image

BAUD_RATE = 460_800

# Time without a word of esptool after which it is ended. Erasing 4 MB takes the longest, some 30 s on slow flash.
SILENCE_S = 90.0
END_S = 5.0
_LAST_LINES = 6

_PROGRESS = re.compile(r"Writing at 0x[0-9a-f]+.*?([\d.]+) ?%")
_CHIP = re.compile(r"^(?:Chip type:|Chip is) +(ESP32(?:-[SC]\d)?)[^(]*(?:\(revision v?([\d.]+)\))?")
_FLASH = re.compile(r"^Detected flash size: +(\S+)")
_MAC = re.compile(r"^(?:BASE )?MAC: +([0-9a-f]{2}(?::[0-9a-f]{2}){5})$")
_VERIFIED = re.compile(r"^Hash of data verified")

#: Hears lines, progress redrawn in place included.
Listen = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ChipInfo:
    """The chip at a port, as its ROM tells."""

    chip: str
    revision: str
    mac: str
    flash_size: str


class Esptool:
    """Talks to the ROM of the chip at one port. `reset=False`: the chip is in its bootloader already, and stays there."""

    def __init__(self, port: str, *, baud_rate: int = BAUD_RATE, reset: bool = True) -> None:
        before, after = ("default-reset", "hard-reset") if reset else ("no-reset", "no-reset")
        self._options = ("--port", port, "--baud", str(baud_rate), "--before", before)
        self._after = after

    async def identify(self) -> ChipInfo:
        """Ask the chip who it is. Raises WriteFailed. It is left in its bootloader."""
        found: dict[str, str] = {}

        def listen(line: str) -> None:
            if match := _CHIP.match(line):
                found["chip"], found["revision"] = match[1].lower().replace("-", ""), match[2] or "?"
            elif match := _MAC.match(line):
                found["mac"] = match[1]
            elif match := _FLASH.match(line):
                found["flash"] = match[1]

        await self._run("identify the chip", ("--after", "no-reset", "flash-id"), listen)
        if "chip" not in found or "mac" not in found:
            raise WriteFailed("identify the chip", "its answer names no chip that is known here.")
        return ChipInfo(found["chip"], found["revision"], found["mac"], found.get("flash", "?"))

    async def write(self, image: Image, chip: ChipInfo, progress: Callable[[int], None]) -> None:
        """Write and verify every file of an image; `progress` hears per cent of the whole. Raises ChipMismatch, WriteFailed."""
        if image.manifest.chip != chip.chip:
            raise ChipMismatch(image.manifest.chip, chip.chip)
        sizes = [len(content) for content in image.contents]
        verified = 0

        def listen(line: str) -> None:
            nonlocal verified
            if match := _PROGRESS.search(line):
                done = sum(sizes[:verified]) + sizes[min(verified, len(sizes) - 1)] * float(match[1]) / 100
                progress(min(100, int(100 * done / sum(sizes))))
            elif _VERIFIED.match(line):
                verified += 1

        with TemporaryDirectory(prefix="cpctl-flash-") as directory:
            places = _lay_out(image, Path(directory))
            await self._run("write the image", ("--after", self._after, "--chip", chip.chip, "write-flash", *places), listen)
        if verified != len(sizes):
            raise WriteFailed("verify the image", f"{verified} of {len(sizes)} files were verified.")
        progress(100)

    async def _run(self, what: str, arguments: Sequence[str], listen: Listen) -> None:
        last: deque[str] = deque(maxlen=_LAST_LINES)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "esptool",
            *self._options,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await _follow(process, listen, last)
        except TimeoutError:
            raise WriteFailed(what, f"it said nothing for {SILENCE_S:.0f} s.") from None
        finally:
            await _end(process)
        if process.returncode != 0:
            raise WriteFailed(what, _last_words(last))


def _lay_out(image: Image, directory: Path) -> list[str]:
    """Put the checked contents, and not the files that they came from, where esptool finds them."""
    places: list[str] = []
    for file, content in zip(image.manifest.files, image.contents, strict=True):
        path = directory / file.path
        path.write_bytes(content)
        places += [hex(file.offset), str(path)]
    return places


async def _follow(process: asyncio.subprocess.Process, listen: Listen, last: deque[str]) -> None:
    """Hear a program out, line by line, to its end."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    rest = ""
    while True:
        async with asyncio.timeout(SILENCE_S):
            chunk = await process.stdout.read(4096)
        if not chunk:
            break
        *lines, rest = re.split(r"[\r\n]+", rest + chunk.decode(errors="replace"))
        rest = rest[-1000:]
        for line in filter(None, map(str.strip, lines)):
            last.append(line[:200])
            listen(line)
    if rest.strip():
        last.append(rest.strip()[:200])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    try:
        async with asyncio.timeout(END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_words(last: deque[str]) -> str:
    fatal = [line for line in last if "error" in line.casefold() or "failed" in line.casefold()]
    return (fatal or list(last) or ["it said nothing."])[-1]
