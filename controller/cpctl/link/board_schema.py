"""What a board file holds: how a board is wired, in the units of people. Unknown keys are mistakes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .chips import CHIPS

Role = Annotated[str, Field(max_length=20)]
Millivolts = Annotated[int, Field(ge=0, le=3300)]
Ohms = Annotated[int, Field(ge=100, le=1_000_000)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Pin(_Table):
    """A GPIO and how it is wired. Without `active_low` a high level means: driven, contact closed, earth present, button held."""

    gpio: Annotated[int, Field(ge=0, le=63)]
    active_low: bool = False
    pull_up: bool = False
    pull_down: bool = False
    open_drain: bool = False

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"gpio": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Contactor(_Table):
    """[evse.contactor]: what tells that it has moved, and whether it can feed one phase of three."""

    feedback: Literal["none", "mirror_contact", "load_side"] = "none"
    phase_switch: bool = False


class ResidualCurrent(_Table):
    """[evse.residual_current]: the monitor's output, the time within which it answers its test (0: none), trips that lock out."""

    type: Literal["normally_closed", "normally_open"]
    test_ms: Annotated[int, Field(ge=0, le=2000)] = 0
    lockout: Annotated[int, Field(ge=1, le=10)] = 3


class Temperature(_Table):
    """[evse.temperature]: an NTC in a divider, and what is done at which temperature."""

    sensor: Literal["ntc_low", "ntc_high"]
    r25_ohm: Ohms = 10_000
    beta: Annotated[int, Field(ge=1000, le=6000)] = 3950
    series_ohm: Ohms
    supply_mv: Annotated[int, Field(ge=1000, le=5500)]  # within what the converter can read, or an open sensor is not noticed
    derate_c: tuple[Annotated[int, Field(ge=20, le=120)], Annotated[int, Field(ge=20, le=120)]] = (60, 70)
    stop_c: Annotated[int, Field(ge=20, le=120)] = 80

    @model_validator(mode="after")
    def _rising(self) -> Temperature:
        if not self.derate_c[0] < self.derate_c[1] < self.stop_c:
            raise ValueError("the two of derate_c and stop_c rise in this order")
        return self


class Current(_Table):
    """[evse.current]: where the overcurrent guard gets the current from; for inputs their scale."""

    source: Literal["meter", "input"]
    ma_per_v: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Lock(_Table):
    """[evse.lock]: the actuator of a socket; `pulse_ms` 0: driven all the time."""

    pulse_ms: Annotated[int, Field(ge=0, le=2000)] = 0
    feedback: bool = True


class Pilot(_Table):
    """[evse.pilot]: what the pilot's two rails read at the pin, and by how much its edges are off."""

    minus12_mv: Millivolts = 256
    plus12_mv: Millivolts = 2344
    rise_us: Annotated[int, Field(ge=-50, le=50)] = 0
    fall_us: Annotated[int, Field(ge=-50, le=50)] = 0


class Proximity(_Table):
    """[evse.proximity]: the divider that reads the cable's resistor."""

    series_ohm: Annotated[int, Field(ge=100, le=10_000)] = 1000
    supply_mv: Annotated[int, Field(ge=1000, le=5500)] = 3300


class Retry(_Table):
    """[evse.retry]: how often a vehicle is served again after a fault that may pass (255: always), and after how long."""

    times: Annotated[int, Field(ge=0, le=255)] = 5
    wait_s: Annotated[int, Field(ge=30, le=3600)] = 30


class BoardEvse(_Table):
    """[[evse]]: one EVSE of the board. What is not named is not fitted, neither read nor protected by."""

    max_current_a: Annotated[int, Field(ge=6, le=80)]
    phases: Literal[1, 3] = 3
    ventilation: bool = False
    protective_earth: bool = False
    emergency_stop: bool = False
    s0_pulses_per_kwh: Annotated[int, Field(ge=0, le=10_000)] = 0
    wake: Literal["state_f", "cp_break"] = "state_f"
    contactor: Contactor = Contactor()
    residual_current: ResidualCurrent | None = None
    temperature: Temperature | None = None
    current: Current | None = None
    lock: Lock | None = None
    pilot: Pilot = Pilot()
    proximity: Proximity | None = None
    retry: Retry = Retry()
    pins: dict[Role, Pin] = Field(default_factory=dict)


class Board(_Table):
    """A whole board file. `chip` is empty only for a simulated board, which has no pins."""

    chip: Annotated[str, Field(max_length=12)] = ""
    summary: Annotated[str, Field(min_length=1, max_length=200)]
    pins: dict[Role, Pin] = Field(default_factory=dict)
    evse: Annotated[tuple[BoardEvse, ...], Field(min_length=1, max_length=4)]

    @field_validator("chip")
    @classmethod
    def _known(cls, chip: str) -> str:
        if chip and chip not in CHIPS:
            raise ValueError(f"is one of {', '.join(CHIPS)}")
        return chip
