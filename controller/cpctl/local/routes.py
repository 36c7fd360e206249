"""The API's routes as one table: path, body, handler, words. The server and the OpenAPI description are both made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cpctl.errors import NotFound

from .bodies import (
    Body,
    CallBody,
    ClearFaultsBody,
    ClockBody,
    CsmsBody,
    FaultBody,
    LendBody,
    LinkBody,
    ListQuery,
    Nothing,
    PowerBody,
    TokenBody,
    VariableBody,
    VehicleBody,
    parse_body,
)
from .services import Json, LinkChange, Services, SimServices, VehicleChange

Answer = Json | Sequence[Json]

_BodyT = TypeVar("_BodyT", bound=Body)


@dataclass(frozen=True, slots=True)
class Call:
    """What a request says beside its body."""

    evse: int = 0
    query: ListQuery = field(default_factory=ListQuery)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, what it takes and does. `{n}` in the path is an EVSE's number; `lists`: takes since and limit."""

    method: str
    path: str
    summary: str
    body: type[Body]
    run: Callable[[Call, bytes], Awaitable[Answer]]
    lists: bool = False
    station_reader: bool = False  # n = 0, the station's own reader, is allowed


def station_routes(services: Services, developer: bool) -> list[Route]:
    """Make the routes that every station serves; `developer` adds raw OCPP calls."""
    table = [
        _route("GET", "/api/v1/status", "The whole state", Nothing, lambda *_: services.status()),
        _route("GET", "/api/v1/evses/{n}", "An EVSE's state, and why it is not charging", Nothing, lambda call, _: services.evse(call.evse)),
        _route(
            "POST",
            "/api/v1/evses/{n}/token",
            "Present a token; n = 0 is a reader that serves the whole station",
            TokenBody,
            lambda call, body: services.present_token(call.evse, body.id_token, body.type.value),
            station_reader=True,
        ),
        _route("POST", "/api/v1/evses/{n}/stop", "Stop charging", Nothing, lambda call, _: services.stop(call.evse)),
        _route("POST", "/api/v1/evses/{n}/unlock", "Unlock the connector", Nothing, lambda call, _: services.unlock(call.evse)),
        _route(
            "POST",
            "/api/v1/evses/{n}/faults/clear",
            "Clear a latched fault, or all; lock-outs are cleared at the device",
            ClearFaultsBody,
            lambda call, body: services.clear_faults(call.evse, body.code),
        ),
        _list("/api/v1/sessions", "Finished sessions", lambda query: services.sessions(query.since, query.limit)),
        _list("/api/v1/events", "The event log", lambda query: services.events(query.since, query.limit)),
        _list("/api/v1/messages", "OCPP messages and their answers", lambda query: services.messages(query.since, query.limit)),
        _route("GET", "/api/v1/variables", "Configuration variables", Nothing, lambda *_: services.variables()),
        _route(
            "PUT",
            "/api/v1/variables",
            "Set a configuration variable, validated as from the CSMS",
            VariableBody,
            lambda _, body: services.set_variable(body.name, body.text),
        ),
    ]
    table += [
        _route(
            "POST",
            "/api/v1/coprocessor/lend",
            "Let go of the serial port for flashing or a bench test; refused while a transaction runs",
            LendBody,
            lambda _, body: services.lend_port(body.seconds),
        ),
        _route("POST", "/api/v1/coprocessor/take-back", "Use the serial port again", Nothing, lambda *_: services.take_port_back()),
    ]
    if developer:
        summary = "Send an OCPP CALL as given; the answer is the CSMS's"
        table.append(_route("POST", "/api/v1/ocpp/call", summary, CallBody, lambda _, body: services.call(body.action, body.payload)))
    return table


def sim_routes(sim: SimServices) -> list[Route]:
    """Make the routes that move the simulated world."""
    return [
        _route(
            "POST",
            "/api/v1/sim/evses/{n}/vehicle",
            "Move the vehicle: A unplugged, B plugged in, C asks for energy",
            VehicleBody,
            lambda call, body: sim.vehicle(call.evse, VehicleChange(**body.model_dump())),
        ),
        _route(
            "POST",
            "/api/v1/sim/evses/{n}/fault",
            "Raise or end a fault of the catalogue",
            FaultBody,
            lambda call, body: sim.fault(call.evse, body.fault, body.active, body.code),
        ),
        _route("POST", "/api/v1/sim/csms", "Cut or restore the network", CsmsBody, lambda _, body: sim.csms(body.up)),
        _route(
            "POST", "/api/v1/sim/link", "Make the serial wire worse or better", LinkBody, lambda _, body: sim.link(LinkChange(**body.model_dump()))
        ),
        _route("POST", "/api/v1/sim/clock", "Push the clock on", ClockBody, lambda _, body: sim.clock(body.advance_s)),
        _route(
            "POST",
            "/api/v1/sim/power",
            "Cut the supply of the whole charge point, host included, and give it back",
            PowerBody,
            lambda _, body: sim.power(body.cut),
        ),
    ]


def evse_number(text: str, station_reader: bool) -> int:
    """Read the EVSE's number of a path; NotFound if it cannot be one."""
    if text.isascii() and text.isdigit() and len(text) <= 3 and (int(text) > 0 or station_reader):
        return int(text)
    raise NotFound(f"There is no EVSE {text[:20]!r}.", "EVSEs are numbered from 1; see /api/v1/status.")


def _route(
    method: str,
    path: str,
    summary: str,
    body: type[_BodyT],
    handle: Callable[[Call, _BodyT], Awaitable[Answer]],
    station_reader: bool = False,
) -> Route:
    async def run(call: Call, raw: bytes) -> Answer:
        return await handle(call, parse_body(body, raw))

    return Route(method, path, summary, body, run, station_reader=station_reader)


def _list(path: str, summary: str, handle: Callable[[ListQuery], Awaitable[Answer]]) -> Route:
    async def run(call: Call, _raw: bytes) -> Answer:
        return await handle(call.query)

    return Route("GET", path, summary, Nothing, run, lists=True)
