"""Who may do what over TCP: Host and Origin keep web pages of other sites out, the bearer token guards every write.

Over the unix socket the file's permissions have decided already.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from cpctl.errors import ApiError, NotPermitted

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN_BYTES = 24


class NotAuthorized(ApiError):
    """No token, or a wrong one."""

    status = 401
    code = "not_authorized"


class Guard:
    """Decides on each request. `open_on_loopback`: no token for callers on this machine (simulations only)."""

    def __init__(self, token: str, allowed_hosts: Iterable[str] = (), open_on_loopback: bool = False) -> None:
        name = socket.gethostname().casefold()
        self._token = token
        self._hosts = {"localhost", name, f"{name}.local", *(host.casefold() for host in allowed_hosts)}
        self._open_on_loopback = open_on_loopback

    def check(self, request: web.Request) -> None:
        """Raise NotPermitted or NotAuthorized unless this request may pass."""
        if _is_unix(request):
            return
        self._check_host(request)
        _check_origin(request)
        if request.method not in _READS and not (self._open_on_loopback and _is_loopback(request.remote)):
            self._check_token(request)

    def _check_host(self, request: web.Request) -> None:
        """Refuse names that are not ours: a page whose name was rebound to our address. Addresses cannot be rebound."""
        host = (urlsplit(f"//{request.host}").hostname or "").casefold()
        if host not in self._hosts and not _is_address(host):
            raise NotPermitted(f"This station is not called {host!r}.", "Add the name to api.allowed_hosts.")

    def _check_token(self, request: web.Request) -> None:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.casefold() != "bearer" or not secrets.compare_digest(given.strip().encode(), self._token.encode()):
            raise NotAuthorized(
                "Writing over TCP needs the station's token.",
                "Send it as 'Authorization: Bearer ...'; it is in the file api_token of the state directory.",
            )


def load_or_create_token(path: Path) -> str:
    """Read the API's token; make one (0600) if there is none yet."""
    try:
        if token := path.read_text("ascii").strip():
            return token
    except FileNotFoundError:
        pass
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
    return token


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.casefold() != request.host.casefold():
        raise NotPermitted(f"Pages of {origin!r} may not use this API.", "Open the station's own page.")


def _is_unix(request: web.Request) -> bool:
    sock = None if request.transport is None else request.transport.get_extra_info("socket")
    return sock is not None and sock.family == socket.AF_UNIX


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(remote: str | None) -> bool:
    try:
        return remote is not None and ipaddress.ip_address(remote).is_loopback
    except ValueError:
        return False
