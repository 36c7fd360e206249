"""DataTransfer, both ways: a vendor's own messages, served by a function, and sent.

`python examples/05_data_transfer_vendor.py [--url ws://csms.example/ocpp] [--ocpp 2.0.1]`
"""

from __future__ import annotations

from surroundings import Place, run

from cpctl import ChargePoint
from cpctl.chargepoint import DataAnswer, DataStatus

VENDOR = "com.example"


async def main(place: Place) -> bool:
    """Let the CSMS ask the station, and the station the CSMS."""
    station = ChargePoint(place.url, place.id, versions=[place.version], vendor="Example", model="Wallbox")
    colour = "white"

    @station.on_data_transfer(VENDOR)
    async def serve(message: str | None, data: object) -> DataAnswer:
        """Serve the message `colour`, which sets and tells the colour, and no other."""
        nonlocal colour
        if message != "colour":
            return DataAnswer(DataStatus.UNKNOWN_MESSAGE)
        colour = str(data or colour)
        return DataAnswer(DataStatus.ACCEPTED, colour)

    said = []
    async with station:
        if not await station.online():
            return False
        if place.csms is not None:
            for call in ({"messageId": "colour", "data": "green"}, {"messageId": "colour"}, {"messageId": "size"}):
                answer = await place.ask("DataTransfer", {"vendorId": VENDOR, **call})
                said.append((answer["status"], answer.get("data")))
        answered = await station.data_transfer(VENDOR, "colour", "red")
        print(f"the station asks, and the CSMS answers {answered.status}")
    expected = [("Accepted", "green"), ("Accepted", "green"), ("UnknownMessageId", None)]
    return place.csms is None or (said == expected and answered.status is DataStatus.UNKNOWN_VENDOR)


if __name__ == "__main__":
    run(main)
