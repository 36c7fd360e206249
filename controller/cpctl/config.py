"""The configuration file: its schema, and `load`, which reports every mistake at once with file:line, key and reason.

Values come from the TOML file; `CPCTL_<TABLE>_<KEY>` in the environment overrides one (`CPCTL_CSMS_URL`). The password is never a value of the
file: it comes from `CPCTL_CSMS_PASSWORD`, from the systemd credential `cpctl_csms_password`, or from the file that `csms.password_file` names.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from cpctl.config_source import PASSWORD_CREDENTIAL, PASSWORD_VARIABLE, ConfigSource, Scalar, explain, syntax_problem
from cpctl.errors import ConfigError, ConfigProblem
from cpctl.toml_lines import KeyPath, key_lines

ENV_PREFIX = "CPCTL_"

# IEC 61851-1: below 6 A there is no duty cycle to offer; 80 A is the last one.
MIN_CURRENT_A = 6
MAX_CURRENT_A = 80

# An Ed25519 public key.
KEY_BYTES = 32

# The link's board configuration has room for four EVSEs.
MAX_EVSES = 4

OcppVersion = Literal["1.6", "2.0.1", "2.1"]
_Numbered = TypeVar("_Numbered", "ConnectorConfig", "EvseConfig")


class _Section(BaseModel):
    """A table of the file: unknown keys are mistakes, values do not change, nothing is converted by guessing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def websocket_trouble(url: str) -> str:
    """Say what is wrong with the URL of a CSMS; nothing if it can be connected to."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "names no host that can be"
    if parts.scheme not in ("ws", "wss"):
        return "begins with ws:// or wss://"
    if not parts.hostname:
        return "names no host"
    if parts.username or parts.password:
        return "holds a user or password; the password belongs into password_file"
    return "ends with its path or query; the percent-encoded id is appended to the path" if parts.fragment else ""


class StationConfig(_Section):
    """[station]: who we are, and what becomes of a charge when the host goes away."""

    vendor: Annotated[str, Field(min_length=1, max_length=20)]
    model: Annotated[str, Field(min_length=1, max_length=20)]
    serial: Annotated[str, Field(max_length=25)] = ""
    box_serial: Annotated[str, Field(max_length=25)] = ""
    meter_type: Annotated[str, Field(max_length=25)] = ""
    meter_serial: Annotated[str, Field(max_length=25)] = ""
    iccid: Annotated[str, Field(max_length=20)] = ""
    imsi: Annotated[str, Field(max_length=20)] = ""
    on_stop: Literal["keep", "end"] = "keep"
    on_lapse: Literal["resume", "end"] = "resume"


class CsmsConfig(_Section):
    """[csms]: where the charging station management system is, and how we prove who we are."""

    url: str
    id: Annotated[str, Field(min_length=1, max_length=48)]
    versions: Annotated[tuple[OcppVersion, ...], Field(min_length=1)] = ("1.6",)
    security_profile: Annotated[int, Field(ge=0, le=3)] = 0
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _is_websocket(cls, url: str) -> str:
        if trouble := websocket_trouble(url):
            raise ValueError(trouble)
        return url

    @field_validator("id")
    @classmethod
    def _is_printable(cls, value: str) -> str:
        if not value.isprintable() or ":" in value:
            raise ValueError('is made of printable characters without ":"')
        return value

    @field_validator("versions")
    @classmethod
    def _no_repeats(cls, versions: tuple[OcppVersion, ...]) -> tuple[OcppVersion, ...]:
        if len(set(versions)) != len(versions):
            raise ValueError("names a version twice")
        return versions


class CoprocessorConfig(_Section):
    """[coprocessor]: the serial port, and the board that has to be at its far end."""

    port: Annotated[str, Field(min_length=1)] = "auto"
    board: Annotated[str, Field(min_length=1)] = "sim"
    mac: Annotated[str | None, Field(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")] = None
    link_dead_s: Annotated[int, Field(ge=10, le=3600)] = 120
    firmware_keys: tuple[str, ...] = ()

    @field_validator("firmware_keys")
    @classmethod
    def _are_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        if any(not _is_key(key) for key in keys):
            raise ValueError("holds Ed25519 public keys, each 32 bytes in base64")
        return keys


class SiteConfig(_Section):
    """[site]: what the EVSEs have together."""

    max_current_a: Annotated[int | None, Field(ge=MIN_CURRENT_A, le=1000)] = None


class ConnectorConfig(_Section):
    """A connector of an EVSE as built."""

    id: Annotated[int, Field(ge=1)] = 1
    type: Annotated[str, Field(min_length=1, max_length=20)] = "sType2"
    fixed_cable: bool = False


class CalibrationConfig(_Section):
    """Calibration of this very board's pilot, in place of the board file's; `cpctl bench` measures it."""

    minus12_mv: Annotated[int | None, Field(ge=0, le=3300)] = None
    plus12_mv: Annotated[int | None, Field(ge=0, le=3300)] = None
    rise_us: Annotated[int | None, Field(ge=-50, le=50)] = None
    fall_us: Annotated[int | None, Field(ge=-50, le=50)] = None


class EvseConfig(_Section):
    """[[evse]]: an EVSE as built."""

    id: Annotated[int, Field(ge=1, le=MAX_EVSES)]
    max_current_a: Annotated[int, Field(ge=MIN_CURRENT_A, le=MAX_CURRENT_A)] = 32
    phases: Literal[1, 3] = 3
    connectors: Annotated[tuple[ConnectorConfig, ...], Field(min_length=1)] = (ConnectorConfig(),)
    calibration: CalibrationConfig | None = None

    @field_validator("connectors")
    @classmethod
    def _numbered(cls, connectors: tuple[ConnectorConfig, ...]) -> tuple[ConnectorConfig, ...]:
        return _count_from_one(connectors)


class OcppConfig(_Section):
    """[ocpp]: values of configuration variables at the first start; what the CSMS changes later wins."""

    initial: dict[str, Scalar] = Field(default_factory=dict)

    def initial_as_text(self) -> tuple[tuple[str, str], ...]:
        """Give the values in the form that OCPP carries them in."""
        return tuple((name, _as_text(value)) for name, value in self.initial.items())


class ApiConfig(_Section):
    """[api]: the local API. `developer` opens routes that send raw OCPP messages."""

    bind: str = "127.0.0.1:8080"
    token_file: Path | None = None
    developer: bool = False
    allowed_hosts: tuple[str, ...] = ()

    @field_validator("bind")
    @classmethod
    def _is_address(cls, bind: str) -> str:
        split_bind(bind)
        return bind


class ExtensionsConfig(_Section):
    """[extensions]: packages that may add to the station, by the name of their entry point; none is loaded that is not named."""

    allow: tuple[str, ...] = ()
    timeout_s: Annotated[float, Field(gt=0, le=60, strict=False)] = 5.0
    settings: dict[str, dict[str, Scalar]] = Field(default_factory=dict)


class LogConfig(_Section):
    """[log]: how much is written."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(_Section):
    """The whole file, checked."""

    station: StationConfig
    csms: CsmsConfig
    coprocessor: CoprocessorConfig = CoprocessorConfig()
    site: SiteConfig = SiteConfig()
    evse: Annotated[tuple[EvseConfig, ...], Field(min_length=1, max_length=MAX_EVSES)]
    ocpp: OcppConfig = OcppConfig()
    api: ApiConfig = ApiConfig()
    log: LogConfig = LogConfig()
    extensions: ExtensionsConfig = ExtensionsConfig()
    _password: str | None = PrivateAttr(None)
    _source: ConfigSource = PrivateAttr(ConfigSource("built-in"))

    @property
    def password(self) -> str | None:
        """The station's password, wherever it came from; never part of a dump."""
        return self._password

    @property
    def source(self) -> ConfigSource:
        """Where this came from, for complaints that can only be made later."""
        return self._source

    @field_validator("evse")
    @classmethod
    def _numbered(cls, evses: tuple[EvseConfig, ...]) -> tuple[EvseConfig, ...]:
        return _count_from_one(evses)


