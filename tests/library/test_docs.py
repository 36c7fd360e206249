"""What the documents for users of the library promise is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cpctl import ChargePoint
from cpctl.extensions import Extension

DOCS = Path(__file__).resolve().parents[2] / "docs"
# MicroOcpp.h as of its version of December 2025: every function, and the types by which it takes callbacks.
_FUNCTIONS = """
    mocpp_initialize mocpp_deinitialize mocpp_loop beginTransaction beginTransaction_authorized endTransaction endTransaction_authorized
    isTransactionActive isTransactionRunning getTransactionIdTag getTransaction getTransactionV201 ocppPermitsCharge getChargePointStatus
    setConnectorPluggedInput setEnergyMeterInput setPowerMeterInput setSmartChargingPowerOutput setSmartChargingCurrentOutput setSmartChargingOutput
    setEvReadyInput setEvseReadyInput addErrorCodeInput addErrorDataInput addMeterValueInput setOccupiedInput setStartTxReadyInput setStopTxReadyInput
    setTxNotificationOutput setTxNotificationOutputV201 setOnUnlockConnectorInOut isOperative setOnResetNotify setOnResetExecute getFirmwareService
    getDiagnosticsService setCertificateStore getOcppContext setOnReceiveRequest setOnSendConf sendRequest setRequestHandler authorize startTransaction
    stopTransaction ChargerCredentials ProtocolVersion OnReceiveConfListener OnAbortListener OnTimeoutListener OnReceiveErrorListener
"""


@pytest.mark.parametrize("function", _FUNCTIONS.split())
def test_each_function_of_microocpp_has_its_row(function: str) -> None:
    rows = [row for row in (DOCS / "from-microocpp.md").read_text("utf-8").splitlines() if row.startswith("|")]
    (row, *_) = [row for row in rows if re.search(rf"`{function}\b", row.split("|")[1])] or [""]
    assert row, f"{function} is not in from-microocpp.md"
    counterpart, note = (cell.strip() for cell in row.split("|")[2:4])
    assert counterpart != "—" or note, f"{function} has neither a counterpart nor a reason"


def test_what_the_documents_name_is_there() -> None:
    named = set()
    for document in ("from-microocpp.md", "howto/embed.md"):
        cells = re.findall(r"`@?(?:await )?(?:station\.)?([a-z_]+)[(`]", (DOCS / document).read_text("utf-8"))
        named |= {name for name in cells if "_" in name and not name.startswith(("mocpp", "cpctl"))}
    parameters = {"ca_file", "cert_file", "key_file", "firmware_version", "period_s", "site_current_a", "connector_id"}
    assert named - parameters <= set(dir(ChargePoint)), named - parameters - set(dir(ChargePoint))


def test_what_an_extension_may_override_is_documented() -> None:
    text = (DOCS / "howto/write-an-extension.md").read_text("utf-8")
    for name in (name for name in dir(Extension) if not name.startswith("_")):
        assert name in text, name
