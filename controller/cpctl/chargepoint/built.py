"""A station as a program describes it, made into the configuration that every station has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpctl.config import Config, from_data
from cpctl.config_source import PASSWORD_VARIABLE
from cpctl.csms.adapter import VERSIONS
from cpctl.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Evse:
    """An EVSE as built: what it may give, and how many connectors there are of which one can be used at a time."""

    max_current_a: int = 32
    phases: int = 3
    connectors: int = 1
    type: str = "sType2"
    fixed_cable: bool = False


def describe(
    url: str,
    id: str,
    *,
    versions: Sequence[str],
    evses: Sequence[Evse],
    vendor: str,
    model: str,
    serial: str,
    identity: Mapping[str, str],
    password: str | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    site_current_a: int | None,
    variables: Mapping[str, str | int | float | bool],
    extensions: Mapping[str, object],
) -> Config:
    """Make the configuration; ConfigError names what is wrong with it."""
    files = {"ca_file": ca_file, "cert_file": cert_file, "key_file": key_file}
    data = {
        "station": {"vendor": vendor, "model": model, "serial": serial, **identity},
        "csms": {
            "url": url,
            "id": id,
            "versions": list(versions),
            "security_profile": _security_profile(url, password, cert_file),
            **{name: str(file) for name, file in files.items() if file is not None},
        },
        "site": {} if site_current_a is None else {"max_current_a": site_current_a},
        "evse": [_evse(number, evse) for number, evse in enumerate(evses, 1)],
        "ocpp": {"initial": dict(variables)},
        **({"extensions": dict(extensions)} if extensions else {}),
    }
    config = from_data(data, name=f"ChargePoint {id}", environment={} if password is None else {PASSWORD_VARIABLE: password})
    if not VERSIONS.keys() & set(versions):
        raise ConfigError([config.source.problem(("csms", "versions"), f"names none that this release speaks ({', '.join(sorted(VERSIONS))})")])
    return config


def _security_profile(url: str, password: str | None, cert_file: Path | None) -> int:
    """Return the profile that the credentials given amount to (OCPP security whitepaper, 2)."""
    if cert_file is not None:
        return 3
    if password is None:
        return 0
    return 2 if url.startswith("wss://") else 1


def _evse(number: int, evse: Evse) -> dict[str, object]:
    connectors = [{"id": one, "type": evse.type, "fixed_cable": evse.fixed_cable} for one in range(1, evse.connectors + 1)]
    return {"id": number, "max_current_a": evse.max_current_a, "phases": evse.phases, "connectors": connectors}
