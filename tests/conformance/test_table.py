"""The tables say what the tests are, and every case has its test or its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from tests.conformance201 import cases as cases201
from tests.conformance201 import table as table201

from . import cases, table
from .plan import Plan

Render = Callable[[Mapping[str, str]], str]

every_version = pytest.mark.parametrize(
    ("plan", "render"),
    [pytest.param(cases.PLAN, table.render, id="1.6"), pytest.param(cases201.PLAN, table201.render, id="2.0.1")],
)


@every_version
def test_every_case_that_is_served_has_a_test_or_a_reason(plan: Plan, render: Render) -> None:
    assert plan.open_cases() == set()
    assert plan.shown_after_all() == set()


@every_version
def test_every_test_names_a_case_by_its_title(plan: Plan, render: Render) -> None:
    assert plan.misnamed() == []


@every_version
def test_the_committed_table_is_that_of_these_tests(plan: Plan, render: Render) -> None:
    assert plan.page.read_text("utf-8") == render({name: "passed" for _, _, name in plan.held_by()}), "run `just conformance`"
