"""What packages add to the station, and how they do: `from cpctl.extensions import Extension`."""

from cpctl.csms.vendors import DataAnswer, DataStatus

from .declared import declare
from .extension import Extension, Reader

__all__ = ["DataAnswer", "DataStatus", "Extension", "Reader", "declare"]
