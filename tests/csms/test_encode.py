"""OCPP 1.6 words, numbers and payloads for the core's events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.csms.station import EVSES, FakeStation, at, ended, sample, started, status, updated

from cpctl.core.faults import FAULTS
from cpctl.core.model import ConnectorStatus, IdToken, Measurand, Reading, ReadingContext, Sample, StopReason, TokenStatus
from cpctl.core.outputs import Measured
from cpctl.core.settings import ConnectorSettings, EvseSettings
from cpctl.csms.v16.adapter import dialect
from cpctl.csms.v16.encode import Encoder, decimal
from cpctl.csms.v16.mapping import Connectors, token_info
from cpctl.csms.words import date_time, moment


@pytest.fixture
def station() -> FakeStation:
    station = FakeStation()
    station.refs["t1"] = "77"
    return station


@pytest.fixture
def encoder(station: FakeStation) -> Encoder:
    return Encoder(Connectors(EVSES), station, "Example", lambda stamp: datetime.fromtimestamp((stamp.utc_ms or 0) / 1000, UTC))


def test_a_start_in_whole_watt_hours(encoder: Encoder) -> None:
    message = encoder.encode(started(evse=2))
    assert message is not None
    assert (message.action, message.payload) == (
        "StartTransaction",
        {"connectorId": 2, "idTag": "TAG1", "meterStart": 1234, "timestamp": "2026-03-01T12:00:01.000Z"},
    )


def test_meter_values_with_context_unit_and_phase(encoder: Encoder) -> None:
    message = encoder.encode(updated())
    assert message is not None
    assert message.payload == {
        "connectorId": 1,
        "transactionId": 77,
        "meterValue": [
            {
                "timestamp": "2026-03-01T12:01:00.000Z",
                "sampledValue": [
                    {"value": "1300", "context": "Sample.Periodic", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
                    {"value": "11040.5", "context": "Sample.Periodic", "measurand": "Power.Active.Import", "unit": "W"},
                    {"value": "15.95", "context": "Sample.Periodic", "measurand": "Current.Import", "unit": "A", "phase": "L1"},
                    {"value": "230.1", "context": "Sample.Periodic", "measurand": "Voltage", "unit": "V", "phase": "L2-N"},
                    {"value": "-4.5", "context": "Sample.Periodic", "measurand": "Temperature", "unit": "Celcius", "location": "Body"},
                ],
            }
        ],
    }


def test_a_stop_with_the_samples_of_its_transaction(encoder: Encoder) -> None:
    message = encoder.encode(ended(samples=(sample(60), sample(120, context=ReadingContext.TRANSACTION_END))))
    assert message is not None
    assert message.payload["transactionId"] == 77
    assert (message.payload["meterStop"], message.payload["reason"], message.payload["idTag"]) == (2345, "Local", "TAG1")
    assert [data["sampledValue"][0]["context"] for data in message.payload["transactionData"]] == ["Sample.Periodic", "Transaction.End"]
    plain = encoder.encode(ended())
    assert plain is not None
    assert "transactionData" not in plain.payload


def test_what_befell_a_transaction_before_it_had_an_evse_is_not_told(encoder: Encoder) -> None:
    for event in (started(), ended()):
        assert encoder.encode(replace(event, evse=0, connector=0)) is None


def test_values_of_the_present_name_the_transaction_as_soon_as_the_csms_has_given_its_number(encoder: Encoder) -> None:
    for transaction, number in ((None, None), ("t1", 77), ("not yet delivered", None)):
        payload = encoder.measured(Measured(2, 1, sample(60), transaction)).payload
        assert (payload["connectorId"], payload.get("transactionId")) == (2, number)
        assert dialect().schemas.violation("MeterValues", payload) is None


def test_updates_without_readings_are_nothing_to_1_6(encoder: Encoder) -> None:
    assert encoder.encode(updated(samples=False)) is None


def test_a_register_told_within_a_transaction_never_exceeds_its_stop(encoder: Encoder) -> None:
    register = Sample(at(60), ReadingContext.SAMPLE_PERIODIC, (Reading(Measurand.ENERGY_IMPORT_REGISTER, 2_345_999, "Wh"),))
    message = encoder.encode(ended(samples=(register,)))
    assert message is not None
    assert int(message.payload["transactionData"][0]["sampledValue"][0]["value"]) <= message.payload["meterStop"]


@pytest.mark.parametrize("reason", StopReason)
def test_every_reason_has_a_word(encoder: Encoder, reason: StopReason) -> None:
    message = encoder.encode(ended(reason=reason))
    assert message is not None
    assert dialect().schemas.violation(message.action, message.payload) is None


@pytest.mark.parametrize("fault", [None, *(fault.name for fault in FAULTS), "unheard_of"])
@pytest.mark.parametrize("value", ConnectorStatus)
def test_every_status_and_fault_has_a_word(encoder: Encoder, value: ConnectorStatus, fault: str | None) -> None:
    message = encoder.status(status(1, value, fault=fault), datetime(2026, 1, 1, tzinfo=UTC))
    assert dialect().schemas.violation(message.action, message.payload) is None
    told = fault is not None or value is ConnectorStatus.FAULTED
    assert (message.payload["errorCode"] != "NoError") == told == ("vendorErrorCode" in message.payload)
    if message.payload["errorCode"] == "EVCommunicationError":
        assert message.payload["status"] in ("Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing"), "it is a warning (1.6, 4.9)"


def test_a_fault_is_told_with_its_code_of_the_catalogue(encoder: Encoder) -> None:
    payload = encoder.status(status(1, ConnectorStatus.FAULTED, fault="contactor_welded"), datetime(2026, 1, 1, tzinfo=UTC)).payload
    assert (payload["errorCode"], payload["vendorErrorCode"], payload["vendorId"]) == ("PowerSwitchFailure", "F06", "Example")
    assert payload["info"] == "contactor welded"


@pytest.mark.parametrize(("value", "word"), [("Charging", "Available"), ("Faulted", "Faulted"), ("Unavailable", "Unavailable")])
def test_the_station_itself_has_three_states_only(encoder: Encoder, value: str, word: str) -> None:
    assert encoder.status(status(0, ConnectorStatus(value)), datetime(2026, 1, 1, tzinfo=UTC)).payload["status"] == word


def test_connectors_are_numbered_through_all_evses() -> None:
    two = (ConnectorSettings(1), ConnectorSettings(2))
    connectors = Connectors((EvseSettings(1, 32_000, connectors=two), EvseSettings(5, 32_000)))
    assert [connectors.place(number) for number in range(5)] == [None, (1, 1), (1, 2), (5, 1), None]
    assert [connectors.number(*place) for place in ((0, 0), (1, 1), (1, 2), (5, 1))] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("milli", "text"), [(0, "0"), (1000, "1"), (1, "0.001"), (10, "0.01"), (-1500, "-1.5"), (-1, "-0.001"), (123_450, "123.45"), (100_000, "100")]
)
def test_thousandths_are_written_without_needless_digits(milli: int, text: str) -> None:
    assert decimal(milli) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T14:00:00.5+02:00", datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("soon", None),
        (5, None),
        (None, None),
    ],
)
def test_times_of_csmss_are_read_as_they_come(text: object, value: datetime | None) -> None:
    assert moment(text) == value


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    assert date_time(datetime(2026, 3, 1, 12, 0, 0, 5000, tzinfo=UTC)) == "2026-03-01T12:00:00.005Z"


def test_the_word_on_a_token_is_read_whole() -> None:
    info = token_info({"status": "ConcurrentTx", "parentIdTag": "GROUP", "expiryDate": "2026-03-01T12:00:00Z"})
    assert info.status is TokenStatus.CONCURRENT_TX
    assert info.group is not None
    assert info.group.matches(IdToken("group"))
    assert info.expires_utc_ms == 1_772_366_400_000
