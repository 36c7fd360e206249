"""One extension as the station has it: made from its entry point, called in its thread, with a word on how it is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import structlog

from cpctl.core.model import IdToken, IdTokenType
from cpctl.csms.vendors import DataAnswer, Json, VendorHandler

from .declared import Declared
from .extension import Extension, Settings
from .worker import Worker

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")
log = structlog.get_logger(__name__)

# A reader that holds tokens to the station faster than people do is broken.
_PRESENT_PAUSE_S = 0.1
# Changes of its variables that it has not been told of yet; the oldest go first.
_MAX_NOTICES = 64


class Failed(Exception):
    """A call failed; it is logged already."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an extension says that it does, asked once: its attributes may be anything that code can be."""

    vendors: tuple[str, ...] = ()
    tells_limits: bool = False
    fallback_a: float | None = None
    measures: tuple[str, ...] = ()
    variables: tuple[Declared, ...] = ()


class Loaded:
    """It is there even where the extension could not be loaded, to say so."""

    def __init__(self, name: str, timeout_s: float) -> None:
        self.name = name
        self.trouble = ""
        self.extension: Extension | None = None
        self.offer = Offer()
        self.notices: deque[Callable[[Extension], None]] = deque(maxlen=_MAX_NOTICES)  # of variables that have changed, for it to be told
        self._timeout_s = timeout_s
        self._worker = Worker(name, timeout_s)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._present: Callable[[int, IdToken], None] | None = None
        self._presented_s = 0.0

    def load(self, entry_point: EntryPoint | None, settings: Settings) -> None:
        """Make the extension; what goes wrong is told, and leaves it out."""
        if entry_point is None:
            self._trouble("load", "no installed package offers it")
            return

        def make() -> tuple[Extension, Offer]:
            made = entry_point.load()(settings)
            if not isinstance(made, Extension):
                raise TypeError(f"it is no Extension but {type(made).__name__}")
            return made, Offer(tuple(made.vendors), bool(made.tells_limits), made.fallback_a, tuple(made.measures), tuple(made.variables()))

        try:
            self.extension, self.offer = self._worker.at_once(make)
        except TimeoutError:
            self._trouble("load", f"it took longer than {self._timeout_s:g} s")
        except Exception as error:  # noqa: BLE001  # foreign code
            self._trouble("load", _words(error))
        else:
            self.offer = replace(self.offer, variables=tuple(self._looked_after(one) for one in self.offer.variables))
            log.info("extension.loaded", extension=self.name)

    @property
    def vendors(self) -> dict[str, VendorHandler]:
        """Its handlers of DataTransfer, by vendor id."""
        return {vendor: self._serving(vendor) for vendor in self.offer.vendors}

    async def call(self, what: str, work: Callable[[Extension], T]) -> T:
        """Call it; Failed if that went wrong. A call that goes well ends the trouble."""
        extension = self.extension
        if extension is None:
            raise Failed
        try:
            given = await self._worker.call(lambda: work(extension))
        except TimeoutError:
            self._trouble(what, f"it took longer than {self._timeout_s:g} s")
            raise Failed from None
        except Exception as error:
            self._trouble(what, _words(error))
            raise Failed from error
        if self.trouble:
            log.info("extension.recovered", extension=self.name)
            self.trouble = ""
        return given

    def status(self) -> dict[str, object]:
        """Show how it is."""
        state = "failed" if self.extension is None else "failing" if self.trouble else "running"
        return {"name": self.name, "state": state, "text": self.trouble}

    # ------------------------------------------------------------ id tokens

    def open_reader(self, present: Callable[[int, IdToken], None] | None) -> None:
        """Let its tokens in from now on, or (None) no more."""
        self._loop, self._present = asyncio.get_running_loop(), present

    def present(self, id_token: str, evse: int = 0, type: str = "ISO14443") -> bool:
        """Hold a token to a reader, from any thread (`extension.Reader`)."""
        loop, present, token = self._loop, self._present, IdToken(id_token, IdTokenType(type))
        if loop is None or present is None or loop.time() - self._presented_s < _PRESENT_PAUSE_S:
            return False
        self._presented_s = loop.time()
        try:
            loop.call_soon_threadsafe(present, evse, token)
        except RuntimeError:  # the loop has ended meanwhile
            return False
        return True

    # ------------------------------------------------------------ helpers

    def _serving(self, vendor: str) -> VendorHandler:
        async def serve(message: str | None, data: Json) -> DataAnswer:
            return await self.call("data_transfer", lambda extension: extension.data_transfer(vendor, message, data))

        return serve

    def _looked_after(self, declared: Declared) -> Declared:
        """Let validator and listener of a variable be called in the extension's thread."""
        validator, listener = declared.validator, declared.on_change

        async def validate(value: str) -> bool:
            return bool(await self.call("validator", lambda _: validator(value))) if validator is not None else True

        def tell(value: str) -> None:
            if listener is not None:
                self.notices.append(lambda _: listener(value))

        return replace(declared, validator=validate if validator is not None else None, on_change=tell if listener is not None else None)

    def _trouble(self, what: str, reason: str) -> None:
        text = f"{what}: {reason}"
        if text != self.trouble:
            log.error("extension.failed", extension=self.name, call=what, reason=reason)
        self.trouble = text


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
