"""The generator: what it wrote is fresh, and it refuses a schema that breaks its own rules."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A copy of the protocol directory, to be changed at will."""
    target = tmp_path / "protocol"
    shutil.copytree(ROOT / "protocol", target, ignore=shutil.ignore_patterns("__pycache__"))
    generate(target)
    return target


def generate(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(directory / "generate.py"), *options], capture_output=True, text=True, check=False)


def edit(directory: Path, old: str, new: str) -> None:
    path = directory / "messages.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_a_field(directory: Path) -> None:
    edit(
        directory,
        'fields = [ { name = "evse", type = "u8", doc = "1..n" }, { name = "locked", type = "u8", doc = "1 locked, 0 unlocked" } ]',
        'fields = [ { name = "evse", type = "u8", doc = "1..n" }, { name = "locked", type = "u8", doc = "1" }, { name = "new", type = "u8", doc = "n" } ]',
    )


def test_the_committed_files_are_those_of_the_schema() -> None:
    done = generate(ROOT / "protocol", "--check")

    assert done.returncode == 0, done.stderr


def test_a_changed_layout_needs_another_version(schema: Path) -> None:
    add_a_field(schema)
    done = generate(schema)
    assert done.returncode == 1
    assert "raise minor" in done.stderr
    assert generate(schema, "--pin").returncode == 1

    edit(schema, "minor = 2", "minor = 3")
    assert "--pin" in generate(schema).stderr
    assert generate(schema, "--pin").returncode == 0
    assert generate(schema, "--check").returncode == 0


def test_a_changed_version_needs_another_layout(schema: Path) -> None:
    edit(schema, "minor = 2", "minor = 3")

    assert "layout did not change" in generate(schema).stderr


def test_words_may_change_without_a_version(schema: Path) -> None:
    edit(schema, 'doc = "Lock or unlock the socket.', 'doc = "Lock the socket, or unlock it.')

    assert generate(schema, "--check").returncode == 1
    assert generate(schema).returncode == 0
    assert generate(schema, "--check").returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "SetLock"\nid = 0x0010', 'name = "SetLock"\nid = 0x0011', "message id used twice"),
        ("values = { open = 0, closing = 1,", "values = { open = 0, closing = 0,", "value of Contactor used twice"),
        ('type = "str[80]"', 'type = "str[280]"', "more than 240"),
        ('type = "str[80]"', 'type = "text"', "unknown type"),
        ('default = 0x7FFF, doc = "0.1', 'default = 0x8000, doc = "0.1', "does not fit i16"),
        ('enum = "LogLevel"', 'enum = "Loudness"', "Loudness"),
    ],
)
def test_a_schema_that_breaks_its_rules_is_refused(schema: Path, old: str, new: str, complaint: str) -> None:
    edit(schema, old, new)

    done = generate(schema)

    assert done.returncode == 1
    assert complaint in done.stderr
