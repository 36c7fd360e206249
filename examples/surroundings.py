"""What the examples share: their command line, and a CSMS to talk to where none is given."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from cpctl import log
from cpctl.sim.csms import EmbeddedCsms

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the charge point goes: a CSMS, and the version to speak. `csms` is None for one that is not ours to command."""

    url: str
    id: str
    version: str
    csms: EmbeddedCsms | None

    @property
    def speaks_16(self) -> bool:
        """True for OCPP 1.6."""
        return self.version == "1.6"

    async def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Let the embedded CSMS send a CALL; show it with its answer."""
        if self.csms is None:
            raise RuntimeError("a CSMS given by --url says what it wants")
        answer = dict(await self.csms.call(self.id, action, payload))
        print(f"the CSMS asks {action} {payload}\n  and is answered {answer}")
        return answer

    async def set_variable(self, name: str, key: str, value: str) -> str:
        """Let the embedded CSMS set a variable in its version's words; return the status."""
        if self.speaks_16:
            return str((await self.ask("ChangeConfiguration", {"key": key, "value": value}))["status"])
        component, variable = name.split(".")
        data = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
        return str((await self.ask("SetVariables", {"setVariableData": [data]}))["setVariableResult"][0]["attributeStatus"])


def run(example: Callable[[Place], Awaitable[bool]], **csms: Any) -> None:
    """Run an example in a place of the command line's choice, and end the program: 0 if it went as it should."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--url", help="a CSMS of your own; without it, the embedded one")
    parser.add_argument("--id", default="CP001", help="the charge point's identity")
    parser.add_argument("--ocpp", default="1.6", choices=("1.6", "2.0.1", "2.1"))
    given = parser.parse_args()

    async def main() -> bool:
        async with _place(given, csms) as place, asyncio.timeout(PATIENCE_S):
            return await example(place)

    log.configure("error")
    sys.exit(0 if asyncio.run(main()) else 1)


@asynccontextmanager
async def _place(given: argparse.Namespace, options: dict[str, Any]) -> AsyncIterator[Place]:
    if given.url:
        yield Place(given.url, given.id, given.ocpp, None)
        return
    csms = EmbeddedCsms(lambda: datetime.now(UTC), Random(), **options)
    try:
        yield Place(await csms.start(), given.id, given.ocpp, csms)
    finally:
        await csms.stop()