# Finds what is wrong with a configuration beyond its form.
Complaints = Callable[[Config], Iterable[ConfigProblem]]


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What the command line adds to the file for one run."""

    state_dir: Path
    sim: bool = False
    speed: float = 1.0
    csms_url: str | None = None
    csms_id: str | None = None
    versions: tuple[OcppVersion, ...] | None = None
    api_bind: str | None = None


def load(path: Path, environment: Mapping[str, str] | None = None, also: Complaints | None = None) -> Config:
    """Read and check a configuration file; raise ConfigError with every problem found, those that `also` finds among them.

    What a value means is looked at once all are of the right kind.
    """
    env = os.environ if environment is None else environment
    text = _read(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([syntax_problem(str(path), error)]) from None
    data, variables = _with_environment(data, env)
    return _checked(data, ConfigSource(str(path), key_lines(text), variables), path.parent, env, also)


def from_data(data: Mapping[str, object], name: str = "built-in", environment: Mapping[str, str] | None = None) -> Config:
    """Check a configuration that was made in the program; raise ConfigError."""
    return _checked(dict(data), ConfigSource(name), Path(), {} if environment is None else environment)


def split_bind(bind: str) -> tuple[str, int]:
    """Split `HOST:PORT` (IPv6 in brackets); ValueError if it is not that. Port 0 lets the system choose."""
    match = re.fullmatch(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^:\[\]\s]+)):(?P<port>\d{1,5})", bind)
    if match is None or int(match["port"]) > 65535:
        raise ValueError('is "HOST:PORT", as in "127.0.0.1:8080"')
    return match["six"] or match["host"], int(match["port"])


def default_state_dir(environment: Mapping[str, str] | None = None) -> Path:
    """Choose the state directory: systemd's, root's, or the user's own."""
    env = os.environ if environment is None else environment
    if given := env.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    if os.geteuid() == 0:
        return Path("/var/lib/cpctl")
    return Path(env.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "cpctl"


# ---------------------------------------------------------------- checking


def _checked(data: dict[str, object], source: ConfigSource, directory: Path, env: Mapping[str, str], also: Complaints | None = None) -> Config:
    strangers = list(_strangers(env))
    try:
        config = Config.model_validate_json(json.dumps(data, default=lambda value: {"date": str(value)}))
    except ValidationError as error:
        raise ConfigError(_in_order([*strangers, *explain(error, source)])) from None
    config = config.model_copy(update={"csms": _absolute(config.csms, directory), "api": _token_path(config.api, directory)})
    config._source = source
    config._password, problems = _find_password(config, env)
    problems.extend((*strangers, *_cross_checks(config, asked=not problems), *(also(config) if also else ())))
    if problems:
        raise ConfigError(_in_order(problems))
    return config


def _in_order(problems: Iterable[ConfigProblem]) -> list[ConfigProblem]:
    return sorted(problems, key=lambda problem: problem.line)


def _cross_checks(config: Config, asked: bool) -> Iterable[ConfigProblem]:
    csms, at = config.csms, config.source.problem
    if csms.security_profile >= 2 and not csms.url.startswith("wss://"):
        yield at(("csms", "url"), f"security profile {csms.security_profile} needs wss://", csms.url)
    if csms.security_profile == 1 and csms.url.startswith("wss://"):
        yield at(("csms", "security_profile"), "is 2 for a password over wss://", 1)
    if csms.security_profile in (1, 2) and config.password is None and asked:
        yield at(
            ("csms", "security_profile"),
            f"needs a password: set password_file, {PASSWORD_VARIABLE}, or the systemd credential {PASSWORD_CREDENTIAL}",
            csms.security_profile,
        )
    if csms.security_profile == 3 and (csms.cert_file is None or csms.key_file is None):
        yield at(("csms", "security_profile"), "needs cert_file and key_file", 3)
    for name in ("ca_file", "cert_file", "key_file"):
        file: Path | None = getattr(csms, name)
        if file is not None and not file.is_file():
            yield at(("csms", name), "no such file", str(file))


def _find_password(config: Config, env: Mapping[str, str]) -> tuple[str | None, list[ConfigProblem]]:
    if given := env.get(PASSWORD_VARIABLE):
        return given, []
    file, path = config.csms.password_file, ("csms", "password_file")
    if file is None:
        directory = env.get("CREDENTIALS_DIRECTORY")
        file = Path(directory) / PASSWORD_CREDENTIAL if directory else None
        if file is None or not file.is_file():
            return None, []
    try:
        password = file.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is no text"
        return None, [config.source.problem(path, f"cannot be read: {reason}", str(file))]
    if not password:
        return None, [config.source.problem(path, "is empty", str(file))]
    return password, []


def _with_environment(data: dict[str, object], env: Mapping[str, str]) -> tuple[dict[str, object], dict[KeyPath, str]]:
    """Lay `CPCTL_<TABLE>_<KEY>` over the file; tell which variable has taken which key's place."""
    merged = dict(data)
    taken: dict[KeyPath, str] = {}
    for table, section in _SECTIONS.items():
        for key in section.model_fields:
            name = _variable(table, key)
            if name not in env:
                continue
            existing = merged.get(table)
            merged[table] = {**(existing if isinstance(existing, dict) else {}), key: _env_value(section, key, env[name])}
            taken[(table, key)] = name
    return merged, taken


def _strangers(env: Mapping[str, str]) -> Iterable[ConfigProblem]:
    """Tell variables that name one of our tables and none of its keys. What names no table is left alone (CPCTL_FW_DIR, say)."""
    for table, section in _SECTIONS.items():
        known = {PASSWORD_VARIABLE, *(_variable(table, key) for key in section.model_fields)}
        for name in sorted(env):
            if name.startswith(_variable(table, "")) and name not in known:
                yield ConfigProblem(name, 0, "", f"[{table}] has no such key")


def _variable(table: str, key: str) -> str:
    return f"{ENV_PREFIX}{table}_{key}".upper()


def _env_value(section: type[_Section], key: str, value: str) -> object:
    """Read a variable's text as TOML where the key does not want a text."""
    annotation = section.model_fields[key].annotation
    if annotation in (str, Path) or annotation in (Path | None, str | None):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


_SECTIONS: dict[str, type[_Section]] = {
    "station": StationConfig,
    "csms": CsmsConfig,
    "coprocessor": CoprocessorConfig,
    "site": SiteConfig,
    "api": ApiConfig,
    "log": LogConfig,
}


def _absolute(csms: CsmsConfig, directory: Path) -> CsmsConfig:
    names = ("password_file", "ca_file", "cert_file", "key_file")
    return csms.model_copy(update={name: directory / file for name in names if (file := getattr(csms, name)) is not None})


def _token_path(api: ApiConfig, directory: Path) -> ApiConfig:
    return api if api.token_file is None else api.model_copy(update={"token_file": directory / api.token_file})


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        reason = "no such file; config/cpctl.example.toml is a start"
    except UnicodeDecodeError:
        reason = "is not UTF-8 text"
    except OSError as error:
        reason = error.strerror or "cannot be read"
    raise ConfigError([ConfigProblem(str(path), 0, "", reason)])


def _is_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == KEY_BYTES
    except ValueError:
        return False


def _as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _count_from_one(items: tuple[_Numbered, ...]) -> tuple[_Numbered, ...]:
    if [item.id for item in items] != list(range(1, len(items) + 1)):
        raise ValueError("has ids that do not count 1, 2, 3 in order")
    return items
