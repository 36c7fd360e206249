"""The CSMS as the station knows it (`core.ports.Csms`): keeps connected, delivers, asks, answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

import structlog

from cpctl.clock import Clock
from cpctl.core.inputs import CsmsOffline, CsmsOnline, PasswordAccepted, ProfileAccepted, TokenAnswered
from cpctl.core.model import IdToken, Stamp, TokenInfo, TokenStatus
from cpctl.core.outputs import ConnectorStatusChanged, DurableEvent, Measured
from cpctl.core.ports import Inbox, StationView
from cpctl.core.settings import EvseSettings
from cpctl.errors import CallTimedOut, CsmsError, CsmsRefused
from cpctl.redact import redact_text

from .adapter import Context, Registration, offered
from .backoff import BackOff
from .channel import Channel
from .connection import Socket, dial
from .errors import ConnectionLost, NotConnected
from .exchange import Exchange
from .frames import Payload
from .hooks import Hooks
from .outbox import Outbox
from .own_values import OwnValues
from .passwords import Passwords
from .profiles import Profiles
from .session import Session, Standing
from .settings import CsmsSettings
from .statuses import Statuses
from .triggers import Prompter
from .tunables import HEARTBEAT_INTERVAL, PASSWORD, PING_INTERVAL, Tunables
from .vendors import DataAnswer, Json, VendorHandler, Vendors

log = structlog.get_logger(__name__)

# A connection that stood this long was a good one: the next loss begins with the shortest wait again.
STABLE_S = 30.0
# HTTP's words for a password that is not accepted; some servers say the second for the first.
_WRONG_PASSWORD = (401, 403)
# The answer to whoever changed the password is out by then, and the connection may be left.
LEAVE_AFTER_S = 0.5
# Beyond the time-out of a boot by a new network profile: an answer that is late is one.
TRIAL_S = 5.0
# Questions about tokens under way; more than a station has readers means somebody plays with one.
MAX_ASKS = 16


class CsmsService:
    """Speaks to the configured CSMS for as long as `run` runs. Nothing here waits but `run`, `data_transfer` and `call`."""

    def __init__(
        self,
        settings: CsmsSettings,
        evses: Sequence[EvseSettings],
        inbox: Inbox,
        view: StationView,
        clock: Clock,
        rng: Random,
        *,
        on_exchange: Callable[[Exchange], None] | None = None,
        vendors: Mapping[str, VendorHandler] | None = None,
        hooks: Hooks | None = None,
        live: Callable[[str], str | None] = lambda _name: None,
    ) -> None:
        """Join the CSMS side to the station. `on_exchange` sees every CALL with what became of it; `vendors` serve DataTransfer by vendor id.

        `live` knows the values that change by themselves and are neither ours nor the station's.
        """
        self._hooks = hooks
        self._inbox = inbox
        self._clock = clock
        self._rng = rng
        self._on_exchange = on_exchange
        self._tunables = Tunables(view, lambda: self._settings)
        self._profiles = Profiles(settings, view.network(), self._tunables.profile_attempts)
        self._passwords = Passwords(settings.password, self._tunables, lambda: self._settings.versions[0] != "1.6")
        self._leaving = False
        self._standing = Standing()
        self._stood_by = self._settings.slot  # the profile under which the CSMS said where we stand
        self._proved = False  # it has accepted us on this connection
        self._outbox = Outbox(inbox, self._tunables)
        self._statuses = Statuses(clock.now, self._date)
        self._prompter = Prompter(lambda: self._session, self._statuses, inbox, self._date)
        served = Vendors(vendors or {})
        self._own = OwnValues(settings, lambda: self._settings, view.network, self._tunables.message_timeout_s, lambda: self._date(clock.now()))
        self._view = view
        self._elsewhere = live
        own = hooks.variables if hooks else ()
        self._context = Context(
            settings, tuple(evses), inbox, view, self._date, lambda: self._standing.registration, self._prompter, served, self.live, own
        )
        self._session: Session | None = None
        self._online: Channel | None = None
        self._trouble: str | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._asks = 0
        self._away_since: float | None = None
        self._network = asyncio.Event()
        self._network.set()
        self._attempted = asyncio.Event()

    async def run(self) -> None:
        """Keep connected and deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(self._outbox.run(), name="csms-outbox")
            tasks.create_task(self._statuses.run(), name="csms-statuses")
            tasks.create_task(self._stay_connected(), name="csms-connection")

    # ------------------------------------------------------------ core.ports.Csms

    def ask_token(self, ask: int, evse: int, id_token: IdToken) -> None:
        """Ask about a token; the answer is posted as `TokenAnswered`."""
        channel = self._online
        if channel is None or self._tasks is None or self._asks >= MAX_ASKS:
            self._inbox.post(TokenAnswered(ask, None))
            return
        self._asks += 1
        self._tasks.create_task(self._ask(channel, ask, id_token))

    def report(self, event: ConnectorStatusChanged) -> None:
        """Tell a status; the latest of each connector wins."""
        self._statuses.report(event)

    def measured(self, event: Measured) -> None:
        """Tell what was measured outside of a transaction, if connected."""
        self._prompter.measured(event)

    def enqueue(self, entry: int, event: DurableEvent, failures: int = 0) -> None:
        """Deliver an event, which is on disk, in its order; so many attempts at it have failed."""
        self._outbox.enqueue(entry, event, failures)

    def withdraw(self, entries: Sequence[int]) -> None:
        """Deliver these entries no more."""
        self._outbox.withdraw(frozenset(entries))

    def variable_changed(self, name: str, value: str) -> None:
        """Act on a variable's new value; all but these are read when they are needed."""
        if self._session and name == HEARTBEAT_INTERVAL:
            self._session.heartbeat_changed()
        if self._session and name == PING_INTERVAL:
            self._session.ping_changed()
        if name == PASSWORD:
            self._passwords.changed()
            if self._session and self._tasks and self._settings.with_password:
                self._tasks.create_task(self._leave(self._session))

    # ------------------------------------------------------------ for people

    def status(self) -> dict[str, object]:
        """Show where we stand, as the local API does."""
        return {
            "connected": self._online is not None,
            "version": self._session.adapter.version if self._session else None,
            "url": redact_text(self._settings.url),
            "queued": len(self._outbox),
            "registration": self._standing.registration.value,
            "trouble": self._trouble,
        }

    def live(self, name: str) -> str | None:
        """Return the present value of a variable that changes by itself; None while nothing is known of it."""
        for read in (self._own.value, self._view.live, self._elsewhere):
            if (value := read(name)) is not None:
                return value
        return None

    async def data_transfer(self, vendor: str, message: str | None = None, data: Json = None) -> DataAnswer:
        """Send a vendor's own message and return the CSMS's answer; NotConnected, or another CsmsError if there is none."""
        channel = self._online
        if channel is None:
            raise NotConnected
        return channel.adapter.read_data_transfer(await channel.request(channel.adapter.data_transfer(vendor, message, data)))

    async def authorize(self, id_token: IdToken) -> TokenInfo:
        """Ask the CSMS about a token, whatever the station makes of it; NotConnected, or another CsmsError if there is no answer."""
        channel = self._online
        if channel is None:
            raise NotConnected
        return await _asked(channel, id_token)

    async def call(self, action: str, payload: Mapping[str, object]) -> Payload:
        """Send a CALL as given, for developers; NotConnected or another CsmsError if there is no answer."""
        if self._session is None:
            raise NotConnected
        return await self._session.call(action, dict(payload))

    # ------------------------------------------------------------ for the program around us

    def set_network(self, up: bool) -> None:
        """Simulate a network that is gone (the connection breaks off, none can be made) or back."""
        if up:
            self._network.set()
            return
        self._network.clear()
        if self._session:
            self._session.abort()

    async def attempted(self, timeout_s: float) -> None:
        """Wait until the CSMS has accepted us or could not be reached, or until time is up."""
        await _within(timeout_s, self._attempted.wait())

    async def drained(self, timeout_s: float) -> None:
        """Wait until everything is delivered, the CSMS is away, or time is up."""
        await _within(timeout_s, self._outbox.drained())

    async def quiet(self, timeout_s: float) -> None:
        """Wait until the CSMS owes no answer, or until time is up."""
        if self._session:
            await _within(timeout_s, self._session.quiet())

    async def close(self) -> None:
        """Say goodbye to the CSMS; no further connection is made."""
        self._network.clear()
        if self._session:
            await self._session.close()

    # ------------------------------------------------------------ connection

    @property
    def _settings(self) -> CsmsSettings:
        return self._profiles.settings

    async def _stay_connected(self) -> None:
        loop = asyncio.get_running_loop()
        back_off = BackOff(self._rng)
        while True:
            await self._network.wait()
            at_least_s = 0.0
            try:
                socket = await self._dial()
            except CsmsError as error:
                self._say(error)
                self._attempted.set()
                at_least_s = error.retry_after_s if isinstance(error, CsmsRefused) else 0.0
                self._failed(back_off)
            else:
                opened, self._leaving, self._proved = loop.time(), False, False
                await self._live(socket)
                if loop.time() - opened >= STABLE_S:
                    back_off.reset()
                if self._leaving:
                    continue
                if not self._proved:
                    self._failed(back_off)
            await asyncio.sleep(back_off.next(*self._tunables.back_off(), at_least_s))

    def _failed(self, back_off: BackOff) -> None:
        """Count an attempt that came to nothing; turn to the next network profile when the present one has had its attempts."""
        before = self._settings.slot
        if self._profiles.failed():
            back_off.reset()
        if self._settings.slot != before:
            log.info("csms.next_profile", slot=self._settings.slot, url=redact_text(self._settings.url))
            self._passwords.changed()

    async def _dial(self) -> Socket:
        """Connect with the password whose turn it is, where the security profile wants one, and learn from the CSMS's word on it."""
        credential = self._passwords.choose() if self._settings.with_password else None
        try:
            socket = await dial(self._settings, list(offered(self._settings.versions)), credential.sent if credential else None)
        except CsmsRefused as error:
            if credential and error.status in _WRONG_PASSWORD:
                self._passwords.refuse(credential)
            raise
        if credential and self._passwords.decides(credential):
            self._inbox.post(PasswordAccepted(credential.password))
        return socket

    async def _leave(self, session: Session) -> None:
        """Make the connection anew, once the answer to whoever wanted it and that to our own CALL are there."""
        await asyncio.sleep(LEAVE_AFTER_S)
        await _within(self._tunables.message_timeout_s(), session.quiet())
        if session is self._session:
            self._leaving = True
            await session.close()

    async def _live(self, socket: Socket) -> None:
        """Live through one connection."""
        version = offered(self._settings.versions)[socket.subprotocol]
        tls = " ".join(socket.tls) if socket.tls else None
        log.info("csms.connected", url=redact_text(self._settings.endpoint), version=version.name, tls=tls)
        self._trouble = None
        if self._settings.slot != self._stood_by:  # another CSMS, perhaps: it is told who we are (B10.FR.10)
            self._standing, self._stood_by = Standing(), self._settings.slot
        self._session = Session(
            socket,
            version.make(replace(self._context, settings=self._settings)),
            self._standing,
            self._inbox,
            self._tunables,
            self._clock,
            self._rng,
            pong_timeout_s=self._settings.pong_timeout_s,
            on_online=self._go_online,
            on_offline=self._go_offline,
            on_exchange=self._on_exchange,
            hooks=self._hooks,
        )
        trial = asyncio.ensure_future(self._end_trial(self._session)) if self._profiles.on_trial else None
        try:
            await self._session.run()
        except ConnectionLost as error:
            self._say(error)
        finally:
            if trial is not None:
                trial.cancel()
            self._session = None
            self._prompter.cancel()
            self._go_offline()
            await socket.close()

    async def _end_trial(self, session: Session) -> None:
        """Leave whoever answers our boot with Rejected, or not at all, where a new network profile leads; that attempt has failed."""
        await asyncio.sleep(self._tunables.message_timeout_s() + TRIAL_S)
        if self._standing.registration in (Registration.UNKNOWN, Registration.REJECTED):
            log.warning("csms.profile_leads_nowhere", slot=self._settings.slot)
            await session.close()

    def _go_online(self, session: Session, booted: bool) -> None:
        self._online = session
        self._attempted.set()
        self._proved = True
        if self._profiles.accepted():
            self._inbox.post(ProfileAccepted(self._settings.slot))
        if booted or (session.adapter.repeats_statuses and self._was_away_for_long()):
            self._statuses.repeat_all()
        self._away_since = None
        self._statuses.online.attach(session)
        self._outbox.online.attach(session)
        self._inbox.post(CsmsOnline(session.adapter.whole_transactions))

    def _go_offline(self) -> None:
        if self._online is None:
            return
        self._online = None
        self._away_since = asyncio.get_running_loop().time()
        self._statuses.online.detach()
        self._outbox.online.detach()
        self._inbox.post(CsmsOffline())

    def _was_away_for_long(self) -> bool:
        """Tell whether this outage is one after which the CSMS is told every status anew (2.0.1, B04)."""
        return self._away_since is not None and asyncio.get_running_loop().time() - self._away_since > self._tunables.offline_threshold_s()

    def _say(self, error: CsmsError) -> None:
        """Log why we are not connected, once for each cause."""
        text = str(error)
        if text != self._trouble:
            log.warning("csms.disconnected" if isinstance(error, ConnectionLost) else "csms.unreachable", error=text)
        self._trouble = text

    # ------------------------------------------------------------ tokens and dates

    async def _ask(self, channel: Channel, ask: int, id_token: IdToken) -> None:
        info: TokenInfo | None = None
        try:
            info = await _asked(channel, id_token)
        except CallTimedOut as error:
            log.warning("csms.authorize_unanswered", error=str(error))
        except CsmsError as error:
            log.warning("csms.authorize_failed", error=str(error))
        except Exception:  # the driver waits for a word, even if it is none
            log.exception("csms.authorize_broken")
        finally:
            self._asks -= 1
        self._inbox.post(TokenAnswered(ask, info))

    def _date(self, stamp: Stamp) -> datetime:
        """Date a stamp as well as can be, where there is no clock at all by what was saved: never by 1970."""
        date = self._clock.utc(stamp)
        if date is None:
            date = self._clock.utc(self._clock.now()) or self._clock.guess(stamp)
            log.warning("csms.undated", boot=stamp.boot, mono_ms=stamp.mono_ms, dated=date.isoformat())
        return date


async def _asked(channel: Channel, id_token: IdToken) -> TokenInfo:
    """Return the CSMS's word on a token; that it is invalid where this version can't ask about it."""
    message = channel.adapter.authorize(id_token)
    return TokenInfo(TokenStatus.INVALID) if message is None else channel.adapter.read_authorize(await channel.request(message))


async def _within(timeout_s: float, wait: Awaitable[object]) -> None:
    """Wait, but no longer than this."""
    try:
        async with asyncio.timeout(timeout_s):
            await wait
    except TimeoutError:
        pass
