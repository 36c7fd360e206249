"""The adapter between core and link, on a virtual loop against a hand-driven peer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from cpctl.core import inputs
from cpctl.core.model import LockState, Pilot
from cpctl.errors import LinkError, PortMissing, PortVanished
from cpctl.link import messages as wire
from cpctl.link.coprocessor import Coprocessor
from cpctl.link.line import Line, LineHandler
from cpctl.link.settings import BoardSettings, LinkSettings
from cpctl.sim.loop import VirtualLoop

from .peer import Peer, event, snapshot

MAC = b"\x02\0\0\0\0\x01"
BOARD = BoardSettings(wire.ConfigBoard(1, "bench"), (wire.ConfigEvse(1, 160),), (wire.ConfigOperational(1, snapshot_ms=200),))
SETTINGS = LinkSettings(BOARD, mac=MAC)
EVERY_S = 0.2  # of snapshots


class Bench:
    """An adapter, a peer at the end of its line, and everything that the core was told."""

    writable = True

    def __init__(self, settings: LinkSettings = SETTINGS, **hello: object) -> None:
        self.peer = Peer()
        fields: dict[str, object] = {"mac": MAC, "config_crc": BOARD.crc(), "role": wire.Role.COPROCESSOR, "major": 1, "evse_count": 1}
        self.peer.hello = wire.Hello(**(fields | hello))  # type: ignore[arg-type]
        self.told: list[inputs.Input] = []
        self.commits: list[Callable[[], None]] = []
        self.missing = False
        self.alive = True
        self.speaks = True
        self.state: dict[str, int] = {"plug": 7}
        self._handler: LineHandler | None = None
        self.coprocessor = Coprocessor(self._open, self._post, settings, Random(1), alive=lambda: self.alive)

    def run(self, scenario: Callable[[Bench], Awaitable[None]]) -> None:
        """Run a scenario beside the adapter."""

        async def main() -> None:
            running = asyncio.create_task(self.coprocessor.run())
            speaking = asyncio.create_task(self._snapshots())
            await asyncio.sleep(0.1)
            await scenario(self)
            for task in (running, speaking):
                assert not task.done(), task
                task.cancel()
            await asyncio.wait((running, speaking))

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(main())

    def say(self, message: wire.Message) -> None:
        if self._handler is not None:
            self._handler.received(self.peer.say(message))

    def drop_line(self) -> None:
        handler, self._handler = self._handler, None
        assert handler is not None
        handler.lost(PortVanished("/dev/ttyTest"))

    def restart_peer(self) -> None:
        self.peer.restart()
        if self._handler is not None:
            self._handler.received(self.peer.say_hello())

    def of(self, *kinds: type[inputs.Input]) -> list[inputs.Input]:
        return [item for item in self.told if isinstance(item, kinds)]

    @property
    def leases(self) -> list[wire.Lease]:
        return [m for m in self.peer.heard if isinstance(m, wire.Lease)]

    @property
    def commands(self) -> list[wire.Message]:
        return [m for m in self.peer.heard if m.KIND is wire.Kind.COMMAND]

    # the line

    def write(self, data: bytes) -> None:
        asyncio.get_running_loop().call_soon(self._exchange, data)

    async def close(self) -> None:
        self._handler = None

    async def _open(self, handler: LineHandler) -> Line:
        if self.missing:
            raise PortMissing("/dev/ttyTest")
        self._handler = handler
        return self

    def _exchange(self, data: bytes) -> None:
        answer = self.peer.take(data)
        if self._handler is not None and answer:
            self._handler.received(answer)

    def _post(self, item: inputs.Input, committed: Callable[[], None] | None = None) -> None:
        self.told.append(item)
        if committed is not None:
            self.commits.append(committed)

    async def _snapshots(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(EVERY_S)
            if self.speaks and self.peer.host_nonce:
                self.say(snapshot(int(loop.time() * 1_000_000), **self.state))


def test_a_known_board_is_ready_at_once() -> None:
    async def scenario(bench: Bench) -> None:
        assert bench.of(inputs.CoprocessorReady) == [inputs.CoprocessorReady(bench.peer.nonce, False, 1)]
        assert bench.coprocessor.info.state == "ready"
        assert bench.coprocessor.info.mac == "02:00:00:00:00:01"

    Bench().run(scenario)


def test_a_grant_is_renewed_until_it_is_stopped() -> None:
    async def scenario(bench: Bench) -> None:
        bench.coprocessor.grant(1, 7, 16_000, 3)
        await asyncio.sleep(2)
        assert 4 <= len(bench.leases) <= 6
        assert {(m.plug, m.limit_da, m.phases, m.ttl_ms) for m in bench.leases} == {(7, 160, 3, 10_000)}

        bench.peer.heard.clear()
        bench.coprocessor.restrict(1, 7, 0, 3)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [m.limit_da for m in bench.leases] == [0], "a stop leaves in the same turn of the loop"

        bench.state |= {"host_clock_us": bench.leases[0].host_clock_us}
        await asyncio.sleep(1)
        assert {m.limit_da for m in bench.leases} == {0}
        heard = len(bench.leases)
        await asyncio.sleep(5)
        assert len(bench.leases) == heard

    Bench().run(scenario)


def test_a_stalled_station_gets_no_more_leases() -> None:
    async def scenario(bench: Bench) -> None:
        bench.coprocessor.grant(1, 7, 16_000, 3)
        bench.alive = False
        await asyncio.sleep(1)
        bench.peer.heard.clear()
        await asyncio.sleep(5)
        assert bench.leases == []

        bench.alive = True
        await asyncio.sleep(1)
        assert bench.leases

    Bench().run(scenario)


def test_a_suspect_link_gets_no_leases_and_is_renewed_when_it_is_back() -> None:
    async def scenario(bench: Bench) -> None:
        bench.coprocessor.grant(1, 7, 16_000, 3)
        bench.peer.greets = bench.speaks = False
        await asyncio.sleep(4)
        assert [lost.code for lost in bench.of(inputs.CoprocessorLost) if isinstance(lost, inputs.CoprocessorLost)] == ["suspect"]
        bench.peer.heard.clear()
        await asyncio.sleep(4)
        assert bench.leases == []

        bench.peer.greets = bench.speaks = True
        await asyncio.sleep(2)
        assert bench.leases
        assert bench.of(inputs.CoprocessorReady)[-1] == inputs.CoprocessorReady(bench.peer.nonce, False, 1)

    Bench().run(scenario)


def test_a_restart_of_the_coprocessor_is_told() -> None:
    async def scenario(bench: Bench) -> None:
        bench.restart_peer()
        await asyncio.sleep(1)
        assert bench.told[1] == inputs.CoprocessorLost("restarted", "The coprocessor restarted.")
        assert bench.of(inputs.CoprocessorReady)[-1] == inputs.CoprocessorReady(bench.peer.nonce, True, 1)

    Bench().run(scenario)


def test_an_event_is_acknowledged_after_its_commit_only() -> None:
    async def scenario(bench: Bench) -> None:
        bench.say(event(1))
        await asyncio.sleep(1)
        assert not [m for m in bench.peer.heard if isinstance(m, wire.EventAck)]

        bench.commits[0]()
        await asyncio.sleep(0.1)
        assert [m for m in bench.peer.heard if isinstance(m, wire.EventAck)] == [wire.EventAck(1)]

    Bench().run(scenario)


def test_an_event_says_what_happened_and_how_long_ago() -> None:
    async def scenario(bench: Bench) -> None:
        now = int(asyncio.get_running_loop().time() * 1_000_000)
        bench.say(wire.Snapshot(evse=1, plug=7, uptime_us=now, host_clock_us=now, host_clock_age_us=0))
        bench.say(wire.Event(1, now - 250_000, 1, wire.EventCode.FAULT_RAISED, 7, wire.FaultBit.PILOT_SHORT, energy_mwh=5, meter_boot=3, oldest=1))
        (told,) = bench.of(inputs.CoprocessorEvent)
        assert told == inputs.CoprocessorEvent(bench.peer.nonce, 1, 1, "fault_raised", 7, 250, "pilot_short", 0, 3, 5)

    Bench().run(scenario)


def test_a_snapshot_becomes_what_the_core_understands() -> None:
    async def scenario(bench: Bench) -> None:
        bench.say(
            wire.Snapshot(
                evse=1,
                uptime_us=2**50,
                pilot=wire.Pilot.C2,
                contactor=wire.Contactor.CLOSED,
                plug=7,
                offer_da=160,
                lease_ms=9_000,
                lease_da=160,
                faults=1 << wire.FaultBit.LOCK | 1 << 30,
                blocked=1 << wire.Blocked.RECLOSE_WAIT,
                cable_da=320,
                lock=wire.Lock.LOCKED,
                phases=3,
                wait_ms=4_000,
                temperature_dc=215,
            )
        )
        seen = bench.of(inputs.EvseObserved)[-1]
        assert seen == inputs.EvseObserved(
            evse=1,
            pilot=Pilot.C2,
            plug=7,
            energised=True,
            offer_ma=16_000,
            lease_ms=9_000,
            faults=frozenset({"lock", "fault_30"}),
            blocked=frozenset({"reclose_wait"}),
            cable_ma=32_000,
            lock=LockState.LOCKED,
            phases=3,
            wait_ms=4_000,
            temperature_mc=21_500,
            lease_ma=16_000,
        )

    Bench().run(scenario)


def test_a_meter_is_read_where_there_is_one() -> None:
    async def scenario(bench: Bench) -> None:
        bench.say(wire.Meter(1, 1, wire.MeterSource.NONE))
        bench.say(wire.Meter(1, 2, wire.MeterSource.S0, 9, 1234, (1, 2, 3), (4, 5, 6), 7))
        assert bench.of(inputs.MeterRead) == [inputs.MeterRead(1, 9, 1234, (1, 2, 3), (4, 5, 6), 7)]

    Bench().run(scenario)


def test_another_board_is_told_and_gets_nothing() -> None:
    async def scenario(bench: Bench) -> None:
        bench.coprocessor.grant(1, 7, 16_000, 3)
        await asyncio.sleep(2)
        (lost,) = bench.told
        assert isinstance(lost, inputs.CoprocessorLost)
        assert lost.code == "wrong_board"
        assert "02:00:00:00:00:99" in lost.text
        assert bench.leases == []

    Bench(mac=b"\x02\0\0\0\0\x99").run(scenario)


def test_another_major_is_told_with_the_next_step() -> None:
    async def scenario(bench: Bench) -> None:
        (lost,) = bench.told
        assert isinstance(lost, inputs.CoprocessorLost)
        assert lost.code == "protocol_mismatch"
        assert f"protocol {wire.PROTOCOL_MAJOR}.{wire.PROTOCOL_MINOR}, the coprocessor 2.4" in lost.text
        assert "Flash" in lost.text

    Bench(major=2, minor=4).run(scenario)


def test_a_simulated_firmware_is_refused_on_a_real_port() -> None:
    async def scenario(bench: Bench) -> None:
        (lost,) = bench.told
        assert isinstance(lost, inputs.CoprocessorLost)
        assert lost.code == "emulator_refused"

    Bench(build=1 << wire.Build.SIMULATED).run(scenario)


def test_a_board_without_configuration_is_not_commissioned_unasked() -> None:
    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(2)
        (lost,) = bench.told
        assert isinstance(lost, inputs.CoprocessorLost)
        assert lost.code == "not_commissioned"
        assert bench.commands == []

    Bench(config_crc=0).run(scenario)


def test_a_board_with_another_configuration_is_told() -> None:
    async def scenario(bench: Bench) -> None:
        (lost,) = bench.told
        assert isinstance(lost, inputs.CoprocessorLost)
        assert lost.code == "other_configuration"

    Bench(config_crc=12345).run(scenario)


def test_commissioning_pushes_the_set_and_waits_for_the_word_on_it() -> None:
    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(1)
        assert bench.commands == [
            wire.ConfigBegin(wire.ConfigSet.COMMISSIONED),
            BOARD.board,
            BOARD.evses[0],
            wire.ConfigCommit(wire.ConfigSet.COMMISSIONED, BOARD.crc()),
        ]
        assert bench.of(inputs.CoprocessorReady) == []

        bench.say(wire.Event(1, 1, 0, wire.EventCode.CONFIG_APPLIED, 0, BOARD.crc(), wire.ConfigSet.COMMISSIONED, oldest=1))
        await asyncio.sleep(1)
        assert bench.of(inputs.CoprocessorReady) != []

    Bench(LinkSettings(BOARD, commission=True), config_crc=0).run(scenario)


def test_a_configuration_that_is_refused_is_told_with_its_field() -> None:
    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(1)
        bench.say(wire.Event(1, 1, 0, wire.EventCode.CONFIG_REFUSED, 0, wire.ConfigSet.COMMISSIONED, text="hard_limit_da", oldest=1))
        await asyncio.sleep(1)
        (lost,) = bench.of(inputs.CoprocessorLost)
        assert isinstance(lost, inputs.CoprocessorLost)
        assert lost.code == "configuration_refused"
        assert "hard_limit_da" in lost.text

    Bench(LinkSettings(BOARD, commission=True), config_crc=0).run(scenario)


def test_a_refused_configuration_is_pushed_again_when_the_button_is_held() -> None:
    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(1)
        bench.say(wire.Event(1, 1, 0, wire.EventCode.CONFIG_REFUSED, 0, wire.ConfigSet.COMMISSIONED, text="button", oldest=1))
        await asyncio.sleep(1)
        bench.peer.heard.clear()

        bench.say(wire.Event(2, 2, 0, wire.EventCode.BUTTON, 0, 1, oldest=1))
        await asyncio.sleep(1)
        assert wire.ConfigCommit(wire.ConfigSet.COMMISSIONED, BOARD.crc()) in bench.commands
        bench.say(wire.Event(3, 3, 0, wire.EventCode.CONFIG_APPLIED, 0, BOARD.crc(), wire.ConfigSet.COMMISSIONED, oldest=1))
        await asyncio.sleep(1)
        assert bench.coprocessor.info.state == "ready"

    Bench(LinkSettings(BOARD, commission=True), config_crc=99).run(scenario)


def test_the_operational_set_is_pushed_at_each_connection() -> None:
    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(1)
        assert bench.commands == [
            wire.ConfigBegin(wire.ConfigSet.OPERATIONAL),
            BOARD.operational[0],
            wire.ConfigCommit(wire.ConfigSet.OPERATIONAL, BOARD.crc(wire.ConfigSet.OPERATIONAL)),
        ]

    Bench().run(scenario)


def test_availability_and_lock_are_told_again_after_a_reconnection() -> None:
    async def scenario(bench: Bench) -> None:
        bench.coprocessor.set_available(1, False)
        bench.coprocessor.lock(1, True)
        await asyncio.sleep(0.5)
        bench.peer.heard.clear()
        bench.drop_line()
        await asyncio.sleep(2)
        assert {wire.SetAvailable(1, 0), wire.SetLock(1, 1)} <= set(bench.commands)

    Bench().run(scenario)


def test_an_unlock_that_had_to_wait_is_asked_for_again_once_the_contactor_is_open() -> None:
    async def scenario(bench: Bench) -> None:
        bench.state |= {"lock": wire.Lock.LOCKED, "contactor": wire.Contactor.CLOSED}
        bench.coprocessor.lock(1, False)
        await asyncio.sleep(5)
        assert bench.commands.count(wire.SetLock(1, 0)) == 1

        bench.state |= {"contactor": wire.Contactor.OPEN}
        await asyncio.sleep(0.5)
        assert bench.commands.count(wire.SetLock(1, 0)) == 2

        bench.state |= {"lock": wire.Lock.UNLOCKED}
        await asyncio.sleep(5)
        assert bench.commands.count(wire.SetLock(1, 0)) == 2

    Bench().run(scenario)


def test_a_missing_port_is_told_once_and_tried_for_again() -> None:
    bench = Bench()
    bench.missing = True

    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(10)
        (lost,) = bench.told
        assert isinstance(lost, inputs.CoprocessorLost)
        assert lost.code == "port_missing"

        bench.missing = False
        await asyncio.sleep(10)
        assert bench.of(inputs.CoprocessorReady) != []

    bench.run(scenario)


def test_a_lent_port_is_let_go_of_and_used_again_when_it_is_given_back_or_its_time_is_over() -> None:
    async def scenario(bench: Bench) -> None:
        async with asyncio.timeout(1):
            await bench.coprocessor.lend_port(60)
        assert bench.coprocessor.info.state == "port_lent"
        await asyncio.sleep(30)
        assert not bench.coprocessor.info.connected
        bench.coprocessor.take_port_back()
        await asyncio.sleep(0.5)
        assert bench.coprocessor.info.state == "ready"
        await bench.coprocessor.lend_port(60)
        await asyncio.sleep(59)
        assert not bench.coprocessor.info.connected
        await asyncio.sleep(2)
        assert bench.coprocessor.info.state == "ready"

    Bench().run(scenario)


def test_a_port_that_is_not_there_can_be_lent_too() -> None:
    async def scenario(bench: Bench) -> None:
        bench.missing = True
        bench.drop_line()
        await asyncio.sleep(20)
        await bench.coprocessor.lend_port(60)
        assert bench.coprocessor.info.state == "port_lent"
        bench.missing = False
        bench.coprocessor.take_port_back()
        await asyncio.sleep(6)
        assert bench.coprocessor.info.state == "ready"

    Bench().run(scenario)


def test_hand_over_leaves_a_long_lease_and_renews_no_more() -> None:
    async def scenario(bench: Bench) -> None:
        bench.coprocessor.grant(1, 7, 16_000, 3)
        await asyncio.sleep(1)
        bench.peer.heard.clear()
        bench.coprocessor.hand_over()
        await asyncio.sleep(3)
        # Said three times at once, since nobody acknowledges it and nobody is left to repeat it.
        assert [(m.limit_da, m.ttl_ms) for m in bench.leases] == [(160, 30_000)] * 3

    Bench().run(scenario)


def test_clearing_a_fault_names_its_bit_and_an_unknown_name_clears_nothing() -> None:
    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        bench.peer.heard.clear()
        bench.coprocessor.clear_fault(1, "rcm")
        bench.coprocessor.clear_fault(1, None)
        bench.coprocessor.clear_fault(1, "no_such_fault")
        await asyncio.sleep(0.5)
        assert bench.commands == [wire.ClearFault(1, wire.FaultBit.RCM), wire.ClearFault(1, 255)]

    Bench().run(scenario)


def test_a_line_that_takes_nothing_gets_no_old_permission_afterwards() -> None:
    async def scenario(bench: Bench) -> None:
        bench.coprocessor.grant(1, 7, 16_000, 3)
        await asyncio.sleep(1)
        bench.writable = False
        bench.peer.heard.clear()
        await asyncio.sleep(1)
        bench.coprocessor.restrict(1, 7, 0, 3)
        bench.writable = True
        bench.coprocessor.writable_again()
        await asyncio.sleep(0.04)
        assert [m.limit_da for m in bench.leases] == [0]

    Bench().run(scenario)


def test_every_error_of_the_line_has_a_code() -> None:
    bench = Bench()

    async def scenario(bench: Bench) -> None:
        bench.coprocessor.failed(LinkError("something else", "do that"))
        assert bench.told[-1] == inputs.CoprocessorLost("line_failed", "something else do that")

    bench.run(scenario)
