"""The host's link against the real firmware core, in this process, on a virtual loop, over good and bad cables."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

import pytest

from cpctl.core import inputs
from cpctl.link import messages as wire
from cpctl.link.coprocessor import Coprocessor
from cpctl.link.frame import OPENING, encode_frame
from cpctl.link.settings import BoardSettings, LinkSettings
from cpctl.sim.chaos import Chaos
from cpctl.sim.inprocess import SimulatedCoprocessor
from cpctl.sim.loop import VirtualLoop
from cpctl.sim.plant import PlantClient

BOARD = BoardSettings(wire.ConfigBoard(1, "bench"), (wire.ConfigEvse(1, 320, 3, lock_fitted=1, feedback=1),))
SETTINGS = LinkSettings(BOARD, commission=True, allow_simulated=True)


class House:
    """A host whose station only listens: it grants what a test grants, and commits what it hears after `commit_s`."""

    def __init__(self, board: SimulatedCoprocessor, chaos: Chaos, mark: tuple[int, int] | None = None, settings: LinkSettings = SETTINGS) -> None:
        self.told: list[inputs.Input] = []
        self.commit_s = 0.01
        self.stored: list[int] = []
        self.coprocessor = Coprocessor(chaos.wrap(board.open_link), self._post, settings, Random(chaos.random.random()), mark=mark)
        self._running = asyncio.create_task(self.coprocessor.run())

    def _post(self, item: inputs.Input, committed: Callable[[], None] | None = None) -> None:
        self.told.append(item)
        if isinstance(item, inputs.CoprocessorEvent) and committed is not None:
            asyncio.get_running_loop().call_later(self.commit_s, self._commit, item.event_id, committed)

    def _commit(self, number: int, committed: Callable[[], None]) -> None:
        if not self._running.done():
            self.stored.append(number)
            committed()

    @property
    def seen(self) -> inputs.EvseObserved:
        """The newest observation."""
        return next(item for item in reversed(self.told) if isinstance(item, inputs.EvseObserved))

    @property
    def events(self) -> list[inputs.CoprocessorEvent]:
        return [item for item in self.told if isinstance(item, inputs.CoprocessorEvent)]

    @property
    def mark(self) -> tuple[int, int]:
        return self.events[-1].boot_nonce, self.stored[-1]

    async def until(self, what: Callable[[], bool], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not what():  # noqa: ASYNC110 (what is waited for has no event of its own)
                await asyncio.sleep(0.01)

    async def ready(self) -> None:
        await self.until(lambda: any(isinstance(item, inputs.CoprocessorReady) for item in self.told))
        await self.until(lambda: any(isinstance(item, inputs.EvseObserved) for item in self.told))

    async def kill(self) -> None:
        """End without a word, as SIGKILL does."""
        assert not self._running.done(), self._running
        self._running.cancel()
        await asyncio.wait((self._running,))


class World:
    """A board, its vehicle, and a cable to the host."""

    def __init__(self, seed: int = 1) -> None:
        self.board = SimulatedCoprocessor(seed=seed)
        self.chaos = Chaos(Random(seed))
        self.plant: PlantClient = self.board.plant()

    def house(self, mark: tuple[int, int] | None = None) -> House:
        return House(self.board, self.chaos, mark)

    async def charge(self, house: House, limit_ma: int = 16_000) -> int:
        """Plug in and charge; return the plug-in count."""
        await house.ready()
        await self.plant.vehicle(1, state="C", current_a=16, phases=3, soc=0.2, cable_a=32)
        await house.until(lambda: house.seen.pilot.plugged)
        plug = house.seen.plug
        house.coprocessor.grant(1, plug, limit_ma, 3)
        await self.energised(True)
        return plug

    async def energised(self, wanted: bool, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while bool((await self.plant.ask(1)).contactor) is not wanted:  # noqa: ASYNC110 (the plant is asked, it does not tell)
                await asyncio.sleep(0.05)


def play(scenario: Callable[[World], Awaitable[None]], seed: int = 1) -> None:
    """Run a scenario in virtual time."""

    async def main() -> None:
        world = World(seed)
        world.board.start()
        async with world.plant:
            await scenario(world)
        world.board.stop()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


BAD_CABLES: dict[str, dict[str, float | bool]] = {
    "good": {},
    "20 % loss": {"loss": 0.2},
    "20 % corruption": {"corruption": 0.2},
    "20 % duplication": {"duplication": 0.2},
    "delay": {"delay_s": 0.05},
    "reordering": {"delay_s": 0.05, "reorder": True},
    "one byte at a time": {"one_byte": True},
    "everything at once": {"loss": 0.1, "corruption": 0.1, "duplication": 0.1, "delay_s": 0.03, "one_byte": True},
}


@pytest.fixture(params=BAD_CABLES, ids=str)
def cable(request: pytest.FixtureRequest) -> dict[str, float | bool]:
    return BAD_CABLES[request.param]


def spoil(chaos: Chaos, cable: dict[str, float | bool]) -> None:
    for name, value in cable.items():
        setattr(chaos, name, value)


def test_a_charge_over_any_cable_starts_lasts_and_stops(cable: dict[str, float | bool]) -> None:
    async def scenario(world: World) -> None:
        spoil(world.chaos, cable)
        house = world.house()
        plug = await world.charge(house)
        closings = (await world.plant.ask(1)).closings

        await asyncio.sleep(60)
        state = await world.plant.ask(1)
        assert state.contactor, "the charge lasts"
        assert state.closings == closings, "and was never interrupted"
        assert state.energy_mwh > 0

        house.coprocessor.restrict(1, plug, 0, 3)
        began = asyncio.get_running_loop().time()
        await world.energised(False)
        assert asyncio.get_running_loop().time() - began < 8, "a stop gets through, and winds down within 6 s"
        await house.kill()

    play(scenario)


def test_every_event_is_heard_once_and_in_order_over_any_cable(cable: dict[str, float | bool]) -> None:
    async def scenario(world: World) -> None:
        spoil(world.chaos, cable)
        house = world.house()
        await world.charge(house)
        for state in ("B", "C", "A", "B"):
            await world.plant.vehicle(1, state=state)
            await asyncio.sleep(10)

        await asyncio.sleep(30)
        numbers = [event.event_id for event in house.events]
        assert numbers == list(range(1, numbers[-1] + 1))
        assert [e.code for e in house.events if e.code in ("plugged", "unplugged")] == ["plugged", "unplugged", "plugged"]
        await house.kill()

    play(scenario)


def test_the_host_hears_only_what_the_firmware_sent() -> None:
    """With heavy corruption no counter, plug or energy that the host hears differs from the truth."""

    async def scenario(world: World) -> None:
        spoil(world.chaos, {"corruption": 0.5, "duplication": 0.2})
        house = world.house()
        await world.charge(house)
        await asyncio.sleep(120)

        observed = [item for item in house.told if isinstance(item, inputs.EvseObserved)]
        read = [item.energy_mwh for item in house.told if isinstance(item, inputs.MeterRead)]
        assert len(observed) > 50
        assert {item.evse for item in observed} == {1}
        assert {item.plug for item in observed} <= {observed[0].plug, observed[0].plug + 1}
        assert {item.faults for item in observed} == {frozenset()}
        assert read == sorted(read)
        assert house.coprocessor.info.host["bad_crc"] + house.coprocessor.info.host["bad_cobs"] > 50
        await house.kill()

    play(scenario)


def test_a_host_that_is_back_within_the_lease_finds_the_contactor_closed() -> None:
    async def scenario(world: World) -> None:
        house = world.house()
        plug = await world.charge(house)
        await asyncio.sleep(1)
        mark = house.mark
        before = await world.plant.ask(1)
        await house.kill()
        await asyncio.sleep(6)

        second = world.house(mark)
        await second.ready()
        assert second.seen.plug == plug
        second.coprocessor.grant(1, plug, 16_000, 3)
        await asyncio.sleep(60)

        after = await world.plant.ask(1)
        assert (after.contactor, after.openings) == (1, before.openings)
        assert all(event.event_id > mark[1] for event in second.events), "nothing is told twice"
        await second.kill()

    play(scenario)


def test_a_host_that_stays_away_ends_the_energy() -> None:
    async def scenario(world: World) -> None:
        house = world.house()
        await world.charge(house)
        await house.kill()
        began = asyncio.get_running_loop().time()
        await world.energised(False)
        assert asyncio.get_running_loop().time() - began < 10 + 6 + 1

    play(scenario)


def test_a_hand_over_lasts_longer_than_a_lease() -> None:
    async def scenario(world: World) -> None:
        house = world.house()
        await world.charge(house)
        house.coprocessor.hand_over()
        await asyncio.sleep(0.1)
        await house.kill()
        await asyncio.sleep(25)
        assert (await world.plant.ask(1)).contactor

    play(scenario)


def test_events_wait_for_their_commit() -> None:
    async def scenario(world: World) -> None:
        house = world.house()
        house.commit_s = 1e9
        await world.charge(house)
        heard = house.events[-1]
        await asyncio.sleep(5)
        await house.kill()

        second = world.house()
        await second.ready()
        await second.until(lambda: len(second.events) >= heard.event_id)
        assert [event.event_id for event in second.events][: heard.event_id] == list(range(1, heard.event_id + 1))
        await second.kill()

    play(scenario)


def test_a_restarted_coprocessor_is_noticed_and_the_same_plug_in_goes_on() -> None:
    async def scenario(world: World) -> None:
        house = world.house()
        plug = await world.charge(house)
        house.told.clear()

        await world.plant.power("brown_out")
        await house.until(lambda: any(isinstance(item, inputs.CoprocessorReady) for item in house.told))
        ready = next(item for item in house.told if isinstance(item, inputs.CoprocessorReady))
        assert ready.restarted
        await world.energised(False)
        await world.energised(True)
        assert house.seen.plug == plug
        await house.kill()

    play(scenario)


def test_a_second_car_gets_nothing_from_the_first_ones_lease() -> None:
    async def scenario(world: World) -> None:
        house = world.house()
        await world.charge(house)
        world.chaos.up = False
        await world.plant.vehicle(1, state="A")
        await asyncio.sleep(0.5)
        await world.plant.vehicle(1, state="C")
        await asyncio.sleep(30)

        assert not (await world.plant.ask(1)).contactor
        await house.kill()

    play(scenario)


def test_a_pulled_cable_is_suspect_and_heals() -> None:
    async def scenario(world: World) -> None:
        house = world.house()
        await world.charge(house)
        house.told.clear()
        world.chaos.up = False
        await asyncio.sleep(5)
        (lost,) = (item for item in house.told if isinstance(item, inputs.CoprocessorLost))
        assert lost.code == "suspect"

        world.chaos.up = True
        await house.until(lambda: house.coprocessor.info.state == "ready")
        await asyncio.sleep(30)
        assert (await world.plant.ask(1)).contactor
        await house.kill()

    play(scenario)


def test_noise_and_old_frames_before_the_first_hello_do_no_harm() -> None:
    async def scenario(world: World) -> None:
        class Deaf:
            def received(self, data: bytes) -> None: ...
            def writable_again(self) -> None: ...
            def lost(self, error: Exception) -> None: ...

        line = await world.board.open_link(Deaf())
        line.write(b"ets Jun  8 2016 00:22:57\r\n" + Random(3).randbytes(5000))
        lease = wire.Lease(1, 1, 320, 3, 30_000, 1)
        for session in range(50):
            line.write(OPENING + encode_frame(wire.Kind.LEASE, session, 0, lease.ID, lease.to_bytes()))
        await line.close()

        house = world.house()
        await house.ready()
        await world.plant.vehicle(1, state="C")
        await asyncio.sleep(10)
        assert not (await world.plant.ask(1)).contactor
        assert house.coprocessor.info.coprocessor["wrong_session"] == 50
        await house.kill()

    play(scenario)


def test_the_same_seed_gives_the_same_run() -> None:
    def record() -> list[inputs.Input]:
        told: list[inputs.Input] = []

        async def scenario(world: World) -> None:
            spoil(world.chaos, {"loss": 0.2, "delay_s": 0.02})
            house = world.house()
            await world.charge(house)
            await asyncio.sleep(20)
            told.extend(house.told)
            await house.kill()

        play(scenario, seed=5)
        return told

    assert record() == record()


def test_a_commissioned_board_takes_another_configuration_only_with_its_button_held() -> None:
    other = replace(SETTINGS, board=BoardSettings(wire.ConfigBoard(1, "other"), (wire.ConfigEvse(1, 160, 3, lock_fitted=1, feedback=1),)))

    async def scenario(world: World) -> None:
        first = world.house()
        await first.ready()
        await first.kill()

        second = House(world.board, world.chaos, settings=other)
        await second.until(lambda: second.coprocessor.info.state == "configuration_refused")
        assert second.coprocessor.info.config_crc == BOARD.crc()

        await world.plant.button(True)
        await second.ready()
        assert second.seen is not None
        await second.until(lambda: second.coprocessor.info.config_crc == other.board.crc())
        await second.kill()

    play(scenario)


@pytest.mark.parametrize("seed", range(5))
def test_events_tell_the_moment_within_the_error_of_the_clock(seed: int) -> None:
    async def scenario(world: World) -> None:
        spoil(world.chaos, {"delay_s": 0.02})
        house = world.house()
        await world.charge(house)
        await asyncio.sleep(5)
        world.chaos.up = False
        at = asyncio.get_running_loop().time()
        await world.plant.vehicle(1, state="A")
        await asyncio.sleep(3)
        world.chaos.up = True
        await house.until(lambda: house.events[-1].code == "unplugged" or any(e.code == "unplugged" for e in house.events))
        event = next(e for e in house.events if e.code == "unplugged")
        age_s = asyncio.get_running_loop().time() - at
        assert age_s > 3
        error_us = house.coprocessor.info.clock_error_us
        assert error_us is not None
        assert abs(event.age_ms / 1000 - age_s) < 0.5 + error_us / 1e6
        await house.kill()

    play(scenario, seed)
