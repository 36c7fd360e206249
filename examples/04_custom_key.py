"""A configuration key of the program's own: a key in OCPP 1.6, a variable of the device model in 2.0.1, checked before it is set, kept, and told.

`python examples/04_custom_key.py [--url ws://csms.example/ocpp] [--ocpp 2.0.1]`
"""

from __future__ import annotations

from surroundings import Place, run

from cpctl import ChargePoint

NAME, KEY = "Display.Brightness", "DisplayBrightness"


async def main(place: Place) -> bool:
    """Let the CSMS set the key to what it may be, and to what it may not."""
    shown: list[str] = []

    def suits_the_display(value: str) -> bool:
        """Brightness goes in steps of ten; type and limits are checked by the station."""
        return int(value) % 10 == 0

    station = ChargePoint(place.url, place.id, versions=[place.version], vendor="Example", model="Wallbox")
    station.declare_variable(
        NAME,
        50,
        key=KEY,
        meaning="brightness of the display",
        unit="Percent",
        minimum=0,
        maximum=100,
        validator=suits_the_display,
        on_change=shown.append,
    )
    async with station:
        if not await station.online():
            return False
        print(f"{NAME} is {station.variable(NAME)}")
        if place.csms is not None:
            statuses = [await place.set_variable(NAME, KEY, value) for value in ("70", "75", "700", "bright")]
            if statuses != ["Accepted", "Rejected", "Rejected", "Rejected"]:
                return False
        else:
            await station.set_variable(NAME, "70")
        print(f"{NAME} is {station.variable(NAME)}, and the display was told {shown}")
        return station.variable(NAME) == "70" and shown == ["70"]


if __name__ == "__main__":
    run(main)
