"""OCPP 2.0.1 and 2.1 as an adapter: one for both, `editions` says what differs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cpctl.core.model import IdToken, TokenInfo
from cpctl.core.outputs import ConnectorStatusChanged, DurableEvent, Measured
from cpctl.csms.adapter import BootAnswer, Context, Delivery, Message, Registration
from cpctl.csms.dialect import Handler
from cpctl.csms.frames import Payload
from cpctl.csms.vendors import DataAnswer, DataStatus, Json
from cpctl.csms.words import moment

from .editions import Edition, dialect
from .encode import Encoder
from .handlers import handlers
from .mapping import connector_status, id_token, token_info
from .numbers import exact

# A CSMS that names a longer one in its boot's answer does not mean it.
LONGEST_INTERVAL_S = 7 * 24 * 3600


class Adapter201:
    """Speaks an edition of OCPP 2 for a station."""

    whole_transactions = False
    repeats_statuses = True

    def __init__(self, context: Context, edition: Edition) -> None:
        self.version = edition.version
        self.subprotocol = edition.subprotocol
        self.dialect = dialect(edition)
        self._settings = context.settings
        self._encoder = Encoder(context.date)
        self._handlers = {action: exact(handler) for action, handler in handlers(context).items()}

    def handlers(self) -> Mapping[str, Handler]:
        """Return the CALLs that are served, by action."""
        return self._handlers

    def boot(self, *, triggered: bool = False) -> Message:
        """BootNotification (B01)."""
        said = self._settings
        station: Payload = {"vendorName": said.vendor[:50], "model": said.model[:20]}
        for name, value, length in (("serialNumber", said.serial, 25), ("firmwareVersion", said.firmware_version, 50)):
            if value:
                station[name] = value[:length]
        modem = {name: value[:20] for name, value in (("iccid", said.iccid), ("imsi", said.imsi)) if value}
        if modem:
            station["modem"] = modem
        reason = "Triggered" if triggered else said.boot_reason
        return Message("BootNotification", {"reason": reason, "chargingStation": station})

    def read_boot(self, answer: Payload) -> BootAnswer:
        """BootNotificationResponse."""
        interval_s = min(max(int(answer["interval"]), 0), LONGEST_INTERVAL_S)
        return BootAnswer(Registration(answer["status"]), interval_s, moment(answer["currentTime"]))

    def heartbeat(self) -> Message:
        """Heartbeat (G02)."""
        return Message("Heartbeat", {})

    def read_heartbeat(self, answer: Payload) -> datetime | None:
        """HeartbeatResponse."""
        return moment(answer["currentTime"])

    def authorize(self, token: IdToken) -> Message:
        """Authorize (C01-C06)."""
        return Message("Authorize", {"idToken": id_token(token)})

    def read_authorize(self, answer: Payload) -> TokenInfo:
        """AuthorizeResponse."""
        return token_info(answer["idTokenInfo"])

    def data_transfer(self, vendor: str, message: str | None, data: Json) -> Message:
        """DataTransfer (P02)."""
        fields = {"vendorId": vendor, "messageId": message, "data": data}
        return Message("DataTransfer", {name: value for name, value in fields.items() if value is not None})

    def read_data_transfer(self, answer: Payload) -> DataAnswer:
        """DataTransferResponse."""
        return DataAnswer(DataStatus(answer["status"]), answer.get("data"))

    def status(self, event: ConnectorStatusChanged, at: datetime) -> Message | None:
        """StatusNotification (G01); None for the station, which has none."""
        return self._encoder.status(event, at)

    def is_news(self, event: ConnectorStatusChanged, told: ConnectorStatusChanged) -> bool:
        """Tell whether the status is another one in these few words."""
        return connector_status(event) != connector_status(told)

    def measured(self, event: Measured) -> Message | None:
        """MeterValues (J01) of the present."""
        return self._encoder.measured(event)

    def encode(self, event: DurableEvent) -> Message:
        """TransactionEvent (E01-E13)."""
        return self._encoder.encode(event)

    def read_delivery(self, event: DurableEvent, answer: Payload) -> Delivery:
        """Read the word on the token that the event told; a cost and a message for the driver have nobody to be shown to."""
        return Delivery(info=token_info(answer["idTokenInfo"]) if "idTokenInfo" in answer else None)
