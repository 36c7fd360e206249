"""The commissioned configuration: what the board's file says of its kind, and the station's file of this one."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.config import Config, EvseConfig
from cpctl.errors import ConfigError, ConfigProblem
from cpctl.link.board_file import find, load
from cpctl.link.board_schema import Board, BoardEvse, Pin
from cpctl.link.messages import (
    ConfigBoard,
    ConfigEvse,
    ConfigPin,
    CurrentSource,
    Feedback,
    PinFlag,
    PinRole,
    RcmType,
    TemperatureSensor,
    WakeBy,
)
from cpctl.link.settings import BoardSettings

SIMULATED = "sim"


def board_settings(config: Config, simulated: bool) -> BoardSettings:
    """Make the commissioned set; ConfigError where board and station do not fit. A simulation runs on the simulated board, whatever is configured."""
    path = find(SIMULATED if simulated else config.coprocessor.board)
    board = load(path)
    if problems := list(_misfits(config, board)):
        raise ConfigError(problems)
    return BoardSettings(
        board=ConfigBoard(len(config.evse), path.stem[:24], board.chip),
        evses=tuple(_evse(built, fitted) for built, fitted in zip(config.evse, board.evse, strict=False)),
        pins=tuple(_pins(board, len(config.evse))),
    )


def _misfits(config: Config, board: Board) -> Iterator[ConfigProblem]:
    at = config.source.problem
    if len(config.evse) > len(board.evse):
        yield at(("evse",), f"the board {config.coprocessor.board} serves {len(board.evse)} EVSEs; {len(config.evse)} are configured")
    for index, (built, fitted) in enumerate(zip(config.evse, board.evse, strict=False)):
        if built.max_current_a > fitted.max_current_a:
            yield at(("evse", index, "max_current_a"), f"the board {config.coprocessor.board} allows {fitted.max_current_a}", built.max_current_a)
        if built.phases > fitted.phases:
            yield at(("evse", index, "phases"), f"the board {config.coprocessor.board} switches {fitted.phases}", built.phases)
        if not _fixed(built) and fitted.proximity is None:
            yield at(
                ("evse", index), f"a socket needs a proximity contact, which the board {config.coprocessor.board} does not read; fixed_cable = true"
            )


def _fixed(evse: EvseConfig) -> bool:
    return all(connector.fixed_cable for connector in evse.connectors)


def _evse(built: EvseConfig, fitted: BoardEvse) -> ConfigEvse:
    fixed = _fixed(built)
    monitor, lock, current, thermometer = fitted.residual_current, fitted.lock, fitted.current, fitted.temperature
    pilot = fitted.pilot.model_copy(update=built.calibration.model_dump(exclude_none=True)) if built.calibration else fitted.pilot
    plain = ConfigEvse()
    return ConfigEvse(
        evse=built.id,
        hard_limit_da=built.max_current_a * 10,
        phases=built.phases,
        fixed_cable=int(fixed),
        ventilation=int(fitted.ventilation),
        lock_fitted=int(lock is not None and not fixed),
        feedback=Feedback[fitted.contactor.feedback.upper()],
        rcm=RcmType[monitor.type.upper()] if monitor else RcmType.NONE,
        phase_switch=int(fitted.contactor.phase_switch and built.phases == 3),
        pwm_rise_us=pilot.rise_us,
        pwm_fall_us=pilot.fall_us,
        rcm_test_ms=monitor.test_ms if monitor else 0,
        rcm_lockout=monitor.lockout if monitor else plain.rcm_lockout,
        protective_earth=int(fitted.protective_earth),
        emergency_stop=int(fitted.emergency_stop),
        current=CurrentSource[current.source.upper()] if current else CurrentSource.NONE,
        current_ma_per_v=current.ma_per_v if current else 0,
        temperature=TemperatureSensor[thermometer.sensor.upper()] if thermometer else TemperatureSensor.NONE,
        ntc_r25_ohm=thermometer.r25_ohm if thermometer else plain.ntc_r25_ohm,
        ntc_beta=thermometer.beta if thermometer else plain.ntc_beta,
        ntc_series_ohm=thermometer.series_ohm if thermometer else plain.ntc_series_ohm,
        ntc_supply_mv=thermometer.supply_mv if thermometer else plain.ntc_supply_mv,
        derate1_dc=thermometer.derate_c[0] * 10 if thermometer else plain.derate1_dc,
        derate2_dc=thermometer.derate_c[1] * 10 if thermometer else plain.derate2_dc,
        stop_dc=thermometer.stop_c * 10 if thermometer else plain.stop_dc,
        s0_pulses_per_kwh=fitted.s0_pulses_per_kwh,
        pilot_minus12_mv=pilot.minus12_mv,
        pilot_plus12_mv=pilot.plus12_mv,
        proximity_series_ohm=fitted.proximity.series_ohm if fitted.proximity else plain.proximity_series_ohm,
        proximity_supply_mv=fitted.proximity.supply_mv if fitted.proximity else plain.proximity_supply_mv,
        wake=WakeBy[fitted.wake.upper()],
        lock_pulse_ms=lock.pulse_ms if lock else 0,
        lock_feedback=int(lock.feedback) if lock else plain.lock_feedback,
        retries=fitted.retry.times,
        retry_s=fitted.retry.wait_s,
    )


def _pins(board: Board, evses: int) -> Iterator[ConfigPin]:
    places = [(0, board.pins), *((number, evse.pins) for number, evse in enumerate(board.evse[:evses], start=1))]
    for number, pins in places:
        for role, pin in pins.items():
            yield ConfigPin(number, PinRole[role.upper()], pin.gpio, _flags(pin))


def _flags(pin: Pin) -> int:
    return sum(1 << flag for flag in PinFlag if getattr(pin, flag.name.lower()))
