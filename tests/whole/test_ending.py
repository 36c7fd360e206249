"""Ends in order, ends by failure, and what a beginning owes to what was left."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cpctl.app.controller import Ending
from cpctl.errors import StoreError

from .rig import Rig, virtually
from .words import in_every_version


class Manager:
    """A service manager's socket."""

    def __init__(self, place: Path) -> None:
        self.address = str(place / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)

    def heard(self) -> str:
        """Return everything told so far."""
        text = ""
        while True:
            try:
                text += self._socket.recv(4096).decode() + "\n"
            except BlockingIOError:
                return text


@in_every_version
@virtually
async def test_what_was_left_undelivered_goes_before_what_the_start_adds(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp, evses=2) as rig:
        await rig.online()
        await rig.charge(evse=2)
        await rig.until(lambda: bool(rig.charges))
        await rig.csms.set_up(False)
        await rig.pass_time(200)
        await rig.kill()
        rig.reconfigure(evses=1)  # the start itself ends the transaction of an EVSE that is no more
        await rig.start()
        await rig.csms.set_up(True)
        await rig.until(lambda: bool(rig.charges) and rig.charges[0].stop is not None, 600)
        (charge,) = rig.charges
        assert len(charge.meter_values) == 3
        assert rig.csms.ledger.problems == []
        assert rig.csms.ledger.orphans == []


@in_every_version
@virtually
async def test_a_stop_that_comes_after_the_hand_over_still_stops(tmp_path: Path, ocpp: str) -> None:
    async with Rig(tmp_path, ocpp=ocpp) as rig:
        await rig.online()
        await rig.charge()
        assert rig.controller is not None
        rig.controller.coprocessor.hand_over()
        assert await rig.remote_stop(rig.charges[0]) == "Accepted"
        await rig.until_true(lambda truth: truth.contactor == 0, within_s=7)


@pytest.mark.parametrize("seed", range(5))
@virtually
async def test_the_hand_over_survives_a_line_that_loses_a_fifth(tmp_path: Path, seed: int) -> None:
    async with Rig(tmp_path, seed=seed) as rig:
        await rig.online()
        await rig.charge()
        rig.chaos.loss = 0.2
        await rig.stop()
        rig.chaos.loss = 0.0
        await rig.sleep(20)
        assert (await rig.truth()).contactor == 1


@in_every_version
@virtually
async def test_the_service_manager_hears_of_an_end_but_not_of_a_reset_which_keeps_its_process(tmp_path: Path, ocpp: str) -> None:
    manager = Manager(tmp_path)
    async with Rig(tmp_path / "state", ocpp=ocpp, notify=manager.address) as rig:
        await rig.online()
        assert await rig.reset(immediate=False) == "Accepted"
        assert await rig.ended() is Ending.RESTART
        assert "STOPPING=1" not in manager.heard()
        await rig.start()
        await rig.online()
        await rig.stop()
        assert "STOPPING=1" in manager.heard()


@virtually
async def test_only_a_start_after_another_speaks_of_how_that_ended(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.stop()
        await rig.start()
        await rig.online()
        assert rig.controller is not None
        said = [event["text"] for event in await rig.controller.services.events(None, 1000) if event["code"] == "station.started"]
        assert said == ["The station has started for the first time.", "The station has started; the last run had stopped in order."]


@virtually
async def test_a_failure_inside_is_raised_as_itself_with_its_next_step(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert rig.controller is not None

        async def broken() -> None:
            raise StoreError("The disk is gone.", "Look for it.")

        with pytest.raises(StoreError, match="Look for it"):
            await rig.fail_by(broken)


@virtually
async def test_a_watchdog_is_fed_while_both_loops_turn(tmp_path: Path) -> None:
    manager = Manager(tmp_path)
    async with Rig(tmp_path / "state", notify=manager.address) as rig:
        await rig.online()
        manager.heard()
        await rig.pass_time(5)
        assert manager.heard().count("WATCHDOG=1") >= 4
        rig.chaos.up = False  # a silent coprocessor is no stalled loop
        for _ in range(6):
            await rig.pass_time(5)
            assert manager.heard().count("WATCHDOG=1") >= 4
