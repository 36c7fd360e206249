"""Answers of the local API: JSON, and errors as `{"error": {"code", "text", "field"?}}` that name what was wrong and what to do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from cpctl.errors import ApiError, ControllerError, CsmsError, LinkError, SimError, StoreError

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# An error of another family reaches the caller as (HTTP status, code).
_FAMILIES: tuple[tuple[type[ControllerError], int, str], ...] = (
    (CsmsError, 502, "csms"),
    (LinkError, 502, "link"),
    (StoreError, 503, "store"),
    (SimError, 409, "sim"),
)
_HTTP_WORDS = {
    404: ("not_found", "There is nothing at this path. See /api/v1/openapi.json."),
    405: ("wrong_method", "This path takes another method. See /api/v1/openapi.json."),
    413: ("too_large", "The body is too large."),
}


def reply(data: object, status: int = 200) -> web.Response:
    """Make a JSON answer."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return web.Response(text=text, status=status, content_type="application/json", headers={"Cache-Control": "no-store"})


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every way in which a handler can fail into a JSON answer."""
    try:
        return await handler(request)
    except ApiError as error:
        response = _error(error.status, error.code, str(error), error.field)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response
    except ControllerError as error:
        status, code = next(((status, code) for family, status, code in _FAMILIES if isinstance(error, family)), (500, "internal"))
        return _error(status, code, str(error))
    except TimeoutError:
        return _error(504, "timed_out", "The station did not answer in time. Try again, and see /healthz.")
    except web.HTTPException as error:
        code, text = _HTTP_WORDS.get(error.status, ("http", error.reason))
        response = _error(error.status, code, text)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:
        # The API is the outermost layer of a request: a mistake of ours must not end the connection without a word.
        log.exception("api.handler_failed", method=request.method, path=request.path)
        return _error(500, "internal", "The station made a mistake. Its log says more.")


def _error(status: int, code: str, text: str, field: str | None = None) -> web.Response:
    error: dict[str, object] = {"code": code, "text": text}
    if field is not None:
        error["field"] = field
    return reply({"error": error}, status)
