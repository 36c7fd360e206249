"""OCPP 1.6 as an adapter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from cpctl.core.model import IdToken, TokenInfo
from cpctl.core.outputs import ConnectorStatusChanged, DurableEvent, Measured, TransactionStarted, TransactionUpdated
from cpctl.csms.adapter import BootAnswer, Context, Delivery, Message, Registration
from cpctl.csms.dialect import Dialect, Handler
from cpctl.csms.frames import ErrorCode, Payload
from cpctl.csms.schemas import of_version
from cpctl.csms.vendors import DataAnswer, DataStatus, Json, text_of
from cpctl.csms.words import moment

from .encode import Encoder
from .handlers import Handlers
from .mapping import MAX_ID_TAG, Connectors, token_info
from .variables import Keys

# A CSMS that names a longer one in its boot's answer does not mean it.
LONGEST_INTERVAL_S = 7 * 24 * 3600


@cache
def dialect() -> Dialect:
    """1.6 at the level of OCPP-J; two error codes keep the spelling of its first edition (OCPP-J 1.6 errata, 5.1 and 5.2). One for all, with its compiled schemas."""
    return Dialect(
        schemas=of_version("v16"),
        urgent=frozenset({"RemoteStopTransaction", "UnlockConnector", "Reset"}),
        spelling={
            ErrorCode.FORMAT_VIOLATION: "FormationViolation",
            ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
            ErrorCode.RPC_FRAMEWORK_ERROR: "FormationViolation",
        },
        answers_unknown_types=False,
    )


class Adapter16:
    """Speaks OCPP 1.6 for a station."""

    version = "1.6"
    subprotocol = "ocpp1.6"
    whole_transactions = True
    repeats_statuses = False

    def __init__(self, context: Context) -> None:
        self.dialect = dialect()
        self._settings = context.settings
        connectors = Connectors(context.evses)
        self._encoder = Encoder(connectors, context.view, context.settings.vendor, context.date)
        self._handlers = Handlers(context, connectors, Keys(context.view, context.evses, context.settings.security_profile, context.own_variables))

    def handlers(self) -> Mapping[str, Handler]:
        """Return the CALLs that are served, by action."""
        return self._handlers.table()

    def boot(self, *, triggered: bool = False) -> Message:
        """BootNotification (4.2), the same whoever wants it."""
        said = self._settings
        fields = {
            "chargePointVendor": said.vendor[:20],
            "chargePointModel": said.model[:20],
            "chargePointSerialNumber": (said.serial or "")[:25],
            "chargeBoxSerialNumber": said.box_serial[:25],
            "firmwareVersion": (said.firmware_version or "")[:50],
            "iccid": said.iccid[:20],
            "imsi": said.imsi[:20],
            "meterType": said.meter_type[:25],
            "meterSerialNumber": said.meter_serial[:25],
        }
        return Message("BootNotification", {name: value for name, value in fields.items() if value})

    def read_boot(self, answer: Payload) -> BootAnswer:
        """BootNotification.conf."""
        interval_s = min(max(answer["interval"], 0), LONGEST_INTERVAL_S)
        return BootAnswer(Registration(answer["status"]), interval_s, moment(answer["currentTime"]))

    def heartbeat(self) -> Message:
        """Heartbeat (4.6)."""
        return Message("Heartbeat", {})

    def read_heartbeat(self, answer: Payload) -> datetime | None:
        """Heartbeat.conf."""
        return moment(answer["currentTime"])

    def authorize(self, token: IdToken) -> Message | None:
        """Authorize (4.1); None for a token that is longer than an idTag."""
        return None if len(token.value) > MAX_ID_TAG else Message("Authorize", {"idTag": token.value})

    def read_authorize(self, answer: Payload) -> TokenInfo:
        """Authorize.conf."""
        return token_info(answer["idTagInfo"])

    def data_transfer(self, vendor: str, message: str | None, data: Json) -> Message:
        """DataTransfer (4.3)."""
        fields = {"vendorId": vendor, "messageId": message, "data": text_of(data)}
        return Message("DataTransfer", {name: value for name, value in fields.items() if value is not None})

    def read_data_transfer(self, answer: Payload) -> DataAnswer:
        """DataTransfer.conf."""
        return DataAnswer(DataStatus(answer["status"]), answer.get("data"))

    def status(self, event: ConnectorStatusChanged, at: datetime) -> Message | None:
        """StatusNotification (4.9)."""
        return self._encoder.status(event, at)

    def is_news(self, event: ConnectorStatusChanged, told: ConnectorStatusChanged) -> bool:
        """Every change is news: its words are the core's."""
        return True

    def measured(self, event: Measured) -> Message:
        """MeterValues (4.7) of the present."""
        return self._encoder.measured(event)

    def encode(self, event: DurableEvent) -> Message | None:
        """StartTransaction (4.8), MeterValues (4.7), StopTransaction (4.10)."""
        return self._encoder.encode(event)

    def read_delivery(self, event: DurableEvent, answer: Payload) -> Delivery:
        """Read the transaction's number from StartTransaction.conf, the word on the token from either."""
        if isinstance(event, TransactionUpdated):  # MeterValues.conf has nothing; what a CSMS puts there all the same is unchecked
            return Delivery()
        info = token_info(answer["idTagInfo"]) if "idTagInfo" in answer else None
        return Delivery(str(answer["transactionId"]) if isinstance(event, TransactionStarted) else None, info)
