"""The embedded CSMS's words in OCPP 2.0.1 and 2.1."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.csms.frames import Payload
from cpctl.csms.v201.editions import EDITION_2_0_1, EDITION_2_1, dialect

from .csms_desk import Desk, Point, Serve


class Desk201:
    """Serves charging stations that speak 2.0.1."""

    edition = EDITION_2_0_1
    subprotocol = EDITION_2_0_1.subprotocol

    def __init__(self, desk: Desk) -> None:
        self.dialect = dialect(self.edition)
        self._desk = desk

    def table(self) -> Mapping[str, Serve]:
        """Return what is served, by action."""
        return {
            "Authorize": self._authorize,
            "BootNotification": self._desk.serve_boot,
            "DataTransfer": lambda _point, _call: {"status": "UnknownVendorId"},
            "Heartbeat": self._desk.serve_heartbeat,
            "MeterValues": self._meter_values,
            "NotifyReport": self._report,
            "StatusNotification": self._status,
            "TransactionEvent": self._event,
        }

    def _status(self, point: Point, call: Payload) -> Payload:
        point.statuses[call["evseId"]] = call
        point.status_history.append(call)
        return {}

    def _authorize(self, _point: Point, call: Payload) -> Payload:
        return {"idTokenInfo": self._info(call["idToken"])}

    def _event(self, point: Point, call: Payload) -> Payload:
        self._desk.ledger.event(point.id, call)
        return {"idTokenInfo": self._info(call["idToken"])} if "idToken" in call else {}

    def _meter_values(self, point: Point, call: Payload) -> Payload:
        point.meter_values.append(call)
        return {}

    def _report(self, point: Point, call: Payload) -> Payload:
        point.reports.append(call)
        return {}

    def _info(self, token: Payload) -> Payload:
        value = token["idToken"].casefold()
        free = token["type"] == "NoAuthorization"  # nobody to be judged
        info: Payload = {"status": "Accepted" if free else self._desk.token_status(value)}
        if group := self._desk.parents.get(value):
            info["groupIdToken"] = {"idToken": group, "type": "Central"}
        return info | self._desk.infos.get(value, {})


class Desk21(Desk201):
    """Serves charging stations that speak 2.1, which says the same in all that is served here."""

    edition = EDITION_2_1
    subprotocol = EDITION_2_1.subprotocol
