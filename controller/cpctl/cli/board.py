"""Commands for the board at the serial port: ports, flash, bench."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .options import ConfigOption, JsonOption, StateOption, connect, find_config

if TYPE_CHECKING:
    from cpctl.app.bench import Check, Findings
    from cpctl.app.bench.guided import Person
    from cpctl.config import Config
    from cpctl.link.messages import Hello
    from cpctl.link.ports import Answer

PortOption = Annotated[str | None, typer.Option("--port", "-p", help="Serial port.", show_default="the configuration's, or the only one")]
Reset = Literal["line", "link", "none"]

# Longer than flashing or a bench test takes at the slowest rate; the service takes its port back by itself after that.
LENT_S = 900


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(ports)
    app.command()(flash)
    app.command()(bench)


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


def bench(
    config: ConfigOption = None,
    state: StateOption = None,
    port: PortOption = None,
    auto: Annotated[bool, typer.Option("--auto", help="Ask nothing; leave out what needs a hand.")] = False,
    sim: Annotated[bool, typer.Option("--sim", help="Test a simulated board, to see what it is like.")] = False,
    lock: Annotated[bool, typer.Option("--lock", help="Move the socket's lock.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Write the report to this HTML file.")] = None,
    json: JsonOption = False,
) -> None:
    """Test the board with nothing plugged in: link, pilot, calibration, self-tests, inputs, reactions. The contactor stays open throughout."""
    from . import show

    tell = _no_word if json else _tell_check
    person = _person() if not (auto or sim or json) and sys.stdin.isatty() else None
    if sim:
        found = _bench_simulated(config, lock, tell)
    else:
        path = port or _port(_settings(config))
        with _borrowed(state, path):
            found = _bench(path, lock, person, tell)
    if report is not None:
        _write_report(report, found)
    if json:
        show.as_json(found.as_dict())
    else:
        for evse in found.evses:
            if evse.calibration is not None:
                print(f" EVSE {evse.evse} suggests, if its rails truly are at 12 V: {evse.calibration.line}")
        print(f" {'Passed' if found.passed else 'Failed'}." + (f" Report: {report}" if report else ""))
    if not found.passed:
        raise typer.Exit(1)


def _bench(path: str, lock: bool, person: Person | None, tell: Callable[[Check], None]) -> Findings:
    import asyncio
    from random import Random

    from cpctl.app.bench import Bench, Options
    from cpctl.link.transport import serial_port
    from cpctl.link.visit import Visit

    async def work() -> Findings:
        async with Visit(serial_port(path), Random()) as visit:
            return await Bench(visit, path, Options(lock=lock, person=person), tell).run()

    return asyncio.run(work())


def _bench_simulated(config: Path | None, lock: bool, tell: Callable[[Check], None]) -> Findings:
    import asyncio
    from random import Random

    from cpctl.app.bench import Bench, Options
    from cpctl.app.bench.simulated import simulated_board
    from cpctl.link.transport import serial_port
    from cpctl.link.visit import Visit
    from cpctl.log import configure

    from .run import station_config

    configure("warning")  # commissioning says what it does; here only the test's own words count
    settings = station_config(config, True, None, None)

    async def work() -> Findings:
        async with simulated_board(settings) as path, Visit(serial_port(path), Random()) as visit:
            return await Bench(visit, "simulated", Options(lock=lock), tell).run()

    return asyncio.run(work())


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


def _tell_check(check: Check) -> None:
    place = f"EVSE {check.evse}" if check.evse else "board"
    print(f" {place:7} {check.name:30} {check.outcome.value:8} {check.text}", flush=True)
    for line in check.advice:
        print(f"   {line}", flush=True)


def _no_word(check: Check) -> None:
    """Say nothing: the JSON at the end says it all."""


def _person() -> Person:
    from cpctl.app.bench.guided import Person

    print(" Leave the vehicle unplugged until you are asked to plug something in.")
    return Person(
        agrees=_agreed, volts=lambda question, default: typer.prompt(f" {question}", default=default, type=float), told=lambda text: print(f" {text}")
    )


def _write_report(path: Path, found: Findings) -> None:
    from cpctl.app.bench import as_html
    from cpctl.errors import ControllerError

    try:
        path.write_text(as_html(found), encoding="utf-8")
    except OSError as error:
        raise ControllerError(f"The report cannot be written to {path}: {error.strerror}.", "Name another file.") from error


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
