"""The bodies and queries that the local API takes: unknown fields are mistakes, and a mistake names its field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cpctl.core.model import IdTokenType
from cpctl.errors import BadRequest

# Lists are bounded by the store as well; this bounds one answer.
MAX_LIMIT = 1000


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Nothing(Body):
    """An empty object, or no body at all."""


class TokenBody(Body):
    """A token held to a reader."""

    id_token: Annotated[str, Field(min_length=1, max_length=36)]
    type: IdTokenType = IdTokenType.ISO14443

    @field_validator("id_token")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("is made of printable characters")
        return value


class ClearFaultsBody(Body):
    """Which fault to clear; all without a code."""

    code: Annotated[str | None, Field(max_length=50)] = None


class VariableBody(Body):
    """A variable and its new value, as text; numbers and booleans are taken as what OCPP would carry."""

    name: Annotated[str, Field(min_length=1, max_length=101)]
    value: Annotated[str, Field(max_length=2500)] | bool | int | float

    @property
    def text(self) -> str:
        """The value in the form that OCPP carries it in."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


class LendBody(Body):
    """For how long the serial port is lent."""

    seconds: Annotated[int, Field(ge=1, le=1800)] = 300


class CallBody(Body):
    """A raw OCPP CALL."""

    action: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,50}$")]
    payload: dict[str, object] = Field(default_factory=dict)


class VehicleBody(Body):
    """What changes at the simulated vehicle; any subset."""

    state: Literal["A", "B", "C", "D", "E"] | None = None
    current_a: Annotated[float | None, Field(ge=0, le=80)] = None
    phases: Annotated[int | None, Field(ge=1, le=3)] = None
    diode: bool | None = None
    cable_a: Literal[0, 13, 20, 32, 63] | None = None
    soc: Annotated[float | None, Field(ge=0, le=100)] = None
    parked: bool | None = None


class FaultBody(Body):
    """A fault of the catalogue at the simulated hardware."""

    fault: Annotated[str, Field(min_length=1, max_length=50)]
    active: bool = True
    code: Annotated[str | None, Field(max_length=50)] = None


class CsmsBody(Body):
    """The network to the CSMS."""

    up: bool


class LinkBody(Body):
    """The simulated serial wire; loss and corruption in percent of frames."""

    loss: Annotated[float | None, Field(ge=0, le=100)] = None
    corrupt: Annotated[float | None, Field(ge=0, le=100)] = None
    delay_ms: Annotated[int | None, Field(ge=0, le=60_000)] = None
    up: bool | None = None


class ClockBody(Body):
    """How far to push the clock on."""

    advance_s: Annotated[float, Field(gt=0, le=366 * 86400)]


class PowerBody(Body):
    """The supply of the whole charge point."""

    cut: bool = True


class ListQuery(BaseModel):
    """`?since=<ISO 8601>&limit=<n>` of a list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: datetime | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100

    @field_validator("since")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


_Model = TypeVar("_Model", bound=BaseModel)


class BadJson(BadRequest):
    """The body is no JSON."""

    status = 400
    code = "bad_json"


def parse_body(model: type[_Model], raw: bytes) -> _Model:
    """Read a body; raise BadJson or BadRequest, which name what is wrong."""
    try:
        return model.model_validate_json(raw if raw.strip() else b"{}")
    except ValidationError as error:
        raise _complaint(error) from None


def parse_query(model: type[_Model], query: dict[str, str]) -> _Model:
    """Read a query string; raise BadRequest."""
    try:
        return model.model_validate(query)
    except ValidationError as error:
        raise _complaint(error) from None


def _complaint(error: ValidationError) -> BadRequest:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return BadJson(f"The body is no JSON: {first['msg'].removeprefix('Invalid JSON: ')}.", "Send one JSON object.")
    field = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "missing":
            return BadRequest(f"The field {field} is missing.", field=field)
        case "extra_forbidden":
            return BadRequest(f"There is no field {field} here.", "See /api/v1/openapi.json.", field=field)
        case "model_type":
            return BadRequest("The body is no JSON object.", "Send one JSON object.")
        case "value_error":
            return BadRequest(f"{field} {first['ctx']['error']}.", field=field)
        case _:
            words = first["msg"][0].lower() + first["msg"][1:]
            return BadRequest(f"{field}: {words}.", field=field)
