"""The API's description in OpenAPI 3.1, made from the same table that serves it."""

from __future__ import annotations

from collections.abc import Sequence

from .bodies import MAX_LIMIT, Nothing
from .routes import Route
from .services import Json

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "text"],
            "properties": {"code": {"type": "string"}, "text": {"type": "string"}, "field": {"type": "string"}},
        }
    },
}
_EVSE = {"name": "n", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}, "description": "number of the EVSE"}
_LIST = (
    {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 100}},
)


def describe(routes: Sequence[Route], version: str) -> Json:
    """Describe the routes."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    paths["/api/v1/stream"] = {"get": {"summary": "WebSocket: the status, then its changes", "responses": {"101": {"description": "the stream"}}}}
    paths["/healthz"] = {"get": {"summary": "200 while the station works, else 503", "responses": {"200": {"description": "well"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "cpctl local API", "version": version},
        "paths": paths,
        "components": {"schemas": {"Error": _ERROR}, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(route: Route) -> Json:
    operation: dict[str, object] = {
        "summary": route.summary,
        "responses": {
            "200": {"description": "done", "content": {"application/json": {}}},
            "default": {"description": "refused", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
        },
    }
    parameters = [*([_EVSE] if "{n}" in route.path else []), *(_LIST if route.lists else ())]
    if parameters:
        operation["parameters"] = parameters
    if route.method != "GET":
        operation["security"] = [{"token": []}]
    if route.body is not Nothing:
        schema = route.body.model_json_schema(ref_template="#/$defs/{model}")
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation
