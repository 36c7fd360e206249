"""A scripted station: the inbox and the view that the CSMS side is joined to, without a core behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from cpctl.clock import Clock
from cpctl.core.inputs import Command, CsmsOffline, CsmsOnline, EventDelivered, Input, SetNetworkProfile, SetVariable
from cpctl.core.model import ChargingState, ConnectorStatus, IdToken, Measurand, Reading, ReadingContext, Sample, Stamp, StopReason, Trigger
from cpctl.core.network import NetworkPlan
from cpctl.core.outputs import (
    ConnectorStatusChanged,
    Decision,
    DurableEvent,
    Outcome,
    ProfileOutcome,
    SetOutcome,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from cpctl.core.ports import TransactionStatus
from cpctl.core.records import NetworkProfile
from cpctl.core.settings import EvseSettings
from cpctl.core.variable_table import definitions
from cpctl.csms.exchange import Exchange
from cpctl.csms.service import CsmsService
from cpctl.csms.settings import CsmsSettings
from cpctl.csms.vendors import VendorHandler

DAY_ONE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVSES = (EvseSettings(id=1, max_current_ma=32_000), EvseSettings(id=2, max_current_ma=16_000, phases=1))


def utc_now() -> datetime:
    """The time in the world of the tests: that of the loop, on some day."""
    return DAY_ONE + timedelta(seconds=asyncio.get_running_loop().time())


class FakeStation:
    """Records what is posted, answers commands as told, knows variables and the CSMS's references."""

    def __init__(self) -> None:
        self.posted: list[Input] = []
        self.commands: list[Command] = []
        self.outcomes: dict[type, Outcome] = {}
        self.texts: dict[type, str] = {}  # what comes with them
        self.hold: dict[type, asyncio.Event] = {}  # commands of this type wait for it
        self.variables = {one.name: one.default for one in definitions(EVSES)}
        self.refs: dict[str, str] = {}
        self.previous = ""
        self.lively: dict[str, str] = {}  # values that change by themselves
        self.plan = NetworkPlan((NetworkProfile(1, "", 0, ""),), 1, (NetworkProfile(1, "", 0, ""),))
        self.running: dict[int, str] = {}  # the transaction of an EVSE
        self.ongoing: dict[str, bool] = {}
        self.queued = False
        self.started_by_entry: dict[int, str] = {}
        self.on_variable: Callable[[str, str], None] = lambda _name, _value: None

    def post(self, item: Input, committed: Callable[[], None] | None = None) -> None:
        self.posted.append(item)
        if isinstance(item, EventDelivered) and item.csms_ref is not None:
            self.refs[self.started_by_entry[item.entry]] = item.csms_ref
        if committed:
            asyncio.get_running_loop().call_soon(committed)

    async def request(self, make: Callable[[int], Command]) -> tuple[Outcome, str]:
        command = make(len(self.commands) + 1)
        self.commands.append(command)
        if gate := self.hold.get(type(command)):
            await gate.wait()
        if isinstance(command, SetVariable) and SetVariable not in self.outcomes:
            if command.name not in self.variables:
                return SetOutcome.UNKNOWN, ""
            self.variables[command.name] = command.value
            self.on_variable(command.name, command.value)
            return SetOutcome.ACCEPTED, ""
        usual = ProfileOutcome.ACCEPTED if isinstance(command, SetNetworkProfile) else Decision.ACCEPTED
        return self.outcomes.get(type(command), usual), self.texts.get(type(command), "")

    def variable(self, name: str) -> str:
        return self.variables[name]

    def network(self) -> NetworkPlan:
        return self.plan

    def previous_password(self) -> str:
        return self.previous

    def csms_ref(self, transaction_id: str) -> str | None:
        return self.refs.get(transaction_id)

    def live(self, name: str) -> str | None:
        return self.lively.get(name)

    def transaction(self, evse: int) -> str | None:
        return self.running.get(evse)

    def transaction_status(self, transaction_id: str | None) -> TransactionStatus:
        return TransactionStatus(self.ongoing.get(transaction_id) if transaction_id else None, self.queued)

    def status(self) -> Mapping[str, object]:
        return {}

    @property
    def online(self) -> bool:
        """What the last word on the connection was."""
        words = [item for item in self.posted if isinstance(item, (CsmsOnline, CsmsOffline))]
        return bool(words) and isinstance(words[-1], CsmsOnline)

    def of(self, kind: type) -> list[Input]:
        """What was posted of one kind."""
        return [item for item in self.posted if isinstance(item, kind)]


