"""The one table of configuration variables, by `Component.Variable`; each protocol version names them in its own words.

Names, meanings and limits follow the device model of OCPP 2.0.1 (part 2, referenced components and variables), where it has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .model import EvseSettings, Measurand


class Kind(StrEnum):
    """Type of a variable's value."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    STRING = "string"
    PASSWORD = "passwordString"
    MEMBER_LIST = "MemberList"


class Mutability(StrEnum):
    """Who may do what with a variable."""

    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"
    WRITE_ONLY = "WriteOnly"


@dataclass(frozen=True, slots=True)
class Definition:
    """A variable: what it may hold and what a change of it means.

    `minimum` and `maximum` of a text are its length. `values`: what a list may contain; `one_of_each`: only one that begins alike, up to the first dot. `may_be_empty`: the empty text is a value too
    (none). `reboot_required`: a change acts after a restart.
    """

    name: str
    kind: Kind
    default: str
    meaning: str
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    values: tuple[str, ...] = ()
    one_of_each: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    may_be_empty: bool = False
    persistent: bool = True
    reboot_required: bool = False

    @property
    def max_members(self) -> int:
        """How many members a list may have."""
        return len({kind_of(value) for value in self.values}) if self.one_of_each else len(self.values)

    def describe(self) -> str:
        """Say in words what the variable may hold."""
        text = self.kind.value
        if self.minimum is not None and self.maximum is not None:
            text += f" {self.minimum}..{self.maximum}"
        if self.unit:
            text += f" {self.unit}"
        if self.values:
            text += " of " + ", ".join(self.values)
        return text + (" or empty" if self.may_be_empty else "")


def kind_of(member: str) -> str:
    """Return what a member of a `one_of_each` list speaks of."""
    return member.partition(".")[0]


DAY_S: Final = 86_400

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

# How the phases of the connector lie on those of the supply (OCPP 1.6, 9.1.7).
ROTATIONS: Final = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")

_SAMPLED_DEFAULT: Final = ",".join((Measurand.ENERGY_IMPORT_REGISTER, Measurand.POWER_IMPORT, Measurand.CURRENT_IMPORT))


def _seconds(name: str, default: int, meaning: str, minimum: int = 0, maximum: int = DAY_S) -> Definition:
    return Definition(name, Kind.INTEGER, str(default), meaning, "s", minimum, maximum)


def _number(name: str, default: int, meaning: str, minimum: int, maximum: int, unit: str = "") -> Definition:
    return Definition(name, Kind.INTEGER, str(default), meaning, unit, minimum, maximum)


def _flag(name: str, default: bool, meaning: str) -> Definition:
    return Definition(name, Kind.BOOLEAN, "true" if default else "false", meaning)


def _fact(name: str, kind: Kind, value: str, meaning: str) -> Definition:
    return Definition(name, kind, value, meaning, mutability=Mutability.READ_ONLY, persistent=False)


