"""The configuration file: what is taken, and how each mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpctl.config import Config, default_state_dir, from_data, load, split_bind
from cpctl.errors import ConfigError

GOOD = """\
[station]
vendor = "Example"
model = "Wallbox"
serial = "0001"

[csms]
url = "ws://csms.example/ocpp"
id = "CP001"
versions = ["2.0.1", "1.6"]

[coprocessor]
port = "auto"
board = "esp32-devkitc"

[[evse]]
id = 1
max_current_a = 32
phases = 3
connectors = [{ id = 1, type = "sType2", fixed_cable = false }]

[ocpp.initial]
HeartbeatInterval = 300
"TxCtrlr.EVConnectionTimeOut" = 60
LocalPreAuthorize = true

[api]
bind = "127.0.0.1:8080"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cpctl.toml"
    path.write_text(text, "utf-8")
    return path


def load_text(tmp_path: Path, text: str, **environment: str) -> Config:
    return load(write(tmp_path, text), environment)


def complaints(tmp_path: Path, text: str, **environment: str) -> list[str]:
    """The problems that a text has, without the directory in front."""
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text, **environment)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_the_documented_file_is_read_with_every_value_in_its_place(tmp_path: Path) -> None:
    config = load_text(tmp_path, GOOD)
    assert config.csms.versions == ("2.0.1", "1.6")
    assert config.evse[0].connectors[0].type == "sType2"
    assert config.api.bind == "127.0.0.1:8080"
    assert config.ocpp.initial_as_text() == (("HeartbeatInterval", "300"), ("TxCtrlr.EVConnectionTimeOut", "60"), ("LocalPreAuthorize", "true"))


@pytest.mark.parametrize(
    ("find", "replace", "complaint"),
    [
        ("max_current_a = 32", "max_current_a = 100", "cpctl.toml:17: evse.max_current_a = 100: is at most 80"),
        ("max_current_a = 32", "max_current_a = 5", "cpctl.toml:17: evse.max_current_a = 5: is at least 6"),
        ("max_current_a = 32", 'max_current_a = "32"', 'cpctl.toml:17: evse.max_current_a = "32": is to be integer'),
        ("phases = 3", "phases = 2", "cpctl.toml:18: evse.phases = 2: is one of 1, 3"),
        ("phases = 3", "phase = 3", "cpctl.toml:18: evse.phase: no such key"),
        ("id = 1\nmax", "id = 2\nmax", "cpctl.toml:15: evse: has ids that do not count 1, 2, 3 in order"),
        ('type = "sType2"', "type = 2", "cpctl.toml:19: evse.connectors.type = 2: is to be string"),
        ("ws://", "http://", 'cpctl.toml:7: csms.url = "http://csms.example/ocpp": begins with ws:// or wss://'),
        ("ws://", "ws://me:pw@", None),
        ('id = "CP001"\n', "", "cpctl.toml:6: csms.id: is missing"),
        ('id = "CP001"', "id = 1", "cpctl.toml:8: csms.id = 1: is to be string"),
        ('id = "CP001"', 'id = "CP001"\npassword = "x"', None),
        ('["2.0.1", "1.6"]', '["2.0.1", "1.5"]', "cpctl.toml:9: csms.versions#2 = \"1.5\": is one of '1.6', '2.0.1', '2.1'"),
        ('["2.0.1", "1.6"]', '["1.6", "1.6"]', "cpctl.toml:9: csms.versions: names a version twice"),
        ("HeartbeatInterval = 300", "HeartbeatInterval = [300]", None),
        ("HeartbeatInterval = 300", "HeartbeatInterval = 2020-01-01", None),
        ("127.0.0.1:8080", "8080", 'cpctl.toml:27: api.bind = "8080": is "HOST:PORT", as in "127.0.0.1:8080"'),
        ("[api]", "[apis]", None),
    ],
)
def test_a_mistake_is_told_with_its_line_its_key_and_the_reason(tmp_path: Path, find: str, replace: str, complaint: str | None) -> None:
    assert find in GOOD
    told = complaints(tmp_path, GOOD.replace(find, replace, 1))
    assert len(told) == 1
    if complaint is not None:
        assert told == [complaint]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("phases = 3", "phases = 2").replace("ws://", "ftp://").replace("[api]\n", "[api]\nport = 1\n")
    assert [told.split(":")[1] for told in complaints(tmp_path, text)] == ["7", "18", "27"]


def test_a_secret_in_the_file_is_refused_without_being_shown(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, GOOD.replace('id = "CP001"', 'id = "CP001"\npassword = "hunter22"'))
    assert "hunter22" not in told
    assert "password_file" in told


@pytest.mark.parametrize(("text", "line"), [("[station\n", "1"), ("a = 1\nb = \n", "2"), ("a = 1\na = 2\n", "2")])
def test_a_file_that_is_no_toml_is_told_by_its_line(tmp_path: Path, text: str, line: str) -> None:
    (told,) = complaints(tmp_path, text)
    assert told.startswith(f"cpctl.toml:{line}: no valid TOML")


def test_a_file_that_ends_too_early_is_told_as_a_whole(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, 'a = "')
    assert told.startswith("cpctl.toml")
    assert "no valid TOML" in told


def test_a_missing_file_names_what_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "nowhere.toml", {})


