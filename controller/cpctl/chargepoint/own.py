"""Variables that a program declares for its station, and reads and sets like anybody else."""

from __future__ import annotations

from typing import Unpack

from cpctl.core.inputs import SetVariable
from cpctl.core.outputs import SetOutcome
from cpctl.extensions.declared import Declared, Details, Scalar, declare

from .present import Present


class Own(Present):
    """Declared before the run; shown to the CSMS as a key of OCPP 1.6, and as a variable of the device model of 2.0.1."""

    def __init__(self) -> None:
        self._declared: list[Declared] = []

    def declare_variable(self, name: str, default: Scalar, **details: Unpack[Details]) -> None:
        """Declare `Component.Variable`, whose type is the default's; ValueError where that can't be (see `cpctl.extensions.declared`)."""
        self._declared.append(declare(name, default, **details))

    def variable(self, name: str) -> str:
        """Return the value of any `Component.Variable`; KeyError if there is none."""
        return self._running().station.variable(name)

    async def set_variable(self, name: str, value: str) -> bool:
        """Set any variable, as the CSMS would; tell whether it may be that."""
        outcome, _ = await self._running().request(lambda request: SetVariable(request, name, value, local=True))
        return outcome in (SetOutcome.ACCEPTED, SetOutcome.REBOOT_REQUIRED)
