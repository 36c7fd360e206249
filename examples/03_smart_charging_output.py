"""The smart-charging output: `on_limit(W, A, phases)`, told whenever what may be given changes.

The lowest of all limits counts: what the EVSE is built for, its cable, the operator's limit, the site's, those of the program's own sources.
Charging profiles of the CSMS will be one more of them; there are none yet, so the operator's limit stands for them here.

`python examples/03_smart_charging_output.py [--url ws://csms.example/ocpp] [--ocpp 2.0.1]`
"""

from __future__ import annotations

import asyncio

from surroundings import Place, run

from cpctl import ChargePoint


async def main(place: Place) -> bool:
    """Let operator and program lower the limit in turn."""
    station = ChargePoint(place.url, place.id, versions=[place.version], site_current_a=40, vendor="Example", model="Wallbox")
    station.set_plugged_input(lambda: True)
    told: list[float] = []
    changed = asyncio.Event()

    @station.on_limit
    def limit(watts: float, amperes: float, phases: int) -> None:
        print(f"give up to {amperes:g} A on {phases} phases ({watts:g} W)" if amperes else "give nothing")
        told.append(amperes)
        changed.set()

    async def until(amperes: float) -> None:
        while told[-1:] != [amperes]:
            changed.clear()
            await changed.wait()

    async with station:
        if not (await station.online() and await station.begin_transaction("04A2B9C31F")):
            return False
        await until(32)  # what the EVSE is built for; the site has more
        if place.csms is not None:
            await place.set_variable("ChargingStation.CurrentLimit", "CurrentLimit", "16")
            await until(16)
        station.set_limit(10, source="energy management")  # your own: a price, the sun, the house's meter
        await until(10)
        station.set_limit(24, source="energy management")  # it can't raise what the operator has lowered
        await until(16 if place.csms else 24)
        station.set_limit(0, source="energy management")
        await until(0)
        station.set_limit(None, source="energy management")
        await until(16 if place.csms else 32)
        await station.end_transaction()
    return told[-1] == 0


if __name__ == "__main__":
    run(main)