class Point:
    """A charge point of the tests: the CSMS side with a scripted station."""

    def __init__(
        self, settings: CsmsSettings, station: FakeStation | None = None, boot: int = 1, vendors: Mapping[str, VendorHandler] | None = None
    ) -> None:
        self.station = station or FakeStation()
        self.clock = Clock(asyncio.get_running_loop().time, lambda: 0.0, boot)
        self.exchanges: list[Exchange] = []
        self.service = CsmsService(
            settings, EVSES, self.station, self.station, self.clock, Random(7), on_exchange=self.exchanges.append, vendors=vendors
        )
        self.station.on_variable = self.service.variable_changed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self.service.run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def enqueue(self, entry: int, event: DurableEvent) -> None:
        if isinstance(event, TransactionStarted):
            self.station.started_by_entry[entry] = event.transaction_id
        self.service.enqueue(entry, event)

    def sent(self, action: str) -> list[Exchange]:
        """Our CALLs of an action so far."""
        return [one for one in self.exchanges if one.direction == "out" and one.action == action]


async def eventually(true: Callable[[], bool], within_s: float = 120.0) -> None:
    """Wait until something holds, looking at it as the loop's time goes by."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is waited for has no bell
            await asyncio.sleep(0.05)


# ---------------------------------------------------------------- events


def at(seconds: float, boot: int = 1, *, known: bool = True) -> Stamp:
    """A stamp; with the UTC of that moment unless the clock is unknown."""
    mono_ms = int(seconds * 1000)
    utc_ms = int((DAY_ONE + timedelta(seconds=seconds)).timestamp() * 1000)
    return Stamp(boot, mono_ms, utc_ms if known else None)


def started(
    transaction: str = "t1", seconds: float = 1.0, *, evse: int = 1, stamp: Stamp | None = None, tag: str | None = "TAG1"
) -> TransactionStarted:
    return TransactionStarted(
        transaction_id=transaction,
        evse=evse,
        connector=1,
        at=stamp or at(seconds),
        seq_no=0,
        trigger=Trigger.AUTHORIZED,
        charging_state=ChargingState.EV_CONNECTED,
        id_token=IdToken(tag) if tag else None,
        register_mwh=1_234_900,
        offline=False,
    )


def sample(seconds: float, energy_mwh: int = 1_300_400, context: ReadingContext = ReadingContext.SAMPLE_PERIODIC) -> Sample:
    return Sample(
        at(seconds),
        context,
        (
            Reading(Measurand.ENERGY_IMPORT_REGISTER, energy_mwh, "Wh"),
            Reading(Measurand.POWER_IMPORT, 11_040_500, "W"),
            Reading(Measurand.CURRENT_IMPORT, 15_950, "A", 1),
            Reading(Measurand.VOLTAGE, 230_100, "V", 2),
            Reading(Measurand.TEMPERATURE, -4_500, "Celsius"),
        ),
    )


def updated(transaction: str = "t1", seconds: float = 60.0, *, seq_no: int = 1, samples: bool = True) -> TransactionUpdated:
    return TransactionUpdated(
        transaction_id=transaction,
        evse=1,
        connector=1,
        at=at(seconds),
        seq_no=seq_no,
        trigger=Trigger.METER_VALUE_PERIODIC,
        charging_state=ChargingState.CHARGING,
        offline=False,
        samples=(sample(seconds),) if samples else (),
    )


def ended(
    transaction: str = "t1", seconds: float = 120.0, *, reason: StopReason = StopReason.LOCAL, samples: tuple[Sample, ...] = ()
) -> TransactionEnded:
    return TransactionEnded(
        transaction_id=transaction,
        evse=1,
        connector=1,
        at=at(seconds),
        seq_no=9,
        trigger=Trigger.STOP_AUTHORIZED,
        reason=reason,
        id_token=IdToken("TAG1"),
        register_mwh=2_345_100,
        offline=False,
        samples=samples,
    )


def status(evse: int, value: ConnectorStatus, *, fault: str | None = None, seconds: float = 0.0) -> ConnectorStatusChanged:
    return ConnectorStatusChanged(evse, 1 if evse else 0, value, at(seconds), fault)


Started = Callable[..., Awaitable[Point]]
