"""A whole charging session: plug in, show a card, charge, show it again, unplug. The charger is a few variables of this program.

`python examples/02_full_session.py [--url ws://csms.example/ocpp] [--ocpp 2.0.1]`
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from surroundings import Place, run

from cpctl import ChargePoint
from cpctl.chargepoint import Notification

TAG = "04A2B9C31F"
KWH = 2.0


@dataclass
class Charger:
    """What a real program would read from its hardware, and do to it."""

    plugged: bool = False
    energy_wh: float = 12_000.0
    limit_w: float = 0.0

    def take_limit(self, watts: float, amperes: float, phases: int) -> None:
        """Open or close the contactor, and tell the vehicle what it may draw."""
        print(f"the station permits {amperes:g} A on {phases} phases, {watts:g} W")
        self.limit_w = watts

    @property
    def power_w(self) -> float:
        """The vehicle draws what it may, up to 11 kW."""
        return min(self.limit_w, 11_000.0)


async def main(place: Place) -> bool:
    """Charge two kilowatt-hours; the CSMS is to have heard of as many."""
    charger = Charger()
    station = ChargePoint(place.url, place.id, versions=[place.version], vendor="Example", model="Wallbox", variables={"MeterValueSampleInterval": 1})
    station.set_plugged_input(lambda: charger.plugged)
    station.set_energy_input(lambda: charger.energy_wh)
    station.set_power_input(lambda: charger.power_w)
    station.on_limit(charger.take_limit)

    @station.on_transaction_notification
    def happened(what: Notification) -> None:
        print(f"{what.happening}: token {what.id_token}, transaction {what.transaction_id} {what.reason or ''}{what.text}")

    async with station:
        if not await station.online():
            return False
        charger.plugged = True
        station.changed()
        if not await station.begin_transaction(TAG):
            print("refused:", *station.why_not())
            return False
        for _ in range(20):  # a minute of charging in a tenth of a second
            charger.energy_wh += KWH * 1000 / 20
            await asyncio.sleep(0.1)
        running = station.transaction()
        print(f"{station.status()}: {running}")
        ended = await station.end_transaction(TAG)
        charger.plugged = False
        station.changed()
        while station.status() != "Available":  # noqa: ASYNC110  # the vehicle's leave is concluded within a second
            await asyncio.sleep(0.1)
        if place.csms is None:
            return ended
        await place.csms.until(lambda: all(charge.stop is not None for charge in place.csms.ledger.charges))
        (charge,) = place.csms.ledger.charges
    print(f"the CSMS has heard of {charge.meter_stop - charge.meter_start} Wh, and {len(charge.meter_values)} meter values between")
    return ended and charge.meter_stop - charge.meter_start == KWH * 1000


if __name__ == "__main__":
    run(main)
