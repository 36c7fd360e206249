"""What each OCPP version says a CALL is, and what a CSMS may ask in it: the schemas, the words for what is wrong, payloads that would do something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft4Validator, Draft6Validator
from tests.csms.schema_walk import Bad, Json, Schema, Spoiled, resolved

from cpctl.csms.dialect import Dialect
from cpctl.csms.frames import ErrorCode
from cpctl.csms.v16.adapter import dialect as dialect_of_1_6
from cpctl.csms.v201.editions import EDITION_2_0_1, EDITION_2_1, dialect

_WRONG: Mapping[Spoiled, ErrorCode] = {
    Spoiled.MISSING: ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    Spoiled.NULL: ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    Spoiled.TYPE: ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    Spoiled.LONG: ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    Spoiled.ENUM: ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    Spoiled.DECIMALS: ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    Spoiled.RANGE: ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    Spoiled.COUNT: ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    Spoiled.EXTRA: ErrorCode.FORMAT_VIOLATION,
}
# How each edition spells them (OCPP-J 1.6, 4.2.3 with its errata 5.1 and 5.2; 2.0.1, 4.3): written down here, not taken from what is tested.
_AS_WRITTEN = {code: code.value for code in ErrorCode}
_IN_1_6 = {
    **_AS_WRITTEN,
    ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
    ErrorCode.FORMAT_VIOLATION: "FormationViolation",
    ErrorCode.RPC_FRAMEWORK_ERROR: "FormationViolation",
}


@dataclass(frozen=True)
class Book:
    """One version. `served`: for each operation, values with which it would do something; `negative`: the word for a negative number that is no PDU's fault.

    `passed_over`: parts in which it changes nothing what they say.
    """

    version: str
    dialect: Dialect
    served: Mapping[str, Mapping[str, Any]]
    negative: Mapping[str, str | None]
    passed_over: Sequence[str]
    alive: tuple[str, Mapping[str, Any]]
    known: Mapping[str, Sequence[Json]] = field(default_factory=dict)  # words that a station knows, so that what is valid often means something
    spelling: Mapping[ErrorCode, str] = field(default_factory=lambda: _AS_WRITTEN)

    @property
    def actions(self) -> Sequence[str]:
        """Every action of the version."""
        return sorted(self.dialect.schemas.actions)

    def schema(self, action: str, *, answer: bool = False) -> Schema:
        """Read the schema of an action's request or answer, without references."""
        suffix = "Response" if answer else "" if self.version == "1.6" else "Request"
        return resolved((self.dialect.schemas.folder / f"{action}{suffix}.json").read_text(encoding="utf-8-sig"))

    def code(self, bad: Bad) -> str:
        """Return the error code for what is wrong."""
        return self.spelling[_WRONG[bad.what]]

    def refusal(self, id: str, code: ErrorCode) -> tuple[str, str] | None:
        """Return the id and the code of the CALLERROR for a bad frame; None where there is no answer to it (1.6, 4.1.3; 2.1 knows type 5)."""
        return None if code is ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED and self.version != "2.0.1" else (id, self.spelling[code])

    def validator(self, schema: Schema) -> Any:
        """Return a validator of the version's kind, another than the one that is tested."""
        return (Draft4Validator if self.version == "1.6" else Draft6Validator)(schema)

    def __str__(self) -> str:
        return self.version


