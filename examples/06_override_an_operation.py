"""Operations taken over: one refused while the shop is closed, one only watched, one that the station does not serve at all.

`python examples/06_override_an_operation.py [--url ws://csms.example/ocpp] [--ocpp 2.0.1]`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from surroundings import Place, run

from cpctl import ChargePoint

Usual = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


async def main(place: Place) -> bool:
    """Let the CSMS ask for each."""
    remote_start = "RemoteStartTransaction" if place.speaks_16 else "RequestStartTransaction"
    upload = "GetDiagnostics" if place.speaks_16 else "GetLog"
    shop_is_open = False
    seen: list[str] = []

    station = ChargePoint(place.url, place.id, versions=[place.version], vendor="Example", model="Wallbox")

    @station.on_request(remote_start)
    async def only_while_open(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        """Refuse at night; by day do what the station always does."""
        return await usual(payload) if shop_is_open else {"status": "Rejected"}

    @station.on_request("ClearCache")
    async def watch(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        """Look at what is asked and answered, and change nothing."""
        answer = await usual(payload)
        seen.append(answer["status"])
        return answer

    @station.on_request(upload)
    async def upload_log(payload: dict[str, Any], usual: Usual) -> dict[str, Any]:
        """Serve what the station does not: a real program would upload its log now."""
        return {"fileName": "log.txt"} if place.speaks_16 else {"status": "Accepted", "filename": "log.txt"}

    async with station:
        if not await station.online():
            return False
        if place.csms is None:
            return True
        token: dict[str, Any] = {"idTag": "TAG1"} if place.speaks_16 else {"idToken": {"idToken": "TAG1", "type": "ISO14443"}, "remoteStartId": 1}
        closed = await place.ask(remote_start, token)
        shop_is_open = True
        opened = await place.ask(remote_start, token)
        await place.ask("ClearCache", {})
        where = {"remoteLocation": "ftp://logs.example/"}
        log = await place.ask(
            upload, {"location": "ftp://logs.example/"} if place.speaks_16 else {"logType": "DiagnosticsLog", "requestId": 1, "log": where}
        )
        return (closed["status"], opened["status"], seen) == ("Rejected", "Accepted", ["Accepted"]) and "log.txt" in log.values()


if __name__ == "__main__":
    run(main)
