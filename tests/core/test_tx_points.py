"""Every set of start points with every set of stop points, through every order of vehicle, driver and energy (OCPP 2.0.1, E01, E02, E03, E06).

The oracle knows nothing of how the station works: it says which points hold after a step, and from that when a transaction begins and ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Final

import pytest

from cpctl.core.inputs import RemoteStart, RemoteStop
from cpctl.core.model import Pilot, TxPoint
from cpctl.core.outputs import TransactionEnded, TransactionStarted, TransactionUpdated

from .drive import TAG, Drive

POINTS: Final = (TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED, TxPoint.POWER_PATH_CLOSED, TxPoint.ENERGY_TRANSFER)
SETS: Final = [frozenset(some) for size in range(1, 5) for some in combinations(POINTS, size)]

BEGINNINGS: Final = (("plug", "tap"), ("tap", "plug"), ("plug", "remote"), ("remote", "plug"))
ENDS: Final = (
    ("draw", "tap", "unplug"),
    ("draw", "remote_stop", "unplug"),
    ("draw", "unplug"),
    ("draw", "pause", "draw", "unplug"),
    ("unplug",),
    ("tap", "unplug"),
)


def remote_stop(drive: Drive) -> None:
    """Let the CSMS stop what runs, if anything does."""
    running = drive.running()
    if running is not None:
        drive.send(RemoteStop, reference=running.id)


def pause(drive: Drive) -> None:
    """Let the vehicle open its switch."""
    drive.seats[1].pilot, drive.seats[1].energised = Pilot.B2, False
    drive.observe()


def draw(drive: Drive) -> None:
    """Let the vehicle ask for energy, and take it where the contactor closes."""
    drive.draw(wh=10)
    drive.draw(wh=10)


STEPS: Final[dict[str, Callable[[Drive], object]]] = {
    "plug": lambda drive: drive.plug(),
    "tap": lambda drive: drive.send_token(),
    "remote": lambda drive: drive.send(RemoteStart, evse=1, id_token=TAG, remote_start_id=77),
    "draw": draw,
    "pause": pause,
    "remote_stop": remote_stop,
    "unplug": lambda drive: (drive.unplug(event=True), drive.run(1)),
}


class Oracle:
    """What holds, and whether a transaction runs."""

    def __init__(self, start: frozenset[TxPoint], stop: frozenset[TxPoint]) -> None:
        self.start, self.stop = start, stop
        self.plugged = self.authorized = self.energy = False
        self.running = self.over = self.remote = False
        self.reached: set[TxPoint] = set()

    def held(self) -> set[TxPoint]:
        """Return the points that hold."""
        both = self.plugged and self.authorized
        facts = (self.plugged, self.authorized, both, self.energy)
        return {point for point, holds in zip(POINTS, facts, strict=True) if holds}

    def lost(self) -> set[TxPoint]:
        """Return the points that held in this transaction and hold no longer; without vehicle or driver no energy can be transferred either."""
        lost = self.reached - self.held()
        if lost & {TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED}:
            lost |= {TxPoint.POWER_PATH_CLOSED, TxPoint.ENERGY_TRANSFER}
        return lost

    def step(self, name: str) -> str | None:
        """Take a step; return what the transaction does."""
        match name:
            case "plug":
                self.plugged = True
            case "tap":
                confirms = self.remote and not self.running  # who was started remotely only shows that he is there
                self.authorized = confirms or not self.authorized
            case "remote":
                self.authorized = self.remote = True
            case "remote_stop":
                self.authorized = self.authorized and not self.running
            case "unplug":
                self.plugged = self.authorized = False
        self.energy = self.plugged and self.authorized and (name == "draw" or (self.energy and name != "pause"))
        if not self.running and not self.over and self.start & self.held():
            self.running, self.reached = True, self.held()
            return "Started"
        if not self.running:
            return None
        self.reached |= self.held()
        nobody = bool(self.lost()) and not self.plugged and not self.authorized
        if self.stop & self.lost() or nobody:
            self.running, self.over = False, True
            self.authorized = self.energy = False
            return "Ended"
        return None


def named(points: frozenset[TxPoint]) -> str:
    return ",".join(point for point in POINTS if point in points)


def orders() -> Iterator[tuple[str, ...]]:
    for beginning in BEGINNINGS:
        for end in ENDS:
            yield (*beginning, *end)


@pytest.mark.parametrize("start", SETS, ids=named)
def test_a_transaction_begins_with_the_first_start_point_and_ends_with_the_first_stop_point_that_is_lost(start: frozenset[TxPoint]) -> None:
    """E01.FR.01-06, E02.FR.06, E03, E06.FR.01-07, F03.FR.02-03, C01.FR.01."""
    for stop in SETS:
        for order in orders():
            drive, oracle = Drive(whole=False), Oracle(start, stop)
            drive.set("TxCtrlr.TxStartPoint", named(start))
            drive.set("TxCtrlr.TxStopPoint", named(stop))
            case = (named(start), named(stop), order)
            for number, step in enumerate(order):
                drive.run(3)
                before = len(drive.disk.published)
                STEPS[step](drive)
                happened = oracle.step(step)
                told = [type(event).__name__.removeprefix("Transaction") for event in drive.disk.published[before:]]
                assert [word for word in told if word != "Updated"] == ([happened] if happened else []), (case, number, step)
                assert (drive.running() is not None) == oracle.running, (case, number, step)
                offered = oracle.running or (start == {TxPoint.ENERGY_TRANSFER} and not oracle.over)
                assert (drive.limit_ma() > 0) == (offered and oracle.plugged and oracle.authorized), (case, number, step)
            consistent(drive, case)


def consistent(drive: Drive, case: object) -> None:
    """Check the events of one transaction against each other."""
    events = drive.disk.published
    assert [event.seq_no for event in events] == list(range(len(events))), case
    tokens = [event.trigger for event in events if not isinstance(event, TransactionEnded) and event.id_token and event.trigger != "StopAuthorized"]
    assert len(tokens) <= 1, ("the token is told once", case)
    for event in events:
        if isinstance(event, (TransactionStarted, TransactionUpdated)) and event.remote_start_id is not None:
            assert event.trigger == "RemoteStart", ("F02.FR.21", case)
    for before, after in pairwise(events):
        alike = isinstance(after, TransactionUpdated) and after.trigger == "ChargingStateChanged"
        assert not alike or after.charging_state is not before.charging_state, ("E02.FR.13", case)
