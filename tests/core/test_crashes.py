"""Crash anywhere: a session is killed after every one of its inputs, recovered, and must still add up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cpctl.core.inputs import ChangeAvailability, CoprocessorLost, CsmsOffline, CsmsOnline, LocalStop, RemoteStart, RemoteStop, Reset
from cpctl.core.outputs import Grant, Output, TransactionEnded, TransactionStarted, TransactionUpdated
from cpctl.core.records import Session, Transaction

from .drive import INVALID, OTHER, TAG, Drive

Step = Callable[[Drive], object]


def deliver_all(drive: Drive) -> None:
    """Let the CSMS take what the outbox holds."""
    while drive.disk.outbox:
        drive.deliver(ref=f"ref-{min(drive.disk.outbox)}")


def permit(drive: Drive) -> None:
    """Present a token until the EVSE has a transaction of the driver's: after a crash he does it again."""
    running = drive.running()
    if running is None or not running.authorized:
        drive.send_token()


SCENARIOS: dict[str, list[Step]] = {
    "plug, tap, charge, tap, unplug": [
        lambda d: d.plug(),
        lambda d: d.tap(),
        permit,
        lambda d: d.run(1),
        lambda d: d.draw(wh=500),
        lambda d: d.run(61),
        lambda d: d.draw(wh=700),
        lambda d: d.tap() if d.running() else None,
        lambda d: d.draw(),
        lambda d: d.unplug(event=True),
        deliver_all,
    ],
    "two sessions, unplugged while charging": [
        lambda d: d.plug(),
        permit,
        lambda d: d.draw(wh=100),
        lambda d: d.unplug(event=True),
        deliver_all,
        lambda d: d.plug(),
        permit,
        lambda d: d.draw(wh=300),
        lambda d: d.run(200),
        lambda d: d.draw(wh=300),
        lambda d: d.unplug(event=True),
        deliver_all,
    ],
    "offline from start to stop": [
        lambda d: d.set("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true"),
        lambda d: d.feed(CsmsOffline()),
        lambda d: d.plug(),
        permit,
        lambda d: d.draw(wh=100),
        lambda d: d.run(70),
        lambda d: d.draw(wh=100),
        lambda d: d.unplug(event=True),
        lambda d: d.feed(CsmsOnline(d.settings.whole_transactions)),
        deliver_all,
    ],
    "remote start and stop, out of service meanwhile": [
        lambda d: d.plug(),
        lambda d: d.send(RemoteStart, evse=1, id_token=OTHER),
        lambda d: d.draw(wh=400),
        lambda d: d.send(ChangeAvailability, evse=1, operative=False),
        lambda d: d.draw(wh=400),
        lambda d: d.send(RemoteStop, reference=d.started[-1].transaction_id),
        lambda d: d.unplug(event=True),
        deliver_all,
        lambda d: d.send(ChangeAvailability, evse=1, operative=True),
    ],
    "a break of the link in the middle": [
        lambda d: d.plug(),
        permit,
        lambda d: d.draw(wh=400),
        lambda d: d.feed(CoprocessorLost("link.silent", "no frames")),
        lambda d: d.run(20),
        lambda d: d.link(),
        lambda d: d.observe(),
        lambda d: d.draw(wh=100),
        lambda d: d.unplug(event=True),
        deliver_all,
    ],
}

# Where the CSMS is told of everything.
RICHER: dict[str, list[Step]] = {
    "cable first, stopped and authorized again, told by the vehicle's presence": [
        lambda d: d.set("TxCtrlr.TxStartPoint", "EVConnected"),
        lambda d: d.set("TxCtrlr.TxStopPoint", "EVConnected"),
        lambda d: d.plug(),
        permit,
        lambda d: d.draw(wh=200),
        lambda d: d.tap(),
        lambda d: d.draw(),
        permit,
        lambda d: d.draw(wh=300),
        lambda d: d.unplug(event=True),
        deliver_all,
    ],
    "driver first, gone for a while, back": [
        lambda d: d.set("TxCtrlr.TxStartPoint", "Authorized"),
        lambda d: d.set("TxCtrlr.TxStopPoint", "Authorized"),
        lambda d: d.set("TxCtrlr.StopTxOnEVSideDisconnect", "false"),
        lambda d: d.set("TxCtrlr.EVConnectionTimeOut", "3600"),
        permit,
        lambda d: d.plug(),
        lambda d: d.draw(wh=200),
        lambda d: d.unplug(event=True),
        lambda d: d.run(5),
        lambda d: d.plug(),
        lambda d: d.draw(wh=200),
        lambda d: d.send(LocalStop, evse=1) if d.running() else None,
        lambda d: d.unplug(event=True),
        deliver_all,
    ],
    "driver first, no vehicle": [
        lambda d: d.set("TxCtrlr.TxStartPoint", "Authorized"),
        permit,
        lambda d: d.run(20),
        lambda d: d.run(50),
        deliver_all,
    ],
    "refused after the start, without energy to the end": [
        lambda d: d.set("TxCtrlr.StopTxOnInvalidId", "false"),
        lambda d: d.plug(),
        permit,
        lambda d: d.draw(wh=200),
        lambda d: d.deliver(info=INVALID) if d.disk.outbox else None,
        lambda d: d.draw(),
        lambda d: d.unplug(event=True),
        deliver_all,
    ],
    "ended by the vehicle's pause, reset when idle": [
        lambda d: d.set("TxCtrlr.TxStopPoint", "EnergyTransfer"),
        lambda d: d.plug(),
        permit,
        lambda d: d.draw(wh=200),
        lambda d: d.send(Reset, evse=1, immediate=False),
        lambda d: setattr(d.seats[1], "energised", False),
        lambda d: d.observe(),
        lambda d: d.run(6),
        lambda d: d.unplug(event=True),
        deliver_all,
    ],
}

