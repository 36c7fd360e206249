"""Whether a board's pins can be what its file says: roles, places, and what the chip allows. The firmware checks the same when it is commissioned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cpctl.config_source import ConfigSource
from cpctl.errors import ConfigProblem
from cpctl.toml_lines import KeyPath

from .board_schema import Board, BoardEvse, Pin
from .chips import CHIPS
from .messages import PinRole

MAX_PINS = 40

_AT_BOARD = frozenset(
    {"protective_earth", "emergency_stop", "temperature_adc", "led_ready", "led_charging", "led_fault", "button", "enable", "brake"}
)
_BOARD_ONLY = frozenset({"button", "enable", "brake"})
_OUTPUTS = frozenset(
    {"pilot_pwm", "contactor", "contactor_3p", "rcm_test", "lock_a", "lock_b", "cp_break", "led_ready", "led_charging", "led_fault", "enable"}
)
_WITHOUT_BRAKE = frozenset({"esp32c3"})
_CALM = frozenset({"contactor", "contactor_3p", "lock_a", "lock_b", "enable"})
_ROLES = frozenset(role.name.lower() for role in PinRole if role)


def wiring_problems(board: Board, source: ConfigSource) -> Iterator[ConfigProblem]:
    """Find pins that cannot be what they are said to be, and parts without the pins that they need."""
    places: list[tuple[KeyPath, Mapping[str, Pin]]] = [(("pins",), board.pins)]
    places += [(("evse", number, "pins"), evse.pins) for number, evse in enumerate(board.evse)]
    taken: dict[int, str] = {}
    for place, pins in places:
        for role, pin in pins.items():
            reason = _pin_problem(board.chip, role, pin, at_board=place == ("pins",))
            if reason is None and pin.gpio in taken:
                reason = f"GPIO {pin.gpio} is {taken[pin.gpio]} already"
            taken.setdefault(pin.gpio, role)
            if reason is not None:
                yield source.problem((*place, role), reason)
    if len(taken) > MAX_PINS:
        yield source.problem(("pins",), f"there are more than {MAX_PINS}")
    if board.chip:
        for number, evse in enumerate(board.evse):
            for role in _needed(evse):
                if role not in evse.pins and not (role in _AT_BOARD and role in board.pins):
                    yield source.problem(("evse", number), f"has no pin {role}, which it needs")
            if evse.current is not None and evse.current.source == "meter":
                yield source.problem(("evse", number, "current"), f'an {board.chip} has no meter that tells a current: source = "input"')
    elif taken:
        yield source.problem(("pins",), "need the chip that they belong to: chip")


def _pin_problem(chip: str, role: str, pin: Pin, *, at_board: bool) -> str | None:
    if role not in _ROLES:
        return f"there is no such role; there are {', '.join(sorted(_ROLES))}"
    if at_board and role not in _AT_BOARD:
        return "belongs to an EVSE: [evse.pins]"
    if not at_board and role in _BOARD_ONLY:
        return "belongs to the board: [pins]"
    if pin.pull_up and pin.pull_down:
        return "is pulled both ways"
    if pin.open_drain and role not in _OUTPUTS:
        return "open_drain is for outputs"
    if role.endswith("_adc") and (pin.active_low or pin.pull_up or pin.pull_down):
        return "an analogue input has neither level nor pulls"
    return _chip_problem(chip, role, pin) if chip else None


def _chip_problem(chip: str, role: str, pin: Pin) -> str | None:
    pins, name = CHIPS[chip], f"GPIO {pin.gpio} of an {chip}"
    if pin.gpio not in pins.input:
        return f"{name} is not usable: flash, link, or not brought out"
    if role in _OUTPUTS and pin.gpio not in pins.output:
        return f"{name} is input only"
    if role.endswith("_adc") and pin.gpio not in pins.analogue:
        return f"{name} is not analogue (ADC1)"
    if role in _CALM and pin.gpio not in pins.calm:
        return f"{name} moves at reset or straps the chip: not for {role}"
    if role == "brake" and chip in _WITHOUT_BRAKE:
        return f"an {chip} has no MCPWM whose fault input could stop the pilot"
    if (pin.pull_up or pin.pull_down) and pin.gpio not in pins.pull:
        return f"{name} has no pulls"
    return None


def _needed(evse: BoardEvse) -> Iterator[str]:
    """Name the roles that an EVSE's parts need a pin for."""
    yield from ("pilot_pwm", "pilot_adc", "contactor")
    needs = {
        "proximity_adc": evse.proximity is not None,
        "contactor_3p": evse.contactor.phase_switch,
        "contactor_feedback": evse.contactor.feedback != "none",
        "rcm_trip": evse.residual_current is not None,
        "rcm_test": evse.residual_current is not None and evse.residual_current.test_ms > 0,
        "protective_earth": evse.protective_earth,
        "emergency_stop": evse.emergency_stop,
        "lock_a": evse.lock is not None,
        "lock_b": evse.lock is not None and evse.lock.pulse_ms > 0,
        "lock_feedback": evse.lock is not None and evse.lock.feedback,
        "temperature_adc": evse.temperature is not None,
        "current_l1_adc": evse.current is not None and evse.current.source == "input",
        "s0_pulse": evse.s0_pulses_per_kwh > 0,
        "cp_break": evse.wake == "cp_break",
    }
    needs["current_l2_adc"] = needs["current_l3_adc"] = needs["current_l1_adc"] and evse.phases == 3
    yield from (role for role, needed in needs.items() if needed)
