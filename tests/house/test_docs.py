"""The documents say what the programs do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.local.fakes import FakeStation

from cpctl.cli.script import LANGUAGE
from cpctl.config import load
from cpctl.local.bodies import Body, Nothing
from cpctl.local.routes import Route, sim_routes, station_routes

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.fixture
async def routes() -> list[Route]:
    station = FakeStation()
    return [*station_routes(station, developer=True), *sim_routes(station)]


async def test_every_route_stands_in_the_reference_with_every_field_of_its_body(routes: list[Route]) -> None:
    rows = (DOCS / "reference/api.md").read_text("utf-8").splitlines()
    for route in routes:
        row = next((row for row in rows if f"`{route.method} {route.path}`" in row), "")
        assert row, f"{route.method} {route.path} is not in api.md"
        for name in _fields(route.body):
            assert f'"{name}"' in row, f"{name} of {route.path} is not in api.md"


async def test_no_route_is_promised_that_is_not_served(routes: list[Route]) -> None:
    served = {f"{route.method} {route.path}" for route in routes} | {"GET /api/v1/stream", "GET /api/v1/openapi.json", "GET /healthz"}
    promised = set(re.findall(r"^\| `((?:GET|POST|PUT) [^`]+)`", (DOCS / "reference/api.md").read_text("utf-8"), re.MULTILINE))
    assert promised == served


def test_the_language_of_sim_is_documented_as_it_is() -> None:
    assert LANGUAGE in (DOCS / "reference/cli.md").read_text("utf-8")


def test_the_example_configuration_shows_every_key_there_is() -> None:
    example = ROOT / "config/cpctl.example.toml"
    config = load(example, {})
    text = example.read_text("utf-8")
    for section in (
        config.station,
        config.csms,
        config.coprocessor,
        config.site,
        config.evse[0],
        config.evse[0].connectors[0],
        config.ocpp,
        config.api,
        config.log,
        config.extensions,
    ):
        for name in type(section).model_fields:
            assert re.search(rf"\b{name}\b", text), f"{name} is not in the example"


def test_the_page_of_variables_is_that_of_the_table() -> None:
    made = subprocess.run([sys.executable, str(ROOT / "scripts/device-model"), "--check"], capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode == 0, made.stdout + made.stderr


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text("utf-8")):
        assert (ROOT / target).exists(), target


def test_the_readme_has_one_place_for_the_output_of_the_demo() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(re.findall(r"<!-- output of [^\n]*-->\n```text\n.*?```\n<!-- end of output -->", readme, re.DOTALL)) == 1


def _fields(body: type[Body]) -> list[str]:
    return [] if body is Nothing else list(body.model_fields)
