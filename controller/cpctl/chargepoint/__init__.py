"""The station as a library: `from cpctl import ChargePoint`, and here what goes with it."""

from cpctl.app.controller import Ending
from cpctl.core.model import ConnectorStatus, IdToken, IdTokenType, Measurand, StopReason, TokenInfo, TokenStatus
from cpctl.csms.dialect import HandlerRefusal
from cpctl.csms.frames import ErrorCode
from cpctl.csms.vendors import DataAnswer, DataStatus

from .built import Evse
from .charge_point import ChargePoint
from .charging import Transaction
from .notifications import Happening, Notification

__all__ = [
    "ChargePoint",
    "ConnectorStatus",
    "DataAnswer",
    "DataStatus",
    "Ending",
    "ErrorCode",
    "Evse",
    "HandlerRefusal",
    "Happening",
    "IdToken",
    "IdTokenType",
    "Measurand",
    "Notification",
    "StopReason",
    "TokenInfo",
    "TokenStatus",
    "Transaction",
]