def definitions(evses: Sequence[EvseSettings]) -> tuple[Definition, ...]:
    """Return the table for a station with these EVSEs."""
    phases = [evse.phases for evse in evses for _ in evse.connectors]
    per_phase = (f"{measurand}.L{phase}" for measurand in MEASURED_PER_PHASE for phase in range(1, max(phases, default=1) + 1))
    choice = (*MEASURED, *per_phase)

    def _measurands(name: str, default: str, meaning: str) -> Definition:
        return Definition(name, Kind.MEMBER_LIST, default, meaning, values=choice, may_be_empty=True)

    return (
        _seconds("OCPPCommCtrlr.HeartbeatInterval", 300, "time without other messages after which a heartbeat is sent; 0: once a day"),
        _seconds("OCPPCommCtrlr.WebSocketPingInterval", 60, "time between pings of the connection; 0: none"),
        _seconds("OCPPCommCtrlr.RetryBackOffWaitMinimum", 10, "wait before the first attempt to connect again", 1, 3600),
        _seconds("OCPPCommCtrlr.RetryBackOffRandomRange", 10, "random part added to each wait", 0, 3600),
        _number("OCPPCommCtrlr.RetryBackOffRepeatTimes", 3, "how often the wait doubles: 3 times makes 230 s at most", 0, 16),
        _seconds("OCPPCommCtrlr.MessageTimeout", 30, "time for the answer to a message", 1, 600),
        _number("OCPPCommCtrlr.MessageAttempts", 3, "attempts at a transaction message that is refused or not answered", 1, 100),
        _number("OCPPCommCtrlr.OutboxCapacity", 5000, "transaction messages that may wait; meter values are thinned beyond", 10, 100_000),
        _seconds("OCPPCommCtrlr.MessageAttemptInterval", 60, "wait between such attempts, times the attempts made"),
        _number("OCPPCommCtrlr.ResetRetries", 0, "how often a reset that failed is tried again; none can fail here", 0, 10),
        _unlock_on_disconnect(evses),
        _seconds("SampledDataCtrlr.TxUpdatedInterval", 60, "time between samples within a transaction; 0: none"),
        _measurands("SampledDataCtrlr.TxUpdatedMeasurands", _SAMPLED_DEFAULT, "what such a sample holds"),
        _measurands("SampledDataCtrlr.TxEndedMeasurands", "", "what the samples hold that are reported with a transaction's end"),
        _seconds("AlignedDataCtrlr.Interval", 0, "time between samples at round times of the clock; 0: none"),
        _measurands("AlignedDataCtrlr.Measurands", Measurand.ENERGY_IMPORT_REGISTER, "what such a sample holds"),
        _measurands("AlignedDataCtrlr.TxEndedMeasurands", "", "what such samples hold that are reported with a transaction's end"),
        _seconds("TxCtrlr.EVConnectionTimeOut", 60, "time to plug in after a token was accepted", 1),
        _flag("TxCtrlr.StopTxOnEVSideDisconnect", True, "end the transaction when the vehicle is unplugged"),
        _flag("TxCtrlr.TxStartOnPowerPathClosed", False, "start the transaction when the vehicle asks for the energy that it is offered"),
        _flag("TxCtrlr.PreBootTransactions", False, "start transactions though the CSMS has not accepted the station"),
        _flag("TxCtrlr.StopTxOnInvalidId", True, "end the transaction when its token is refused after the start"),
        _flag("TxCtrlr.SilentOfflineTransactions", False, "while offline with a full outbox, charge without any record that the CSMS will see"),
        _number("TxCtrlr.MaxEnergyOnInvalidId", 0, "energy given after such a refusal", 0, 1_000_000, "Wh"),
        _flag("AuthCtrlr.AuthorizeRemoteStart", False, "ask about the token of a remote start"),
        _flag("AuthCtrlr.LocalPreAuthorize", False, "start at once with a token that the cache accepts"),
        _flag("AuthCtrlr.LocalAuthorizeOffline", True, "start offline with a token that the cache accepts"),
        _flag("AuthCtrlr.OfflineTxForUnknownIdEnabled", False, "start offline with an unknown token"),
        _seconds("AuthCtrlr.AuthorizationTimeout", 20, "time for the CSMS's word on a token, after which it is taken as offline", 1, 600),
        _flag("AuthCtrlr.FreeVendActive", False, "charge whoever plugs in, with no card, on FreeVendIdTag"),
        Definition("AuthCtrlr.FreeVendIdTag", Kind.STRING, "FreeVend", "idTag that free vend charges on", "characters", 1, 20),
        _flag("AuthCacheCtrlr.Enabled", True, "keep what the CSMS said of tokens"),
        _seconds(
            "ChargingStation.MinimumStatusDuration", 0, "time for which a status must be stable before it is told; faults are told at once", 0, 600
        ),
        Definition(
            "ChargingStation.CurrentLimit",
            Kind.DECIMAL,
            "",
            "operator's limit of each EVSE and phase; 0 pauses, empty: none",
            "A",
            0,
            1000,
            may_be_empty=True,
        ),
        Definition(
            "ChargingStation.SiteCurrentLimit",
            Kind.DECIMAL,
            "",
            "operator's limit of the whole station and each phase, shared by its EVSEs; lowers the configured one; empty: none",
            "A",
            0,
            1000,
            may_be_empty=True,
        ),
        Definition(
            "Connector.PhaseRotation",
            Kind.MEMBER_LIST,
            ",".join(f"{number}.{'RST' if count == 3 else 'NotApplicable'}" for number, count in enumerate(phases, 1)),
            "how each connector's phases lie on the supply's; 0: the supply's on the grid's",
            values=tuple(f"{number}.{rotation}" for number in range(len(phases) + 1) for rotation in ROTATIONS),
            one_of_each=True,
        ),
        Definition(
            "SecurityCtrlr.BasicAuthPassword",
            Kind.PASSWORD,
            "",
            "password at the CSMS in place of the configuration's, from the next connection on; 32 to 40 hexadecimal digits stand for their bytes",
            "characters",
            16,
            40,
            mutability=Mutability.WRITE_ONLY,
        ),
        _fact("ChargingStation.EvseCount", Kind.INTEGER, str(len(evses)), "EVSEs of the station"),
        _fact("ChargingStation.ConnectorCount", Kind.INTEGER, str(len(phases)), "connectors of the station"),
        _fact("SampledDataCtrlr.TxEndedMaxSamples", Kind.INTEGER, str(MAX_STOP_SAMPLES), "samples that a transaction's end reports at most"),
    )


def _unlock_on_disconnect(evses: Sequence[EvseSettings]) -> Definition:
    """Define it as a fact where all cables are fixed and nothing can be unlocked (OCPP 1.6 errata, 3.84)."""
    name, meaning = "OCPPCommCtrlr.UnlockOnEVSideDisconnect", "unlock the cable at the station when the vehicle's end is unplugged"
    if all(connector.fixed_cable for evse in evses for connector in evse.connectors):
        return _fact(name, Kind.BOOLEAN, "false", meaning)
    return _flag(name, True, meaning)
