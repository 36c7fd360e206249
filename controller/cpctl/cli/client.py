"""Talks to a running service over the local API's unix socket. Blocking and small: the command line has nothing else to do meanwhile."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

from cpctl.errors import ApiError, ServiceSilent, ServiceUnreachable
from cpctl.unix_path import reachable

SOCKET_NAME = "api.sock"

# The station gives itself 30 s for an answer that needs the CSMS.
TIMEOUT_S = 40.0
_POLL_S = 0.1

Json = dict[str, object]


class ServiceError(ApiError):
    """The service answered with an error; `code`, `status` and text are the service's."""

    def __init__(self, status: int, code: str, text: str, field: str | None = None) -> None:
        super().__init__(text, field=field)
        self.status = status
        self.code = code


class Client:
    """One service. Each request is a connection of its own."""

    def __init__(self, path: Path, timeout_s: float = TIMEOUT_S) -> None:
        self.path = path
        self._timeout_s = timeout_s

    def get(self, path: str, **query: object) -> object:
        """Read; raise ServiceUnreachable, ServiceSilent or ServiceError, as everything here does."""
        given = {key: str(value) for key, value in query.items() if value is not None}
        return self._request("GET", f"{path}?{urlencode(given)}" if given else path, None)

    def get_object(self, path: str) -> Json:
        """Read something that is one object."""
        return cast(Json, self.get(path))

    def get_list(self, path: str, **query: object) -> list[Json]:
        """Read something that is a list of objects."""
        return cast(list[Json], self.get(path, **query))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Json:
        """Do something."""
        return cast(Json, self._request("POST", path, body or {}))

    def put(self, path: str, body: Mapping[str, object]) -> Json:
        """Change something."""
        return cast(Json, self._request("PUT", path, body))

    def wait_until_served(self, timeout_s: float) -> bool:
        """Wait for the service to answer; False if it did not in time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                self.get("/healthz")
            except (ServiceUnreachable, ServiceSilent):
                time.sleep(_POLL_S)
            except ServiceError:
                return True
            else:
                return True
        return False

    def _request(self, method: str, path: str, body: Mapping[str, object] | None) -> object:
        connection = _UnixConnection(self.path, self._timeout_s)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json"} if data is not None else {})
            response = connection.getresponse()
            return _decode(response.status, response.read())
        except TimeoutError as error:
            raise ServiceSilent(str(self.path), self._timeout_s) from error
        except (OSError, http.client.HTTPException) as error:
            raise ServiceUnreachable(str(self.path)) from error
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with reachable(self._path) as address:
            self.sock.connect(address)


def _decode(status: int, raw: bytes) -> object:
    try:
        data = json.loads(raw)
    except ValueError:
        data = None
    if status < 400:
        return data
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        raise ServiceError(status, "http", f"The service answered {status}.")
    raise ServiceError(status, str(error.get("code")), str(error.get("text")), error.get("field"))