BOOK_1_6 = Book(
    "1.6",
    dialect_of_1_6(),
    served={
        "ChangeAvailability": {"connectorId": 2},
        "ChangeConfiguration": {"key": "MeterValueSampleInterval", "value": "77"},
        "ClearCache": {},
        "DataTransfer": {"vendorId": "com.example"},
        "GetConfiguration": {"key": ["HeartbeatInterval"]},
        "RemoteStartTransaction": {"connectorId": 2, "idTag": "TAG2", "chargingProfilePurpose": "TxProfile", "limit": 16.0},
        "RemoteStopTransaction": {"transactionId": 1},
        "Reset": {"type": "Soft"},
        "TriggerMessage": {"connectorId": 1, "requestedMessage": "StatusNotification"},
        "UnlockConnector": {"connectorId": 1},
    },
    negative={
        "ChangeAvailability": "Rejected",
        "RemoteStartTransaction": "Rejected",
        "RemoteStopTransaction": "Rejected",
        "TriggerMessage": "Rejected",
        "UnlockConnector": "NotSupported",
    },
    passed_over=("chargingProfile",),  # as a whole where there is no smart charging (5.11)
    alive=("GetConfiguration", {"key": ["NumberOfConnectors"]}),
    known={
        "connectorId": (0, 1, 2, 3, 4, -1, 2**31 - 1, -(2**31)),
        "idTag": ("TAG1", "TAG2", "tag3", "", "x" * 20, "\u0000", "ünï"),
        "key": (
            "HeartbeatInterval",
            "meterValueSampleInterval",
            "MeterValuesSampledData",
            "StopTxnAlignedData",
            "ClockAlignedDataInterval",
            "ConnectorPhaseRotation",
            "ConnectionTimeOut",
            "CurrentLimit",
            "LocalPreAuthorize",
            "MinimumStatusDuration",
            "NumberOfConnectors",
            "StopTransactionOnInvalidId",
            "TransactionMessageAttempts",
            "WebSocketPingInterval",
            "Nonsense",
            "",
        ),
        "value": (
            "",
            "0",
            "1",
            "7",
            "60",
            "-1",
            "+5",
            " 9 ",
            "1e3",
            "16.5",
            "true",
            "False",
            "Voltage",
            "Voltage.L1,SoC",
            "1.RST,1.TRS",
            "9" * 30,
            "x" * 500,
        ),
        "transactionId": (1, 2, 3, 0, -1, 2**31 - 1),
        "vendorId": ("com.example", "", "v" * 255),
    },
    spelling=_IN_1_6,
)

_NUMBERS = (0, 1, 2, 3, 4, -1, 2**31 - 1, -(2**31))
_SERVED_IN_2: Mapping[str, Mapping[str, Any]] = {
    "ChangeAvailability": {"operationalStatus": "Inoperative", "id": 2, "connectorId": 1},
    "ClearCache": {},
    "DataTransfer": {"vendorId": "com.example"},
    "GetBaseReport": {"requestId": 7},
    "GetReport": {"requestId": 7},
    "GetTransactionStatus": {"transactionId": "t1"},
    "GetVariables": {"name": "HeartbeatInterval", "id": 1, "connectorId": 1},
    "RequestStartTransaction": {"evseId": 2, "remoteStartId": 7, "type": "ISO14443", "idToken": "TAG2"},
    "RequestStopTransaction": {"transactionId": "t1"},
    "Reset": {"type": "OnIdle", "evseId": 2},
    "SetNetworkProfile": {"configurationSlot": 2, "messageTimeout": 30, "securityProfile": 1, "ocppCsmsUrl": "ws://127.0.0.1:1/"},
    "SetVariables": {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}, "attributeValue": "77"},
    "TriggerMessage": {"requestedMessage": "StatusNotification", "id": 1, "connectorId": 1},
    "UnlockConnector": {"evseId": 1, "connectorId": 1},
}
_NEGATIVE_IN_2 = {
    "ChangeAvailability": "Rejected",
    "GetReport": "EmptyResultSet",
    "GetVariables": None,
    "SetNetworkProfile": "Rejected",
    "RequestStartTransaction": "Rejected",
    "Reset": "Rejected",
    "TriggerMessage": "Rejected",
    "UnlockConnector": "UnknownConnector",
}
_KNOWN_IN_2: Mapping[str, Sequence[Json]] = {
    "evseId": _NUMBERS,
    "id": _NUMBERS,
    "connectorId": _NUMBERS,
    "idToken": ("TAG1", "TAG2", "tag3", "", "x" * 36, "\u0000", "ünï"),
    "transactionId": ("t1", "", "x" * 36),
    "vendorId": ("com.example", "", "v" * 255),
    "name": ("SampledDataCtrlr", "TxUpdatedInterval", "HeartbeatInterval", "OCPPCommCtrlr", "EVSE", "AvailabilityState", "Nonsense", ""),
    "attributeValue": ("", "0", "60", "-1", "true", "Voltage", "9" * 30, "x" * 2500),
    "configurationSlot": _NUMBERS,
}

BOOK_2_0_1, BOOK_2_1 = (
    Book(
        edition.version,
        dialect(edition),
        served=_SERVED_IN_2,
        negative=_NEGATIVE_IN_2,
        passed_over=("chargingProfile", "remoteStartId", "requestId"),  # F01.FR.12; an id may be any number
        alive=("GetTransactionStatus", {}),
        known=_KNOWN_IN_2,
    )
    for edition in (EDITION_2_0_1, EDITION_2_1)
)

BOOKS: Mapping[str, Book] = {book.version: book for book in (BOOK_1_6, BOOK_2_0_1, BOOK_2_1)}
