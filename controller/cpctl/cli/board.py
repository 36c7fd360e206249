"""Commands for the board at the serial port: ports, flash."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .options import ConfigOption, JsonOption, StateOption, connect, find_config

if TYPE_CHECKING:
    from cpctl.config import Config
    from cpctl.link.messages import Hello
    from cpctl.link.ports import Answer

PortOption = Annotated[str | None, typer.Option("--port", "-p", help="Serial port.", show_default="the configuration's, or the only one")]
Reset = Literal["line", "link", "none"]

# Longer than flashing takes at the slowest rate; the service takes its port back by itself after that.
LENT_S = 900


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(ports)
    app.command()(flash)


def ports(json: JsonOption = False) -> None:
    """List the serial ports by their stable names, with what answers on each."""
    import asyncio
    from random import Random

    from cpctl.errors import PortMissing
    from cpctl.link.ports import ask_all, find_ports
    from cpctl.link.transport import serial_port

    from . import show

    answers = asyncio.run(ask_all(find_ports(), serial_port, Random()))
    if json:
        show.as_json([_as_json(answer) for answer in answers])
        return
    if not answers:
        raise PortMissing("at all")
    for number, answer in enumerate(answers, start=1):
        print(f"{number:2} {answer.port.path}  {_found(answer)}")


def flash(
    config: ConfigOption = None,
    state: StateOption = None,
    port: PortOption = None,
    image: Annotated[Path | None, typer.Option("--image", "-i", help="Firmware image.", show_default="the one of this version")] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Take an image that nobody signed; only typed at a terminal.")] = False,
    reset: Annotated[
        Reset,
        typer.Option("--reset", help="How the chip gets into its loader: by the port's lines, by a command over the link, or it is there already."),
    ] = "line",
    baud: Annotated[int, typer.Option("--baud", min=9600, max=2_000_000)] = 460_800,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Write the firmware into the coprocessor, verify it, and hear it answer. Refuses while a vehicle charges."""
    if unsigned and not sys.stdin.isatty():
        raise typer.BadParameter("is for a person at a terminal; name the signer's key in coprocessor.firmware_keys", param_hint="--unsigned")
    settings = _settings(config)
    path = port or _port(settings)
    with _borrowed(state, path):
        _flash(path, settings, image, unsigned, reset, baud, _agreed if not yes else lambda question: True)


def _flash(path: str, settings: Config | None, source: Path | None, unsigned: bool, reset: Reset, baud: int, agreed: Callable[[str], bool]) -> None:
    import asyncio
    from random import Random

    from cpctl.app.flashing import look_after, look_before, own_images
    from cpctl.flash.esptool import Esptool
    from cpctl.flash.image import load
    from cpctl.link.transport import serial_port

    async def work() -> None:
        open_line, random = serial_port(path), Random()
        if reset != "none":
            before = await look_before(open_line, random, to_loader=reset == "link")
            print(f" {path}  {_firmware(before) if before else 'no cpctl firmware answers'}")
        tool = Esptool(path, baud_rate=baud, reset=reset == "line")
        chip = await tool.identify()
        print(f" {chip.chip.upper()} rev {chip.revision}, {chip.flash_size}, MAC {chip.mac}")
        keys = settings.coprocessor.firmware_keys if settings else ()
        new = load(source or own_images(chip.chip), keys, unsigned=unsigned)
        manifest = new.manifest
        what = f"firmware {manifest.firmware} ({manifest.revision}), protocol {manifest.protocol}, {'signed' if new.signed else 'NOT signed'}"
        if not agreed(f"Write {what} to {path}?"):
            raise typer.Abort
        with _bar() as progress:
            await tool.write(new, chip, progress)
        print(f" Written and verified: {what}.")
        if reset == "none":
            print(" Reset the chip; then cpctl ports shows what it says.")
            return
        outcome = await look_after(open_line, random, new)
        if outcome.mismatch:
            print(f" But {outcome.mismatch}.")
            raise typer.Exit(1)
        assert outcome.hello is not None  # noqa: S101 - without one there is a mismatch
        print(f" {_firmware(outcome.hello)} answers and matches this host. Next: cpctl commission.")

    asyncio.run(work())


# ---------------------------------------------------------------- the port and who has it


def _settings(given: Path | None) -> Config | None:
    """Load the configuration, where there is one: a new board is flashed before there is."""
    from cpctl.config import load

    path = find_config(given)
    return load(path) if given is not None or path.is_file() else None


def _port(settings: Config | None) -> str:
    from cpctl.errors import PortMissing
    from cpctl.link.ports import find_ports

    if settings is not None and settings.coprocessor.port not in ("auto", "sim"):
        return settings.coprocessor.port
    found = find_ports()
    if len(found) != 1:
        raise PortMissing(f"to choose by itself (found: {', '.join(port.path for port in found) or 'none'}); name it with --port")
    return found[0].path


@contextmanager
def _borrowed(state: Path | None, path: str) -> Iterator[None]:
    """Ask a running service to let go of its port meanwhile; it refuses while a transaction runs."""
    from cpctl.errors import ServiceUnreachable

    client = connect(state)
    try:
        client.post("/api/v1/coprocessor/lend", {"seconds": LENT_S})
    except ServiceUnreachable:
        yield
        return
    print(" The running service lets go of its port meanwhile.")
    try:
        yield
    finally:
        client.post("/api/v1/coprocessor/take-back")


# ---------------------------------------------------------------- words


def _agreed(question: str) -> bool:
    return typer.confirm(f" {question}")


@contextmanager
def _bar() -> Iterator[Callable[[int], None]]:
    """Show per cent as a bar at a terminal, and each ten as a line elsewhere."""
    if not sys.stdout.isatty():
        told = -1

        def tell(percent: int) -> None:
            nonlocal told
            if percent // 10 > told:
                told = percent // 10
                print(f" {percent:3} %", flush=True)

        yield tell
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    with Progress(TextColumn(" "), BarColumn(), TaskProgressColumn()) as progress:
        task = progress.add_task("", total=100)
        yield lambda percent: progress.update(task, completed=percent)


def _found(answer: Answer) -> str:
    return _firmware(answer.hello) if answer.hello else answer.trouble


def _firmware(hello: Hello) -> str:
    from cpctl.link.info import firmware_version

    return f"{hello.chip} {hello.mac.hex(':')}, firmware {firmware_version(hello)} ({hello.revision}), protocol {hello.major}.{hello.minor}"


def _as_json(answer: Answer) -> dict[str, object]:
    from cpctl.link.info import firmware_version

    hello = answer.hello
    found: dict[str, object] = {"path": answer.port.path, "device": answer.port.device, "trouble": answer.trouble or None}
    if hello:
        found |= {
            "chip": hello.chip,
            "mac": hello.mac.hex(":"),
            "firmware": firmware_version(hello),
            "revision": hello.revision,
            "protocol": f"{hello.major}.{hello.minor}",
            "commissioned": hello.config_crc != 0,
        }
    return found
