"""Variables that steer charging: transactions, authorization, measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .cache import STORAGE_BYTES
from .model import Measurand, TxPoint
from .settings import EvseSettings
from .variable_definition import DAY_S, Definition, Kind, fact, flag, live, number, seconds, text

# A transaction may last for weeks, its end is one message: this many samples of some hundred bytes each are kept for it.
MAX_STOP_SAMPLES: Final = 60

# What the meters behind the link can give. SoC and frequency are seen by no sensor here. The energy of an interval would have to bear the time of its
# beginning (OCPP 1.6, 9.1.5) among values that bear the present one; the register says the same without that.
MEASURED: Final = (
    Measurand.ENERGY_IMPORT_REGISTER,
    Measurand.POWER_IMPORT,
    Measurand.POWER_OFFERED,
    Measurand.CURRENT_IMPORT,
    Measurand.CURRENT_OFFERED,
    Measurand.VOLTAGE,
    Measurand.TEMPERATURE,
)

# Measured on each phase: a list may name one phase of them ("Voltage.L1"; OCPP 1.6, 9.1.17).
MEASURED_PER_PHASE: Final = (Measurand.CURRENT_IMPORT, Measurand.VOLTAGE)

_SAMPLED_DEFAULT: Final = ",".join((Measurand.ENERGY_IMPORT_REGISTER, Measurand.POWER_IMPORT, Measurand.CURRENT_IMPORT))

# What our hardware can see; nothing here looks at the parking bay.
TX_POINTS: Final = (TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED, TxPoint.POWER_PATH_CLOSED, TxPoint.ENERGY_TRANSFER)


# How a full authorization cache may make room (AuthCacheCtrlr.Policy).
_POLICIES: Final = ("LRU", "LFU", "FIFO", "CUSTOM")


def charging_variables(evses: Sequence[EvseSettings]) -> tuple[Definition, ...]:
    """Return their definitions for a station with these EVSEs."""
    return (*_transactions(), *_authorization(), *_measurements(max((evse.phases for evse in evses), default=1)))


def _transactions() -> tuple[Definition, ...]:
    return (
        Definition(
            "TxCtrlr.TxStartPoint",
            Kind.MEMBER_LIST,
            TxPoint.POWER_PATH_CLOSED,
            "what a transaction starts with: the first of these",
            values=TX_POINTS,
        ),
        Definition(
            "TxCtrlr.TxStopPoint",
            Kind.MEMBER_LIST,
            f"{TxPoint.EV_CONNECTED},{TxPoint.AUTHORIZED}",
            "what a transaction ends with the loss of: any of these",
            values=TX_POINTS,
        ),
        seconds("TxCtrlr.EVConnectionTimeOut", 60, "time to plug in after a token was accepted", 1),
        flag("TxCtrlr.StopTxOnEVSideDisconnect", True, "end the transaction when the vehicle is unplugged"),
        flag("TxCtrlr.StopTxOnInvalidId", True, "end the transaction when its token is refused after the start"),
        number("TxCtrlr.MaxEnergyOnInvalidId", 0, "energy given after such a refusal", 0, 1_000_000, "Wh"),
        flag("TxCtrlr.TxBeforeAcceptedEnabled", False, "start transactions though the CSMS has not accepted the station"),
        flag("TxCtrlr.SilentOfflineTransactions", False, "while offline with a full outbox, charge without any record that the CSMS will see"),
    )


def _authorization() -> tuple[Definition, ...]:
    return (
        flag("AuthCtrlr.Enabled", True, "authorize drivers; without that whoever plugs in is charged, and every token is good"),
        flag("AuthCtrlr.StartButtonActive", False, "take a token of the type NoAuthorization, as a start button gives it, without asking"),
        flag("AuthCtrlr.AuthorizeRemoteStart", False, "ask about the token of a remote start"),
        flag("AuthCtrlr.DisableRemoteAuthorization", False, "never ask the CSMS about a token; what is known here decides"),
        flag("AuthCtrlr.LocalPreAuthorize", False, "start at once with a token that the cache accepts"),
        flag("AuthCtrlr.LocalAuthorizeOffline", True, "start offline with a token that the cache accepts"),
        flag("AuthCtrlr.OfflineTxForUnknownIdEnabled", False, "start offline with an unknown token"),
        text("AuthCtrlr.MasterPassGroupId", "", "group whose tokens stop any transaction and start none; empty: there is none", 0, 36),
        seconds("AuthCtrlr.AuthorizationTimeout", 20, "time for the CSMS's word on a token, after which it is taken as offline", 1, 600),
        flag("AuthCtrlr.FreeVendActive", False, "charge whoever plugs in, with no card, on FreeVendIdTag"),
        text("AuthCtrlr.FreeVendIdTag", "FreeVend", "token that free vend charges on", 1, 20),
        fact("AuthCacheCtrlr.Available", Kind.BOOLEAN, "true", "there is an authorization cache"),
        flag("AuthCacheCtrlr.Enabled", True, "keep what the CSMS said of tokens"),
        number(
            "AuthCacheCtrlr.LifeTime",
            0,
            "time after its last use for which a token is known that bears no date of its own; 0: for ever",
            0,
            10 * 366 * DAY_S,
            "s",
        ),
        live("AuthCacheCtrlr.Storage", Kind.INTEGER, "about how much the cache takes", "B", 0, STORAGE_BYTES),
        fact(
            "AuthCacheCtrlr.Policy",
            Kind.OPTION_LIST,
            "CUSTOM",
            "what gives way in a full cache: what is refused, then what was not heard of for longest",
            values=_POLICIES,
        ),
        flag("AuthCacheCtrlr.DisablePostAuthorize", False, "do not ask again about a token that the cache refuses"),
    )


def _measurements(phases: int) -> tuple[Definition, ...]:
    per_phase = (f"{measurand}.L{phase}" for measurand in MEASURED_PER_PHASE for phase in range(1, phases + 1))
    choice = (*MEASURED, *per_phase)

    def measurands(name: str, default: str, meaning: str) -> Definition:
        return Definition(name, Kind.MEMBER_LIST, default, meaning, values=choice, may_be_empty=True)

    def own_interval(name: str, other: str) -> Definition:
        return Definition(
            name,
            Kind.INTEGER,
            "",
            f"time between the samples that a transaction's end reports; 0: none, empty: as {other}",
            "s",
            0,
            DAY_S,
            may_be_empty=True,
        )

    return (
        measurands(
            "SampledDataCtrlr.TxStartedMeasurands", Measurand.ENERGY_IMPORT_REGISTER, "what the sample holds that a transaction's start reports"
        ),
        seconds("SampledDataCtrlr.TxUpdatedInterval", 60, "time between samples within a transaction; 0: none"),
        measurands("SampledDataCtrlr.TxUpdatedMeasurands", _SAMPLED_DEFAULT, "what such a sample holds"),
        own_interval("SampledDataCtrlr.TxEndedInterval", "TxUpdatedInterval"),
        measurands("SampledDataCtrlr.TxEndedMeasurands", "", "what the samples hold that are reported with a transaction's end"),
        fact("SampledDataCtrlr.TxEndedMaxSamples", Kind.INTEGER, str(MAX_STOP_SAMPLES), "samples that a transaction's end reports at most"),
        seconds("AlignedDataCtrlr.Interval", 0, "time between samples at round times of the clock; 0: none"),
        flag("AlignedDataCtrlr.SendDuringIdle", False, "tell of such samples only while no transaction is running"),
        measurands("AlignedDataCtrlr.Measurands", Measurand.ENERGY_IMPORT_REGISTER, "what such a sample holds"),
        own_interval("AlignedDataCtrlr.TxEndedInterval", "Interval"),
        measurands("AlignedDataCtrlr.TxEndedMeasurands", "", "what such samples hold that are reported with a transaction's end"),
    )
