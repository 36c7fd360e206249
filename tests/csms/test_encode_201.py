"""OCPP 2.0.1 and 2.1 words and payloads for the core's events, each held against both editions' schemas."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.csms.station import EVSES, at, ended, sample, started, status, updated

from cpctl.core.model import (
    ChargingState,
    ConnectorStatus,
    IdToken,
    IdTokenType,
    Measurand,
    Reading,
    ReadingContext,
    Sample,
    StopReason,
    TokenInfo,
    TokenStatus,
    Trigger,
)
from cpctl.core.outputs import DurableEvent, Measured
from cpctl.csms.v201.editions import EDITION_2_0_1, EDITION_2_1, dialect
from cpctl.csms.v201.encode import Encoder
from cpctl.csms.v201.mapping import Places, connector_status, reason, refused, token_info

EDITIONS = (EDITION_2_0_1, EDITION_2_1)


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(lambda stamp: datetime.fromtimestamp((stamp.utc_ms or 0) / 1000, UTC))


def told(encoder: Encoder, event: DurableEvent) -> dict[str, Any]:
    """Return the TransactionEvent of an event, which both editions have to take."""
    message = encoder.encode(event)
    assert message.action == "TransactionEvent"
    for edition in EDITIONS:
        assert dialect(edition).schemas.violation(message.action, message.payload) is None
    return message.payload


def test_a_start_tells_place_token_cable_and_the_register(encoder: Encoder) -> None:
    event = replace(started(evse=2), cable_ma=32_000, phases=3, remote_start_id=77, trigger=Trigger.REMOTE_START)
    assert told(encoder, event) == {
        "eventType": "Started",
        "timestamp": "2026-03-01T12:00:01.000Z",
        "triggerReason": "RemoteStart",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "t1", "chargingState": "EVConnected", "remoteStartId": 77},
        "evse": {"id": 2, "connectorId": 1},
        "idToken": {"idToken": "TAG1", "type": "ISO14443"},
        "numberOfPhasesUsed": 3,
        "cableMaxCurrent": 32,
        "meterValue": [
            {
                "timestamp": "2026-03-01T12:00:01.000Z",
                "sampledValue": [
                    {
                        "value": 1234.9,
                        "context": "Transaction.Begin",
                        "measurand": "Energy.Active.Import.Register",
                        "unitOfMeasure": {"unit": "Wh"},
                    }
                ],
            }
        ],
    }


def test_a_start_without_a_place_tells_neither_that_nor_a_register(encoder: Encoder) -> None:
    payload = told(encoder, replace(started(), evse=0, connector=0, charging_state=ChargingState.IDLE))
    assert not {"evse", "meterValue"} & payload.keys()
    assert payload["transactionInfo"]["chargingState"] == "Idle"


def test_a_register_among_the_samples_is_told_once(encoder: Encoder) -> None:
    begin = sample(1, context=ReadingContext.TRANSACTION_BEGIN)
    (value,) = told(encoder, replace(started(), samples=(begin,)))["meterValue"]
    assert [one["measurand"] for one in value["sampledValue"]].count("Energy.Active.Import.Register") == 1


def test_a_start_without_a_token_tells_none(encoder: Encoder) -> None:
    assert "idToken" not in told(encoder, started(tag=None))


def test_a_start_at_the_button_tells_the_token_that_stands_for_nobody(encoder: Encoder) -> None:
    event = replace(started(), id_token=IdToken("", IdTokenType.NO_AUTHORIZATION))
    assert told(encoder, event)["idToken"] == {"idToken": "", "type": "NoAuthorization"}


def test_an_update_tells_values_as_numbers_with_unit_context_and_phase(encoder: Encoder) -> None:
    payload = told(encoder, updated())
    assert (payload["eventType"], payload["triggerReason"], payload["seqNo"]) == ("Updated", "MeterValuePeriodic", 1)
    assert payload["transactionInfo"] == {"transactionId": "t1", "chargingState": "Charging"}
    assert "offline" not in payload
    assert payload["meterValue"] == [
        {
            "timestamp": "2026-03-01T12:01:00.000Z",
            "sampledValue": [
                {
                    "value": 1300.4,
                    "context": "Sample.Periodic",
                    "measurand": "Energy.Active.Import.Register",
                    "unitOfMeasure": {"unit": "Wh"},
                },
                {"value": 11040.5, "context": "Sample.Periodic", "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}},
                {"value": 15.95, "context": "Sample.Periodic", "measurand": "Current.Import", "phase": "L1", "unitOfMeasure": {"unit": "A"}},
                {"value": 230.1, "context": "Sample.Periodic", "measurand": "Voltage", "phase": "L2-N", "unitOfMeasure": {"unit": "V"}},
            ],
        }
    ]


def test_an_update_without_samples_tells_what_has_changed(encoder: Encoder) -> None:
    payload = told(encoder, replace(updated(samples=False), trigger=Trigger.CHARGING_STATE_CHANGED, charging_state=ChargingState.SUSPENDED_EV))
    assert "meterValue" not in payload
    assert payload["transactionInfo"]["chargingState"] == "SuspendedEV"


def test_what_happened_offline_is_marked(encoder: Encoder) -> None:
    assert told(encoder, replace(updated(), offline=True))["offline"] is True


def test_an_end_tells_why_by_whom_and_for_how_long_it_charged(encoder: Encoder) -> None:
    payload = told(encoder, replace(ended(), time_charging_s=95, charging_state=ChargingState.EV_CONNECTED))
    assert payload["eventType"] == "Ended"
    assert payload["transactionInfo"] == {
        "transactionId": "t1",
        "chargingState": "EVConnected",
        "stoppedReason": "Local",
        "timeSpentCharging": 95,
    }
    assert payload["idToken"] == {"idToken": "TAG1", "type": "ISO14443"}
    (value,) = payload["meterValue"]
    (register,) = value["sampledValue"]
    assert (register["value"], register["context"]) == (2345.1, "Transaction.End")


@pytest.mark.parametrize("why", StopReason)
def test_every_reason_has_a_word_in_both_editions(encoder: Encoder, why: StopReason) -> None:
    assert told(encoder, ended(reason=why))["transactionInfo"]["stoppedReason"] == reason(why)


@pytest.mark.parametrize("trigger", Trigger)
def test_every_trigger_has_a_word_in_both_editions(encoder: Encoder, trigger: Trigger) -> None:
    assert told(encoder, replace(updated(), trigger=trigger))["triggerReason"] == trigger.value


@pytest.mark.parametrize("measurand", sorted(set(Measurand) - {Measurand.TEMPERATURE}))
@pytest.mark.parametrize("context", ReadingContext)
def test_every_measurand_and_context_has_a_word_in_both_editions(encoder: Encoder, measurand: Measurand, context: ReadingContext) -> None:
    event = replace(updated(), samples=(Sample(at(1), context, (Reading(measurand, 1_000, "W", 3),)),))
    assert told(encoder, event)["meterValue"][0]["sampledValue"][0]["value"] == 1


def test_a_temperature_is_no_measurand_any_more(encoder: Encoder) -> None:
    only = Sample(at(1), ReadingContext.SAMPLE_PERIODIC, (Reading(Measurand.TEMPERATURE, 21_000, "Celsius"),))
    assert "meterValue" not in told(encoder, replace(updated(), samples=(only,)))
    assert encoder.measured(Measured(1, 1, only)) is None


def test_what_is_measured_now_goes_by_itself_and_nothing_is_not_sent(encoder: Encoder) -> None:
    message = encoder.measured(Measured(2, 1, sample(5, context=ReadingContext.TRIGGER), "t1"))
    assert message is not None
    assert (message.action, message.payload["evseId"]) == ("MeterValues", 2)
    assert all(dialect(edition).schemas.violation(message.action, message.payload) is None for edition in EDITIONS)
    assert encoder.measured(Measured(2, 1, Sample(at(1), ReadingContext.TRIGGER, ()))) is None


@pytest.mark.parametrize(
    ("value", "plugged", "word"),
    [
        (ConnectorStatus.AVAILABLE, False, "Available"),
        (ConnectorStatus.PREPARING, False, "Available"),
        (ConnectorStatus.PREPARING, True, "Occupied"),
        (ConnectorStatus.CHARGING, True, "Occupied"),
        (ConnectorStatus.SUSPENDED_EV, True, "Occupied"),
        (ConnectorStatus.SUSPENDED_EVSE, True, "Occupied"),
        (ConnectorStatus.FINISHING, True, "Occupied"),
        (ConnectorStatus.FINISHING, False, "Available"),
        (ConnectorStatus.RESERVED, False, "Reserved"),
        (ConnectorStatus.UNAVAILABLE, True, "Unavailable"),
        (ConnectorStatus.FAULTED, True, "Faulted"),
    ],
)
def test_a_status_is_told_in_five_words(encoder: Encoder, value: ConnectorStatus, plugged: bool, word: str) -> None:
    event = replace(status(2, value), plugged=plugged)
    assert connector_status(event) == word
    message = encoder.status(event, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert message is not None
    assert message.payload == {"timestamp": "2026-03-01T12:00:00.000Z", "connectorStatus": word, "evseId": 2, "connectorId": 1}


def test_the_station_has_no_status(encoder: Encoder) -> None:
    assert encoder.status(status(0, ConnectorStatus.AVAILABLE), datetime(2026, 3, 1, 12, tzinfo=UTC)) is None


@pytest.mark.parametrize("word", TokenStatus)
def test_every_word_on_a_token_is_understood(word: TokenStatus) -> None:
    assert token_info({"status": word.value}) == TokenInfo(word)


def test_all_that_is_known_of_a_token_is_taken_and_what_is_for_a_display_passed_over() -> None:
    fields = {
        "status": "Accepted",
        "cacheExpiryDateTime": "2026-03-01T12:00:00Z",
        "groupIdToken": {"idToken": "GROUP", "type": "Local"},
        "evseId": [1, 3.0],
        "chargingPriority": 5,
        "language1": "en",
        "personalMessage": {"format": "UTF8", "content": "Hello"},
    }
    at_noon = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp() * 1000)
    assert token_info(fields) == TokenInfo(TokenStatus.ACCEPTED, IdToken("GROUP", IdTokenType.LOCAL), at_noon, (1, 3))


def test_a_group_of_a_kind_that_2_1_has_added_is_still_a_group() -> None:
    info = token_info({"status": "Accepted", "groupIdToken": {"idToken": "G", "type": "DirectPayment"}})
    assert info.group is not None
    assert info.group.matches(IdToken("g"))


def test_a_group_without_a_name_is_none() -> None:
    assert token_info({"status": "Accepted", "groupIdToken": {"idToken": "", "type": "NoAuthorization"}}).group is None


def test_places_are_those_that_are_built() -> None:
    places = Places(EVSES)
    assert places.evses() == {1, 2}
    assert places.known(2)
    assert places.known(2, 1)
    assert not places.known(2, 2)
    assert not places.known(0)


def test_a_refusal_holds_its_reason_in_the_length_that_there_is() -> None:
    answer = refused("UnknownEvse", "x" * 1000)
    assert answer["statusInfo"] == {"reasonCode": "UnknownEvse", "additionalInfo": "x" * 512}
