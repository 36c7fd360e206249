"""The embedded CSMS's words in OCPP 1.6."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.csms.frames import Payload
from cpctl.csms.v16.adapter import dialect

from .csms_desk import Desk, Point, Serve


class Desk16:
    """Serves charge points that speak 1.6."""

    subprotocol = "ocpp1.6"

    def __init__(self, desk: Desk) -> None:
        self.dialect = dialect()
        self._desk = desk

    def table(self) -> Mapping[str, Serve]:
        """Return what is served, by action."""
        return {
            "Authorize": self._authorize,
            "BootNotification": self._desk.serve_boot,
            "DataTransfer": lambda _point, _call: {"status": "UnknownVendorId"},
            "Heartbeat": self._desk.serve_heartbeat,
            "MeterValues": self._meter_values,
            "StartTransaction": self._start,
            "StatusNotification": self._status,
            "StopTransaction": self._stop,
        }

    def _status(self, point: Point, call: Payload) -> Payload:
        point.statuses[call["connectorId"]] = call
        point.status_history.append(call)
        return {}

    def _authorize(self, _point: Point, call: Payload) -> Payload:
        return {"idTagInfo": self._info(call["idTag"])}

    def _start(self, point: Point, call: Payload) -> Payload:
        charge = self._desk.ledger.start(point.id, call)
        return {"transactionId": charge.number, "idTagInfo": self._info(call["idTag"])}

    def _meter_values(self, point: Point, call: Payload) -> Payload:
        point.meter_values.append(call)
        self._desk.ledger.meter(point.id, call)
        return {}

    def _stop(self, point: Point, call: Payload) -> Payload:
        self._desk.ledger.stop(point.id, call)
        return {"idTagInfo": self._info(call["idTag"])} if "idTag" in call else {}

    def _info(self, id_tag: str) -> Payload:
        info: Payload = {"status": self._desk.token_status(id_tag)}
        if parent := self._desk.parents.get(id_tag.casefold()):
            info["parentIdTag"] = parent
        return info
