"""Garbage on the wire, a wire that is cut, another board than expected: the charge goes on or ends safely, and it is said why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cpctl.app.controller import Surroundings
from cpctl.errors import Refused
from cpctl.link.frame import Frame, FrameDecoder, encode_frame
from cpctl.link.messages import Hello, Kind, Lease

from .meddler import MeddledRig
from .rig import Rig, virtually

MOST_W = 3 * 16 * 230
LAPSING_S = 16.0
# Noise without an end swallows the frame behind it; a permission every half second gets through between two pieces.
PACE_S = 1.2
BOOT_TEXT = b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"


def rubbish(random: Random, frames: list[bytes]) -> list[bytes]:
    """Make every kind of bytes that are no frames, out of noise and of frames that went by."""
    seen = random.sample(frames, min(20, len(frames)))
    return [
        BOOT_TEXT,
        b"\0" * 300,
        b"\xff" * 2000,
        *(random.randbytes(random.randint(1, 700)) for _ in range(30)),
        *(frame[: random.randrange(1, len(frame))] for frame in seen),  # cut off: the next one is glued to it
        *(frame[: random.randrange(1, len(frame) - 1)] + b"\0" for frame in seen),  # cut short
        *(_spoilt(random, frame) for frame in seen),
        *(frame * 2 for frame in seen),  # said twice at once
        encode_frame(Kind.LEASE, 0xBEEF, 0, Lease.ID, Lease(1, 1, 320, 3, 30_000, 1).to_bytes()),  # of another session
        encode_frame(Kind.COMMAND, 0, 0, 0x7FFF, random.randbytes(40)),
    ]


def _spoilt(random: Random, frame: bytes) -> bytes:
    place = random.randrange(len(frame) - 1)
    return frame[:place] + bytes((frame[place] ^ 1 << random.randrange(8) or 1,)) + frame[place + 1 :]


@pytest.mark.parametrize("seed", [1, 2, 3])
@virtually
async def test_garbage_on_the_wire_does_not_interrupt_a_charge(tmp_path: Path, seed: int) -> None:
    async with MeddledRig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(10)
        random = Random(seed)
        for piece in rubbish(random, rig.meddler.to_host):
            rig.meddler.tell_host(piece)
            await rig.pass_time(PACE_S)
        for piece in rubbish(random, rig.meddler.to_coprocessor):
            rig.meddler.tell_coprocessor(piece)
            await rig.pass_time(PACE_S)
        await rig.pass_time(30)
        assert rig.evse()["status"] == "Charging"
        truth = await rig.truth()
        assert (truth.closings, truth.openings) == (1, 0)
        assert rig.controller is not None
        link = rig.controller.coprocessor.info
        assert sum(link.host[name] for name in ("bad_crc", "bad_cobs")) > 10
        assert sum(link.coprocessor[name] for name in ("bad_crc", "bad_cobs")) > 10
        await rig.finish()
        assert [charge.reason for charge in rig.charges] == ["Local"]
        assert rig.csms.ledger.problems == []


@virtually
async def test_what_was_said_once_means_nothing_when_it_is_said_again(tmp_path: Path) -> None:
    async with MeddledRig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(30)
        permissions = list(rig.meddler.to_coprocessor)
        reports = list(rig.meddler.to_host)
        await rig.finish()
        before = await rig.truth()
        said = len(rig.said())

        # The whole conversation again, in its order and out of it: no event counts twice, no permission comes to life.
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        random = Random(1)
        for frames in (permissions, random.sample(permissions, len(permissions))):
            for frame in _without_hello(frames):
                rig.meddler.tell_coprocessor(frame)
                await asyncio.sleep(0.005)
        for frames in (reports, random.sample(reports, len(reports))):
            for frame in _without_hello(frames):
                rig.meddler.tell_host(frame)
                await asyncio.sleep(0.005)
        await rig.pass_time(20)
        truth = await rig.truth()
        assert (truth.closings, truth.energy_mwh) == (before.closings, before.energy_mwh)
        assert rig.evse()["status"] == "Preparing"
        assert len(rig.charges) == 1
        assert rig.said()[said:] == ["Preparing"]
        await rig.tap()
        await rig.status("Charging")
        await rig.finish()
        assert rig.csms.ledger.problems == []


@virtually
async def test_a_permission_that_is_repeated_after_the_stop_of_its_session_closes_nothing(tmp_path: Path) -> None:
    async with MeddledRig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(30)
        permissions = [frame for frame in rig.meddler.to_coprocessor if _kind(frame) == Kind.LEASE]
        await rig.tap()
        await rig.until_true(lambda truth: truth.contactor == 0)
        assert permissions
        for frame in permissions[-20:]:
            rig.meddler.tell_coprocessor(frame)
        await rig.pass_time(30)
        truth = await rig.truth()
        assert (truth.closings, truth.contactor) == (1, 0)


def _kind(frame: bytes) -> int | None:
    (decoded,) = FrameDecoder().feed(frame)
    return decoded.kind if isinstance(decoded, Frame) else None


def _without_hello(frames: list[bytes]) -> list[bytes]:
    """A repeated HELLO is a restart of the other side, and is treated as one."""
    return [frame for frame in frames if _kind(frame) != Kind.HELLO]


@virtually
async def test_a_repeated_hello_of_either_side_is_overcome(tmp_path: Path) -> None:
    async with MeddledRig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(10)
        for frame in [frame for frame in rig.meddler.to_coprocessor if _kind(frame) == Kind.HELLO][:1]:
            rig.meddler.tell_coprocessor(frame)
        await rig.pass_time(20)
        for frame in [frame for frame in rig.meddler.to_host if _kind(frame) == Kind.HELLO][:1]:
            rig.meddler.tell_host(frame)
        await rig.pass_time(60)
        assert rig.evse()["status"] == "Charging"
        assert (await rig.truth()).openings == 0
        await rig.finish()
        assert [charge.reason for charge in rig.charges] == ["Local"]
        assert rig.csms.ledger.problems == []


# ---------------------------------------------------------------- silence


@virtually
async def test_a_coprocessor_silent_for_half_a_minute_winds_down_by_itself_and_its_transaction_goes_on(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(60)
        rig.chaos.up = False
        await rig.pass_time(LAPSING_S + 0.5)
        assert (await rig.truth()).contactor == 0
        assert next(reason["code"] for reason in rig.evse()["why_not"]) in ("link_lost", "coprocessor_silent")
        await rig.pass_time(30 - LAPSING_S)
        rig.chaos.up = True
        await rig.status("Charging")
        await rig.pass_time(60)
        await rig.finish()
        (charge,) = rig.charges
        assert charge.reason == "Local"
        assert -1 <= (await rig.truth()).energy_mwh / 1000 - (charge.meter_stop - charge.meter_start) <= 7.2
        assert rig.csms.ledger.problems == []


@virtually
async def test_a_coprocessor_silent_for_longer_than_allowed_ends_the_charge_and_says_so(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(60)
        rig.chaos.up = False
        silent_from = rig.utc()
        await rig.status("Faulted", within_s=200)
        await rig.until(lambda: rig.charges[0].stop is not None)
        (charge,) = rig.charges
        assert charge.reason == "Other"
        assert charge.stopped[:17] == silent_from.isoformat()[:17], "ended when it was last heard of"
        told = rig.csms.point("CP001").statuses
        assert (told[0]["status"], told[1]["status"]) == ("Faulted", "Faulted")
        assert "coprocessor" in told[1].get("info", "")
        rig.chaos.up = True
        await rig.until(lambda: rig.evse()["status"] in ("Preparing", "Finishing"))
        await rig.pass_time(30)
        truth = await rig.truth()
        assert truth.contactor == 0
        untold_wh = truth.energy_mwh / 1000 - (charge.meter_stop - charge.meter_start)
        assert -1 <= untold_wh <= 1 + MOST_W * (LAPSING_S + 1) / 3600
        assert rig.csms.ledger.problems == []


@virtually
async def test_a_port_that_is_pulled_and_plugged_in_again_resumes_the_charge(tmp_path: Path) -> None:
    async with MeddledRig(tmp_path) as rig:
        await rig.online()
        await rig.charge()
        await rig.pass_time(60)
        await rig.meddler.pull()
        await rig.pass_time(5)
        assert rig.controller is not None
        assert rig.controller.coprocessor.info.state == "port_missing"
        assert "/dev/serial/by-id" in rig.controller.coprocessor.info.text
        rig.meddler.missing = False
        await rig.status("Charging", within_s=120)
        await rig.finish()
        assert [charge.reason for charge in rig.charges] == ["Local"]
        assert rig.csms.ledger.problems == []


# ---------------------------------------------------------------- another board


@virtually
async def test_a_board_that_is_commissioned_otherwise_gets_no_permission_until_its_button_is_held(tmp_path: Path) -> None:
    async with Rig(tmp_path, fixed_cable=True) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        await rig.stop()
        before = await rig.truth()

        other = Rig(tmp_path / "other", fixed_cable=False)
        other.board, other.plant = rig.board, rig.plant
        await other.csms.start()
        await other.start()
        try:
            await rig.plant.vehicle(state="C")
            await other.until(lambda: other.controller is not None and bool(other.controller.csms.status()["connected"]))
            await other.pass_time(30)
            assert other.controller is not None
            info = other.controller.coprocessor.info
            assert info.state in ("other_configuration", "configuration_refused")
            assert "commission" in info.text
            assert "commission" in str(other.evse()["why_not"])
            with pytest.raises(Refused, match="button"):
                await other.tap()
            await other.pass_time(30)
            truth = await rig.truth()
            assert (truth.closings, truth.contactor) == (before.closings, 0)
            assert other.charges == []

            await rig.plant.button(True)
            await other.until(lambda: other.controller is not None and other.controller.coprocessor.info.state == "ready", 120)
            await rig.plant.button(False)
            await other.pass_time(10)
            await other.tap()
            await other.status("Charging")
        finally:
            await other.kill()
            await other.csms.stop()


class RealPortRig(MeddledRig):
    """A rig that takes its coprocessor for a real one, of which it expects a certain MAC."""

    def __init__(self, directory: Path, hello: dict[str, Any]) -> None:
        super().__init__(directory)
        self._data["coprocessor"] = {"mac": "24:6f:28:00:00:01"}
        self.reconfigure(1)
        self._hello = hello
        self.meddler.forge = self._forge

    def surroundings(self) -> Surroundings:
        return replace(super().surroundings(), simulated=False)

    def _forge(self, frame: bytes) -> bytes:
        (decoded,) = FrameDecoder().feed(frame)
        if not isinstance(decoded, Frame) or decoded.kind != Kind.HELLO:
            return frame
        said = replace(Hello.from_bytes(decoded.payload), **self._hello)
        return encode_frame(Kind.HELLO, 0, decoded.seq, Hello.ID, said.to_bytes())


@pytest.mark.parametrize(
    ("hello", "state", "words"),
    [
        ({"build": 0, "major": 9}, "protocol_mismatch", "Flash"),
        ({"build": 0}, "wrong_board", "24:6f:28:00:00:01"),
        ({}, "emulator_refused", "made for an emulator"),
    ],
)
@virtually
async def test_a_coprocessor_that_does_not_fit_is_told_and_the_service_goes_on(tmp_path: Path, hello: dict[str, Any], state: str, words: str) -> None:
    async with RealPortRig(tmp_path, hello) as rig:
        await rig.plant.vehicle(state="C")
        await rig.until(lambda: rig.controller is not None and bool(rig.controller.csms.status()["connected"]))
        await rig.pass_time(30)
        assert rig.controller is not None
        info = rig.controller.coprocessor.info
        assert info.state == state
        assert words in info.text
        with pytest.raises(Refused, match=words):
            await rig.tap()
        await rig.pass_time(60)
        assert (await rig.truth()).closings == 0
        assert rig.charges == []
        assert (await rig.call("GetConfiguration", key=["HeartbeatInterval"]))["configurationKey"]