EVERYTHING = {**SCENARIOS, **RICHER}
STATIONS = [(name, whole) for name in EVERYTHING for whole in (True, False) if name in SCENARIOS or not whole]
PLACES = [(name, whole, place) for name, whole in STATIONS for place in range(len(EVERYTHING[name]) + 1)]


@pytest.mark.parametrize(("name", "whole", "place"), PLACES)
@pytest.mark.parametrize("away_s", [1, 300])
def test_a_session_killed_anywhere_still_adds_up(name: str, whole: bool, place: int, away_s: int) -> None:
    drive = Drive(whole=whole)
    steps = EVERYTHING[name]
    for index, step in enumerate(steps):
        if index == place:
            drive.crash(away_s=away_s)
        step(drive)
        sound(drive)
    if place == len(steps):
        drive.crash(away_s=away_s)
    drive.run(5)
    deliver_all(drive)
    sound(drive)
    done(drive)


@pytest.mark.parametrize(("name", "whole"), STATIONS)
def test_a_session_killed_after_every_single_step_still_adds_up(name: str, whole: bool) -> None:
    drive = Drive(whole=whole)
    for step in EVERYTHING[name]:
        step(drive)
        drive.crash(away_s=2)
        sound(drive)
    drive.run(5)
    deliver_all(drive)
    done(drive)


@pytest.mark.parametrize("at", range(1, 40))
@pytest.mark.parametrize("whole", [True, False])
def test_an_input_whose_commit_never_happened_is_as_if_it_had_not_come(at: int, whole: bool) -> None:
    drive = LosesOneCommit(at, whole)
    for step in SCENARIOS["two sessions, unplugged while charging"]:
        step(drive)
    drive.run(5)
    deliver_all(drive)
    sound(drive)
    done(drive)


class LosesOneCommit(Drive):
    """The host dies after it has handled its n-th input and before anything of that is on disk; the input itself is gone too, unless resent."""

    def __init__(self, at: int, whole: bool) -> None:
        self.countdown = at
        super().__init__(whole=whole)

    def feed(self, item: object) -> list[Output]:  # type: ignore[override]
        """Count down to the crash."""
        self.countdown -= 1
        if self.countdown == 0:
            self.station.handle(self.now, item)  # type: ignore[arg-type]
            self.crash(away_s=1)
        return super().feed(item)  # type: ignore[arg-type]


def sound(drive: Drive) -> None:
    """Check what must hold at any time."""
    started = {event.transaction_id: event for event in drive.started}
    assert len(started) == len(drive.started), "one start each"
    ended = {event.transaction_id: event for event in drive.ended}
    assert len(ended) == len(drive.ended), "one end each"
    last: dict[str, int] = {}
    when: dict[str, int] = {}
    for event in drive.disk.published:
        match event:
            case TransactionStarted(transaction_id, seq_no=number):
                assert number == 0
                assert transaction_id not in last
            case TransactionUpdated(transaction_id, seq_no=number) | TransactionEnded(transaction_id, seq_no=number):
                assert number == last[transaction_id] + 1, "no gap and no repeat"
                assert event.at.mono_ms >= when[transaction_id], "time goes on"
        last[event.transaction_id] = event.seq_no
        when[event.transaction_id] = event.at.mono_ms
    for transaction_id, end in ended.items():
        assert transaction_id in started
        assert end.register_mwh >= started[transaction_id].register_mwh
    running = [record for record in drive.disk.records.values() if isinstance(record, Transaction) and record.ended is None]
    assert {record.id for record in running} == started.keys() - ended.keys()
    for output in drive.outputs:
        if isinstance(output, Grant):
            assert output.plug <= drive.seats[output.evse].plug


def done(drive: Drive) -> None:
    """Check what must hold when the vehicles have gone and the CSMS has everything."""
    assert len(drive.started) == len(drive.ended)
    assert not drive.disk.outbox
    assert not any(isinstance(record, Transaction) for record in drive.disk.records.values())
    sessions = [record for record in drive.disk.records.values() if isinstance(record, Session)]
    assert len(sessions) == len(drive.ended)
    assert sum(record.energy_mwh for record in sessions) == sum(
        end.register_mwh - start.register_mwh for start, end in zip(by_id(drive.started), by_id(drive.ended), strict=True)
    )
    assert sum(record.energy_mwh for record in sessions) == drive.seats[1].energy_mwh
    assert drive.limit_ma() == 0
    assert drive.status() == "Available"
    drive.plug()
    drive.send_token(TAG)
    assert drive.limit_ma() == 32_000, "the next driver is served"


def by_id(events: list[TransactionStarted] | list[TransactionEnded]) -> list[TransactionStarted | TransactionEnded]:
    """Sort by transaction."""
    return sorted(events, key=lambda event: event.transaction_id)
