"""BootNotification, Heartbeat and StatusNotification: the station of the library meets a CSMS; every frame is printed.

`python examples/01_boot_heartbeat_status.py [--url ws://csms.example/ocpp] [--ocpp 2.0.1]`
"""

from __future__ import annotations

import asyncio
import json

from surroundings import Place, run

from cpctl import ChargePoint

WANTED = {"BootNotification", "Heartbeat", "StatusNotification"}


async def main(place: Place) -> bool:
    """Run until each of the three was sent and answered."""
    station = ChargePoint(place.url, place.id, versions=[place.version], vendor="Example", model="Wallbox")
    asked: dict[str, str] = {}
    missing = set(WANTED)
    complete = asyncio.Event()

    @station.on_send
    def sent(text: str) -> None:
        print("→", text)
        kind, number, *rest = json.loads(text)
        if kind == 2:
            asked[number] = rest[0]

    @station.on_receive
    def received(text: str) -> None:
        print("←", text)
        kind, number, *_ = json.loads(text)
        if kind == 3:
            missing.discard(asked.get(number, ""))
        if not missing:
            complete.set()

    async with station:
        if not await station.online():
            return False
        if place.csms is None:  # the embedded one wants a heartbeat each second; another may want none for hours
            await station.send_request("Heartbeat", {})
        await complete.wait()
    print("All three were answered.")
    return True


if __name__ == "__main__":
    run(main, heartbeat_s=1)
