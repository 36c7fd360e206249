"""What a bench test found: checks, each with its outcome, and the numbers that are worth a picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum

from cpctl.core.faults import BY_NAME, FAULTS, Fault
from cpctl.link.info import firmware_version
from cpctl.link.messages import Hello


class Outcome(StrEnum):
    """How a check ended. `skipped`: it was not asked for, nothing is fitted, or what it needs had failed."""

    OK = "ok"
    FAILED = "FAIL"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `evse` 0: the board. `faults`: bits of the catalogue that explain a failure; `next_step`: what to do."""

    name: str
    outcome: Outcome
    text: str
    evse: int = 0
    faults: tuple[int, ...] = ()
    next_step: str = ""

    @property
    def advice(self) -> tuple[str, ...]:
        """Say what is wrong and what to do, a line each."""
        told = [f"{fault.code} {fault.meaning} {fault.remedy} More: cpctl explain {fault.code}" for fault in catalogued(self.faults)]
        return (*told, self.next_step) if self.next_step else tuple(told)

    def as_dict(self) -> dict[str, object]:
        """Make it JSON-able."""
        codes = [fault.code for fault in catalogued(self.faults)]
        return {
            "name": self.name,
            "evse": self.evse or None,
            "outcome": self.outcome.value,
            "text": self.text,
            "faults": codes,
            "next_step": self.next_step or None,
        }


@dataclass(frozen=True, slots=True)
class PilotReading:
    """What the pilot measured while it was driven. `duty_bp` None: steady. `measured_bp` None: the board can't tell."""

    drive: str
    high_mv: int
    low_mv: int
    duty_bp: int | None = None
    measured_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the pilot's two rails read at the pin: as commissioned, and as the readings suggest. `error_mv`: how far the readings are off, low and high."""

    present: tuple[int, int]
    suggested: tuple[int, int]
    error_mv: tuple[int, int]

    @property
    def line(self) -> str:
        """Write it as cpctl.toml wants it."""
        return f"calibration = {{ minus12_mv = {self.suggested[0]}, plus12_mv = {self.suggested[1]} }}"


@dataclass(frozen=True, slots=True)
class Reaction:
    """Time from a cause to the decision to open: `decided_ms` by the core (None: it never opened), within `limit_ms` with the wait for a tick."""

    cause: str
    decided_ms: int | None
    tick_us: int
    limit_ms: int

    @property
    def bound_ms(self) -> float | None:
        """Longest time from the change of the input to that of the output: the input may change just after a tick."""
        return None if self.decided_ms is None else self.decided_ms + self.tick_us / 1000

    @property
    def ok(self) -> bool:
        """True if it opens in time."""
        return self.bound_ms is not None and self.bound_ms <= self.limit_ms


@dataclass(slots=True)
class EvseFindings:
    """What was measured at one EVSE."""

    evse: int
    pilot: list[PilotReading] = field(default_factory=list)
    calibration: Calibration | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True)
class Findings:
    """All that a bench test found."""

    hello: Hello
    simulated: bool
    port: str
    checks: list[Check] = field(default_factory=list)
    round_trips_ms: list[float] = field(default_factory=list)
    evses: list[EvseFindings] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True if nothing failed."""
        return all(check.outcome is not Outcome.FAILED for check in self.checks)

    @property
    def board(self) -> dict[str, str]:
        """Say which board it was."""
        hello = self.hello
        return {
            "port": self.port,
            "chip": hello.chip,
            "mac": hello.mac.hex(":"),
            "firmware": f"{firmware_version(hello)} ({hello.revision or 'no revision'})",
            "protocol": f"{hello.major}.{hello.minor}",
            "configuration": f"{hello.config_crc:08x}" if hello.config_crc else "not commissioned",
        }

    def as_dict(self) -> dict[str, object]:
        """Make it JSON-able."""
        return {
            "passed": self.passed,
            "simulated": self.simulated,
            "board": self.board,
            "checks": [check.as_dict() for check in self.checks],
            "round_trips_ms": [round(trip, 3) for trip in self.round_trips_ms],
            "evses": [_evse(found) for found in self.evses],
        }


def _evse(found: EvseFindings) -> dict[str, object]:
    return {
        "evse": found.evse,
        "pilot": [asdict(reading) for reading in found.pilot],
        "calibration": asdict(found.calibration) | {"line": found.calibration.line} if found.calibration else None,
        "reactions": [asdict(reaction) | {"bound_ms": reaction.bound_ms, "ok": reaction.ok} for reaction in found.reactions],
    }


def catalogued(bits: tuple[int, ...]) -> list[Fault]:
    """Look up those bits that the catalogue knows."""
    return [fault for fault in FAULTS if fault.bit in bits]


def bit_of(name: str) -> int:
    """Bit of a fault of the catalogue."""
    return BY_NAME[name].bit


def bits_in(mask: int) -> tuple[int, ...]:
    """List the bits that are set."""
    return tuple(bit for bit in range(mask.bit_length()) if mask >> bit & 1)