def test_bytes_that_are_no_utf8_are_told(tmp_path: Path) -> None:
    path = tmp_path / "cpctl.toml"
    path.write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(path, {})


def test_an_empty_file_lists_every_table_that_is_missing(tmp_path: Path) -> None:
    assert complaints(tmp_path, "") == ["cpctl.toml: station: is missing", "cpctl.toml: csms: is missing", "cpctl.toml: evse: is missing"]


def test_the_environment_overrides_single_keys(tmp_path: Path) -> None:
    config = load_text(tmp_path, GOOD, CPCTL_CSMS_ID="42", CPCTL_API_DEVELOPER="true", CPCTL_CSMS_VERSIONS='["1.6"]', CPCTL_FW_DIR="/x")
    assert (config.csms.id, config.api.developer, config.csms.versions) == ("42", True, ("1.6",))


def test_a_wrong_value_in_the_environment_is_told_as_well(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, GOOD, CPCTL_CSMS_SECURITY_PROFILE="9")
    assert told == "CPCTL_CSMS_SECURITY_PROFILE: csms.security_profile = 9: is at most 3"


def test_a_variable_that_names_no_key_of_a_table_is_told_with_all_else(tmp_path: Path) -> None:
    text = GOOD.replace("ws://", "http://")
    assert complaints(tmp_path, text, CPCTL_CSMS_BLA="1", CPCTL_FW_DIR="/x") == [
        "CPCTL_CSMS_BLA: [csms] has no such key",
        'cpctl.toml:7: csms.url = "http://csms.example/ocpp": begins with ws:// or wss://',
    ]


SECURE = GOOD.replace("ws://", "wss://").replace('id = "CP001"', 'id = "CP001"\nsecurity_profile = 2')


def test_a_profile_with_password_asks_for_one(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, SECURE)
    assert told.startswith("cpctl.toml:9: csms.security_profile = 2: needs a password")


def test_the_password_comes_from_environment_credential_or_file(tmp_path: Path) -> None:
    (tmp_path / "cpctl_csms_password").write_text("from-systemd\n")
    (tmp_path / "pw").write_text("from-file\n")
    with_file = SECURE.replace("security_profile = 2", 'security_profile = 2\npassword_file = "pw"')
    assert load_text(tmp_path, SECURE, CPCTL_CSMS_PASSWORD="from-env").password == "from-env"
    assert load_text(tmp_path, SECURE, CREDENTIALS_DIRECTORY=str(tmp_path)).password == "from-systemd"
    assert load_text(tmp_path, with_file).password == "from-file"


def test_the_password_is_in_no_dump_and_no_repr(tmp_path: Path) -> None:
    config = load_text(tmp_path, SECURE, CPCTL_CSMS_PASSWORD="hunter22")
    assert "hunter22" not in repr(config) + config.model_dump_json()


def test_a_password_file_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    text = SECURE.replace("security_profile = 2", 'security_profile = 2\npassword_file = "pw"')
    assert "cannot be read" in complaints(tmp_path, text)[0]
    (tmp_path / "pw").write_text("\n")
    assert "is empty" in complaints(tmp_path, text)[0]


def test_secure_profiles_insist_on_tls_and_certificates(tmp_path: Path) -> None:
    plain = SECURE.replace("wss://", "ws://").replace("security_profile = 2", "security_profile = 3")
    told = complaints(tmp_path, plain)
    assert any("needs wss://" in line for line in told)
    assert any("needs cert_file and key_file" in line for line in told)


def test_a_certificate_that_does_not_exist_is_told(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, GOOD.replace('id = "CP001"', 'id = "CP001"\nca_file = "ca.pem"'))
    assert told.startswith("cpctl.toml:9: csms.ca_file")
    assert told.endswith("no such file")


def test_a_later_check_can_still_point_at_the_line(tmp_path: Path) -> None:
    config = load_text(tmp_path, GOOD)
    problem = config.source.problem(("ocpp", "initial", "TxCtrlr.EVConnectionTimeOut"), "no such variable", 60)
    assert str(problem).endswith('cpctl.toml:23: ocpp.initial."TxCtrlr.EVConnectionTimeOut" = 60: no such variable')


def test_a_configuration_made_in_the_program_is_checked_the_same_way() -> None:
    with pytest.raises(ConfigError, match=r"built-in: evse.phases = 2"):
        from_data({"station": {"vendor": "a", "model": "b"}, "csms": {"url": "ws://h/", "id": "x"}, "evse": [{"id": 1, "phases": 2}]})


@pytest.mark.parametrize(("bind", "parts"), [("0.0.0.0:80", ("0.0.0.0", 80)), ("localhost:0", ("localhost", 0)), ("[::1]:8080", ("::1", 8080))])
def test_a_bind_address_is_split(bind: str, parts: tuple[str, int]) -> None:
    assert split_bind(bind) == parts


@pytest.mark.parametrize("bind", ["", "8080", "host:", "host:99999", "::1:80", "a b:1"])
def test_what_is_no_bind_address_is_refused(bind: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        split_bind(bind)


def test_the_state_directory_is_the_one_that_systemd_gives() -> None:
    assert default_state_dir({"STATE_DIRECTORY": "/var/lib/x"}) == Path("/var/lib/x")
