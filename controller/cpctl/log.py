"""Logging: structlog over stdlib logging. Console on a terminal, one JSON object a line elsewhere; secrets and id tokens never get through."""

from __future__ import annotations

import logging
import sys
from typing import IO, cast

import structlog
from structlog.typing import EventDict, Processor

from cpctl.redact import redact, redact_text

LEVELS = ("debug", "info", "warning", "error")

# A peer decides how long some of our log texts get; this is where it ends.
MAX_TEXT = 2000

# Libraries that log frames or per-request lines at INFO; their warnings are still wanted.
_CHATTY = ("ocpp", "websockets", "aiohttp.access", "asyncio")


def configure(level: str = "info", stream: IO[str] | None = None, json: bool | None = None) -> None:
    """Send the logs of this process to `stream` (default stderr), as JSON if asked for or if it is no terminal."""
    out = stream if stream is not None else sys.stderr
    as_json = not out.isatty() if json is None else json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact_event,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback)
    )
    tail: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        tail.append(structlog.processors.format_exc_info)
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*tail, renderer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Make the logger of a module. Its lines are a constant event name and fields: `log.info("transaction.started", evse=1)`."""
    return structlog.stdlib.get_logger(name)


def redact_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Hide secrets, shorten id tokens, bound every text of a log line (a structlog processor)."""
    exc_info = event.pop("exc_info", None)
    clean = cast(EventDict, redact(dict(event), tokens=True))
    for key, value in clean.items():
        if isinstance(value, str):
            clean[key] = _bound(value)
        elif isinstance(value, BaseException):
            clean[key] = _bound(redact_text(f"{type(value).__name__}: {value}"))
    if exc_info is not None:
        clean["exc_info"] = exc_info
    return clean


def _bound(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text)} characters)"
