"""The bench test as a whole: the link, then each EVSE, then the link again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from cpctl.errors import LinkTimeout, Refused
from cpctl.link.messages import PROTOCOL_MAJOR, Build, Hello, Power
from cpctl.link.visit import Visit

from .findings import Check, EvseFindings, Findings, Outcome
from .guided import Person, check_by_hand, true_rail_mv
from .hardware import check_faults, check_inputs, check_lock, check_reactions, check_self_tests, settle
from .link import frames, round_trips
from .pilot import RAIL_MV, check_pilot

ROUND_TRIPS = 200
# Opening its port may have started the chip anew.
HELLO_S = 4.0
_CHARGING = (Power.CLOSING, Power.ENERGISED, Power.WINDING_DOWN)


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. `lock`: move the socket's lock. `person`: None where nobody is there."""

    lock: bool = False
    person: Person | None = None
    round_trips: int = ROUND_TRIPS


class Bench:
    """One bench test over one visit, used once; `tell` hears each check as it ends."""

    def __init__(self, visit: Visit, port: str, options: Options, tell: Callable[[Check], None]) -> None:
        self._visit = visit
        self._port = port
        self._options = options
        self._tell = tell

    async def run(self) -> Findings:
        """Test everything; LinkTimeout if nobody answers, Refused while a vehicle charges."""
        hello = await self._greet()
        found = Findings(hello, bool(hello.build >> Build.SIMULATED & 1), self._port)
        check, found.round_trips_ms = await round_trips(self._visit, self._options.round_trips)
        self._add(found, check)
        if not hello.config_crc:
            advice = "Name the board in cpctl.toml and run cpctl commission; until then it has no pins."
            self._add(found, Check("configuration", Outcome.FAILED, "this board was never commissioned", next_step=advice))
        else:
            for evse in range(1, hello.evse_count + 1):
                found.evses.append(EvseFindings(evse))
                async for check in self._evse(found.evses[-1]):
                    self._add(found, check)
        self._add(found, await frames(self._visit))
        return found

    def _add(self, found: Findings, check: Check) -> None:
        found.checks.append(check)
        self._tell(check)

    async def _greet(self) -> Hello:
        hello = await self._visit.hello(HELLO_S)
        if hello is None:
            raise LinkTimeout("HELLO", 1)
        if hello.major != PROTOCOL_MAJOR:
            raise Refused(f"The firmware speaks protocol {hello.major}.{hello.minor}, this host {PROTOCOL_MAJOR}.", "Run cpctl flash.")
        for evse in range(1, hello.evse_count + 1):
            seen = await self._visit.snapshot(evse)
            if seen is not None and seen.power in _CHARGING:
                raise Refused(f"EVSE {evse} is charging: its contactor is not open.", "Stop the charge first.")
        return hello

    async def _evse(self, found: EvseFindings) -> AsyncIterator[Check]:
        visit, person = self._visit, self._options.person
        await settle(visit, found.evse)
        plus12_mv = true_rail_mv(person, found.evse) if person is not None else RAIL_MV
        async for check in check_pilot(visit, found, plus12_mv=plus12_mv):
            yield check
        async for check in check_self_tests(visit, found.evse):
            yield check
        async for check in check_inputs(visit, found.evse):
            yield check
        yield await check_lock(visit, found.evse, move=self._options.lock)
        async for check in check_reactions(visit, found):
            yield check
        if person is not None:
            async for check in check_by_hand(visit, found.evse, person):
                yield check
        yield await check_faults(visit, found.evse)
