"""Words that all OCPP versions share: how a moment is written and read."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: object) -> datetime | None:
    """Read a dateTime as CSMSs write them; one without a zone is taken for UTC, one that is none is None."""
    if not isinstance(text, str):
        return None
    try:
        value = datetime.fromisoformat(text)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def date_time(value: datetime) -> str:
    """Write a dateTime."""
    return value.isoformat(timespec="milliseconds")[:-6] + "Z"
